//! What these tests need: an executor of one future, folders, and processes that run one test.

use std::future::Future;
use std::io::{BufRead as _, BufReader, Lines};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::RateLimit;
use authx::revocation::{Entry, EntryKey};
use authx_store::sqlite::{SqliteError, SqliteErrorKind, SqliteStore};
use authx_store::{RevocationStore as _, StoreError};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The result of a future, which needs no runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(ready) => return ready,
            Poll::Pending => std::thread::park(),
        }
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(1_893_499_200).expect("in range")
}

/// Some limit.
pub(crate) fn limit() -> RateLimit {
    RateLimit::new(100, MINUTE).expect("a limit")
}

/// How many times as long as usual the long tests run.
pub(crate) fn rounds() -> u32 {
    let rounds = std::env::var("AUTHX_STORE_ROUNDS");
    rounds.map_or(1, |rounds| rounds.parse().expect("AUTHX_STORE_ROUNDS is a number"))
}

/// A folder that is deleted at the end of a test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("authx-store-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.join("auth.db")
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn entry(name: &str) -> Entry {
    let reason = "a reason".to_owned();
    Entry { key: EntryKey::of_token(name), until: Some(now() + MINUTE * 60), cut: None, reason }
}

pub(crate) fn revoke(store: &SqliteStore, name: &str) -> Result<(), StoreError> {
    block_on(store.revoke(&[entry(name)], now()))
}

pub(crate) fn find(store: &SqliteStore, name: &str) -> Result<Option<Entry>, StoreError> {
    let found = block_on(store.find(&[EntryKey::of_token(name)], now()))?;
    Ok(found.into_iter().next())
}

pub(crate) fn is_revoked(store: &SqliteStore, name: &str) -> bool {
    find(store, name).unwrap_or_else(|error| panic!("{error}")).is_some()
}

/// The kind of an error, whose message has to name the file.
pub(crate) fn kind(error: &StoreError) -> SqliteErrorKind {
    let error: &SqliteError = error.downcast_ref().expect("an error of this store");
    kind_of(error)
}

pub(crate) fn kind_of(error: &SqliteError) -> SqliteErrorKind {
    let message = error.to_string();
    assert!(message.contains(&*error.path().to_string_lossy()), "{message}");
    error.kind()
}

/// The command that runs a test, which is ignored otherwise, with a file in a process of its own.
pub(crate) fn command(program: &Path, test: &str, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", test, "--ignored", "--nocapture"]).env("AUTHX_STORE_FILE", file);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The file that the process of [`command`] was given.
pub(crate) fn file_of_child() -> PathBuf {
    std::env::var_os("AUTHX_STORE_FILE").expect("started by another test").into()
}

/// A process that runs a test and writes lines to its standard error. It is killed when this is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) lines: Lines<BufReader<ChildStderr>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("a process");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        Self { child, lines }
    }

    pub(crate) fn line(&mut self) -> Option<String> {
        Some(self.lines.next()?.expect("UTF-8"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
