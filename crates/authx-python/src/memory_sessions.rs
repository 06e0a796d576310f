//! The engine's table of sessions in memory, for Python's session objects.

use std::sync::{Mutex, MutexGuard, PoisonError};

use authx_store::memory::{MemorySessions, SessionTable};
use pyo3::prelude::*;

use crate::instant::{duration, instant};

/// See `SessionTable` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx", name = "SessionTable")]
pub(crate) struct PySessionTable {
    inner: Mutex<SessionTable<Py<PyAny>>>,
}

#[pymethods]
impl PySessionTable {
    #[new]
    fn new() -> Self {
        let table = SessionTable::new(MemorySessions::MAX_SESSIONS, MemorySessions::MAX_BYTES);
        Self { inner: Mutex::new(table) }
    }

    #[pyo3(signature = (seconds))]
    fn set_max_idle(&self, seconds: Option<f64>) -> PyResult<()> {
        let max_idle = seconds.map(|seconds| duration("max_idle", seconds)).transpose()?;
        self.with(|table| table.set_max_idle(max_idle));
        Ok(())
    }

    fn insert(
        &self,
        session_id: &str,
        uid: &str,
        session: Py<PyAny>,
        size: usize,
        now: f64,
    ) -> PyResult<bool> {
        let now = instant("now", now)?;
        Ok(self.with(|table| table.insert(session_id, uid, session, size, now)))
    }

    fn find(&self, py: Python<'_>, session_id: &str, now: f64) -> PyResult<Option<Py<PyAny>>> {
        let now = instant("now", now)?;
        Ok(self.with(|table| table.find(session_id, now).map(|session| session.clone_ref(py))))
    }

    fn peek(&self, py: Python<'_>, session_id: &str) -> Option<Py<PyAny>> {
        self.with(|table| table.peek(session_id).map(|session| session.clone_ref(py)))
    }

    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts owned objects")]
    fn replace(&self, session_id: &str, known: Py<PyAny>, session: Py<PyAny>, size: usize) -> bool {
        let mut given = Some(session);
        let replaced = self.with(|table| {
            let is_known = table.peek(session_id).is_some_and(|kept| kept.is(&known));
            if !is_known {
                return None;
            }
            let mut replaced = None;
            table.change(session_id, |kept| {
                if let Some(session) = given.take() {
                    replaced = Some(std::mem::replace(kept, session));
                }
                size
            });
            replaced
        });
        // Dropped only here, after the lock was released, because dropping may run Python code.
        replaced.is_some()
    }

    fn remove(&self, session_id: &str) {
        self.with(|table| table.remove(session_id));
    }

    fn of_user(&self, py: Python<'_>, uid: &str, now: f64) -> PyResult<Vec<Py<PyAny>>> {
        let now = instant("now", now)?;
        Ok(self.with(|table| {
            table.forget_idle(now);
            table.of_user(uid).into_iter().map(|session| session.clone_ref(py)).collect()
        }))
    }

    fn remove_user(&self, uid: &str) {
        self.with(|table| table.remove_user(uid));
    }

    fn __len__(&self) -> usize {
        self.with(|table| table.len())
    }
}

impl PySessionTable {
    /// Calls `work` with the table locked. Removed sessions are dropped after the lock is released, because
    /// dropping them may run Python code.
    fn with<T>(&self, work: impl FnOnce(&mut SessionTable<Py<PyAny>>) -> T) -> T {
        let mut table = self.lock();
        let result = work(&mut table);
        let removed = table.take_removed();
        drop(table);
        drop(removed);
        result
    }

    fn lock(&self) -> MutexGuard<'_, SessionTable<Py<PyAny>>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
