//! The tokens of a login: the first pair, and those that replace it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::state::{LoginState, PresentedLogin};
use crate::config::TokenLifetime;
use crate::engine::Engine;
use crate::issue::NewToken;
use crate::issue_error::IssueError;
use crate::random::Random;
use crate::time::Timestamp;
use crate::token::{Audience, Claims, JsonClaims, header_to_keep};
use crate::token_kind::TokenKind;

/// What the tokens of a new login say. Its access token is fresh.
///
/// ```
/// use authx::login::NewLogin;
///
/// let login = NewLogin::of("ada").scopes(["notes:write"]);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct NewLogin<'a, C = ()> {
    pub(crate) subject: Cow<'a, str>,
    scopes: Option<Vec<Cow<'a, str>>>,
    audience: Option<Audience>,
    custom: C,
}

impl<'a> NewLogin<'a> {
    /// A login of this subject.
    pub fn of(subject: impl Into<Cow<'a, str>>) -> Self {
        Self { subject: subject.into(), scopes: None, audience: None, custom: () }
    }
}

impl<'a, C> NewLogin<'a, C> {
    /// What its tokens allow, those after a rotation too.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Whom its tokens are for, instead of the configured audience.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = Some(audience);
        self
    }

    /// Custom claims of its tokens: a value that serializes to a JSON object.
    pub fn claims<D>(self, custom: D) -> NewLogin<'a, D> {
        NewLogin { subject: self.subject, scopes: self.scopes, audience: self.audience, custom }
    }

    /// Who logs in.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    fn token(&self, kind: TokenKind) -> NewToken<'_, &C> {
        let mut token = NewToken::new(kind, &*self.subject).claims(&self.custom);
        if let Some(scopes) = &self.scopes {
            token = token.scopes(scopes.iter().map(|scope| &**scope));
        }
        if let Some(audience) = &self.audience {
            token = token.audience(audience.clone());
        }
        token
    }
}

/// What a rotation takes over from the refresh token, beside its claims. `Debug` does not show it.
#[derive(Clone)]
pub struct Rotatable {
    /// The custom claims.
    pub custom: JsonClaims,
    presented: PresentedLogin,
    /// For the fields of its header; `None` where only its claims are known.
    token: Option<String>,
}

impl Rotatable {
    /// Which login the token belongs to, and which of its refresh tokens it is.
    #[must_use]
    pub fn presented(&self) -> &PresentedLogin {
        &self.presented
    }

    pub(crate) fn new(
        mut custom: JsonClaims,
        presented: PresentedLogin,
        token: Option<String>,
    ) -> Self {
        // The engine's own: the successor has another one.
        custom.remove("gen");
        Self { custom, presented, token }
    }
}

impl fmt::Debug for Rotatable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rotatable").finish_non_exhaustive()
    }
}

impl Engine {
    /// The access and the refresh token of a login that begins in this state.
    ///
    /// # Errors
    ///
    /// [`IssueError`] names the argument at fault.
    pub fn issue_login<C: Serialize>(
        &self,
        login: &NewLogin<'_, C>,
        sid: &str,
        state: &LoginState,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<[String; 2], IssueError> {
        let access = self.access_of(login.token(TokenKind::Access).fresh(), sid, state, now);
        let refresh = refresh_of(login.token(TokenKind::Refresh), sid, state);
        Ok([self.write(&access, now, random)?, self.write(&refresh, now, random)?])
    }

    /// The access and the refresh token that replace the one with these claims, in this state of the login `sid`.
    ///
    /// The refresh token is the same for all who get it, with a signature of its own where the algorithm's signatures
    /// are random. The access token is new, and not fresh.
    ///
    /// # Errors
    ///
    /// [`IssueError`], for example where no key can sign.
    pub fn issue_rotated(
        &self,
        claims: &Claims<Rotatable>,
        sid: &str,
        state: &LoginState,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<[String; 2], IssueError> {
        let Rotatable { custom, token, .. } = &claims.custom;
        let header = token.as_deref().map(|token| header_to_keep(&self.config().keys, token));
        let carried = |kind| NewToken::carrying(claims, custom.iter(), kind);
        let login_at = claims.auth_time.or(claims.iat).unwrap_or(state.created_at);

        let access =
            self.access_of(carried(TokenKind::Access).auth_time(login_at), sid, state, now);
        let jti = successor_id(sid, state.generation);
        let mut refresh = carried(TokenKind::Refresh)
            .headers(header.unwrap_or_default())
            .auth_time(login_at)
            .jti(jti);
        if let Some(csrf) = &claims.csrf {
            // The same for all who get it, and a form in another tab can still be submitted.
            refresh = refresh.csrf(csrf.as_str());
        }
        let refresh = refresh_of(refresh, sid, state);
        Ok([self.write(&access, now, random)?, self.write(&refresh, now, random)?])
    }

    /// How long refresh tokens live, as configured; `None` for ever.
    pub(super) fn refresh_lifetime(&self) -> Option<Duration> {
        match self.config().refresh.lifetime {
            TokenLifetime::Expires(lifetime) => Some(lifetime),
            TokenLifetime::Never => None,
        }
    }

    /// An access token ends with its login.
    fn access_of<'a, C>(
        &self,
        token: NewToken<'a, C>,
        sid: &'a str,
        state: &LoginState,
        now: Timestamp,
    ) -> NewToken<'a, C> {
        let token = token.session(sid).issued_at(now.floor_to_second().max(state.created_at));
        let end = match self.config().access.lifetime {
            TokenLifetime::Expires(lifetime) => Some(now.floor_to_second() + lifetime),
            TokenLifetime::Never => None,
        };
        match state.deadline {
            Some(deadline) if end.is_none_or(|end| deadline < end) => token.expires_at(deadline),
            _ => token,
        }
    }
}

fn refresh_of<'a, C>(token: NewToken<'a, C>, sid: &'a str, state: &LoginState) -> NewToken<'a, C> {
    let token = token.session(sid).generation(state.generation).issued_at(state.iat());
    match state.expires_at {
        Some(end) => token.expires_at(end),
        None => token,
    }
}

/// The `jti` of a login's refresh token of this generation: a UUID of version 8 (RFC 9562 section 5.8).
fn successor_id(sid: &str, generation: u32) -> String {
    let digest = Sha256::new()
        .chain_update(b"authx refresh\0")
        .chain_update(sid.as_bytes())
        .chain_update(b"\0")
        .chain_update(generation.to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
