//! Wakes event loops that can't watch a descriptor, such as the Proactor loop of Windows: by `call_soon_threadsafe`.
//!
//! For that the room's thread has to attach to Python, which crashes or hangs when the interpreter ends meanwhile. So
//! the end is announced ([`stop_attaching`]) while the interpreter is whole.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use super::Completions;
use crate::forking;

/// Whether the interpreter ends.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// An event loop, which these weak references don't keep alive.
pub(super) struct ThreadSafe {
    event_loop: Py<PyWeakrefReference>,
    completions: OnceLock<Py<PyWeakrefReference>>,
}

impl ThreadSafe {
    pub(super) fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Self> {
        let event_loop = PyWeakrefReference::new(event_loop)?.unbind();
        Ok(Self { event_loop, completions: OnceLock::new() })
    }

    pub(super) fn set_completions(&self, completions: &Bound<'_, Completions>) -> PyResult<()> {
        let reference = PyWeakrefReference::new(completions)?.unbind();
        self.completions.get_or_init(|| reference);
        Ok(())
    }

    /// Has the loop take what has arrived, if it is open.
    pub(super) fn wake(&self) {
        attached(|py| {
            let completions = self.completions.get().and_then(|it| it.bind(py).upgrade());
            if let (Some(event_loop), Some(completions)) =
                (self.event_loop.bind(py).upgrade(), completions)
            {
                // It is refused if the loop is closed; `authx._bridge` frees what waits in it.
                let _ = completions
                    .getattr("take")
                    .and_then(|take| event_loop.call_method1("call_soon_threadsafe", (take,)));
            }
        });
    }
}

/// Keeps the room's thread from attaching to Python from now on, and waits until it isn't attached.
#[pyfunction]
pub(crate) fn stop_attaching(py: Python<'_>) {
    STOPPED.store(true, Ordering::SeqCst);
    forking::wait_for_resting_threads(py);
}

fn attached(work: impl FnOnce(Python<'_>)) {
    // A fork holds the GIL while it waits for the room, so the room can't wait for the GIL at that time.
    forking::resting(|| {
        if !STOPPED.load(Ordering::SeqCst) {
            // `None` if the interpreter ends all the same.
            let _: Option<()> = Python::try_attach(work);
        }
    });
}
