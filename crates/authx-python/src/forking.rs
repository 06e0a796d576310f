//! What lets a forked child go on: no lock is held by a thread that the child doesn't have.
//!
//! A fork copies only the thread that forks, which holds the GIL. So what is done under the GIL is done by the time of
//! a fork, and the work without it is waited for: that of Python's threads ([`detached`]), and that of our own
//! ([`begin_unattached_work`]).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// How many threads work without the GIL.
static WORKING: AtomicUsize = AtomicUsize::new(0);
/// How many forks wait for them, or are under way.
static FORKS: AtomicUsize = AtomicUsize::new(0);
/// How many threads are in [`resting`].
static RESTING: AtomicUsize = AtomicUsize::new(0);
/// See [`forks_behind`].
static FORKS_BEHIND: AtomicU64 = AtomicU64::new(0);

/// Does `work` without the GIL, and with it while a fork is under way.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    // Forks are announced under the GIL, so none begins between this look and the next line.
    if FORKS.load(Ordering::SeqCst) > 0 {
        return work();
    }
    WORKING.fetch_add(1, Ordering::SeqCst);
    py.detach(|| {
        let _working = Working;
        work()
    })
}

/// Begins what a thread does that isn't attached to Python, after the end of a fork that is under way.
///
/// Such a thread doesn't see a fork coming, so each of the two sides says first what it does and then looks at the other.
pub(crate) fn begin_unattached_work() {
    loop {
        WORKING.fetch_add(1, Ordering::SeqCst);
        if FORKS.load(Ordering::SeqCst) == 0 {
            return;
        }
        WORKING.fetch_sub(1, Ordering::SeqCst);
        while FORKS.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_micros(20));
        }
    }
}

/// Ends it, before the thread waits for anything.
pub(crate) fn end_unattached_work() {
    WORKING.fetch_sub(1, Ordering::SeqCst);
}

/// Does `work`, which may wait for the GIL, within unattached work: a fork doesn't wait for it.
pub(crate) fn resting(work: impl FnOnce()) {
    RESTING.fetch_add(1, Ordering::SeqCst);
    end_unattached_work();
    work();
    begin_unattached_work();
    RESTING.fetch_sub(1, Ordering::SeqCst);
}

/// Waits, without the GIL, until no thread does what may need it ([`resting`]).
pub(crate) fn wait_for_resting_threads(py: Python<'_>) {
    py.detach(|| {
        while RESTING.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_micros(20));
        }
    });
}

/// How many forks are between the first process and this one: what has another number was made by a parent.
pub(crate) fn forks_behind() -> u64 {
    FORKS_BEHIND.load(Ordering::SeqCst)
}

struct Working;

impl Drop for Working {
    fn drop(&mut self) {
        WORKING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits for the work without the GIL: the cryptography library, and the cache of verified tokens, have locks.
#[pyfunction]
pub(crate) fn before_fork() {
    FORKS.fetch_add(1, Ordering::SeqCst);
    while WORKING.load(Ordering::SeqCst) > 0 {
        thread::sleep(Duration::from_micros(20));
    }
}

#[pyfunction]
pub(crate) fn after_fork_in_parent() {
    FORKS.fetch_sub(1, Ordering::SeqCst);
}

#[pyfunction]
pub(crate) fn after_fork_in_child() {
    // The other threads, which may have been working or forking too, don't exist here.
    FORKS.store(0, Ordering::SeqCst);
    WORKING.store(0, Ordering::SeqCst);
    RESTING.store(0, Ordering::SeqCst);
    FORKS_BEHIND.fetch_add(1, Ordering::SeqCst);
}

/// The value of `cell`, which the first call creates.
///
/// `PyOnceLock` releases the GIL while it takes the cell's lock, so a fork at that moment leaves it locked in the child.
pub(crate) fn created_once<T>(
    cell: &OnceLock<T>,
    create: impl FnOnce() -> PyResult<T>,
) -> PyResult<&T> {
    match cell.get() {
        Some(value) => Ok(value),
        // `create` may run Python code, and thus release the GIL: the cell isn't locked meanwhile.
        None => {
            let value = create()?;
            Ok(cell.get_or_init(|| value))
        }
    }
}

/// A string of the program as a Python string that is created once, as PyO3's `intern!`, but safe in a forked child.
macro_rules! interned {
    ($py:expr, $text:expr) => {{
        static STRING: std::sync::OnceLock<pyo3::Py<pyo3::types::PyString>> =
            std::sync::OnceLock::new();
        let create = || pyo3::types::PyString::intern($py, $text).unbind();
        STRING.get_or_init(create).bind($py)
    }};
}
pub(crate) use interned;
