//! Sessions: one login of a user, which can be ended together with all of its tokens.
//!
//! If the setting `JWT_SESSION_TRACKING` is on, a token that names a session in its claim `sid` is accepted
//! only while that session is active. This module asks the store for the session's state; the engine decides
//! what it means for the token.
//!
//! ```
//! use axum::extract::State;
//! use axum::http::HeaderMap;
//! use axum::{Json, Router, routing::post};
//! use axum_authx::{AccessToken, AuthX, NewSession, NewToken, Rejection, TokenPair};
//!
//! async fn login(State(auth): State<AuthX>, headers: HeaderMap) -> Result<Json<TokenPair>, Rejection> {
//!     let session = auth.create_session(NewSession::of("ada").user_agent(&headers)).await?;
//!     let access = NewToken::access("ada").fresh().session(&session.session_id);
//!     let refresh = NewToken::refresh("ada").session(&session.session_id);
//!     Ok(Json(auth.token_pair(auth.issue(&access)?, auth.issue(&refresh)?)))
//! }
//!
//! async fn logout(State(auth): State<AuthX>, token: AccessToken) -> Result<(), Rejection> {
//!     if let Some(session_id) = &token.sid {
//!         auth.revoke_session(session_id).await?;
//!     }
//!     Ok(())
//! }
//!
//! let app: Router<AuthX> = Router::new().route("/login", post(login)).route("/logout", post(logout));
//! ```
//!
//! A token without `sid` belongs to no session, and can't be ended with one. A handler that issues a token in
//! exchange for another one has to copy the `sid`.

use std::fmt;
use std::net::IpAddr;

use authx::random::RandomUnavailable;
use authx::session::new_session_id;
use authx_store::{ClientInfo, FlowError, SessionInfo};
use axum::BoxError;
use http::HeaderMap;
use http::header::USER_AGENT;
use serde_json::{Map, Value};

use crate::auth::AuthX;
use crate::rejection::Rejection;

/// The user and the device of a login, for [`AuthX::create_session`].
#[derive(Clone, Debug)]
#[must_use]
pub struct NewSession {
    uid: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    device_info: Option<Map<String, Value>>,
}

impl NewSession {
    /// A login of this user.
    pub fn of(uid: impl Into<String>) -> Self {
        Self { uid: uid.into(), ip_address: None, user_agent: None, device_info: None }
    }

    /// The client's address: that of axum's `ConnectInfo`, or the one that a trusted proxy names.
    pub fn ip_address(mut self, address: IpAddr) -> Self {
        self.ip_address = Some(address.to_string());
        self
    }

    /// The client's program, from the request's header `User-Agent`.
    pub fn user_agent(mut self, headers: &HeaderMap) -> Self {
        let value = headers.get(USER_AGENT);
        self.user_agent = value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        self
    }

    /// Anything else that the application wants to keep.
    pub fn device_info(mut self, info: Map<String, Value>) -> Self {
        self.device_info = Some(info);
        self
    }
}

impl<T: Into<String>> From<T> for NewSession {
    fn from(uid: T) -> Self {
        Self::of(uid)
    }
}

impl AuthX {
    /// Begins a session of this user. Tokens belong to it if they are issued with its `session_id`; see
    /// [`NewToken::session`](crate::NewToken::session).
    ///
    /// # Errors
    ///
    /// [`SessionError`]: the store failed, or there is no randomness for an identifier. With `?` in a handler
    /// it becomes a [`Rejection`] of status 500, as with all methods of sessions.
    pub async fn create_session(
        &self,
        session: impl Into<NewSession> + Send,
    ) -> Result<SessionInfo, SessionError> {
        let NewSession { uid, ip_address, user_agent, device_info } = session.into();
        if let Some(store) = self.store() {
            let client = ClientInfo { ip_address, user_agent, device_info };
            return Ok(self.flow(&self.engine(), &store).begin_session(uid, client).await?);
        }
        let session_id = new_session_id(self.random())?;
        let mut session = SessionInfo::new(session_id, uid, self.now());
        session.ip_address = ip_address;
        session.user_agent = user_agent;
        session.device_info = device_info;
        self.sessions().create(&session, self.now()).await?;
        Ok(session)
    }

    /// The user's active sessions.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn list_sessions(&self, uid: &str) -> Result<Vec<SessionInfo>, SessionError> {
        if let Some(store) = self.store() {
            let logins = self.flow(&self.engine(), &store).logins_of(uid).await?;
            return Ok(logins.into_iter().map(|login| login.session).collect());
        }
        Ok(self.sessions().list_by_user(uid, self.now()).await?)
    }

    /// The session with this identifier, if there is one.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn get_session(&self, session_id: &str) -> Result<Option<SessionInfo>, SessionError> {
        if let Some(store) = self.store() {
            let login = store.store().get(session_id, self.now()).await?;
            return Ok(login.map(|login| login.session));
        }
        Ok(self.sessions().get(session_id, self.now()).await?)
    }

    /// Ends a session. With `JWT_SESSION_TRACKING` its tokens are refused from now on.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn revoke_session(&self, session_id: &str) -> Result<(), SessionError> {
        if let Some(store) = self.store() {
            return Ok(self.flow(&self.engine(), &store).revoke_session(session_id).await?);
        }
        Ok(self.sessions().delete(session_id).await?)
    }

    /// Ends all sessions of a user, for example after a change of the password.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn revoke_all_sessions(&self, uid: &str) -> Result<(), SessionError> {
        if let Some(store) = self.store() {
            return Ok(self.flow(&self.engine(), &store).revoke_sessions_of(uid).await?);
        }
        Ok(self.sessions().delete_all_by_user(uid).await?)
    }

    /// Records that a request uses the session, if the settings say so. A store of logins is told once a minute.
    pub(crate) async fn note_activity(&self, session: &SessionInfo) {
        let engine = self.engine();
        let now = self.now();
        let sid = &session.session_id;
        let recorded = match self.store() {
            Some(store) if engine.config().is_activity_due(session.last_active, now) => {
                store.store().touch(sid, now).await
            }
            None if engine.config().session_update_last_active() => {
                self.sessions().update_last_active(sid, now).await
            }
            _ => return,
        };
        // Only logged, because the session is known to be active and the request need not fail.
        if let Err(error) = recorded {
            tracing::warn!("a session's last activity could not be recorded: {error}");
        }
    }
}

/// Why an operation on a session failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed.
    Store(BoxError),
    /// There is no randomness for an identifier.
    Random(RandomUnavailable),
}

impl From<BoxError> for SessionError {
    fn from(error: BoxError) -> Self {
        Self::Store(error)
    }
}

impl From<FlowError> for SessionError {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Store(error) => Self::Store(error),
            other => Self::Store(other.into()),
        }
    }
}

impl From<RandomUnavailable> for SessionError {
    fn from(error: RandomUnavailable) -> Self {
        Self::Random(error)
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(formatter, "the session store failed: {error}"),
            Self::Random(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(&**error),
            Self::Random(error) => Some(error),
        }
    }
}

/// A status 500, because the service failed, not the request.
impl From<SessionError> for Rejection {
    fn from(error: SessionError) -> Self {
        Self::failed(error)
    }
}
