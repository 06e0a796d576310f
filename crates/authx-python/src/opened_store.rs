//! [`OpenedStore`]: a store by its URL, with its replica, in each process.

use std::sync::Arc;

use authx_store::Replica;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::bridge::PerProcess;

pub(crate) struct OpenedStore {
    url: String,
    opened: PerProcess<Arc<Replica>>,
}

impl OpenedStore {
    pub(crate) fn new(url: String) -> Self {
        Self { url, opened: PerProcess::new() }
    }

    /// This process's.
    pub(crate) fn get(&self) -> PyResult<Arc<Replica>> {
        self.opened.get_or_create(|| {
            let opened = authx_store::open(&self.url)
                .map_err(|error| PyValueError::new_err(format!("store: {error}")))?;
            Ok(Arc::new(Replica::from(opened)))
        })
    }

    /// Its replica, where one may answer. A store that can't be opened says so when it is asked.
    pub(crate) fn replica(&self, engine: &authx::Engine) -> Option<Arc<Replica>> {
        let is_used = !engine.config().store_max_staleness().is_zero();
        is_used.then(|| self.get().ok()).flatten()
    }
}
