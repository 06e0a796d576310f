//! What can't be brought about from outside: a full file, a full queue, a fork.

use std::future::Future as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::RateLimit;
use authx::revocation::{Entry, EntryKey};
use futures_util::future::join;

use super::{Durability, SqliteError, SqliteErrorKind, SqliteStore, counters};
use crate::{BoxFuture, CounterStore as _, RevocationStore as _, StoreError};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(mut future: BoxFuture<'_, T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(ready) => return ready,
            Poll::Pending => std::thread::park(),
        }
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("authx-store-unit-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(self.0.join("auth.db")).expect("a store")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn entry(number: u32) -> Entry {
    let key = EntryKey::of_token(&number.to_string());
    Entry { key, until: None, cut: None, reason: "x".repeat(1000) }
}

fn revoke(store: &SqliteStore, number: u32) -> Result<(), SqliteErrorKind> {
    block_on(store.revoke(&[entry(number)], Timestamp::MIN)).map_err(|error| kind(&error))
}

fn is_revoked(store: &SqliteStore, number: u32) -> bool {
    let found = block_on(store.find(&[entry(number).key], Timestamp::MIN));
    found.is_ok_and(|found| found == [entry(number)])
}

fn kind(error: &StoreError) -> SqliteErrorKind {
    error.downcast_ref::<SqliteError>().expect("an error of this store").kind()
}

fn set_max_pages(store: &SqliteStore, pages: u32) {
    let set = move |connection: &rusqlite::Connection| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        connection.query_row(&sql, [], |row| row.get::<_, u32>(0))
    };
    block_on(Box::pin(store.write(Durability::Disk, set))).expect("set");
}

#[test]
fn a_full_file_refuses_what_it_has_no_room_for_and_keeps_the_rest() {
    let folder = Folder::new("full");
    let store = folder.open();
    set_max_pages(&store, 60);
    let refused = (0..).find(|number| revoke(&store, *number).is_err()).expect("it is full");
    assert!(refused > 20);
    assert_eq!(revoke(&store, refused), Err(SqliteErrorKind::Full));

    // One call that has no room does not spoil those that are written with it.
    let many: Vec<_> = (1000..1100).map(entry).collect();
    let known = [entry(0)];
    let calls = join(store.revoke(&many, Timestamp::MIN), store.revoke(&known, Timestamp::MIN));
    let (many, known) = block_on(Box::pin(calls));
    assert_eq!(kind(&many.expect_err("full")), SqliteErrorKind::Full);
    known.expect("it is there already");

    assert!((0..refused).all(|number| is_revoked(&store, number)));
    assert!(!is_revoked(&store, refused) && !is_revoked(&store, 1000));
    set_max_pages(&store, 1000);
    assert_eq!(revoke(&store, refused), Ok(()));
    assert!(is_revoked(&store, refused));
}

/// That a power failure loses nothing can't be tried, so this asks SQLite what it does at each commit.
#[test]
fn logins_and_revocations_wait_for_the_disk_and_counters_do_not() {
    let folder = Folder::new("durable");
    let store = folder.open();
    let synchronous = |durability| {
        let ask = |connection: &rusqlite::Connection| {
            connection.pragma_query_value(None, "synchronous", |row| row.get::<_, u32>(0))
        };
        block_on(Box::pin(store.write(durability, ask))).expect("an answer")
    };
    let (full, normal) = (2, 1);
    assert_eq!(synchronous(Durability::Disk), full);
    assert_eq!(synchronous(Durability::Process), normal);
}

#[test]
fn a_call_that_finds_the_queue_full_is_refused() {
    let folder = Folder::new("queue");
    let store = folder.open();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let mut first = Box::pin(store.read(move |_| Ok(held.recv().is_ok())));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    let keys = [entry(0).key];
    let mut waiting = Vec::new();
    let refused = loop {
        let mut call = store.find(&keys, Timestamp::MIN);
        match call.as_mut().poll(&mut context) {
            Poll::Pending => waiting.push(call),
            Poll::Ready(refused) => break refused,
        }
    };
    assert_eq!(kind(&refused.expect_err("full")), SqliteErrorKind::Overloaded);
    drop(waiting.split_off(100));
    hold.send(()).expect("it waits");
    assert!(block_on(first).expect("an answer"));
    for call in waiting {
        assert!(block_on(call).expect("an answer").is_empty());
    }
}

#[test]
fn a_store_of_another_process_is_an_error_instead_of_a_wait_for_ever() {
    let folder = Folder::new("fork");
    let mut store = folder.open();
    store.writer.pretend_fork();
    assert_eq!(revoke(&store, 0), Err(SqliteErrorKind::Closed));
}

#[test]
fn of_too_many_counters_those_that_end_soonest_are_forgotten() {
    let folder = Folder::new("surplus");
    let store = folder.open();
    let limit = RateLimit::new(2, Duration::from_secs(60)).expect("a limit");
    let remaining = |key: u64| {
        let now = Timestamp::MIN + Duration::from_secs(key);
        let usage = block_on(store.count(&key.to_string(), limit, now)).expect("counted");
        usage.remaining()
    };
    for key in 0..10 {
        assert_eq!(remaining(key), 1);
    }
    let forget = |connection: &rusqlite::Connection| counters::forget_surplus(connection, 4);
    block_on(Box::pin(store.write(Durability::Process, forget))).expect("forgotten");
    assert_eq!([4, 5, 6, 9].map(remaining), [1, 1, 0, 0]);
}
