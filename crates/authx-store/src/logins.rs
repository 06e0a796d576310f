//! [`LoginStore`]: logins of users, whose refresh tokens rotate.

use std::sync::Arc;

use authx::Timestamp;
use authx::login::LoginState;

use crate::{BoxFuture, SessionInfo, StoreError};

/// One login of a user: what people see of it, and the state of its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its `session_id` is the `sid` of its tokens, its `uid` their subject. `is_active` says whether the state has
    /// not ended.
    pub session: SessionInfo,
    /// By what the engine decides about its refresh tokens.
    pub state: LoginState,
}

impl Login {
    /// A login in this state, of which nothing else is known.
    #[must_use]
    pub fn new(sid: String, subject: String, state: LoginState) -> Self {
        let mut session = SessionInfo::new(sid, subject, state.created_at);
        session.is_active = state.ended_for.is_none();
        Self { session, state }
    }

    /// Whether [`LoginStore::list`] has it at this instant.
    #[must_use]
    pub fn is_listed(&self, now: Timestamp) -> bool {
        self.state.ended_for.is_none() && self.state.last_use().is_none_or(|end| end > now)
    }
}

/// Stores logins.
///
/// The engine decides what a state means ([`Engine::rotation`](authx::Engine::rotation)); a store changes one only where
/// it is still what the decision was made by. Any string is a `sid` and a subject; a store may return an error for one
/// with U+0000.
pub trait LoginStore: Send + Sync + 'static {
    /// Adds a login, unless there is one with its `sid`, and returns whether it was added. Of callers at the same time
    /// exactly one adds it. Its strings may be cut as [`SessionInfo::within_bounds`] does.
    ///
    /// # Errors
    ///
    /// As for all methods, any failure of the store.
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// The login with this `sid`, ended or not. A store may forget a login whose
    /// [`last_use`](LoginState::last_use) has passed, by the `now` of any call.
    fn get<'a>(
        &'a self,
        sid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>>;

    /// Changes a login to the state `to`, where its generation is `from` and it has not ended; returns whether it did.
    /// Comparing and changing are one step: of callers at the same time at most one succeeds, and none after
    /// [`end`](Self::end) has returned.
    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Records that a login was used. An earlier time than the recorded one changes nothing, and neither does a login
    /// that is not there.
    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Ends a login for a reason; one that has ended keeps its reason. A login that is not there is no error.
    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The subject's logins that have not ended and whose [`last_use`](LoginState::last_use) has not passed, the oldest
    /// first.
    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>>;
}

impl<T: LoginStore + ?Sized> LoginStore for Arc<T> {
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).insert(login, now)
    }

    fn get<'a>(
        &'a self,
        sid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>> {
        (**self).get(sid, now)
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).advance(sid, from, to, now)
    }

    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).touch(sid, last_active)
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).end(sid, reason)
    }

    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>> {
        (**self).list(subject, now)
    }
}
