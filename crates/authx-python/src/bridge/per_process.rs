//! What each process has to make for itself: a forked child has a copy of its parent's, which it must not use.

use std::mem;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use crate::forking::forks_behind;

/// A value that is created when it is needed first, and once more in a forked child.
///
/// The child's copy of the parent's is not even dropped: that could say goodbye on the parent's connections, or wait
/// for a thread that the child doesn't have.
pub(crate) struct PerProcess<T> {
    created: Mutex<Option<Created<T>>>,
}

struct Created<T> {
    value: T,
    forks_behind: u64,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { created: Mutex::new(None) }
    }

    /// This process's value. `create` must not release the GIL, so that no fork leaves the lock locked in the child.
    ///
    /// # Errors
    ///
    /// Those of `create`; the next call tries again.
    pub(crate) fn get_or_create(&self, create: impl FnOnce() -> PyResult<T>) -> PyResult<T>
    where
        T: Clone,
    {
        let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        forget_parents(&mut created);
        if let Some(created) = &*created {
            return Ok(created.value.clone());
        }
        let value = create()?;
        *created = Some(Created { value: value.clone(), forks_behind: forks_behind() });
        Ok(value)
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        forget_parents(self.created.get_mut().unwrap_or_else(PoisonError::into_inner));
    }
}

fn forget_parents<T>(created: &mut Option<Created<T>>) {
    if let Some(parents) = created.take_if(|created| created.forks_behind != forks_behind()) {
        #[expect(clippy::mem_forget, reason = "see `PerProcess`")]
        mem::forget(parents);
    }
}
