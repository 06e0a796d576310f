//! One store, and two that share a file, keep the contracts of the traits.

use std::sync::atomic::{AtomicUsize, Ordering};

use authx::Timestamp;
use authx::login::LoginState;
use authx::rate_limit::{RateLimit, Usage};
use authx::revocation::{Entry, EntryKey};
use authx_store::sqlite::SqliteStore;
use authx_store::{
    BoxFuture, CounterStore, Cursor, Login, LoginStore, Look, RevocationStore, Store, StoreError,
    conformance,
};

use crate::support::{Folder, block_on, now, open};

fn check(store: &impl Store) {
    for prefix in ["", "again "] {
        block_on(conformance::revocations(store, prefix, now()));
        block_on(conformance::logins(store, prefix, now()));
        block_on(conformance::counters(store, prefix, now()));
    }
}

#[test]
fn a_store_in_a_file_conforms() {
    let folder = Folder::new();
    check(&open(&folder.file()));
}

#[test]
fn two_stores_on_one_file_conform_as_one() {
    let folder = Folder::new();
    let stores = [open(&folder.file()), open(&folder.file())];
    check(&Alternating { stores, calls: AtomicUsize::new(0) });
}

/// Makes each call with the other store than the one before.
struct Alternating {
    stores: [SqliteStore; 2],
    calls: AtomicUsize,
}

impl Alternating {
    fn next(&self) -> &SqliteStore {
        &self.stores[self.calls.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl RevocationStore for Alternating {
    fn revoke<'a>(&'a self, entries: &'a [Entry], now: Timestamp) -> Answer<'a, ()> {
        self.next().revoke(entries, now)
    }

    fn revoke_once<'a>(&'a self, entry: &'a Entry, now: Timestamp) -> Answer<'a, bool> {
        self.next().revoke_once(entry, now)
    }

    fn find<'a>(&'a self, keys: &'a [EntryKey], now: Timestamp) -> Answer<'a, Vec<Entry>> {
        self.next().find(keys, now)
    }

    fn look<'a>(&'a self, after: &'a Cursor) -> Answer<'a, Option<Look>> {
        self.next().look(after)
    }
}

impl LoginStore for Alternating {
    fn insert<'a>(&'a self, login: &'a Login, now: Timestamp) -> Answer<'a, bool> {
        self.next().insert(login, now)
    }

    fn get<'a>(&'a self, sid: &'a str, now: Timestamp) -> Answer<'a, Option<Login>> {
        self.next().get(sid, now)
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        self.next().advance(sid, from, to, now)
    }

    fn touch<'a>(&'a self, sid: &'a str, last_active: Timestamp) -> Answer<'a, ()> {
        self.next().touch(sid, last_active)
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> Answer<'a, ()> {
        self.next().end(sid, reason)
    }

    fn list<'a>(&'a self, subject: &'a str, now: Timestamp) -> Answer<'a, Vec<Login>> {
        self.next().list(subject, now)
    }
}

impl CounterStore for Alternating {
    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: Timestamp) -> Answer<'a, Usage> {
        self.next().count(key, limit, now)
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> Answer<'a, ()> {
        self.next().give_back(key, limit, counted_at)
    }

    fn reset<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        self.next().reset(key)
    }
}
