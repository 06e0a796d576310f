//! The result of verification: claims that are withheld until the stores have answered.
//!
//! The engine makes every check that needs no store, and returns a [`Verified`], which withholds the claims until
//! revocation is checked too. [`Verified::ask`] gives the first [`Step`]: a question for a store, or the claims.
//! Each answer leads to the next step, or to the [`Error`] that refuses the token. This module decides which
//! questions there are, in which order, and what an answer means, for routes, open WebSockets and implicit
//! refresh alike. A face only asks its stores and passes their answers on.
//!
//! | question | asked | refuses |
//! | --- | --- | --- |
//! | [`RevocationQuestion`] | where the service has a store of revoked tokens | [`Error::Revoked`] |
//! | [`LoginQuestion`] | where the service has a store of logins, for a refresh token | [`Error::LoginEnded`] and its kin |
//! | [`SessionQuestion`] | with `JWT_SESSION_TRACKING`, for a token with the claim `sid` | [`Error::SessionRevoked`] |
//! | [`FirstUseQuestion`] | for a one-off token ([`NewToken::once`](crate::NewToken::once)) | [`Error::Revoked`] |

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::engine::Engine;
use crate::error::Error;
use crate::issue::is_one_off;
use crate::login::{self, LoginState, PresentedLogin};
use crate::revocation::Revocable;
use crate::session::SessionState;
use crate::time::Timestamp;
use crate::token::Claims;
use crate::token_kind::TokenKind;
use crate::transport::RequestToken;
use crate::verified_token::{VerifiedToken, spellings};

/// A token that passed every check, except those that a store has to answer.
///
/// ```
/// use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, Step, Stores};
/// use authx::{SystemRandom, Timestamp, TokenKind};
/// use std::time::SystemTime;
///
/// # let secret = Secret::from("a secret of at least thirty-two bytes");
/// # let engine = Engine::new(Config::builder().secret_key(secret).build()?);
/// # let now = Timestamp::from(SystemTime::now());
/// # let jwt = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
/// # let revoked_ids: Vec<String> = Vec::new();
/// let token = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
/// let verified = engine.verify::<()>(&token, &Requirement::access(), now)?;
///
/// let mut step = verified.ask(Stores { revocation: true, ..Stores::default() });
/// let claims = loop {
///     step = match step {
///         Step::Admitted(claims) => break claims,
///         Step::AskRevocation(question) => {
///             let is_revoked = question.token().jti().is_none_or(|jti| revoked_ids.iter().any(|id| id == jti));
///             question.answer(is_revoked)?
///         }
///         Step::AskLogin(question) => unreachable!("no store of logins was named: {question:?}"),
///         Step::AskSession(question) => unreachable!("sessions are not tracked here: {question:?}"),
///         Step::AskFirstUse(question) => unreachable!("no token was issued for one use: {question:?}"),
///     };
/// };
/// assert_eq!(claims.sub, "user123");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the stores have not been asked yet"]
pub struct Verified<'t, C = ()> {
    claims: Claims<C>,
    text: Cow<'t, [u8]>,
    rules: Rules,
}

/// The part of the configuration that decides which questions are asked.
#[derive(Clone, Copy)]
struct Rules {
    is_malleable: bool,
    tracks_sessions: bool,
    refresh_grace: Duration,
}

/// Which stores a service has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stores {
    /// Whether it has a store of revoked tokens. Whether it has one of sessions, the configuration says.
    pub revocation: bool,
    /// Whether it has a store of logins, whose refresh tokens rotate.
    pub logins: bool,
}

/// What has to happen next before a token is accepted.
#[derive(Debug)]
#[must_use = "the stores have not been asked yet"]
pub enum Step<C = ()> {
    /// Nothing: here are the claims.
    Admitted(Claims<C>),
    /// A store has to say whether the token was revoked.
    AskRevocation(RevocationQuestion<C>),
    /// A store has to say in which state the refresh token's login is.
    AskLogin(LoginQuestion<C>),
    /// A store has to say whether the token's session is active.
    AskSession(SessionQuestion<C>),
    /// A store has to record that a one-off token is used, and say whether this is its first use.
    AskFirstUse(FirstUseQuestion<C>),
}

impl<'t, C> Verified<'t, C> {
    pub(crate) fn new(engine: &Engine, token: &'t RequestToken<'_>, claims: Claims<C>) -> Self {
        let config = engine.config();
        let rules = Rules {
            is_malleable: config.keys.is_malleable(),
            tracks_sessions: config.session_tracking(),
            refresh_grace: config.logins.grace,
        };
        Self { claims, text: Cow::Borrowed(token.as_bytes()), rules }
    }

    /// As [`ask`](Self::ask), where whether the token was revoked may be known already, as from a copy of the store in
    /// this process: `known` says so, or `None` where it has to be asked. It isn't called without a store of revocations.
    ///
    /// # Errors
    ///
    /// [`Error::Revoked`] if it was revoked.
    pub fn ask_unless(
        self,
        stores: Stores,
        known: impl FnOnce(Revocable<'_>) -> Option<bool>,
    ) -> Result<Step<C>, Error> {
        let claims = &self.claims;
        let (jti, sid) = (claims.jti.as_deref(), claims.sid.as_deref());
        let token = Revocable { sub: &claims.sub, jti, sid, iat: claims.iat };
        match stores.revocation.then(|| known(token)).flatten() {
            Some(true) => Err(Error::Revoked),
            Some(false) => Ok(self.ask(Stores { revocation: false, ..stores })),
            None => Ok(self.ask(stores)),
        }
    }

    /// The first question, or the claims where there is none.
    pub fn ask(self, stores: Stores) -> Step<C> {
        let asks_login = stores.logins && self.claims.kind == TokenKind::Refresh;
        if !stores.revocation && !asks_login {
            return ask_session(self.claims, self.rules);
        }
        let token = self.token();
        let login = LoginQuestion { claims: self.claims, token, rules: self.rules };
        if stores.revocation {
            Step::AskRevocation(RevocationQuestion { login, asks_login })
        } else {
            Step::AskLogin(login)
        }
    }

    /// What stores get to know about the token.
    #[must_use]
    pub fn token(&self) -> VerifiedToken {
        VerifiedToken::new(&self.text, &self.claims, self.rules.is_malleable)
    }

    /// The claims, without asking a store: for code that only displays a token, or checks revocation in another
    /// way. A revoked token passes.
    #[must_use]
    pub fn without_asking(self) -> Claims<C> {
        self.claims
    }

    /// Converts the custom claims to another type with `change`. The claims are still withheld.
    pub fn map_custom<D>(self, change: impl FnOnce(C) -> D) -> Verified<'t, D> {
        Verified { claims: self.claims.map_custom(change), text: self.text, rules: self.rules }
    }

    /// Copies the token, so that the result does not borrow the request.
    pub fn into_owned(self) -> Verified<'static, C> {
        let text = Cow::Owned(self.text.into_owned());
        Verified { claims: self.claims, text, rules: self.rules }
    }

    pub(crate) fn claims(&self) -> &Claims<C> {
        &self.claims
    }
}

/// Asks whether a token was revoked.
#[must_use = "the question has to be answered"]
pub struct RevocationQuestion<C> {
    /// The question after this one, which knows the same.
    login: LoginQuestion<C>,
    /// Whether that one is asked at all.
    asks_login: bool,
}

impl<C> RevocationQuestion<C> {
    /// Which token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.login.token
    }

    /// All claims, for a store that needs more than [`token`](Self::token) has. The token is not accepted yet, so
    /// nothing else may rely on them.
    #[must_use]
    pub fn claims_in_question(&self) -> &Claims<C> {
        &self.login.claims
    }

    /// Continues with the store's answer. If the store fails there is no answer, and the claims stay withheld.
    ///
    /// # Errors
    ///
    /// [`Error::Revoked`] if it was revoked.
    pub fn answer(self, is_revoked: bool) -> Result<Step<C>, Error> {
        if is_revoked {
            return Err(Error::Revoked);
        }
        if self.asks_login {
            return Ok(Step::AskLogin(self.login));
        }
        let LoginQuestion { claims, rules, .. } = self.login;
        Ok(ask_session(claims, rules))
    }
}

/// Asks for the state of the login that a refresh token belongs to.
#[must_use = "the question has to be answered"]
pub struct LoginQuestion<C> {
    claims: Claims<C>,
    token: VerifiedToken,
    rules: Rules,
}

impl<C> LoginQuestion<C> {
    /// Which login, and which of its refresh tokens.
    ///
    /// # Errors
    ///
    /// As [`PresentedLogin::of`]; the token is refused then.
    pub fn presented(&self) -> Result<PresentedLogin, Error> {
        PresentedLogin::of(&self.token)
    }

    /// Continues with the login's state, as the store has it; `None` where it has no such login.
    ///
    /// # Errors
    ///
    /// [`Error::LoginUnknown`], [`Error::LoginEnded`], [`Error::LoginExpired`]. [`Error::RefreshReused`] for a token
    /// that was used up, after which the login has to end.
    pub fn answer(self, state: Option<&LoginState>, now: Timestamp) -> Result<Step<C>, Error> {
        login::check(self.rules.refresh_grace, &self.presented()?, state, now)?;
        Ok(ask_session(self.claims, self.rules))
    }
}

/// Asks whether the session that a token belongs to is active.
#[must_use = "the question has to be answered"]
pub struct SessionQuestion<C> {
    claims: Claims<C>,
    session_id: String,
}

impl<C> SessionQuestion<C> {
    /// Which session.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// Continues with the session's state, as the store has it.
    ///
    /// # Errors
    ///
    /// [`Error::SessionRevoked`] unless the session is active.
    pub fn answer(self, state: SessionState) -> Result<Step<C>, Error> {
        state.check()?;
        Ok(ask_first_use(self.claims))
    }
}

/// Asks whether a one-off token is used for the first time. It is the last question, because asking it uses the token
/// up.
#[must_use = "the question has to be answered"]
pub struct FirstUseQuestion<C> {
    claims: Claims<C>,
}

impl<C> FirstUseQuestion<C> {
    /// The token's `jti`.
    #[must_use]
    pub fn jti(&self) -> &str {
        self.claims.jti.as_deref().unwrap_or_default()
    }

    /// When the token expires.
    #[must_use]
    pub fn exp(&self) -> Option<Timestamp> {
        self.claims.exp
    }

    /// Continues with the store's answer, of which the first one for a token is `true` and all later ones are `false`.
    ///
    /// # Errors
    ///
    /// [`Error::Revoked`] if it was used before.
    pub fn answer(self, is_first: bool) -> Result<Step<C>, Error> {
        if is_first { Ok(Step::Admitted(self.claims)) } else { Err(Error::Revoked) }
    }
}

fn ask_session<C>(claims: Claims<C>, rules: Rules) -> Step<C> {
    match session_in_question(&claims, rules).map(str::to_owned) {
        Some(session_id) => Step::AskSession(SessionQuestion { claims, session_id }),
        None => ask_first_use(claims),
    }
}

fn ask_first_use<C>(claims: Claims<C>) -> Step<C> {
    if is_one_off(claims.jti.as_deref()) {
        Step::AskFirstUse(FirstUseQuestion { claims })
    } else {
        Step::Admitted(claims)
    }
}

/// `None` for a token without `sid`: it belongs to no session, and is not affected by any.
fn session_in_question<C>(claims: &Claims<C>, rules: Rules) -> Option<&str> {
    claims.sid.as_deref().filter(|_| rules.tracks_sessions)
}

impl Engine {
    /// The strings that verify as the same token as `token`, which was verified: itself, and for ECDSA
    /// its malleable twin. A store that finds tokens by their whole string must be asked about each of them.
    #[must_use]
    pub fn spellings<'t>(&self, token: &'t str) -> Vec<Cow<'t, str>> {
        spellings(token, self.config().keys.is_malleable()).collect()
    }
}

/// Does not show the token and its claims.
impl<C> fmt::Debug for Verified<'_, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verified").field("kind", &self.claims.kind).finish_non_exhaustive()
    }
}

/// Does not show the claims.
impl<C> fmt::Debug for RevocationQuestion<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RevocationQuestion")
            .field("token", self.token())
            .finish_non_exhaustive()
    }
}

/// Does not show the claims.
impl<C> fmt::Debug for LoginQuestion<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LoginQuestion").field("token", &self.token).finish_non_exhaustive()
    }
}

/// Does not show the claims.
impl<C> fmt::Debug for FirstUseQuestion<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FirstUseQuestion").field("jti", &self.jti()).finish_non_exhaustive()
    }
}

/// Does not show the claims.
impl<C> fmt::Debug for SessionQuestion<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SessionQuestion")
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}
