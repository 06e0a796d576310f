//! The room in which futures run: one thread with a runtime of tokio.

use std::future::pending;
use std::io;
use std::thread;

use pyo3::PyResult;
use pyo3::exceptions::PyOSError;
use tokio::runtime::{Builder, Handle};

use super::PerProcess;
use crate::forking;

/// The room of this process. The first call starts its thread, which ends with the process.
pub(super) fn handle() -> PyResult<Handle> {
    static ROOM: PerProcess<Handle> = PerProcess::new();
    ROOM.get_or_create(|| {
        start().map_err(|error| {
            PyOSError::new_err(format!("the thread of the stores can't be started: {error}"))
        })
    })
}

fn start() -> io::Result<Handle> {
    // A fork waits while the thread does anything: it may hold locks of the allocator, of SQLite or of the cryptography
    // library, which the child would find locked.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_unpark(forking::begin_unattached_work)
        .on_thread_park(forking::end_unattached_work)
        .build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("authx-store".to_owned()).spawn(move || {
        forking::begin_unattached_work();
        runtime.block_on(pending::<()>());
    })?;
    Ok(handle)
}
