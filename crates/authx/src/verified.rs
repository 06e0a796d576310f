//! What verification yields: claims that nobody gets before the stores have answered.
//!
//! The engine makes every check that needs no store; then revocation is still owed. So it hands out a
//! [`Verified`], which holds the claims back. [`Verified::ask`] gives the first [`Step`]: a question for a
//! store, or the claims. Each answer leads to the next step, or to the [`Error`] that refuses the token. Which
//! questions there are, their order and what an answer means stand here, for routes, for open web sockets
//! and for implicit refresh alike; a face asks its stores and passes their answers on.
//!
//! | question | asked | refuses |
//! | --- | --- | --- |
//! | [`RevocationQuestion`] | where the service has somebody to ask about revocation | [`Error::Revoked`] |
//! | [`SessionQuestion`] | with `JWT_SESSION_TRACKING`, for a token with the claim `sid` | [`Error::SessionRevoked`] |

use std::borrow::Cow;
use std::fmt;

use crate::engine::Engine;
use crate::error::Error;
use crate::session::SessionState;
use crate::time::Timestamp;
use crate::token::{self, Claims};
use crate::token_kind::TokenKind;
use crate::transport::RequestToken;

/// A token that passed every check, save those that a store has to answer.
///
/// ```
/// use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, Step, Stores};
/// use authx::{SystemRandom, Timestamp, TokenKind};
/// use std::time::SystemTime;
///
/// # let secret = Secret::from("a secret of at least thirty-two bytes");
/// # let engine = Engine::new(Config::builder().secret_key(secret).build()?);
/// # let now = Timestamp::from(SystemTime::now());
/// # let text = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
/// # let revoked_ids: Vec<String> = Vec::new();
/// let token = RequestToken::new(&text, TokenKind::Access, Location::Headers);
/// let verified = engine.verify::<()>(&token, &Requirement::access(), now)?;
///
/// let mut step = verified.ask(Stores { revocation: true });
/// let claims = loop {
///     step = match step {
///         Step::Admitted(claims) => break claims,
///         Step::AskRevocation(question) => {
///             let is_revoked = question.token().jti().is_none_or(|jti| revoked_ids.iter().any(|id| id == jti));
///             question.answer(is_revoked)?
///         }
///         Step::AskSession(question) => unreachable!("sessions are not tracked here: {question:?}"),
///     };
/// };
/// assert_eq!(claims.sub, "user123");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the claims are still to be asked for"]
pub struct Verified<'t, C = ()> {
    claims: Claims<C>,
    text: Cow<'t, [u8]>,
    rules: Rules,
}

/// What of the configuration decides about the questions.
#[derive(Clone, Copy)]
struct Rules {
    is_malleable: bool,
    tracks_sessions: bool,
}

/// Whom a service can ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stores {
    /// Whether there is somebody who knows revoked tokens. Sessions are asked about by the configuration.
    pub revocation: bool,
}

/// What has to happen next before a token counts.
#[derive(Debug)]
#[must_use = "the claims are still to be asked for"]
pub enum Step<C = ()> {
    /// Nothing: here are the claims.
    Admitted(Claims<C>),
    /// A store has to say whether the token was revoked.
    AskRevocation(RevocationQuestion<C>),
    /// A store has to say whether the token's session is active.
    AskSession(SessionQuestion<C>),
}

impl<'t, C> Verified<'t, C> {
    pub(crate) fn new(engine: &Engine, token: &'t RequestToken<'_>, claims: Claims<C>) -> Self {
        let config = engine.config();
        let rules = Rules {
            is_malleable: config.keys.is_malleable(),
            tracks_sessions: config.session_tracking(),
        };
        Self { claims, text: Cow::Borrowed(token.text()), rules }
    }

    /// The first question, or the claims where there is none.
    pub fn ask(self, stores: Stores) -> Step<C> {
        if !stores.revocation {
            return ask_session(self.claims, self.rules);
        }
        let token = self.token();
        Step::AskRevocation(RevocationQuestion { claims: self.claims, token, rules: self.rules })
    }

    /// What stores are told of the token.
    #[must_use]
    pub fn token(&self) -> VerifiedToken {
        // What verified is base64url and dots.
        let text = String::from_utf8_lossy(&self.text);
        let claims = &self.claims;
        VerifiedToken {
            spellings: spellings(&text, self.rules.is_malleable).map(Cow::into_owned).collect(),
            kind: claims.kind,
            sub: claims.sub.clone(),
            jti: claims.jti.clone(),
            sid: claims.sid.clone(),
            exp: claims.exp,
        }
    }

    /// The claims, although no store is asked: for code that shows a token rather than lets it in, or that
    /// asks elsewhere. A revoked token passes.
    #[must_use]
    pub fn without_asking(self) -> Claims<C> {
        self.claims
    }

    /// The same with custom claims of another type, which `change` makes of the present ones. The claims stay
    /// locked.
    pub fn map_custom<D>(self, change: impl FnOnce(C) -> D) -> Verified<'t, D> {
        Verified { claims: self.claims.map_custom(change), text: self.text, rules: self.rules }
    }

    /// The same without a borrowed request.
    pub fn into_owned(self) -> Verified<'static, C> {
        let text = Cow::Owned(self.text.into_owned());
        Verified { claims: self.claims, text, rules: self.rules }
    }

    pub(crate) fn claims(&self) -> &Claims<C> {
        &self.claims
    }
}

/// Asks whether a token was revoked.
#[must_use = "it wants an answer"]
pub struct RevocationQuestion<C> {
    claims: Claims<C>,
    token: VerifiedToken,
    rules: Rules,
}

impl<C> RevocationQuestion<C> {
    /// Which token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// All its claims, for a store that goes by more than [`token`](Self::token) has. They count for nothing
    /// yet.
    #[must_use]
    pub fn claims_in_question(&self) -> &Claims<C> {
        &self.claims
    }

    /// Goes on with the store's answer. A store that fails has none, and the claims stay locked.
    ///
    /// # Errors
    ///
    /// [`Error::Revoked`]: it was.
    pub fn answer(self, is_revoked: bool) -> Result<Step<C>, Error> {
        if is_revoked {
            return Err(Error::Revoked);
        }
        Ok(ask_session(self.claims, self.rules))
    }
}

/// Asks whether the session that a token belongs to is active.
#[must_use = "it wants an answer"]
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

    /// Goes on with what the store knows.
    ///
    /// # Errors
    ///
    /// [`Error::SessionRevoked`] unless the session is active.
    pub fn answer(self, state: SessionState) -> Result<Step<C>, Error> {
        state.check()?;
        Ok(Step::Admitted(self.claims))
    }
}

fn ask_session<C>(claims: Claims<C>, rules: Rules) -> Step<C> {
    match session_in_question(&claims, rules).map(str::to_owned) {
        Some(session_id) => Step::AskSession(SessionQuestion { claims, session_id }),
        None => Step::Admitted(claims),
    }
}

/// A token without `sid` belongs to no session, so none can end it.
fn session_in_question<C>(claims: &Claims<C>, rules: Rules) -> Option<&str> {
    claims.sid.as_deref().filter(|_| rules.tracks_sessions)
}

/// The strings that verify as the same token: itself, and for ECDSA its malleable twin.
fn spellings(text: &str, is_malleable: bool) -> impl Iterator<Item = Cow<'_, str>> {
    let twin = is_malleable.then(|| token::twin(text)).flatten();
    std::iter::once(Cow::Borrowed(text)).chain(twin.map(Cow::Owned))
}

impl Engine {
    /// The strings that verify as the same token as `token`, whose signature held: itself, and for ECDSA
    /// its malleable twin. A store that goes by a token's text must be asked about each of them.
    #[must_use]
    pub fn spellings<'t>(&self, token: &'t str) -> Vec<Cow<'t, str>> {
        spellings(token, self.config().keys.is_malleable()).collect()
    }
}

/// Without the token and its claims.
impl<C> fmt::Debug for Verified<'_, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verified").field("kind", &self.claims.kind).finish_non_exhaustive()
    }
}

/// Without the claims.
impl<C> fmt::Debug for RevocationQuestion<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RevocationQuestion")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// Without the claims.
impl<C> fmt::Debug for SessionQuestion<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SessionQuestion")
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}

/// What a store is told of a token that it is asked about: every other check holds.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    spellings: Vec<String>,
    kind: TokenKind,
    sub: String,
    jti: Option<String>,
    sid: Option<String>,
    exp: Option<Timestamp>,
}

impl VerifiedToken {
    /// Every text that verifies as this token: the one in the request first, and for ECDSA its twin.
    #[must_use]
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// The token's type.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Who the token is about.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The token's own identifier. The engine gives one to every token that it issues.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.jti.as_deref()
    }

    /// The session that the token belongs to, if any.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When the token ends. A store may forget it after this and `JWT_DECODE_LEEWAY`, for as long it is
    /// accepted.
    #[must_use]
    pub fn exp(&self) -> Option<Timestamp> {
        self.exp
    }

    /// The token as the request has it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }
}

/// Without the token.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedToken")
            .field("kind", &self.kind)
            .field("jti", &self.jti)
            .finish_non_exhaustive()
    }
}
