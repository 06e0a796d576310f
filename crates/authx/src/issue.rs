//! Issuing a token for a subject.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::config::TokenLifetime;
use crate::engine::Engine;
use crate::issue_error::IssueError;
use crate::random::{self, Random, UuidBuffers};
use crate::time::Timestamp;
use crate::token::{Audience, Claims, Payload, encode, is_registered};
use crate::token_kind::{TokenKind, UnfitTokenKind};

/// Header fields that decide how a token is read, so only the engine sets them.
const RESERVED_HEADERS: [&str; 5] = ["alg", "kid", "crit", "b64", "zip"];

/// The contents of a new token. What is not set here comes from the configuration.
///
/// ```
/// use authx::NewToken;
/// use authx::token::Audience;
/// use std::time::Duration;
///
/// #[derive(serde::Serialize)]
/// struct Tenant {
///     tenant: u32,
/// }
///
/// let token = NewToken::access("user123")
///     .fresh()
///     .scopes(["users:read"])
///     .expires_in(Duration::from_secs(60))
///     .audience(Audience::One("reports".into()))
///     .claims(Tenant { tenant: 7 });
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct NewToken<'a, C = ()> {
    kind: Result<TokenKind, UnfitTokenKind>,
    subject: Cow<'a, str>,
    fresh: bool,
    headers: Option<Map<String, Value>>,
    expiry: Option<Expiry>,
    scopes: Option<Vec<Cow<'a, str>>>,
    audience: Option<Audience>,
    issuer: Option<Cow<'a, str>>,
    jti: Option<Cow<'a, str>>,
    once: bool,
    csrf: Option<Csrf<'a>>,
    issued_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    sid: Option<Cow<'a, str>>,
    auth_time: Option<Timestamp>,
    /// For a refresh token of a login that a store keeps: the claim `gen`.
    generation: Option<u32>,
    /// Instead of the configured login type: a token keeps that of the one which it replaces.
    login_type: Option<&'a str>,
    custom: C,
}

/// `Debug` does not show the value.
#[derive(Clone)]
struct Csrf<'a>(Cow<'a, str>);

impl fmt::Debug for Csrf<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Csrf(..)")
    }
}

#[derive(Clone, Copy, Debug)]
enum Expiry {
    In(Duration),
    At(Timestamp),
}

impl<'a> NewToken<'a> {
    /// A token for protected routes.
    pub fn access(subject: impl Into<Cow<'a, str>>) -> Self {
        Self::new(TokenKind::Access, subject)
    }

    /// A token that is exchanged for access tokens.
    pub fn refresh(subject: impl Into<Cow<'a, str>>) -> Self {
        Self::new(TokenKind::Refresh, subject)
    }

    /// A token of a type of the application's own, such as `password_reset`.
    ///
    /// ```
    /// use authx::{Engine, Error, Location, NewToken, RequestToken, Requirement, TokenKind};
    /// # use authx::{Config, SystemRandom, Timestamp};
    /// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
    /// # let now = Timestamp::from(std::time::SystemTime::now());
    ///
    /// let jwt = engine.issue(&NewToken::of("password_reset", "ada"), now, &SystemRandom)?;
    /// let kind = "password_reset".parse()?;
    /// let token = RequestToken::new(&jwt, kind, Location::Query);
    /// assert!(engine.verify::<()>(&token, &Requirement::of(kind), now).is_ok());
    /// let elsewhere = engine.verify::<()>(&token, &Requirement::access(), now);
    /// assert_eq!(elsewhere.err(), Some(Error::WrongTokenType { expected: TokenKind::Access }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(kind: &str, subject: impl Into<Cow<'a, str>>) -> Self {
        Self::with_kind(kind.parse(), subject)
    }

    /// A token of this type.
    pub fn new(kind: TokenKind, subject: impl Into<Cow<'a, str>>) -> Self {
        Self::with_kind(Ok(kind), subject)
    }

    fn with_kind(
        kind: Result<TokenKind, UnfitTokenKind>,
        subject: impl Into<Cow<'a, str>>,
    ) -> Self {
        NewToken {
            kind,
            subject: subject.into(),
            fresh: false,
            headers: None,
            expiry: None,
            scopes: None,
            audience: None,
            issuer: None,
            jti: None,
            once: false,
            csrf: None,
            issued_at: None,
            not_before: None,
            sid: None,
            auth_time: None,
            generation: None,
            login_type: None,
            custom: (),
        }
    }

    /// A token that takes over the claims of another one, with these custom claims.
    ///
    /// With another identity claim than `sub`, a token from another issuer may have `sub` as a custom claim, which a
    /// new token must not.
    pub(crate) fn carrying<T>(
        claims: &'a Claims<T>,
        custom: impl Iterator<Item = (&'a String, &'a Box<RawValue>)>,
        kind: TokenKind,
    ) -> NewToken<'a, BTreeMap<&'a str, &'a RawValue>> {
        let custom = custom.filter(|(name, _)| !is_registered(name));
        let custom = custom.map(|(name, value)| (name.as_str(), &**value)).collect();
        let mut token = Self::new(kind, claims.sub.as_str()).claims(custom);
        token.login_type = claims.login_type.as_deref();
        token.audience.clone_from(&claims.aud);
        token.issuer = claims.iss.as_deref().map(Cow::Borrowed);
        token.sid = claims.sid.as_deref().map(Cow::Borrowed);
        token.scopes = claims.scopes.as_ref().map(|scopes| scopes.iter().map(Cow::from).collect());
        token
    }
}

impl<'a, C> NewToken<'a, C> {
    /// Marks the token as fresh: its user has just authenticated. Only an access token can be fresh.
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Header fields beside those that the engine writes.
    pub fn headers(mut self, headers: Map<String, Value>) -> Self {
        self.headers = Some(headers);
        self
    }

    /// How long the token is valid from now, instead of the configured lifetime. A lifetime of whole seconds
    /// begins with the second of `iat`, so that `exp - iat` is exactly this lifetime.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expiry = Some(Expiry::In(lifetime));
        self
    }

    /// When the token expires.
    pub fn expires_at(mut self, instant: Timestamp) -> Self {
        self.expiry = Some(Expiry::At(instant));
        self
    }

    /// What the token allows.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Whom the token is for, instead of the configured audience.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = Some(audience);
        self
    }

    /// Who issues the token, instead of the configured issuer.
    pub fn issuer(mut self, issuer: impl Into<Cow<'a, str>>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The token's identifier, instead of a random one.
    pub fn jti(mut self, jti: impl Into<Cow<'a, str>>) -> Self {
        self.jti = Some(jti.into());
        self
    }

    /// A one-off token: a service with a store of revocations accepts it once, and no service accepts it without one.
    /// Its `jti` begins with `once:`. It must expire, and it can't be a refresh token.
    ///
    /// ```
    /// # use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, Step, Stores, SystemRandom, Timestamp};
    /// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
    /// # let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
    /// let kind = "password_reset".parse()?;
    /// let token = NewToken::new(kind, "ada").expires_in(std::time::Duration::from_secs(900)).once();
    /// let jwt = engine.issue(&token, now, &SystemRandom)?;
    ///
    /// let found = RequestToken::new(&jwt, kind, Location::Query);
    /// let verified = engine.verify::<()>(&found, &Requirement::of(kind), now)?;
    /// let Step::AskFirstUse(question) = verified.ask(Stores::default()) else { unreachable!() };
    /// assert!(question.answer(false).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// The token's CSRF value, instead of a random one.
    pub fn csrf(mut self, csrf: impl Into<Cow<'a, str>>) -> Self {
        self.csrf = Some(Csrf(csrf.into()));
        self
    }

    /// When the token was issued, instead of now.
    pub fn issued_at(mut self, instant: Timestamp) -> Self {
        self.issued_at = Some(instant);
        self
    }

    /// From when the token is valid.
    pub fn not_before(mut self, instant: Timestamp) -> Self {
        self.not_before = Some(instant);
        self
    }

    /// When the user logged in, the claim `auth_time` (`OpenID` Connect Core 1.0 section 2). Implicit refresh writes it,
    /// and `JWT_IMPLICIT_REFRESH_MAX_AGE` counts from it. Without it the login is taken to be at `iat`.
    pub fn auth_time(mut self, instant: Timestamp) -> Self {
        self.auth_time = Some(instant);
        self
    }

    /// The session that the token belongs to, its claim `sid`. Once the session is revoked, the token is
    /// refused.
    ///
    /// This requires `JWT_SESSION_TRACKING`: without it the session would never be checked.
    pub fn session(mut self, session_id: impl Into<Cow<'a, str>>) -> Self {
        self.sid = Some(session_id.into());
        self
    }

    /// Which refresh token of its login it is.
    pub(crate) fn generation(mut self, generation: u32) -> Self {
        self.generation = Some(generation);
        self
    }

    /// Custom claims: a value that serializes to a JSON object.
    pub fn claims<D>(self, custom: D) -> NewToken<'a, D> {
        NewToken {
            kind: self.kind,
            subject: self.subject,
            fresh: self.fresh,
            headers: self.headers,
            expiry: self.expiry,
            scopes: self.scopes,
            audience: self.audience,
            issuer: self.issuer,
            jti: self.jti,
            once: self.once,
            csrf: self.csrf,
            issued_at: self.issued_at,
            not_before: self.not_before,
            sid: self.sid,
            auth_time: self.auth_time,
            generation: self.generation,
            login_type: self.login_type,
            custom,
        }
    }
}

impl Engine {
    /// Issues a token.
    ///
    /// ```
    /// use authx::{Config, Engine, NewToken, Secret, SystemRandom, Timestamp};
    /// use std::time::SystemTime;
    ///
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// let now = Timestamp::from(SystemTime::now());
    /// let token = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
    /// assert_eq!(token.split('.').count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IssueError`] names the argument at fault.
    pub fn issue<C: Serialize>(
        &self,
        token: &NewToken<'_, C>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<String, IssueError> {
        match &token.sid {
            Some(sid) if sid.is_empty() => Err(IssueError::EmptySession),
            Some(_) if !self.config().session_tracking() => Err(IssueError::SessionNotTracked),
            _ => self.write(token, now, random),
        }
    }

    /// Issues a token without checking its session. Implicit refresh calls this directly: it copies the
    /// session of the token that it replaces.
    pub(crate) fn write<C: Serialize>(
        &self,
        token: &NewToken<'_, C>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<String, IssueError> {
        let config = self.config();
        if token.subject.is_empty() {
            return Err(IssueError::EmptySubject);
        }
        let kind = token.kind.map_err(IssueError::TokenKind)?;
        if token.fresh && kind != TokenKind::Access {
            return Err(IssueError::FreshWithoutAccess);
        }
        if let Some(headers) = &token.headers {
            // Where the key has no `kid`, the caller may choose one.
            check_headers(headers, config.keys.signer().kid().is_none())?;
        }

        let iat = token.issued_at.unwrap_or_else(|| now.floor_to_second());
        let expiry = match (token.expiry, config.transport(kind).lifetime) {
            (Some(expiry), _) => Some(expiry),
            (None, TokenLifetime::Expires(lifetime)) => Some(Expiry::In(lifetime)),
            (None, TokenLifetime::Never) => None,
        };
        let exp = expiry.map(|expiry| expiry.instant(now)).transpose()?;
        // Both identifiers come from one call, which is left out where the caller gave both.
        let is_complete = token.jti.is_some() && token.csrf.is_some();
        let buffers = &mut UuidBuffers::default();
        let [random_jti, random_csrf] =
            if is_complete { [""; 2] } else { random::uuids(random, buffers)? };
        let jti = token.jti.as_deref().unwrap_or(random_jti);
        let one_off;
        let jti = if token.once {
            one_off = one_off_jti(kind, exp, jti)?;
            &one_off
        } else {
            jti
        };
        let payload = Payload {
            identity_claim: &config.identity_claim,
            sub: &token.subject,
            kind,
            jti,
            fresh: token.fresh,
            csrf: match &token.csrf {
                Some(Csrf(csrf)) => Some(csrf),
                // No cookie carries the application's own types.
                None => (!matches!(kind, TokenKind::Custom(_))).then_some(random_csrf),
            },
            iat,
            nbf: token.not_before.or_else(|| config.encode_nbf.then_some(iat)),
            exp,
            iss: token.issuer.as_deref().or(config.encode_issuer.as_deref()),
            aud: token.audience.as_ref().or(config.encode_audience.as_ref()),
            scopes: token.scopes.as_deref(),
            login_type: config.login_type.as_deref().or(token.login_type),
            sid: token.sid.as_deref(),
            auth_time: token.auth_time,
            generation: token.generation,
        };
        let jwt = encode(&config.keys, token.headers.as_ref(), &payload, &token.custom)?;
        if jwt.len() > config.max_token_size {
            return Err(IssueError::TooLarge { actual: jwt.len(), allowed: config.max_token_size });
        }
        Ok(jwt)
    }
}

/// How the `jti` of a one-off token begins.
const ONE_OFF: &str = "once:";

/// Whether a token with this `jti` was issued for one use.
pub(crate) fn is_one_off(jti: Option<&str>) -> bool {
    jti.is_some_and(|jti| jti.starts_with(ONE_OFF))
}

#[inline(never)]
fn one_off_jti(kind: TokenKind, exp: Option<Timestamp>, jti: &str) -> Result<String, IssueError> {
    if kind == TokenKind::Refresh {
        return Err(IssueError::UnfitForOneUse(
            "a refresh token is exchanged, and can't be one-off",
        ));
    }
    if exp.is_none() {
        return Err(IssueError::UnfitForOneUse("a one-off token must expire"));
    }
    Ok(format!("{ONE_OFF}{jti}"))
}

/// Allows only headers with which the engine would accept the token.
fn check_headers(headers: &Map<String, Value>, free_kid: bool) -> Result<(), IssueError> {
    let is_reserved =
        |name: &&String| RESERVED_HEADERS.contains(&name.as_str()) && !(free_kid && *name == "kid");
    if let Some(name) = headers.keys().find(is_reserved) {
        return Err(IssueError::ReservedHeader(name.clone()));
    }
    for name in ["typ", "kid"] {
        if headers.get(name).is_some_and(|value| !value.is_string()) {
            return Err(IssueError::HeaderNotString(name));
        }
    }
    Ok(())
}

impl Expiry {
    fn instant(self, now: Timestamp) -> Result<Timestamp, IssueError> {
        let instant = match self {
            Self::At(instant) => Some(instant),
            Self::In(lifetime) if lifetime.subsec_nanos() == 0 => {
                now.floor_to_second().checked_add(lifetime)
            }
            Self::In(lifetime) => now.checked_add(lifetime),
        };
        instant.ok_or(IssueError::ExpiryOutOfRange)
    }
}
