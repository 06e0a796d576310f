//! Implicit refresh: replacing the access token in a cookie shortly before it expires.
//!
//! The decision has two halves, because the handler runs and the stores are asked in between:
//!
//! 1. Before the handler runs, [`Engine::refresh_candidate`]: does this request take part, does its
//!    access cookie verify, CSRF included, and does the token expire within the configured time?
//! 2. After the handler, the stores are asked as for every token ([`Verified::ask`]). If they admit the token,
//!    [`Engine::reissue`] decides: did the request fail, may a shared cache keep the response, does the response set or
//!    delete the access cookie itself (login, logout), is the login too old?
//!
//! The new token has the claims of the old one, and lives as long as the old one was issued for. Its CSRF value is the
//! old one's too, so that a form of this response, or of another tab, can still be submitted. It is never fresh,
//! because the user has not authenticated again. The cookie stays what it was: until the browser's session ends, or
//! until the time that the application chose.

mod caching;

use std::fmt;
use std::time::Duration;

use crate::config::TokenLifetime;
use crate::engine::Engine;
use crate::error::Error;
use crate::issue::{NewToken, is_one_off};
use crate::issue_error::IssueError;
use crate::location::Location;
use crate::login::CarriedOn;
use crate::random::Random;
use crate::requirement::Requirement;
use crate::time::Timestamp;
use crate::token::{Claims, JsonClaims, header_to_keep};
use crate::token_kind::TokenKind;
use crate::transport::{Headers, Request, effective_locations, remaining_cookie_age};
use crate::verified::Verified;

/// Why the token is not replaced.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoRefresh {
    /// Cookies are not a configured location of access tokens.
    NoCookies,
    /// The include and exclude lists rule out this path or method.
    NotConfigured,
    /// The request's access cookie is missing, or does not verify.
    NotVerified(Error),
    /// The token is not close to its expiry, or never expires.
    NotDue,
    /// The token has no `iat`, so nobody knows how long it was issued for.
    LifetimeUnknown,
    /// The request was answered with an error.
    FailedRequest,
    /// The response sets or deletes the access cookie itself, or has the browser delete all cookies.
    CookieInAnswer,
    /// A shared cache may keep the response.
    SharedCache,
    /// The login is older than `JWT_IMPLICIT_REFRESH_MAX_AGE`.
    LoginTooOld,
    /// The new token could not be issued.
    NotIssued(IssueError),
}

impl fmt::Display for NoRefresh {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no implicit refresh: ")?;
        formatter.write_str(match self {
            Self::NoCookies => "cookies are no location of access tokens",
            Self::NotConfigured => "the settings rule out this path or method",
            Self::NotVerified(error) => return error.fmt(formatter),
            Self::NotDue => "the token does not expire soon",
            Self::LifetimeUnknown => "the token has no iat, so its lifetime is unknown",
            Self::FailedRequest => "the request was answered with an error",
            Self::CookieInAnswer => "the response sets or deletes the access cookie itself",
            Self::SharedCache => "a shared cache may keep the response",
            Self::LoginTooOld => "the login is older than JWT_IMPLICIT_REFRESH_MAX_AGE",
            Self::NotIssued(error) => return error.fmt(formatter),
        })
    }
}

impl std::error::Error for NoRefresh {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotVerified(error) => Some(error),
            Self::NotIssued(error) => Some(error),
            _ => None,
        }
    }
}

/// The response to the request.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'o, H: Headers + ?Sized> {
    /// The response's status.
    pub status: u16,
    /// The response's headers.
    pub headers: &'o H,
}

/// What a token that replaces this one takes over from its request, beside the claims. `Debug` does not show it.
#[derive(Clone)]
pub struct Renewable {
    /// The custom claims.
    pub custom: JsonClaims,
    token: String,
    /// Until when the cookie lives, where the application chose that.
    cookie_end: Option<Timestamp>,
}

impl CarriedOn for Renewable {
    fn custom(&self) -> &JsonClaims {
        &self.custom
    }

    fn custom_mut(&mut self) -> &mut JsonClaims {
        &mut self.custom
    }
}

impl fmt::Debug for Renewable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Renewable").finish_non_exhaustive()
    }
}

/// What the response to the request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reissued {
    /// The values of the `Set-Cookie` headers to add.
    pub cookies: Vec<String>,
    /// Headers with their whole values, which replace those of the same name: they keep the response out of shared
    /// caches. The names are in lower case.
    pub headers: Vec<(&'static str, String)>,
}

/// Whether the decision reads the response header of this name, so that callers need not pass the others.
#[must_use]
pub fn reads_response_header(name: &[u8]) -> bool {
    [b"set-cookie".as_slice(), b"clear-site-data"].iter().any(|own| name.eq_ignore_ascii_case(own))
        || caching::reads(name)
}

impl Engine {
    /// The first half of the decision. `path` is the request's path, percent-decoded and without the query string.
    ///
    /// # Errors
    ///
    /// [`NoRefresh`] says why the token is not replaced.
    pub fn refresh_candidate<H: Headers + ?Sized>(
        &self,
        request: &Request<'_, H>,
        path: &str,
        now: Timestamp,
    ) -> Result<Verified<'static, Renewable>, NoRefresh> {
        let config = self.config();
        let access = Requirement::access();
        let is_searched = |locations: &[Location]| locations.contains(&Location::Cookies);
        // Those of a WebSocket's handshake may be others than those of the requests for which the cookie is set.
        if !is_searched(&config.access.locations)
            || !is_searched(effective_locations(config, request, &access))
        {
            return Err(NoRefresh::NoCookies);
        }
        if !self.takes_part(request.method, path) {
            return Err(NoRefresh::NotConfigured);
        }
        let requirement = of_cookie();
        let found = self.find_token(request, &requirement).map_err(NoRefresh::NotVerified)?;
        let verified: Verified<'_, JsonClaims> =
            self.verify(&found, &requirement, now).map_err(NoRefresh::NotVerified)?;
        let claims = verified.claims();
        let is_due = claims
            .exp
            .is_some_and(|exp| exp.saturating_since(now) <= config.implicit_refresh.window);
        // A one-off token has no successor.
        if !is_due || is_one_off(claims.jti.as_deref()) {
            return Err(NoRefresh::NotDue);
        }
        let remaining = remaining_cookie_age(config, request.headers, claims, now);
        let cookie_end = remaining.map(|remaining| now + remaining);
        let token = verified.token().as_str().to_owned();
        Ok(verified.into_owned().map_custom(|custom| Renewable { custom, token, cookie_end }))
    }

    /// Why [`Engine::refresh_candidate`] found none, for the log: the reason, and for a cookie that is missing the text
    /// of [`Engine::explain`].
    #[must_use]
    pub fn explain_no_refresh<H: Headers + ?Sized>(
        &self,
        reason: &NoRefresh,
        request: &Request<'_, H>,
    ) -> String {
        let explanation = match reason {
            NoRefresh::NotVerified(error) => self.explain(error.kind(), request, &of_cookie()),
            _ => None,
        };
        match explanation {
            Some(explanation) => format!("{reason}: {explanation}"),
            None => reason.to_string(),
        }
    }

    /// The second half of the decision: the cookies of the new token and what the response needs with them, or the
    /// reason why there are none. `claims` are those of the candidate, which the stores admitted after the handler ran.
    ///
    /// # Errors
    ///
    /// [`NoRefresh`] says why the token is not replaced.
    pub fn reissue<H: Headers + ?Sized>(
        &self,
        claims: &Claims<Renewable>,
        outcome: &Outcome<'_, H>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Reissued, NoRefresh> {
        let config = self.config();
        if outcome.status >= 400 {
            return Err(NoRefresh::FailedRequest);
        }
        if decides_about_cookie(outcome.headers, &config.access.cookie_name) {
            return Err(NoRefresh::CookieInAnswer);
        }
        if caching::is_for_shared_caches(outcome.headers) {
            return Err(NoRefresh::SharedCache);
        }
        let (auth_time, lifetime) = self.renewed_time(claims, now)?;

        let Renewable { custom, token, cookie_end } = &claims.custom;
        let mut token = NewToken::carrying(claims, custom.iter(), TokenKind::Access)
            .headers(header_to_keep(&config.keys, token))
            .auth_time(auth_time);
        token = match lifetime {
            Lifetime::For(lifetime) => token.expires_in(lifetime),
            Lifetime::Until(end) => token.expires_at(end),
        };
        if let Some(csrf) = &claims.csrf {
            token = token.csrf(csrf.as_str());
        }
        let jwt = self.write(&token, now, random).map_err(NoRefresh::NotIssued)?;
        let chosen = cookie_end.map(|end| end.saturating_since(now));
        let chosen = chosen.map(|rest| rest.max(Duration::from_secs(1)));
        let cookies = self
            .set_cookies(&jwt, TokenKind::Access, chosen, now)
            .map_err(NoRefresh::NotVerified)?;
        Ok(Reissued { cookies, headers: caching::protect(outcome.headers) })
    }

    /// The login's time, and how long the new token is valid.
    fn renewed_time(
        &self,
        claims: &Claims<Renewable>,
        now: Timestamp,
    ) -> Result<(Timestamp, Lifetime), NoRefresh> {
        let config = self.config();
        let auth_time = claims.auth_time.or(claims.iat).unwrap_or(now);
        let lifetime = match (claims.exp, claims.iat) {
            (Some(exp), Some(iat)) => exp.saturating_since(iat),
            _ => match config.access.lifetime {
                TokenLifetime::Expires(lifetime) => lifetime,
                TokenLifetime::Never => return Err(NoRefresh::LifetimeUnknown),
            },
        };
        let Some(max_age) = config.implicit_refresh.max_age else {
            return Ok((auth_time, Lifetime::For(lifetime)));
        };
        let end = auth_time + max_age;
        // The new token must not expire before the old one, or at the same time.
        if end <= now || claims.exp.is_some_and(|exp| end <= exp) {
            return Err(NoRefresh::LoginTooOld);
        }
        let is_cut = end < now + lifetime;
        Ok((auth_time, if is_cut { Lifetime::Until(end) } else { Lifetime::For(lifetime) }))
    }

    fn takes_part(&self, method: &str, path: &str) -> bool {
        let policy = &self.config().implicit_refresh;
        let listed = |list: &[String], item: &str| list.iter().any(|entry| entry == item);
        let method = method.to_ascii_uppercase();
        !listed(&policy.exclude_paths, path)
            && !listed(&policy.exclude_methods, &method)
            && (policy.include_paths.is_empty() || listed(&policy.include_paths, path))
            && (policy.include_methods.is_empty() || listed(&policy.include_methods, &method))
    }
}

/// Which token is replaced.
fn of_cookie() -> Requirement {
    Requirement::access().locations([Location::Cookies])
}

enum Lifetime {
    For(Duration),
    Until(Timestamp),
}

/// Whether the response sets or deletes the cookie itself, or has the browser delete every cookie (Clear Site Data
/// section 3.1).
fn decides_about_cookie<H: Headers + ?Sized>(headers: &H, cookie_name: &str) -> bool {
    let is_cookie = |value: &[u8]| {
        let rest = value.trim_ascii_start().strip_prefix(cookie_name.as_bytes());
        rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
    };
    let clears = |value: &[u8]| {
        let mut kinds = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        kinds.any(|kind| kind == b"\"cookies\"" || kind == b"\"*\"")
    };
    headers.values("set-cookie").any(is_cookie) || headers.values("clear-site-data").any(clears)
}
