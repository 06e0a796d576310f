//! The engine: a configuration, ready to issue and verify.

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Answer, Error};

/// A configuration at work. Immutable, cheap to clone, and shared between threads without a lock.
///
/// What it can do is in the modules it belongs to: [`Engine::issue`] in `issue.rs`, [`Engine::verify`]
/// in `verify.rs`, [`Engine::find_token`] and the cookies in `transport/`, implicit refresh in
/// `refresh.rs`.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Arc<Config>,
}

impl Engine {
    /// The engine of a configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config: Arc::new(config) }
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How HTTP answers an error, with the configured status of a token that can't be decoded.
    #[must_use]
    pub fn answer(&self, error: &Error) -> Answer {
        error.answer(self.config.invalid_token_status)
    }
}
