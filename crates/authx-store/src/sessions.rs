//! [`SessionStore`]: logins of users, which can be ended together with their tokens.

use std::fmt;
use std::sync::Arc;

use authx::Timestamp;
use authx::session::SessionState;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BoxFuture, StoreError};

/// One login of a user. Its JSON is the same as in the FastAPI face.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The session's identifier, the `sid` of its tokens.
    pub session_id: String,
    /// The subject of the user.
    pub uid: String,
    /// When it began.
    #[serde(with = "rfc3339")]
    pub created_at: Timestamp,
    /// When a request used one of its tokens last; see `JWT_SESSION_UPDATE_LAST_ACTIVE`.
    #[serde(with = "rfc3339")]
    pub last_active: Timestamp,
    /// The address that the user logged in from.
    pub ip_address: Option<String>,
    /// The program that the user logged in with.
    pub user_agent: Option<String>,
    /// Anything else that the application wants to store.
    pub device_info: Option<Map<String, Value>>,
    /// Whether its tokens are accepted.
    pub is_active: bool,
}

impl SessionInfo {
    /// An active session that begins now, with the optional fields empty. Stores fill these in from what they
    /// have saved.
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

    /// The state of what a store found, for the engine's question about a session.
    #[must_use]
    pub fn state(found: Option<&Self>) -> SessionState {
        match found {
            Some(session) if session.is_active => SessionState::Active,
            Some(_) => SessionState::Revoked,
            None => SessionState::Unknown,
        }
    }

    /// Cuts the strings that clients send to the length that a store should keep: `user_agent` to 512 bytes,
    /// `ip_address` to 64.
    ///
    /// # Errors
    ///
    /// [`SessionTooLarge`]: the whole session takes more than 64 KiB.
    pub fn within_bounds(mut self) -> Result<Self, SessionTooLarge> {
        cut(&mut self.user_agent, 512);
        cut(&mut self.ip_address, 64);
        match self.bytes() {
            ..=MAX_BYTES => Ok(self),
            bytes => Err(SessionTooLarge { bytes }),
        }
    }

    /// Approximately how many bytes it takes.
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

/// A session takes more bytes than a store allows, most likely because of its `device_info`.
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
            "device_info: the session takes {bytes} bytes, which is more than a store allows"
        )
    }
}

impl std::error::Error for SessionTooLarge {}

/// Stores sessions.
///
/// After an error during the check of a token, the request is refused with status 500, and the error is logged.
pub trait SessionStore: Send + Sync + 'static {
    /// Saves a new session, and replaces one with the same identifier. Its strings may be cut as
    /// [`SessionInfo::within_bounds`] does. Any string is an identifier and a user; a store may return an error for
    /// one with U+0000.
    ///
    /// # Errors
    ///
    /// As for all methods, any failure of the store.
    fn create<'a>(
        &'a self,
        session: &'a SessionInfo,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The session with this identifier. `None` means that its tokens are refused. A store may forget a session
    /// that was not looked up for as long as its tokens live, measured by the `now` of the calls.
    fn get<'a>(
        &'a self,
        session_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, StoreError>>;

    /// Saves when a session was last used. This must not create a session that does not exist: it may just have
    /// been revoked.
    fn update_last_active<'a>(
        &'a self,
        session_id: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Deletes the session with this identifier, or marks it as inactive. From now on its tokens are refused.
    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The user's active sessions, oldest first.
    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, StoreError>>;

    /// Deletes all sessions of the user, as [`delete`](Self::delete) does.
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

/// Instants in the JSON format of the FastAPI face, `2030-01-01T12:00:00Z`.
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
        let string = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&string).map(Timestamp::from).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SessionInfo {
        SessionInfo::new("s1".to_owned(), "ada".to_owned(), Timestamp::MIN)
    }

    #[test]
    fn strings_are_cut_between_characters() {
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
