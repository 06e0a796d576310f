//! [`MemorySessions`]: sessions in this process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use authx::{Clock, SystemClock, Timestamp};
use axum::BoxError;

use crate::revocation::BoxFuture;
use crate::sessions::{SessionInfo, SessionStore};

/// Keeps sessions in this process, and forgets those whose tokens have all expired.
///
/// It is what an [`AuthX`](crate::AuthX) has unless it is given another store. Another process knows
/// nothing of these sessions, and so refuses their tokens: where several serve one application, they need
/// a store that they share.
pub struct MemorySessions {
    max_idle: Option<Duration>,
    clock: Box<dyn Clock>,
    kept: Mutex<Kept>,
}

impl MemorySessions {
    /// Remembers a session that nobody asks about for `max_idle`, which should be at least as long as its
    /// tokens live: [`Config::session_max_idle`](crate::Config::session_max_idle). `None` is without end.
    #[must_use]
    pub fn new(max_idle: Option<Duration>) -> Self {
        Self { max_idle, clock: Box::new(SystemClock), kept: Mutex::default() }
    }

    /// Goes by this clock instead of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Without the sessions that are over.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(max_idle) = self.max_idle {
            kept.forget_idle(max_idle, self.clock.now());
        }
        kept
    }
}

/// The store's methods are done at once, so nobody waits while the lock is held.
impl SessionStore for MemorySessions {
    fn create<'a>(&'a self, session: &'a SessionInfo) -> BoxFuture<'a, Result<(), BoxError>> {
        self.kept().insert(session.clone(), self.clock.now());
        Box::pin(ready(Ok(())))
    }

    fn get<'a>(
        &'a self,
        session_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, BoxError>> {
        let session = self.kept().use_at(self.clock.now(), session_id);
        Box::pin(ready(Ok(session)))
    }

    fn update_last_active<'a>(
        &'a self,
        session_id: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        if let Some(session) = self.kept().sessions.get_mut(session_id) {
            session.info.last_active = last_active;
        }
        Box::pin(ready(Ok(())))
    }

    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        self.kept().forget(session_id);
        Box::pin(ready(Ok(())))
    }

    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, BoxError>> {
        let sessions = self.kept().of_user(uid);
        Box::pin(ready(Ok(sessions)))
    }

    fn delete_all_by_user<'a>(&'a self, uid: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        self.kept().forget_user(uid);
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemorySessions")
            .field("max_idle", &self.max_idle)
            .finish_non_exhaustive()
    }
}

/// What a lock protects. Uses are numbered, and the first use is the session's beginning.
#[derive(Default)]
struct Kept {
    sessions: HashMap<String, Session>,
    /// By their last use: those that are over come first.
    by_use: BTreeMap<u64, String>,
    /// By their first use: the oldest comes first.
    by_user: HashMap<String, BTreeMap<u64, String>>,
    uses: u64,
}

struct Session {
    info: SessionInfo,
    first_use: u64,
    last_use: u64,
    used_at: Timestamp,
}

impl Kept {
    fn insert(&mut self, info: SessionInfo, now: Timestamp) {
        self.forget(&info.session_id);
        self.uses += 1;
        let (session_id, number) = (info.session_id.clone(), self.uses);
        self.by_use.insert(number, session_id.clone());
        self.by_user.entry(info.uid.clone()).or_default().insert(number, session_id.clone());
        let session = Session { info, first_use: number, last_use: number, used_at: now };
        self.sessions.insert(session_id, session);
    }

    fn use_at(&mut self, now: Timestamp, session_id: &str) -> Option<SessionInfo> {
        let session = self.sessions.get_mut(session_id)?;
        self.uses += 1;
        if let Some(name) = self.by_use.remove(&session.last_use) {
            self.by_use.insert(self.uses, name);
        }
        session.last_use = self.uses;
        session.used_at = now;
        Some(session.info.clone())
    }

    fn of_user(&self, uid: &str) -> Vec<SessionInfo> {
        let own = self.by_user.get(uid).into_iter().flat_map(BTreeMap::values);
        own.filter_map(|session_id| Some(&self.sessions.get(session_id)?.info))
            .filter(|info| info.is_active)
            .cloned()
            .collect()
    }

    fn forget(&mut self, session_id: &str) {
        let Some(session) = self.sessions.remove(session_id) else { return };
        self.by_use.remove(&session.last_use);
        if let Some(own) = self.by_user.get_mut(&session.info.uid) {
            own.remove(&session.first_use);
            if own.is_empty() {
                self.by_user.remove(&session.info.uid);
            }
        }
    }

    fn forget_user(&mut self, uid: &str) {
        let own = self.by_user.get(uid).into_iter().flat_map(BTreeMap::values);
        for session_id in own.cloned().collect::<Vec<_>>() {
            self.forget(&session_id);
        }
    }

    fn forget_idle(&mut self, max_idle: Duration, now: Timestamp) {
        while let Some((_, session_id)) = self.by_use.first_key_value() {
            let used_at = self.sessions.get(session_id).map(|session| session.used_at);
            if used_at.is_some_and(|used_at| now.saturating_since(used_at) <= max_idle) {
                return;
            }
            let session_id = session_id.clone();
            self.forget(&session_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FrozenClock;

    fn session(session_id: &str, uid: &str) -> SessionInfo {
        SessionInfo::new(session_id.to_owned(), uid.to_owned(), Timestamp::MIN)
    }

    fn names(sessions: &[SessionInfo]) -> Vec<&str> {
        sessions.iter().map(|session| session.session_id.as_str()).collect()
    }

    async fn kept_by(store: &MemorySessions, uid: &str) -> Vec<SessionInfo> {
        store.list_by_user(uid).await.expect("a list")
    }

    #[tokio::test]
    async fn sessions_that_nobody_asks_about_are_forgotten() {
        let (idle, clock) = (Duration::from_secs(100), FrozenClock::default());
        let store = MemorySessions::new(Some(idle)).with_clock(clock.clone());
        for name in ["one", "two", "three"] {
            store.create(&session(name, "ada")).await.expect("kept");
        }
        clock.advance(idle / 2);
        assert!(store.get("one").await.expect("an answer").is_some());
        clock.advance(idle * 3 / 4);
        store.create(&session("four", "grace")).await.expect("kept");
        assert_eq!(names(&kept_by(&store, "ada").await), ["one"]);
        assert!(store.get("two").await.expect("an answer").is_none());

        clock.advance(idle + Duration::from_millis(1));
        let kept = store.kept();
        assert!(kept.sessions.is_empty() && kept.by_use.is_empty() && kept.by_user.is_empty());
    }

    #[tokio::test]
    async fn the_oldest_session_is_listed_first_and_users_are_apart() {
        let store = MemorySessions::new(None);
        for (name, uid) in [("one", "ada"), ("two", "grace"), ("three", "ada")] {
            store.create(&session(name, uid)).await.expect("kept");
        }
        store.get("one").await.expect("an answer");
        assert_eq!(names(&kept_by(&store, "ada").await), ["one", "three"]);

        store.delete_all_by_user("ada").await.expect("done");
        assert_eq!(names(&kept_by(&store, "ada").await), [""; 0]);
        assert_eq!(names(&kept_by(&store, "grace").await), ["two"]);
    }

    #[tokio::test]
    async fn a_session_that_was_deleted_is_not_revived() {
        let store = MemorySessions::new(None);
        store.create(&session("one", "ada")).await.expect("kept");
        store.delete("one").await.expect("done");
        store.update_last_active("one", Timestamp::MAX).await.expect("nothing to do");
        assert!(store.get("one").await.expect("an answer").is_none());
    }

    #[tokio::test]
    async fn a_session_that_is_created_twice_is_there_once() {
        let store = MemorySessions::new(None);
        for uid in ["ada", "grace"] {
            store.create(&session("one", uid)).await.expect("kept");
        }
        assert_eq!(names(&kept_by(&store, "ada").await), [""; 0]);
        assert_eq!(names(&kept_by(&store, "grace").await), ["one"]);
    }
}
