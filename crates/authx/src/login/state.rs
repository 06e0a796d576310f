//! The state of a login, and what a presented refresh token means in it.

use std::time::Duration;

use crate::engine::Engine;
use crate::error::{Error, Malformed};
use crate::revocation::Entry;
use crate::time::Timestamp;
use crate::token::{Claims, JsonClaims};
use crate::verified_token::VerifiedToken;

/// What a store keeps of a login for the decision about its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginState {
    /// The generation of the newest refresh token, its claim `gen`. The first one is 0.
    pub generation: u32,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// When the newest refresh token was issued.
    pub rotated_at: Timestamp,
    /// When the newest refresh token expires; `None` for one that doesn't.
    pub expires_at: Option<Timestamp>,
    /// When the login ends, however often it is used (`JWT_LOGIN_MAX_AGE`); `None` for no limit.
    pub deadline: Option<Timestamp>,
    /// Why it has ended; `None` while it has not.
    pub ended_for: Option<String>,
}

impl LoginState {
    /// When a store may forget it: when neither a refresh token of it nor the login itself can be used any more.
    #[must_use]
    pub fn last_use(&self) -> Option<Timestamp> {
        match (self.expires_at, self.deadline) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        }
    }

    /// When the newest refresh token was issued, its claim `iat`. It is a whole second, unless that second began before
    /// the login: tokens of that time may have been revoked.
    pub(crate) fn iat(&self) -> Timestamp {
        self.rotated_at.floor_to_second().max(self.created_at)
    }
}

/// What a refresh token says about its login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PresentedLogin {
    /// The login: the token's `sid`, or else its `jti`.
    pub sid: String,
    /// The token's generation; `None` for a token that was issued without a store.
    pub generation: Option<u32>,
    /// Who logged in.
    pub subject: String,
    issued_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

impl PresentedLogin {
    /// The login of a refresh token that was verified.
    ///
    /// # Errors
    ///
    /// [`Error::LoginUnknown`]: it has neither `sid` nor `jti`. [`Error::Malformed`]: its `gen` is no generation.
    pub fn of(token: &VerifiedToken) -> Result<Self, Error> {
        Self::read(token.sid(), token.jti(), &token.custom_claims()?, |sid, generation| Self {
            sid,
            generation,
            subject: token.sub().to_owned(),
            issued_at: token.iat(),
            expires_at: token.exp(),
        })
    }

    /// The login of the refresh token with these claims.
    pub(crate) fn of_claims(claims: &Claims<JsonClaims>) -> Result<Self, Error> {
        Self::read(
            claims.sid.as_deref(),
            claims.jti.as_deref(),
            &claims.custom,
            |sid, generation| Self {
                sid,
                generation,
                subject: claims.sub.clone(),
                issued_at: claims.iat,
                expires_at: claims.exp,
            },
        )
    }

    fn read(
        sid: Option<&str>,
        jti: Option<&str>,
        custom: &JsonClaims,
        presented: impl FnOnce(String, Option<u32>) -> Self,
    ) -> Result<Self, Error> {
        let generation = match custom.get("gen").filter(|_| sid.is_some()) {
            None => None,
            Some(json) => {
                Some(serde_json::from_str(json.get()).map_err(|_| Malformed::Claim("gen"))?)
            }
        };
        let sid = sid.or(jti).ok_or(Error::LoginUnknown)?;
        Ok(presented(sid.to_owned(), generation))
    }

    /// Whether this is the refresh token before the newest one.
    #[must_use]
    pub fn is_predecessor_of(&self, state: &LoginState) -> bool {
        self.generation.unwrap_or_default().checked_add(1) == Some(state.generation)
    }

    /// How long this refresh token was issued for: as long lives its successor.
    fn lifetime(&self) -> Option<Duration> {
        Some(self.expires_at?.saturating_since(self.issued_at?))
    }
}

/// What becomes of a refresh token that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It is used up: the store has to change the login to this state, if it still has the state that was decided by.
    Advance {
        /// The state with the next generation.
        to: LoginState,
        /// Whether the token was newer than the store knew: the store lost a rotation, most likely with the server
        /// that it was written to.
        is_store_behind: bool,
    },
    /// It was used before, within the grace period: the newest refresh token is issued again.
    Again,
    /// It was used before, and not just now: the login has to end, and the request is refused with
    /// [`Error::RefreshReused`].
    Reused,
}

impl Engine {
    /// The state of a login that begins now. `found` are the entries that the store of revocations has under
    /// [`EntryKey::of_subject`](crate::revocation::EntryKey::of_subject): where they revoke what was issued in this very
    /// second, the login begins after that.
    #[must_use]
    pub fn begin_login(&self, found: &[Entry], now: Timestamp) -> LoginState {
        let second = now.floor_to_second();
        let cuts = found.iter().filter_map(|entry| Some(entry.cut.as_ref()?.before));
        let created_at = match cuts.max() {
            Some(cut) if cut > second => cut.max(now),
            _ => second,
        };
        let deadline = self.deadline(second);
        let expires_at = self.refresh_lifetime().map(|lifetime| second + lifetime);
        LoginState {
            generation: 0,
            created_at,
            rotated_at: created_at,
            expires_at: earlier(expires_at, deadline),
            deadline,
            ended_for: None,
        }
    }

    /// The state of a login that begins now, and whose tokens the application issues by itself
    /// ([`NewToken::session`](crate::NewToken::session)). How long they live is not known, so it ends after 400 days, if
    /// `JWT_LOGIN_MAX_AGE` is not less.
    #[must_use]
    pub fn begin_session(&self, now: Timestamp) -> LoginState {
        let deadline = self.deadline(now).unwrap_or(now + LONGEST_SESSION);
        LoginState { expires_at: None, deadline: Some(deadline), ..self.begin_login(&[], now) }
    }

    /// The state of a login whose refresh token was issued without a store. A store adds it when the token is first
    /// used, unless it has the login already. `None` for a token that was issued with a store: if that store doesn't
    /// know the login, it has ended.
    #[must_use]
    pub fn adopt_login(&self, presented: &PresentedLogin, now: Timestamp) -> Option<LoginState> {
        if presented.generation.is_some() {
            return None;
        }
        let created_at = presented.issued_at.unwrap_or(now);
        let deadline = self.deadline(created_at);
        Some(LoginState {
            generation: 0,
            created_at,
            rotated_at: created_at,
            expires_at: earlier(presented.expires_at, deadline),
            deadline,
            ended_for: None,
        })
    }

    /// What becomes of a refresh token that is used, where the store has the login in this state.
    ///
    /// ```
    /// use authx::login::{PresentedLogin, Rotation};
    /// use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, SystemRandom, Timestamp, TokenKind};
    ///
    /// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
    /// # let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
    /// let jwt = engine.issue(&NewToken::refresh("ada"), now, &SystemRandom)?;
    /// let found = RequestToken::new(&jwt, TokenKind::Refresh, Location::Headers);
    /// let token = engine.verify::<()>(&found, &Requirement::refresh(), now)?.token();
    ///
    /// let presented = PresentedLogin::of(&token)?;
    /// let state = engine.adopt_login(&presented, now).expect("issued without a store");
    /// let Rotation::Advance { to, .. } = engine.rotation(&presented, &state, now)? else { unreachable!() };
    /// assert_eq!(to.generation, 1);
    /// assert_eq!(engine.rotation(&presented, &to, now)?, Rotation::Again);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::LoginEnded`] and [`Error::LoginExpired`].
    pub fn rotation(
        &self,
        presented: &PresentedLogin,
        state: &LoginState,
        now: Timestamp,
    ) -> Result<Rotation, Error> {
        let generation = presented.generation.unwrap_or_default();
        Ok(match use_of(self.config().logins.grace, presented, state, now)? {
            Use::Again => Rotation::Again,
            Use::Reused => Rotation::Reused,
            Use::Newest => {
                let mut to = state.clone();
                to.generation = generation.checked_add(1).ok_or(Error::LoginExpired)?;
                to.rotated_at = now;
                let expires_at = presented.lifetime().map(|lifetime| to.iat() + lifetime);
                to.expires_at = earlier(expires_at, state.deadline);
                Rotation::Advance { to, is_store_behind: generation > state.generation }
            }
        })
    }

    fn deadline(&self, login: Timestamp) -> Option<Timestamp> {
        self.config().logins.max_age.map(|max_age| login + max_age)
    }
}

/// Whether a refresh token is accepted without being used up, where a store has its login in this state, if at all. A
/// token that was issued without a store needs no login there.
pub(crate) fn check(
    grace: Duration,
    presented: &PresentedLogin,
    state: Option<&LoginState>,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(state) = state else {
        return if presented.generation.is_none() { Ok(()) } else { Err(Error::LoginUnknown) };
    };
    match use_of(grace, presented, state, now)? {
        Use::Newest | Use::Again => Ok(()),
        Use::Reused => Err(Error::RefreshReused),
    }
}

const LONGEST_SESSION: Duration = Duration::from_secs(400 * 24 * 3600);

enum Use {
    Newest,
    Again,
    Reused,
}

fn use_of(
    grace: Duration,
    presented: &PresentedLogin,
    state: &LoginState,
    now: Timestamp,
) -> Result<Use, Error> {
    if state.ended_for.is_some() {
        return Err(Error::LoginEnded);
    }
    if state.deadline.is_some_and(|deadline| deadline <= now) {
        return Err(Error::LoginExpired);
    }
    let generation = presented.generation.unwrap_or_default();
    if generation >= state.generation {
        return Ok(Use::Newest);
    }
    // A clock that went back has not left the grace period.
    let is_within = !grace.is_zero() && now.saturating_since(state.rotated_at) <= grace;
    let is_last = generation + 1 == state.generation;
    Ok(if is_last && is_within { Use::Again } else { Use::Reused })
}

fn earlier(one: Option<Timestamp>, two: Option<Timestamp>) -> Option<Timestamp> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}
