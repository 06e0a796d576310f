//! Sessions: one login of a user, which can be ended together with every token that it was issued.
//!
//! A token names its session in the claim `sid` (`OpenID` Connect Front-Channel Logout 1.0 section 3).
//! Where `JWT_SESSION_TRACKING` is on, the face asks its store about that session after every other
//! check, and what the store knows decides:
//!
//! - [`Engine::session_in_question`]: which session has to be asked about, if any. A token without
//!   `sid` belongs to no session, so none can end it.
//! - [`SessionState::check`]: a session that is revoked, or that the store doesn't know, ends the
//!   token. A store may simply forget a session that was revoked.

use std::time::Duration;

use crate::config::{Config, TokenLifetime};
use crate::engine::Engine;
use crate::error::Error;
use crate::random::{self, Random, RandomUnavailable, UuidTexts};
use crate::token::Claims;
use crate::token_kind::TokenKind;

/// What a store knows of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// It is there, and was not revoked.
    Active,
    /// It is there, and was revoked.
    Revoked,
    /// It is not there: it was revoked, or is long over, or never was.
    Unknown,
}

impl Engine {
    /// The session that a store has to be asked about before these claims count. `None` where
    /// `JWT_SESSION_TRACKING` is off, and for a token without `sid`.
    ///
    /// ```
    /// use authx::{Config, Engine, NewToken, Request, Requirement, Secret, SessionState, SystemRandom, Timestamp};
    /// use std::time::SystemTime;
    ///
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).session_tracking(true).build()?);
    /// let now = Timestamp::from(SystemTime::now());
    /// let session = authx::new_session_id(&SystemRandom)?;
    /// let token = engine.issue(&NewToken::access("user123").session(&session), now, &SystemRandom)?;
    ///
    /// let headers = [("Authorization", format!("Bearer {token}"))];
    /// let request = Request::new("GET", headers.as_slice());
    /// let requirement = Requirement::access();
    /// let claims = engine.verify::<()>(&engine.find_token(&request, &requirement)?, &requirement, now)?;
    /// assert_eq!(engine.session_in_question(&claims), Some(session.as_str()));
    /// SessionState::Active.check()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn session_in_question<'c, C>(&self, claims: &'c Claims<C>) -> Option<&'c str> {
        claims.sid.as_deref().filter(|_| self.config().session_tracking())
    }
}

impl SessionState {
    /// Whether a token passes whose session is in this state.
    ///
    /// # Errors
    ///
    /// [`Error::SessionRevoked`] unless the session is active.
    pub fn check(self) -> Result<(), Error> {
        match self {
            Self::Active => Ok(()),
            Self::Revoked | Self::Unknown => Err(Error::SessionRevoked),
        }
    }
}

/// An identifier for a new session, which nobody can guess and no other session has.
///
/// # Errors
///
/// [`RandomUnavailable`] when the source has nothing to give.
pub fn new_session_id(random: &dyn Random) -> Result<String, RandomUnavailable> {
    let texts = &mut UuidTexts::default();
    let [id, _] = random::uuids(random, texts)?;
    Ok(id.to_owned())
}

impl Config {
    /// Whether the session that a token names has to be active.
    #[must_use]
    pub fn session_tracking(&self) -> bool {
        self.sessions.tracking
    }

    /// Whether a request with a session's token is noted as the session's last activity.
    #[must_use]
    pub fn session_update_last_active(&self) -> bool {
        self.sessions.update_last_active
    }

    /// How long a store must remember a session that nobody asks about: as long as a token lives that
    /// was issued when it was asked about last, leeway included. `None` where tokens have no end.
    #[must_use]
    pub fn session_max_idle(&self) -> Option<Duration> {
        let lifetime = |kind| match self.transport(kind).lifetime {
            TokenLifetime::Expires(lifetime) => Some(lifetime),
            TokenLifetime::Never => None,
        };
        let longest = lifetime(TokenKind::Access)?.max(lifetime(TokenKind::Refresh)?);
        Some(longest.saturating_add(self.leeway))
    }
}
