//! Sessions: logins of users, each of which can be ended together with all tokens issued for it.
//!
//! A token names its session in the claim `sid` (`OpenID` Connect Front-Channel Logout 1.0 section 3).
//! Where `JWT_SESSION_TRACKING` is on, a store is asked about that session after every other check
//! ([`SessionQuestion`](crate::verify::SessionQuestion)), and [`SessionState::check`] decides: where the session was
//! revoked, or the store has no such session, the token is refused. So a store may delete a session to
//! revoke it.

use std::time::Duration;

use crate::config::{Config, TokenLifetime};
use crate::error::Error;
use crate::random::{self, Random, RandomUnavailable, UuidBuffers};
use crate::time::Timestamp;

/// The state of a session, as a store has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// It exists, and was not revoked.
    Active,
    /// It exists, and was revoked.
    Revoked,
    /// It does not exist: it was revoked and deleted, was idle for too long, or was never created.
    Unknown,
}

impl SessionState {
    /// Whether a token whose session is in this state is accepted.
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

const ACTIVITY_INTERVAL: Duration = Duration::from_secs(60);

/// A random identifier for a new session: unique, and impossible to guess.
///
/// # Errors
///
/// [`RandomUnavailable`] when the source fails.
pub fn new_session_id(random: &dyn Random) -> Result<String, RandomUnavailable> {
    let buffers = &mut UuidBuffers::default();
    let [id, _] = random::uuids(random, buffers)?;
    Ok(id.to_owned())
}

impl Config {
    /// Whether a token is accepted only while the session that it names is active.
    #[must_use]
    pub fn session_tracking(&self) -> bool {
        self.sessions.tracking
    }

    /// Whether each request with a token of a session updates the session's last activity.
    #[must_use]
    pub fn session_update_last_active(&self) -> bool {
        self.sessions.update_last_active
    }

    /// Whether a store of logins records now that a request uses a login, which was last recorded at `last_active`: once a
    /// minute, so that most requests write nothing.
    #[must_use]
    pub fn is_activity_due(&self, last_active: Timestamp, now: Timestamp) -> bool {
        self.sessions.update_last_active && now.saturating_since(last_active) >= ACTIVITY_INTERVAL
    }

    /// How long a store must keep an idle session: as long as a token issued at its last use may live,
    /// leeway included. `None` where tokens never expire.
    #[must_use]
    pub fn session_max_idle(&self) -> Option<Duration> {
        let lifetime = |kind| match self.transport(kind).lifetime {
            TokenLifetime::Expires(lifetime) => Some(lifetime),
            TokenLifetime::Never => None,
        };
        let lifetimes: Option<Vec<Duration>> = self.token_kinds().map(lifetime).collect();
        let longest = lifetimes?.into_iter().max().unwrap_or_default();
        Some(longest.saturating_add(self.leeway))
    }
}
