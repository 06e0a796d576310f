//! Which stores are asked about a token, and the questions that a replica answers at once.

use std::sync::Arc;

use authx::refresh::Renewable;
use authx::{Step, Timestamp};
use authx_store::Replica;
use pyo3::prelude::*;

use crate::opened_store::OpenedStore;
use crate::verified::{Custom, Open, Origin, step};

/// See `Stores` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Stores {
    stores: authx::Stores,
    /// The store of logins, where it alone says which tokens are revoked.
    replicated: Option<Arc<OpenedStore>>,
}

#[pymethods]
impl Stores {
    #[new]
    fn new(asks_blocklist: bool) -> Self {
        let stores = authx::Stores { revocation: asks_blocklist, logins: false };
        Self { stores, replicated: None }
    }
}

impl Stores {
    /// With this store of logins.
    pub(crate) fn with(store: Arc<OpenedStore>, asks_blocklist: bool) -> Self {
        let stores = authx::Stores { revocation: true, logins: true };
        Self { stores, replicated: (!asks_blocklist).then_some(store) }
    }

    pub(crate) fn replica(&self, engine: &authx::Engine) -> Option<Arc<Replica>> {
        self.replicated.as_ref()?.replica(engine)
    }

    /// The first question of a token, unless a replica knows the answer.
    pub(crate) fn ask<C>(
        &self,
        verified: authx::Verified<'_, C>,
        engine: &authx::Engine,
        replica: Option<&Replica>,
        now: Timestamp,
    ) -> Result<Step<C>, authx::Error> {
        let max_staleness = engine.config().store_max_staleness();
        verified.ask_unless(self.stores, |token| replica?.is_revoked(token, now, max_staleness))
    }

    /// The first question of a refresh token that is about to be rotated: the rotation asks for its login.
    pub(crate) fn ask_without_login<C>(&self, verified: authx::Verified<'_, C>) -> Step<C> {
        verified.ask(authx::Stores { logins: false, ..self.stores })
    }
}

/// See `RefreshCandidate` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct RefreshCandidate {
    open: Open<authx::Verified<'static, Custom>>,
}

impl RefreshCandidate {
    pub(crate) fn new(verified: authx::Verified<'static, Renewable>, origin: Origin) -> Self {
        Self { open: Open::new(verified.map_custom(Custom::from), origin) }
    }
}

#[pymethods]
impl RefreshCandidate {
    fn ask<'py>(&self, py: Python<'py>, stores: &Stores) -> PyResult<Bound<'py, PyAny>> {
        let (verified, origin) = self.open.take()?;
        step(py, verified.ask(stores.stores), origin)
    }
}
