//! The store that `JWT_STORE_URL` names.

use std::sync::Arc;

use authx::{Config, ConfigError};
use authx_store::Store;
use authx_store::unavailable::UnavailableStore;

/// The store that the configuration names, or why it can't be opened.
pub(crate) fn named_store(config: &Config) -> Option<Result<Arc<dyn Store>, String>> {
    let url = config.store_url()?;
    Some(authx_store::open(url).map_err(|error| error.to_string()))
}

/// In the place of a store that can't be opened, one that gives no answer to any question, so that every request that
/// needs it is refused. The cause is logged.
pub(crate) fn opened_or_unavailable(opened: Result<Arc<dyn Store>, String>) -> Arc<dyn Store> {
    opened.unwrap_or_else(|problem| {
        let problem = ConfigError::Store(problem).to_string();
        tracing::error!("{problem}");
        Arc::new(UnavailableStore::new(problem))
    })
}
