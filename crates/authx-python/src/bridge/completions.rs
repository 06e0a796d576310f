//! What one event loop waits for, and how it takes the results.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyNotImplementedError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::arrivals::{Arrival, Arrivals, Wake};
#[cfg(unix)]
use super::descriptor::Descriptor;
use super::thread_safe::ThreadSafe;
use super::without_panic;
use crate::forking::{forks_behind, interned};

/// See `Completions` in `_authx.pyi`.
///
/// All that waits is here, and so is dropped with the loop. The room only has a weak reference to
/// `arrivals`, and finds out by it that the loop is gone.
#[pyclass(frozen, weakref, module = "authx._authx")]
pub(crate) struct Completions {
    arrivals: Arc<Arrivals>,
    waiting: Mutex<Waiting>,
    forks_behind: u64,
}

#[derive(Default)]
struct Waiting {
    last_number: u64,
    calls: HashMap<u64, Call>,
}

struct Call {
    future: Py<PyAny>,
    result: Box<Convert>,
}

/// Takes the result, which has arrived, and converts it.
type Convert = dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send;

#[pymethods]
impl Completions {
    #[new]
    fn new() -> PyResult<Self> {
        #[cfg(unix)]
        return Ok(Self::woken_by(Wake::Descriptor(Descriptor::new()?)));
        #[cfg(not(unix))]
        Err(PyNotImplementedError::new_err("event loops can't watch a descriptor on this system"))
    }

    #[staticmethod]
    fn thread_safe(event_loop: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let wake = ThreadSafe::new(event_loop)?;
        let completions = Bound::new(event_loop.py(), Self::woken_by(Wake::ThreadSafe(wake)))?;
        if let Wake::ThreadSafe(wake) = &completions.get().arrivals.wake {
            wake.set_completions(&completions)?;
        }
        Ok(completions.unbind())
    }

    fn fileno(&self) -> PyResult<i32> {
        match &self.arrivals.wake {
            #[cfg(unix)]
            Wake::Descriptor(descriptor) => Ok(descriptor.number()),
            Wake::ThreadSafe(_) => Err(PyNotImplementedError::new_err("it has no descriptor")),
        }
    }

    /// Gives the results that have arrived to those who wait for them.
    fn take(&self, py: Python<'_>) -> PyResult<()> {
        // In a forked child the descriptor is shared with the parent, whose wake-up would be taken.
        if self.forks_behind != forks_behind() {
            return Ok(());
        }
        let mut outcome = Ok(());
        for number in self.arrivals.take() {
            // The lock is not held while Python code runs.
            let call = self.waiting().calls.remove(&number);
            if let Some(call) = call {
                // One that fails doesn't keep the others from their results.
                outcome = outcome.and(call.settle(py));
            }
        }
        outcome
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Python's garbage collector may run on another thread while this one holds the lock, and must not wait.
        match self.waiting.try_lock() {
            Ok(waiting) => waiting.calls.values().try_for_each(|call| visit.call(&call.future)),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        let calls = mem::take(&mut self.waiting().calls);
        // Only now that the lock is released, because this may run Python code.
        drop(calls);
    }
}

impl Completions {
    /// Sets the result of `future` once the returned [`Arrival`] has been dropped.
    pub(super) fn expect(
        &self,
        future: Py<PyAny>,
        result: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Arrival {
        let mut waiting = self.waiting();
        waiting.last_number += 1;
        let number = waiting.last_number;
        waiting.calls.insert(number, Call { future, result: Box::new(result) });
        Arrival { number, arrivals: Arc::downgrade(&self.arrivals) }
    }

    fn woken_by(wake: Wake) -> Self {
        let arrivals = Arc::new(Arrivals::new(wake));
        Self { arrivals, waiting: Mutex::default(), forks_behind: forks_behind() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn settle(self, py: Python<'_>) -> PyResult<()> {
        let future = self.future.bind(py);
        // Cancelled meanwhile: there is nobody to tell.
        if future.call_method0(interned!(py, "done"))?.is_truthy()? {
            return Ok(());
        }
        match without_panic(|| (self.result)(py)) {
            Ok(result) => future.call_method1(interned!(py, "set_result"), (result,))?,
            Err(error) => {
                let set_exception = interned!(py, "set_exception");
                future.call_method1(set_exception, (error,)).or_else(|refused| {
                    // A future doesn't take a `StopIteration`.
                    future.call_method1(set_exception, (refused,))
                })?
            }
        };
        Ok(())
    }
}
