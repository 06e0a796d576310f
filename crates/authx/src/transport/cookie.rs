//! Cookies: reads a token from the `Cookie` header, and writes the `Set-Cookie` values that store and
//! delete it (RFC 6265).

use std::borrow::Cow;
use std::time::Duration;

use cookie::{Cookie, CookieBuilder, SameSite as CookieSameSite};

use super::request::{Headers, only, trimmed};
use crate::config::{Config, SameSite, TokenLifetime};
use crate::engine::Engine;
use crate::error::{Error, Malformed};
use crate::time::Timestamp;
use crate::token::Claims;
use crate::token_kind::TokenKind;

use super::remembered;

/// There are cookies of one name with different values.
#[derive(Debug)]
pub(super) struct SeveralValues;

/// The value of the cookie `name`; several of that name must have the same value. Quotes around it are
/// removed (RFC 6265 section 4.1.1), and an empty value is no token.
pub(super) fn value<'r, H: Headers + ?Sized>(
    name: &str,
    headers: &'r H,
) -> Result<Option<Cow<'r, [u8]>>, SeveralValues> {
    only(values(name, headers).filter(|value| !value.is_empty()).map(Cow::Borrowed))
        .map_err(|_| SeveralValues)
}

/// Whether there is a cookie `name`, even an empty one.
pub(super) fn is_present<H: Headers + ?Sized>(name: &str, headers: &H) -> bool {
    values(name, headers).next().is_some()
}

fn values<'r, H: Headers + ?Sized>(name: &str, headers: &'r H) -> impl Iterator<Item = &'r [u8]> {
    let pairs = headers.values("cookie").flat_map(|header| header.split(|&byte| byte == b';'));
    pairs.filter_map(move |pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (trimmed(&pair[..equals]), trimmed(&pair[equals + 1..]));
        (key == name.as_bytes()).then(|| unquoted(value))
    })
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

impl Engine {
    /// The `Set-Cookie` values that store a token of this engine and, for scripts, its CSRF value.
    ///
    /// `max_age` overrides the configuration; zero deletes the cookie. For an access token there is then a third
    /// cookie, by which implicit refresh learns how long the cookie was to live. It is of no use to anybody without
    /// the token, so nothing deletes it before its end.
    ///
    /// # Errors
    ///
    /// An [`Error`] where this engine's keys did not sign the token, the token is of another type or of one of the application's own, or
    /// its CSRF value has characters that a cookie can't contain.
    pub fn set_cookies(
        &self,
        token: &str,
        kind: TokenKind,
        max_age: Option<Duration>,
        now: Timestamp,
    ) -> Result<Vec<String>, Error> {
        let config = self.config();
        if matches!(kind, TokenKind::Custom(_)) {
            return Err(Error::WrongTokenType { expected: TokenKind::Access });
        }
        let claims: Claims = self.open_signed(token, now)?;
        if claims.kind != kind {
            return Err(Error::WrongTokenType { expected: kind });
        }
        let chosen = max_age.filter(|age| kind == TokenKind::Access && !age.is_zero());
        let max_age = max_age.or(config.cookies.max_age).or_else(|| {
            let lifetime = claims.exp.map_or(LONGEST_KEPT, |exp| exp.saturating_since(now));
            (!config.cookies.session).then_some(lifetime)
        });
        let mut cookies = vec![with_max_age(token_cookie(config, kind, token), max_age)];
        if config.csrf.protect
            && config.csrf.in_cookies
            && let Some(csrf) = &claims.csrf
        {
            // Applications can choose the value, and some characters would inject attributes or headers.
            if !csrf.as_str().bytes().all(is_cookie_octet) {
                return Err(Malformed::Claim("csrf").into());
            }
            let cookie = csrf_cookie(config, kind, csrf.as_str());
            cookies.push(with_max_age(cookie, max_age));
        }
        if let Some(age) = chosen {
            let value = remembered::value(config, &claims, age.min(TokenLifetime::LONGEST), now);
            let cookie = Cookie::build((remembered::name(config), value))
                .http_only(true)
                .path(config.access.cookie_path.as_str());
            cookies.push(with_max_age(with_attributes(config, cookie), max_age));
        }
        Ok(cookies)
    }

    /// The `Set-Cookie` values that delete what [`Engine::set_cookies`] stored: with the same names and
    /// attributes, because a browser would otherwise keep them.
    #[must_use]
    pub fn unset_cookies(&self, kind: TokenKind) -> Vec<String> {
        let config = self.config();
        if matches!(kind, TokenKind::Custom(_)) {
            return Vec::new();
        }
        let mut cookies = vec![deleted(token_cookie(config, kind, ""))];
        if config.csrf.protect && config.csrf.in_cookies {
            cookies.push(deleted(csrf_cookie(config, kind, "")));
        }
        cookies
    }
}

/// How long browsers keep a cookie at the most, 400 days (RFC 6265bis section 5.5).
const LONGEST_KEPT: Duration = Duration::from_secs(400 * 86_400);

/// RFC 6265 section 4.1.1.
fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

fn token_cookie<'c>(config: &'c Config, kind: TokenKind, value: &'c str) -> CookieBuilder<'c> {
    let transport = config.transport(kind);
    let cookie = Cookie::build((transport.cookie_name.as_str(), value))
        .http_only(config.cookies.http_only)
        .path(transport.cookie_path.as_str());
    with_attributes(config, cookie)
}

fn csrf_cookie<'c>(config: &'c Config, kind: TokenKind, value: &'c str) -> CookieBuilder<'c> {
    let transport = config.transport(kind);
    let cookie = Cookie::build((transport.csrf_cookie_name.as_str(), value))
        .path(transport.csrf_cookie_path.as_str());
    with_attributes(config, cookie)
}

fn with_attributes<'c>(config: &'c Config, mut cookie: CookieBuilder<'c>) -> CookieBuilder<'c> {
    let attributes = &config.cookies;
    if let Some(domain) = &attributes.domain {
        cookie = cookie.domain(domain.as_str());
    }
    if let Some(same_site) = attributes.same_site {
        cookie = cookie.same_site(match same_site {
            SameSite::Lax => CookieSameSite::Lax,
            SameSite::Strict => CookieSameSite::Strict,
            SameSite::None => CookieSameSite::None,
        });
    }
    cookie.secure(attributes.secure)
}

fn with_max_age(cookie: CookieBuilder<'_>, max_age: Option<Duration>) -> String {
    match max_age {
        None => cookie.to_string(),
        Some(age) if age.is_zero() => deleted(cookie),
        Some(age) => {
            let seconds = age.min(TokenLifetime::LONGEST).as_secs().max(1);
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            cookie.max_age(cookie::time::Duration::seconds(seconds)).to_string()
        }
    }
}

/// `Max-Age=0`, and `Expires` at the epoch for old browsers that don't support it.
fn deleted(cookie: CookieBuilder<'_>) -> String {
    let mut cookie = cookie.max_age(cookie::time::Duration::ZERO).build();
    cookie.set_expires(cookie::time::OffsetDateTime::UNIX_EPOCH);
    cookie.to_string()
}
