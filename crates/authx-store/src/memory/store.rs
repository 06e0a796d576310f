//! [`MemoryStore`]: everything in the memory of this process.

use std::time::Duration;

use authx::Timestamp;
use authx::login::LoginState;
use authx::rate_limit::{RateLimit, Usage};
use authx::revocation::{Entry, EntryKey};

use super::{MemoryCounters, MemoryLogins, MemoryRevocations};
use crate::{BoxFuture, CounterStore, Login, LoginStore, RevocationStore, StoreError};

/// Revocations, logins and counters of one process, which end with it: for a first try, for tests, and for a service
/// that has one process and may log everybody out when it restarts.
#[derive(Debug, Default)]
pub struct MemoryStore {
    revocations: MemoryRevocations,
    logins: MemoryLogins,
    counters: MemoryCounters,
}

impl MemoryStore {
    /// Forgets logins that were not used for `max_idle`, as [`MemoryLogins::new`] says.
    #[must_use]
    pub fn new(max_idle: Option<Duration>) -> Self {
        Self { logins: MemoryLogins::new(max_idle), ..Self::default() }
    }
}

impl RevocationStore for MemoryStore {
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.revocations.revoke(entries, now)
    }

    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.revocations.revoke_once(entry, now)
    }

    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        self.revocations.find(keys, now)
    }
}

impl LoginStore for MemoryStore {
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.logins.insert(login, now)
    }

    fn get<'a>(
        &'a self,
        sid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>> {
        self.logins.get(sid, now)
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.logins.advance(sid, from, to, now)
    }

    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.logins.touch(sid, last_active)
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.logins.end(sid, reason)
    }

    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>> {
        self.logins.list(subject, now)
    }
}

impl CounterStore for MemoryStore {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        self.counters.count(key, limit, now)
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.counters.give_back(key, limit, counted_at)
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.counters.reset(key)
    }
}
