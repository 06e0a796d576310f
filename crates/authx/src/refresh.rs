//! Implicit refresh: replacing the access token in a cookie shortly before it expires.
//!
//! The decision has two halves, because the handler runs and the stores are asked in between:
//!
//! 1. Before the handler runs, [`Engine::refresh_candidate`]: does this request take part, does its
//!    access cookie verify, CSRF included, and does the token expire within the configured time?
//! 2. After the handler, the stores are asked as for every token ([`Verified::ask`]). If they admit the token,
//!    [`Engine::reissue`] decides: did the request fail, does the response set or delete the access cookie
//!    itself (login, logout), is the login too old?
//!
//! The new token has the subject, session, scopes, audience and custom claims of the old one. It is never
//! fresh, because the user has not authenticated again.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::Engine;
use crate::error::Error;
use crate::issue::{IssueError, NewToken};
use crate::location::Location;
use crate::random::Random;
use crate::requirement::Requirement;
use crate::time::Timestamp;
use crate::token::{Claims, JsonClaims, is_registered};
use crate::token_kind::TokenKind;
use crate::transport::{Headers, Request};
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
    /// The request was answered with an error.
    FailedRequest,
    /// The response sets or deletes the access cookie itself.
    CookieInAnswer,
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
            Self::FailedRequest => "the request was answered with an error",
            Self::CookieInAnswer => "the response sets or deletes the access cookie itself",
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

impl Engine {
    /// The first half of the decision. `path` is the request's path, without the query string.
    ///
    /// # Errors
    ///
    /// [`NoRefresh`] says why the token is not replaced.
    pub fn refresh_candidate<H: Headers + ?Sized>(
        &self,
        request: &Request<'_, H>,
        path: &str,
        now: Timestamp,
    ) -> Result<Verified<'static, JsonClaims>, NoRefresh> {
        let config = self.config();
        if !config.access.locations.contains(&Location::Cookies) {
            return Err(NoRefresh::NoCookies);
        }
        if !self.takes_part(request.method, path) {
            return Err(NoRefresh::NotConfigured);
        }
        let requirement = Requirement::access().locations([Location::Cookies]);
        let token = self.find_token(request, &requirement).map_err(NoRefresh::NotVerified)?;
        let verified = self.verify(&token, &requirement, now).map_err(NoRefresh::NotVerified)?;
        let is_due = verified
            .claims()
            .exp
            .is_some_and(|exp| exp.saturating_since(now) <= config.implicit_refresh.window);
        if !is_due {
            return Err(NoRefresh::NotDue);
        }
        Ok(verified.into_owned())
    }

    /// The second half of the decision: the new token, or the reason why there is none. `claims` are those of
    /// the candidate, which the stores admitted after the handler ran.
    ///
    /// # Errors
    ///
    /// [`NoRefresh`] says why the token is not replaced.
    pub fn reissue<H: Headers + ?Sized>(
        &self,
        claims: &Claims<JsonClaims>,
        outcome: &Outcome<'_, H>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<String, NoRefresh> {
        let config = self.config();
        if outcome.status >= 400 {
            return Err(NoRefresh::FailedRequest);
        }
        let sets_access_cookie = |value: &[u8]| {
            let rest = value.trim_ascii_start().strip_prefix(config.access.cookie_name.as_bytes());
            rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
        };
        if outcome.headers.values("set-cookie").any(sets_access_cookie) {
            return Err(NoRefresh::CookieInAnswer);
        }

        let auth_time = claims.auth_time.or(claims.iat).unwrap_or(now);
        // With another identity claim than `sub`, a token from another issuer may have `sub` as a custom
        // claim, which a new token must not.
        let custom: BTreeMap<_, _> =
            claims.custom.iter().filter(|(name, _)| !is_registered(name)).collect();
        let mut token = NewToken::access(claims.sub.as_str()).claims(custom);
        token.auth_time = Some(auth_time);
        if let Some(scopes) = &claims.scopes {
            token = token.scopes(scopes);
        }
        if let Some(audience) = &claims.aud {
            token = token.audience(audience.clone());
        }
        if let Some(issuer) = &claims.iss {
            token = token.issuer(issuer);
        }
        if let Some(sid) = &claims.sid {
            token = token.session(sid);
        }
        if let Some(max_age) = config.implicit_refresh.max_age {
            let end = auth_time + max_age;
            // The new token must not expire before the old one, or at the same time.
            if end <= now || claims.exp.is_some_and(|exp| end <= exp) {
                return Err(NoRefresh::LoginTooOld);
            }
            if config.lifetime_end(TokenKind::Access, now).is_none_or(|usual| end < usual) {
                token = token.expires_at(end);
            }
        }
        self.write(&token, now, random).map_err(NoRefresh::NotIssued)
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
