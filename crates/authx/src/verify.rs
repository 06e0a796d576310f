//! Verifying a request's token, in a fixed order of checks.
//!
//! [`Engine::verify`] makes every check, in one order, and stops at the first that fails:
//!
//! 1. location: where the token was found ([`Engine::find_token`])
//! 2. size bound
//! 3. header and algorithm (RFC 7515 section 5.2, RFC 8725 sections 3.1 and 3.2)
//! 4. signature
//! 5. time: `exp`, `nbf`, `iat`, with the leeway (RFC 7519 section 4.1.4 to 4.1.6)
//! 6. issuer and audience (RFC 7519 sections 4.1.1 and 4.1.3)
//! 7. type, such as access or refresh (RFC 8725 section 3.12), and the login that it belongs to
//! 8. freshness
//! 9. CSRF double submit
//! 10. scopes
//! 11. revocation of the token, then of its session, which the stores answer: see [`Verified`]
//!
//! Nothing of the payload is trusted, logged or compared before the signature is verified.

use crate::config::{Config, TokenLifetime};
use crate::engine::Engine;
use crate::error::{Error, Malformed};
use crate::login::{PresentedLogin, Rotatable};
use crate::requirement::{Kinds, Requirement};
use crate::time::Timestamp;
use crate::token::{self, Audience, Claims, CustomClaims, JsonClaims, PayloadBuffer};
use crate::token_kind::TokenKind;
use crate::transport::{RequestToken, check_csrf};
use crate::verification_cache::PayloadSize;
use crate::verified::Verified;

pub use crate::verification_cache::CacheStatistics;
pub use crate::verified::{FirstUseQuestion, LoginQuestion, RevocationQuestion, SessionQuestion};
pub use crate::verified_token::VerifiedToken;

impl Engine {
    /// Makes every check except those that a store answers, in this order: size, header and algorithm, signature,
    /// time, issuer and audience, type and login, freshness, CSRF, scopes.
    ///
    /// `C` is the type of the custom claims: `()` to ignore them, [`JsonClaims`](crate::token::JsonClaims) to get
    /// all of them as JSON.
    ///
    /// With a verification cache, a cached token skips the checks of header and signature and the parsing of its
    /// payload, and no other check.
    ///
    /// ```
    /// use authx::{Config, Engine, Error, Location, NewToken, RequestToken, Requirement, Secret};
    /// use authx::{Step, Stores, SystemRandom, Timestamp, TokenKind};
    /// use std::time::SystemTime;
    ///
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// let now = Timestamp::from(SystemTime::now());
    /// let jwt = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
    ///
    /// let token = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
    /// let verified = engine.verify::<()>(&token, &Requirement::access(), now)?;
    /// let Step::Admitted(claims) = verified.ask(Stores::default()) else { unreachable!("there is no store") };
    /// assert_eq!(claims.sub, "user123");
    ///
    /// let refused = engine.verify::<()>(&token, &Requirement::fresh(), now);
    /// assert_eq!(refused.err(), Some(Error::FreshTokenRequired));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Error`] of the first check that fails.
    pub fn verify<'t, C: CustomClaims>(
        &self,
        token: &'t RequestToken<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<Verified<'t, C>, Error> {
        check_size(self.config(), token.as_bytes())?;
        if let Some(mut claims) = self.cache().and_then(|cache| cache.claims(token.as_bytes(), now))
        {
            settle_freshness(&mut claims, now);
            self.check_claims(&claims, token, requirement, now)?;
            return Ok(Verified::new(self, token, claims));
        }
        self.read_and_check(token, requirement, now, |_| ())
    }

    /// As [`Engine::verify`], and also returns the payload's JSON exactly as in the token: for code that needs
    /// more than the claims, without decoding the token again. It does not use the verification cache.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the first check that fails.
    pub fn verify_with_payload<'t, C: CustomClaims>(
        &self,
        token: &'t RequestToken<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<(Verified<'t, C>, String), Error> {
        check_size(self.config(), token.as_bytes())?;
        let mut json = String::new();
        let keep = |payload: &[u8]| json.push_str(&String::from_utf8_lossy(payload));
        let verified = self.read_and_check(token, requirement, now, keep)?;
        Ok((verified, json))
    }

    /// The checks from the header on, for a token that is not in the cache.
    fn read_and_check<'t, C: CustomClaims>(
        &self,
        token: &'t RequestToken<'_>,
        requirement: &Requirement,
        now: Timestamp,
        keep_payload: impl FnOnce(&[u8]),
    ) -> Result<Verified<'t, C>, Error> {
        let config = self.config();
        let mut buffer = PayloadBuffer::new();
        let signed = token::open(&config.keys, token.as_bytes(), now, &mut buffer)?;
        let mut claims = token::from_json(signed.payload, &config.identity_claim)?;
        settle_freshness(&mut claims, now);
        self.check_claims(&claims, token, requirement, now)?;
        keep_payload(signed.payload);
        if let Some(cache) = self.cache() {
            let end = claims.exp.map(|exp| exp + config.leeway);
            let until = [end, signed.key_retires_at].into_iter().flatten().min();
            cache.keep(token.as_bytes(), &claims, until, PayloadSize::of(signed.payload));
        }
        Ok(Verified::new(self, token, claims))
    }

    /// The checks from time to scopes, which are made for cached tokens too.
    fn check_claims<C>(
        &self,
        claims: &Claims<C>,
        token: &RequestToken<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<(), Error> {
        let config = self.config();
        check_time(config, claims, now)?;
        check_issuer(config, claims)?;
        check_audience(config, claims)?;
        check_kind(requirement, claims)?;
        if !config.decode_any_login_type {
            check_login_type(config.login_type.as_deref(), claims.login_type.as_deref())?;
        }
        check_freshness(requirement, claims)?;
        check_csrf(&token.csrf, requirement.csrf, token.location, claims.csrf.as_ref())?;
        let granted = claims.scopes.as_deref().unwrap_or_default();
        requirement.scopes.iter().try_for_each(|required| required.check(granted))
    }

    /// A refresh token with all that a rotation needs, if it meets `requirement`.
    ///
    /// # Errors
    ///
    /// As [`Engine::verify`](crate::Engine::verify).
    pub fn verify_rotatable(
        &self,
        token: &RequestToken<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<Verified<'static, Rotatable>, Error> {
        let verified: Verified<'_, JsonClaims> = self.verify(token, requirement, now)?;
        let presented = PresentedLogin::of_claims(verified.claims())?;
        let text = verified.token().as_str().to_owned();
        Ok(verified.into_owned().map_custom(|custom| Rotatable::new(custom, presented, Some(text))))
    }

    /// The same from the claims of a refresh token that was verified, as JSON: for a caller that has nothing else of
    /// it. Only its time is checked again. The fields of its header are not carried on.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::WrongTokenType`] and [`Error::Expired`].
    pub fn rotatable_of_claims(
        &self,
        json: &[u8],
        now: Timestamp,
    ) -> Result<Claims<Rotatable>, Error> {
        let config = self.config();
        let claims: Claims<JsonClaims> = token::from_json(json, &config.identity_claim)?;
        check_kind(&Requirement::refresh(), &claims)?;
        check_time(config, &claims, now)?;
        let presented = PresentedLogin::of_claims(&claims)?;
        Ok(claims.map_custom(|custom| Rotatable::new(custom, presented, None)))
    }

    /// Whether this engine's keys signed the token, and it is no longer than allowed.
    pub(crate) fn is_signed(&self, token: &[u8], now: Timestamp) -> bool {
        let config = self.config();
        check_size(config, token).is_ok()
            && token::open(&config.keys, token, now, &mut PayloadBuffer::new()).is_ok()
    }

    /// In how many seconds a token of this engine expires, for the `expires_in` of a login's response (RFC 6749
    /// section 5.1). `None` for one that never does, and for one that this engine's keys didn't sign.
    ///
    /// ```
    /// # use authx::{Config, Engine, NewToken, Secret, SystemRandom, Timestamp};
    /// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
    /// # let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
    /// let token = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
    /// assert_eq!(engine.expires_in(&token, now), Some(900));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn expires_in(&self, token: &str, now: Timestamp) -> Option<u64> {
        let exp = self.open_signed::<()>(token, now).ok()?.exp?;
        Some(exp.saturating_since(now).as_secs())
    }

    /// The claims of a token that this engine's keys signed. The claims themselves are not checked.
    pub(crate) fn open_signed<C: CustomClaims>(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Claims<C>, Error> {
        let config = self.config();
        let mut buffer = PayloadBuffer::new();
        let signed = token::open(&config.keys, token.as_bytes(), now, &mut buffer)?;
        token::from_json(signed.payload, &config.identity_claim)
    }
}

pub(crate) fn check_size(config: &Config, token: &[u8]) -> Result<(), Error> {
    if token.len() > config.max_token_size {
        return Err(Error::TokenTooLarge);
    }
    Ok(())
}

fn check_time<C>(config: &Config, claims: &Claims<C>, now: Timestamp) -> Result<(), Error> {
    if claims.exp.is_none() && config.transport(claims.kind).lifetime != TokenLifetime::Never {
        return Err(Malformed::Claim("exp").into());
    }
    check_times(config, claims, now)
}

/// The times that the token has. Whether it must have `exp` is for the caller to decide.
pub(crate) fn check_times<C>(
    config: &Config,
    claims: &Claims<C>,
    now: Timestamp,
) -> Result<(), Error> {
    if claims.exp.is_some_and(|exp| now >= exp + config.leeway) {
        return Err(Error::Expired);
    }
    if claims.nbf.is_some_and(|nbf| now + config.leeway < nbf) {
        return Err(Error::NotYetValid);
    }
    if claims.iat.is_some_and(|iat| now + config.leeway < iat) {
        return Err(Error::IssuedInTheFuture);
    }
    Ok(())
}

pub(crate) fn check_issuer<C>(config: &Config, claims: &Claims<C>) -> Result<(), Error> {
    match &config.decode_issuer {
        Some(expected) if claims.iss.as_ref() != Some(expected) => Err(Error::InvalidIssuer),
        _ => Ok(()),
    }
}

/// A token with `aud` must name a configured audience; where none is configured, it is refused (RFC 7519
/// section 4.1.3).
pub(crate) fn check_audience<C>(config: &Config, claims: &Claims<C>) -> Result<(), Error> {
    let is_ours = match (&config.decode_audience, &claims.aud) {
        (None, aud) => aud.is_none(),
        (Some(_), None) => false,
        (Some(Audience::One(audience)), Some(aud)) => aud.contains(audience),
        (Some(Audience::Many(audiences)), Some(aud)) => {
            audiences.iter().any(|audience| aud.contains(audience))
        }
    };
    if is_ours { Ok(()) } else { Err(Error::InvalidAudience) }
}

fn check_kind<C>(requirement: &Requirement, claims: &Claims<C>) -> Result<(), Error> {
    let is_accepted = match requirement.kinds {
        Kinds::One => false,
        Kinds::AccessAndRefresh => !matches!(claims.kind, TokenKind::Custom(_)),
        Kinds::All => true,
    };
    if is_accepted || claims.kind == requirement.kind {
        return Ok(());
    }
    Err(Error::WrongTokenType { expected: requirement.kind })
}

/// Checks type, freshness and CSRF value of a token whose signature nobody verified: anybody may have written it, so a
/// token that passes proves nothing. Signature, times, issuer, audience, login and scopes are not checked.
///
/// ```
/// use authx::verify::check_unverified;
/// use authx::{Error, Location, RequestToken, Requirement, Timestamp, TokenKind};
///
/// // Its payload is {"sub":"a","type":"refresh"}.
/// let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwidHlwZSI6InJlZnJlc2gifQ.AAAA";
/// let token = RequestToken::new(jwt, TokenKind::Access, Location::Headers);
/// assert!(check_unverified(&token, &Requirement::refresh(), Timestamp::MIN).is_ok());
/// let refused = check_unverified(&token, &Requirement::access(), Timestamp::MIN);
/// assert_eq!(refused, Err(Error::WrongTokenType { expected: TokenKind::Access }));
/// ```
///
/// # Errors
///
/// [`Error::Malformed`], and those of the checks: [`Error::WrongTokenType`], [`Error::FreshTokenRequired`],
/// [`Error::MissingCsrfToken`], [`Error::CsrfMismatch`].
pub fn check_unverified(
    token: &RequestToken<'_>,
    requirement: &Requirement,
    now: Timestamp,
) -> Result<(), Error> {
    let text = std::str::from_utf8(token.as_bytes()).map_err(|_| Malformed::Base64)?;
    let payload = token::decode_unverified_payload(text)?;
    let mut claims: Claims = token::from_json(payload.get().as_bytes(), "sub")?;
    settle_freshness(&mut claims, now);
    check_kind(requirement, &claims)?;
    check_freshness(requirement, &claims)?;
    check_csrf(&token.csrf, requirement.csrf, token.location, claims.csrf.as_ref())
}

/// Checks that a token belongs to the expected login, or to none where none is expected.
///
/// # Errors
///
/// [`Error::LoginTypeMismatch`]: it belongs to another login, to none, or to one where none is expected.
pub fn check_login_type(expected: Option<&str>, actual: Option<&str>) -> Result<(), Error> {
    if actual == expected {
        return Ok(());
    }
    Err(Error::LoginTypeMismatch {
        expected: expected.map(str::to_owned),
        actual: actual.map(str::to_owned),
    })
}

/// A token may be fresh for a while only.
fn settle_freshness<C>(claims: &mut Claims<C>, now: Timestamp) {
    if let Some(until) = claims.fresh_until {
        claims.fresh = now < until;
    }
}

fn check_freshness<C>(requirement: &Requirement, claims: &Claims<C>) -> Result<(), Error> {
    if requirement.fresh && !(claims.fresh && claims.kind == TokenKind::Access) {
        return Err(Error::FreshTokenRequired);
    }
    Ok(())
}
