//! [`MemorySessions`]: sessions in the memory of this process.

use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use authx::Timestamp;

use super::SessionTable;
use crate::locks::lock;
use crate::{BoxFuture, SessionInfo, SessionStore, SessionTooLarge, StoreError};

/// Keeps sessions in this process, and forgets those whose tokens have all expired.
///
/// Other processes don't see these sessions and refuse their tokens: an application in several processes needs a
/// store that these share.
///
/// By default it keeps up to 100 000 sessions in 64 MiB. When it is full, a new session replaces the one that was
/// idle longest, whose tokens are then refused.
pub struct MemorySessions {
    table: Mutex<SessionTable<SessionInfo>>,
}

impl MemorySessions {
    /// Keeps an idle session for `max_idle`, which should be at least the lifetime of its tokens:
    /// [`Config::session_max_idle`](authx::Config::session_max_idle). `None` means without limit.
    #[must_use]
    pub fn new(max_idle: Option<Duration>) -> Self {
        Self::with_bounds(max_idle, Self::MAX_SESSIONS, Self::MAX_BYTES)
    }

    /// As [`new`](Self::new), for at most `max_sessions` sessions in at most `max_bytes`.
    #[must_use]
    pub fn with_bounds(max_idle: Option<Duration>, max_sessions: usize, max_bytes: usize) -> Self {
        let mut table = SessionTable::new(max_sessions, max_bytes);
        table.set_max_idle(max_idle);
        Self { table: Mutex::new(table) }
    }

    /// How many sessions it keeps by default.
    pub const MAX_SESSIONS: usize = 100_000;

    /// How many bytes it takes by default.
    pub const MAX_BYTES: usize = 64 << 20;

    /// Changes how long an idle session is kept.
    pub fn set_max_idle(&self, max_idle: Option<Duration>) {
        self.table().set_max_idle(max_idle);
    }

    fn table(&self) -> MutexGuard<'_, SessionTable<SessionInfo>> {
        let mut table = lock(&self.table);
        table.take_removed();
        table
    }
}

/// The methods do all their work before they return a future, so the lock is never held across an await.
impl SessionStore for MemorySessions {
    fn create<'a>(
        &'a self,
        session: &'a SessionInfo,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let kept = session.clone().within_bounds().and_then(|kept| {
            let bytes = kept.bytes();
            let is_kept = self.table().insert(&session.session_id, &session.uid, kept, bytes, now);
            if is_kept { Ok(()) } else { Err(SessionTooLarge::of(bytes)) }
        });
        Box::pin(ready(kept.map_err(StoreError::from)))
    }

    fn get<'a>(
        &'a self,
        session_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, StoreError>> {
        let session = self.table().find(session_id, now).cloned();
        Box::pin(ready(Ok(session)))
    }

    fn update_last_active<'a>(
        &'a self,
        session_id: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.table().change(session_id, |session| {
            session.last_active = last_active;
            session.bytes()
        });
        Box::pin(ready(Ok(())))
    }

    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.table().remove(session_id);
        Box::pin(ready(Ok(())))
    }

    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, StoreError>> {
        let mut table = self.table();
        table.forget_idle(now);
        let sessions = table.of_user(uid).into_iter().filter(|session| session.is_active);
        Box::pin(ready(Ok(sessions.cloned().collect())))
    }

    fn delete_all_by_user<'a>(&'a self, uid: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.table().remove_user(uid);
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = lock(&self.table);
        formatter
            .debug_struct("MemorySessions")
            .field("len", &table.len())
            .field("bytes", &table.bytes())
            .finish_non_exhaustive()
    }
}
