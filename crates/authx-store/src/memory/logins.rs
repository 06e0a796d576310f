//! [`MemoryLogins`]: logins in the memory of this process.

use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use authx::Timestamp;
use authx::login::LoginState;

use super::{MemorySessions, SessionTable};
use crate::locks::lock;
use crate::{BoxFuture, Login, LoginStore, SessionTooLarge, StoreError};

/// Keeps logins in this process, up to 100 000 in 64 MiB. When it is full, a new login replaces the one that was idle
/// longest, whose refresh tokens are then refused.
pub struct MemoryLogins {
    table: Mutex<SessionTable<Login>>,
}

impl MemoryLogins {
    /// Forgets a login that was not used for `max_idle`, which should be at least the lifetime of its tokens:
    /// [`Config::session_max_idle`](authx::Config::session_max_idle). `None` means without limit.
    #[must_use]
    pub fn new(max_idle: Option<Duration>) -> Self {
        let mut table = SessionTable::new(MemorySessions::MAX_SESSIONS, MemorySessions::MAX_BYTES);
        table.set_max_idle(max_idle);
        Self { table: Mutex::new(table) }
    }

    fn table(&self) -> MutexGuard<'_, SessionTable<Login>> {
        let mut table = lock(&self.table);
        table.take_removed();
        table
    }

    fn change(&self, sid: &str, change: impl FnOnce(&mut Login)) {
        self.table().change(sid, |login| {
            change(login);
            bytes(login)
        });
    }
}

impl Default for MemoryLogins {
    fn default() -> Self {
        Self::new(None)
    }
}

/// The methods do all their work before they return a future, so the lock is never held across an await.
impl LoginStore for MemoryLogins {
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let added = login.session.clone().within_bounds().and_then(|session| {
            let mut table = self.table();
            let (sid, subject) = (&login.session.session_id, &login.session.uid);
            if table.find(sid, now).is_some() {
                return Ok(false);
            }
            let kept = Login { session, state: login.state.clone() };
            let bytes = bytes(&kept);
            let is_kept = table.insert(sid, subject, kept, bytes, now);
            if is_kept { Ok(true) } else { Err(SessionTooLarge::of(bytes)) }
        });
        Box::pin(ready(added.map_err(StoreError::from)))
    }

    fn get<'a>(
        &'a self,
        sid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>> {
        let login = self.table().find(sid, now).cloned();
        Box::pin(ready(Ok(login)))
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut is_changed = false;
        self.change(sid, |login| {
            is_changed = login.state.generation == from && login.state.ended_for.is_none();
            if is_changed {
                login.state = to.clone();
                login.session.is_active = to.ended_for.is_none();
            }
        });
        Box::pin(ready(Ok(is_changed)))
    }

    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(sid, |login| {
            login.session.last_active = login.session.last_active.max(last_active);
        });
        Box::pin(ready(Ok(())))
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(sid, |login| {
            login.session.is_active = false;
            login.state.ended_for.get_or_insert_with(|| reason.to_owned());
        });
        Box::pin(ready(Ok(())))
    }

    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>> {
        let mut table = self.table();
        table.forget_idle(now);
        let mut logins: Vec<Login> = table.of_user(subject).into_iter().cloned().collect();
        logins.retain(|login| login.is_listed(now));
        logins.sort_by_key(|login| login.session.created_at);
        Box::pin(ready(Ok(logins)))
    }
}

fn bytes(login: &Login) -> usize {
    let reason = login.state.ended_for.as_ref().map_or(0, String::len);
    login.session.bytes() + reason + size_of::<LoginState>()
}

impl fmt::Debug for MemoryLogins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = lock(&self.table);
        formatter.debug_struct("MemoryLogins").field("len", &table.len()).finish_non_exhaustive()
    }
}
