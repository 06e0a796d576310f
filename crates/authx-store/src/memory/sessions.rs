//! [`MemorySessions`]: sessions in this process.

use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use authx::Timestamp;

use super::{SessionTable, lock};
use crate::{BoxFuture, SessionInfo, SessionStore, SessionTooLarge, StoreError};

/// Keeps sessions in this process, and forgets those whose tokens have all expired.
///
/// Another process knows nothing of these sessions, and so refuses their tokens: where several serve one
/// application, they need a store that they share.
///
/// It keeps 100 000 sessions in 64 MiB unless told otherwise. For one more, the session that was idle longest
/// is forgotten, and its tokens are refused.
pub struct MemorySessions {
    table: Mutex<SessionTable<SessionInfo>>,
}

impl MemorySessions {
    /// Remembers a session that nobody asks about for `max_idle`, which should be at least as long as its
    /// tokens live: [`Config::session_max_idle`](authx::Config::session_max_idle). `None` is without end.
    #[must_use]
    pub fn new(max_idle: Option<Duration>) -> Self {
        Self::with_bounds(max_idle, Self::MAX_SESSIONS, Self::MAX_BYTES)
    }

    /// As [`new`](Self::new), for at most so many sessions in at most so many bytes.
    #[must_use]
    pub fn with_bounds(max_idle: Option<Duration>, max_sessions: usize, max_bytes: usize) -> Self {
        let mut table = SessionTable::new(max_sessions, max_bytes);
        table.set_max_idle(max_idle);
        Self { table: Mutex::new(table) }
    }

    /// How many sessions it keeps unless told otherwise.
    pub const MAX_SESSIONS: usize = 100_000;

    /// How many bytes it takes unless told otherwise.
    pub const MAX_BYTES: usize = 64 << 20;

    /// Changes how long a session is remembered that nobody asks about.
    pub fn set_max_idle(&self, max_idle: Option<Duration>) {
        self.table().set_max_idle(max_idle);
    }

    fn table(&self) -> MutexGuard<'_, SessionTable<SessionInfo>> {
        let mut table = lock(&self.table);
        table.take_removed();
        table
    }
}

/// The methods are done at once, so no task waits while the lock is held.
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
