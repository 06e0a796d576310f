//! The bridge from Rust futures to asyncio: what a store does in Rust, awaited in Python.
//!
//! [`call`] is the whole of it for a class like `Store`:
//!
//! ```ignore
//! fn is_revoked(&self, py: Python<'_>, jti: String) -> PyResult<Py<PyAny>> {
//!     let store = self.store.get_or_create(open)?; // a `PerProcess`
//!     bridge::call(
//!         py,
//!         async move { store.is_revoked(&jti).await },
//!         |py, found| Ok(PyBool::new(py, found.map_err(store_error)?).to_owned().into_any().unbind()),
//!     )
//! }
//! ```
//!
//! Its caller in Python awaits only what has to be waited for:
//!
//! ```python
//! answer = store.is_revoked(jti)
//! if asyncio.isfuture(answer):
//!     answer = await answer
//! ```
//!
//! The threads: futures run on one background thread, the *room* (`room.rs`), which is never attached to Python and
//! holds no Python object. What waits for them, and the conversion of their results, stays with the event loop
//! (`completions.rs`). Between the two there are only numbers of calls (`arrivals.rs`) and a descriptor that the loop
//! watches (`descriptor.rs`). Where loops can't watch one, the room asks the interpreter instead (`thread_safe.rs`).
//!
//! A future always runs to its end. If its task is cancelled, or its loop closed, only the result is dropped: a
//! revocation is not left undone because a client went away, and no store has to be correct when it is stopped halfway.
//! So every future has to have a time limit of its own.

mod arrivals;
mod completions;
#[cfg(unix)]
mod descriptor;
mod per_process;
mod probe;
mod room;
mod thread_safe;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub(crate) use completions::Completions;
pub(crate) use per_process::PerProcess;
pub(crate) use probe::BridgeProbe;
pub(crate) use thread_safe::stop_attaching;

use crate::forking::{created_once, interned};

/// The converted result of `future` if it has one at once, else an `asyncio.Future` of the running event loop.
///
/// `future` is polled here once, with the GIL held, before it goes to the room: so it must not block. If it panics, a
/// `RuntimeError` is raised without the panic's message, which may name anything.
///
/// `convert` runs on the thread of the event loop, and not at all if nobody waits any more. What it returns must not be
/// a future itself.
///
/// # Errors
///
/// What `convert` raises, if the result is there at once; else it is raised by the returned future. `RuntimeError` if the
/// result isn't there at once and no event loop of asyncio runs on this thread.
pub(crate) fn call<F>(
    py: Python<'_>,
    future: F,
    convert: impl FnOnce(Python<'_>, F::Output) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Py<PyAny>>
where
    F: Future<Output: Send> + Send + 'static,
{
    let room = room::handle()?;
    let mut future = Box::pin(future);
    if let Poll::Ready(output) = first_poll(&room, future.as_mut())? {
        return without_panic(|| convert(py, output));
    }
    let event_loop = running_loop(py)?;
    let completions = completions_of(&event_loop)?;
    let awaited = event_loop.call_method0(interned!(py, "create_future"))?.unbind();
    let (sender, mut receiver) = oneshot::channel();
    let arrival = completions.get().expect(awaited.clone_ref(py), move |py| {
        // Nothing was sent if the future panicked.
        let output = receiver.try_recv().map_err(|_| panicked())?;
        convert(py, output)
    });
    room.spawn(async move {
        // Announces the result when it is dropped, which is after the result was sent, or after a panic.
        let _arrival = arrival;
        let output = future.await;
        // Nobody receives it if the loop was closed.
        let _ = sender.send(output);
    });
    Ok(awaited)
}

/// Most answers are there at once: those from memory. They need neither the room nor the event loop.
fn first_poll<F: Future>(room: &Handle, future: Pin<&mut F>) -> PyResult<Poll<F::Output>> {
    let _entered = room.enter();
    without_panic(|| Ok(future.poll(&mut Context::from_waker(Waker::noop()))))
}

/// Does `work`, and raises an exception instead of a panic. PyO3's own isn't an `Exception`, and has the panic's message.
fn without_panic<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}

fn panicked() -> PyErr {
    PyRuntimeError::new_err("the store failed by an error in its own code, which stderr names")
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static FUNCTION: OnceLock<Py<PyAny>> = OnceLock::new();
    created_once(&FUNCTION, || Ok(py.import("asyncio")?.getattr("get_running_loop")?.unbind()))?
        .bind(py)
        .call0()
}

fn completions_of<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Completions>> {
    static FUNCTION: OnceLock<Py<PyAny>> = OnceLock::new();
    let py = event_loop.py();
    let function = created_once(&FUNCTION, || {
        Ok(py.import("authx._bridge")?.getattr("completions_of")?.unbind())
    })?;
    Ok(function.bind(py).call1((event_loop,))?.cast_into()?)
}
