//! [`SessionStore`]: logins of users, which can be ended together with their tokens.

use std::fmt;
use std::sync::Arc;

use authx::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BoxFuture, StoreError};

/// One login of a user. As JSON it is the same as that of the FastAPI face.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The session's own name, the `sid` of its tokens.
    pub session_id: String,
    /// Whose login it is.
    pub uid: String,
    /// When it began.
    #[serde(with = "rfc3339")]
    pub created_at: Timestamp,
    /// When a request used one of its tokens last; see `JWT_SESSION_UPDATE_LAST_ACTIVE`.
    #[serde(with = "rfc3339")]
    pub last_active: Timestamp,
    /// From where the user logged in.
    pub ip_address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// What else the application wants to know.
    pub device_info: Option<Map<String, Value>>,
    /// Whether its tokens count.
    pub is_active: bool,
}

impl SessionInfo {
    /// An active session that begins now, of which nothing else is known: for stores, which fill in what
    /// they have kept.
    #[must_use]
    pub fn new(session_id: String, uid: String, now: Timestamp) -> Self {
        Self {
            session_id,
            uid,
            created_at: now,
            last_active: now,
            ip_address: None,
            user_agent: None,
            device_info: None,
            is_active: true,
        }
    }

    /// The session with its strings cut to what a store should keep of what clients send: 512 bytes of
    /// `user_agent`, 64 of `ip_address`.
    ///
    /// # Errors
    ///
    /// [`SessionTooLarge`]: all in all it takes more than 64 KiB.
    pub fn within_bounds(mut self) -> Result<Self, SessionTooLarge> {
        cut(&mut self.user_agent, 512);
        cut(&mut self.ip_address, 64);
        match self.bytes() {
            ..=MAX_BYTES => Ok(self),
            bytes => Err(SessionTooLarge { bytes }),
        }
    }

    /// How many bytes it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let optional = |string: &Option<String>| string.as_ref().map_or(0, String::len);
        let device_info = self.device_info.as_ref().map_or(0, |info| {
            serde_json::to_string(info).map_or(usize::MAX / 2, |json| json.len())
        });
        self.session_id.len()
            + self.uid.len()
            + optional(&self.ip_address)
            + optional(&self.user_agent)
            + device_info
    }
}

const MAX_BYTES: usize = 64 << 10;

fn cut(string: &mut Option<String>, bytes: usize) {
    if let Some(string) = string {
        let end = (0..=bytes.min(string.len())).rev().find(|&end| string.is_char_boundary(end));
        string.truncate(end.unwrap_or(0));
    }
}

/// A session that takes more than a store keeps of one; most likely its `device_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTooLarge {
    bytes: usize,
}

impl SessionTooLarge {
    pub(crate) fn of(bytes: usize) -> Self {
        Self { bytes }
    }
}

impl fmt::Display for SessionTooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes } = self;
        write!(
            formatter,
            "device_info: the session takes {bytes} bytes, which is more than a store keeps of one"
        )
    }
}

impl std::error::Error for SessionTooLarge {}

/// Keeps sessions.
///
/// An error while a token is checked refuses the request with status 500 and is logged: in doubt nobody
/// passes.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a new session, instead of another one of its name. Strings of it may be cut as
    /// [`SessionInfo::within_bounds`] does.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong; so for all methods.
    fn create<'a>(
        &'a self,
        session: &'a SessionInfo,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The session of this name, or `None`, which ends its tokens. A store may forget a session that was not
    /// asked about for as long as its tokens live, by the time that it is told.
    fn get<'a>(
        &'a self,
        session_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, StoreError>>;

    /// Notes when a session was used last. One that is not there must stay so: it may have been revoked
    /// a moment ago.
    fn update_last_active<'a>(
        &'a self,
        session_id: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets the session of this name, or marks it as no longer active: from now on its tokens are
    /// refused.
    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The user's active sessions, the oldest first.
    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, StoreError>>;

    /// Does as [`delete`](Self::delete) with all sessions of the user.
    fn delete_all_by_user<'a>(&'a self, uid: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl<T: SessionStore + ?Sized> SessionStore for Arc<T> {
    fn create<'a>(
        &'a self,
        session: &'a SessionInfo,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).create(session, now)
    }

    fn get<'a>(
        &'a self,
        session_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, StoreError>> {
        (**self).get(session_id, now)
    }

    fn update_last_active<'a>(
        &'a self,
        session_id: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).update_last_active(session_id, last_active)
    }

    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).delete(session_id)
    }

    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, StoreError>> {
        (**self).list_by_user(uid, now)
    }

    fn delete_all_by_user<'a>(&'a self, uid: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).delete_all_by_user(uid)
    }
}

/// Instants as Python's JSON has them, `2030-01-01T12:00:00Z`.
mod rfc3339 {
    use std::time::{SystemTime, UNIX_EPOCH};

    use authx::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        instant: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let epoch = Timestamp::from(UNIX_EPOCH);
        let time: SystemTime = UNIX_EPOCH + instant.saturating_since(epoch);
        if instant.as_whole_seconds().is_some() {
            serializer.collect_str(&humantime::format_rfc3339_seconds(time))
        } else {
            serializer.collect_str(&humantime::format_rfc3339_micros(time))
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&text).map(Timestamp::from).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SessionInfo {
        SessionInfo::new("s1".to_owned(), "ada".to_owned(), Timestamp::MIN)
    }

    #[test]
    fn what_clients_send_is_cut_at_a_character() {
        let user_agent = Some(format!("a{}", "é".repeat(1000)));
        let session = SessionInfo { user_agent, ..session() }.within_bounds().expect("not large");
        assert_eq!(session.user_agent.map(|kept| kept.len()), Some(511));
    }

    #[test]
    fn a_session_that_is_too_large_is_an_error_that_names_the_field() {
        let info = Map::from_iter([("note".to_owned(), "x".repeat(MAX_BYTES).into())]);
        let error = SessionInfo { device_info: Some(info), ..session() }.within_bounds();
        let error = error.expect_err("too large");
        assert!(error.to_string().starts_with("device_info: "), "{error}");
    }
}
