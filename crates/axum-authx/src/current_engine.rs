//! [`CurrentEngine`]: the engine of an `AuthX`, which can be replaced while requests run.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use authx::Engine;

/// A shared reference to the current engine, which can be replaced.
#[derive(Clone)]
pub(crate) struct Handle(pub(crate) Arc<ArcSwap<Engine>>);

impl Handle {
    pub(crate) fn new(engine: Engine) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(engine)))
    }

    pub(crate) fn current(&self) -> CurrentEngine {
        CurrentEngine(self.0.load())
    }
}

/// The engine that was current when this was returned. It stays the same, even if the configuration is replaced.
///
/// ```
/// use axum_authx::AuthX;
///
/// let auth = AuthX::ephemeral();
/// let engine = auth.engine();
/// assert_eq!(engine.config().error_message_key(), "message");
/// ```
pub struct CurrentEngine(Guard<Arc<Engine>>);

impl Deref for CurrentEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl fmt::Debug for CurrentEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
