//! A thread that owns connections, and answers the calls of a bounded queue.
//!
//! The calls that wait together share a transaction, and so one write to the disk. Where one of them fails, the
//! transaction is undone and each is made alone.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use rusqlite::Connection;

use super::error::{SqliteError, SqliteErrorKind};
use crate::instant::instant;

/// How many calls may wait; one more is refused at once.
const MAX_WAITING: usize = 4096;

/// How many calls share a transaction at most, so that other processes get their turn.
const MAX_TOGETHER: usize = 128;

/// The connections of a worker, and how it begins a transaction.
pub(super) enum Connections {
    Reading(Connection),
    /// The second one, for transactions that need not be on the disk when they are answered.
    Writing(Connection, Connection),
}

impl Connections {
    fn of(&self, needs_disk: bool) -> (&Connection, &'static str) {
        match self {
            Self::Reading(reading) => (reading, "BEGIN"),
            Self::Writing(durable, quick) => {
                (if needs_disk { durable } else { quick }, "BEGIN IMMEDIATE")
            }
        }
    }
}

pub(super) struct Worker {
    path: Arc<Path>,
    /// `None` once the worker is dropped.
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// The process that has the thread: a fork has none.
    process: u32,
}

impl Worker {
    pub(super) fn start(
        path: &Arc<Path>,
        name: &str,
        connections: Connections,
        timeout: Duration,
    ) -> Result<Self, SqliteError> {
        let (queue, jobs) = sync_channel(MAX_WAITING);
        let thread = Thread { path: Arc::clone(path), connections, timeout };
        let thread = thread::Builder::new()
            .name(format!("authx-{name}"))
            .spawn(move || thread.run(&jobs))
            .map_err(|error| SqliteError::new(path, SqliteErrorKind::Failed, error))?;
        let process = std::process::id();
        Ok(Self { path: Arc::clone(path), queue: Some(queue), thread: Some(thread), process })
    }

    /// Makes a call on the thread. `make` may be called again after its transaction was undone.
    ///
    /// A call whose future is dropped is made all the same, unless it only reads.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        needs_disk: bool,
        make: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let closed = |detail| SqliteError::new(&self.path, SqliteErrorKind::Closed, detail);
        if std::process::id() != self.process {
            return Err(closed("the store was opened before this process was forked"));
        }
        let ended = || closed("a thread of the store has ended");
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Asked { make, result: None, reply });
        let job = Job { call, needs_disk, asked_at: instant() };
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => {
                let detail = format!("{MAX_WAITING} calls");
                SqliteError::new(&self.path, SqliteErrorKind::Overloaded, detail)
            }
            TrySendError::Disconnected(_) => ended(),
        })?;
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// As a fork would find it.
    #[cfg(test)]
    pub(super) fn pretend_fork(&mut self) {
        self.process = 0;
    }
}

/// Waits until the calls in the queue are made, so that none is lost when the process ends.
impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && self.process == std::process::id()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

struct Job {
    call: Box<dyn Call>,
    needs_disk: bool,
    asked_at: Instant,
}

trait Call: Send {
    fn is_awaited(&self) -> bool;
    fn make(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, outcome: Result<(), SqliteError>);
}

struct Asked<F, T> {
    make: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, SqliteError>>,
}

impl<F, T> Call for Asked<F, T>
where
    F: FnMut(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn is_awaited(&self) -> bool {
        !self.reply.is_canceled()
    }

    fn make(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.result = Some((self.make)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), SqliteError>) {
        let answer = match (outcome, self.result) {
            (Ok(()), Some(result)) => Ok(result),
            (Err(error), _) => Err(error),
            (Ok(()), None) => return,
        };
        // Nobody may be waiting any more.
        let _ = self.reply.send(answer);
    }
}

struct Thread {
    path: Arc<Path>,
    connections: Connections,
    timeout: Duration,
}

impl Thread {
    fn run(self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut together = vec![first];
            together.extend(jobs.try_iter().take(MAX_TOGETHER - 1));
            if matches!(self.connections, Connections::Reading(_)) {
                together.retain(|job| job.call.is_awaited());
            }
            self.answer(together);
        }
    }

    fn answer(&self, jobs: Vec<Job>) {
        let needs_disk = jobs.iter().any(|job| job.needs_disk);
        let (connection, begin) = self.connections.of(needs_disk);
        let mut jobs = self.begin(connection, begin, jobs);
        let made = jobs.iter_mut().try_for_each(|job| job.call.make(connection));
        let outcome = match made {
            Ok(()) if jobs.is_empty() => return,
            made => made.and_then(|()| execute(connection, "COMMIT")),
        };
        let Err(error) = outcome else {
            return jobs.into_iter().for_each(|job| job.call.answer(Ok(())));
        };
        // SQLite has undone the transaction already after some errors.
        if !connection.is_autocommit() {
            let _ = execute(connection, "ROLLBACK");
        }
        if jobs.len() == 1 {
            let error = SqliteError::of(&self.path, &error);
            jobs.into_iter().for_each(|job| job.call.answer(Err(error.clone())));
        } else {
            jobs.into_iter().for_each(|job| self.answer(vec![job]));
        }
    }

    /// Begins a transaction, and returns the jobs that it is for. Each waits for the lock for at most the timeout,
    /// counted from when it was asked for.
    fn begin(&self, connection: &Connection, begin: &str, mut jobs: Vec<Job>) -> Vec<Job> {
        while !jobs.is_empty() {
            let left = |job: &Job| self.timeout.saturating_sub(job.asked_at.elapsed());
            let shortest = jobs.iter().map(left).min().unwrap_or_default();
            let begun = connection
                .busy_timeout(shortest)
                .and_then(|()| execute(connection, begin))
                .map_err(|error| SqliteError::of(&self.path, &error));
            let Err(error) = begun else { break };
            let is_locked = error.kind() == SqliteErrorKind::Locked;
            let (over, waiting) =
                jobs.into_iter().partition(|job| !is_locked || left(job).is_zero());
            jobs = waiting;
            let over: Vec<Job> = over;
            over.into_iter().for_each(|job| job.call.answer(Err(error.clone())));
        }
        jobs
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
