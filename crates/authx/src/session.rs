//! Sessions: one login of a user, which can be ended together with every token that it was issued.
//!
//! A token names its session in the claim `sid` (`OpenID` Connect Front-Channel Logout 1.0 section 3).
//! Where `JWT_SESSION_TRACKING` is on, a store is asked about that session after every other check
//! ([`SessionQuestion`](crate::SessionQuestion)), and [`SessionState::check`] decides: a session that is
//! revoked, or that the store doesn't know, ends the token. A store may simply forget a session that was
//! revoked.

use std::time::Duration;

use crate::config::{Config, TokenLifetime};
use crate::error::Error;
use crate::random::{self, Random, RandomUnavailable, UuidTexts};
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
