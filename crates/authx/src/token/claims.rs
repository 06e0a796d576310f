//! A token's claims: the registered ones as typed fields, everything else as the user's own type.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::Timestamp;
use crate::token_kind::TokenKind;

/// A type for custom claims: it is deserialized from JSON, cached with the verified token, and shared between threads.
/// Implemented for every type that fits.
///
/// ```
/// #[derive(Clone, serde::Deserialize)]
/// struct Account {
///     tenant: String,
/// }
/// # fn fits<C: authx::token::CustomClaims>() {}
/// # fits::<Account>();
/// ```
pub trait CustomClaims: DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> CustomClaims for T {}

/// Custom claims as a map from their names to raw JSON, for callers that define no type for them.
pub type JsonClaims = BTreeMap<String, Box<RawValue>>;

/// Whom a token is for: the claim `aud` (RFC 7519 section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One recipient, written as a string.
    One(String),
    /// Several recipients, written as an array.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is among the recipients.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::One(recipient) => recipient == name,
            Self::Many(recipients) => recipients.iter().any(|recipient| recipient == name),
        }
    }
}

/// The CSRF double-submit value of one token. `Debug` doesn't show it.
#[derive(Clone, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CsrfToken(pub(crate) String);

impl CsrfToken {
    /// The value, for the cookie that scripts read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for CsrfToken {
    fn from(value: T) -> Self {
        Self(value.into())
    }
}

/// Compares values of equal length in constant time.
impl PartialEq for CsrfToken {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CsrfToken(..)")
    }
}

/// The claims of a token; `C` is the type of the custom ones.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Claims<C = ()> {
    /// Who the token is about: `sub`, or the configured identity claim.
    pub sub: String,
    /// `type`: whether it is an access or a refresh token.
    pub kind: TokenKind,
    /// `jti`: the token's unique identifier.
    pub jti: Option<String>,
    /// `exp`: not valid at or after this instant.
    pub exp: Option<Timestamp>,
    /// `nbf`: not valid before this instant.
    pub nbf: Option<Timestamp>,
    /// `iat`: when it was issued.
    pub iat: Option<Timestamp>,
    /// `iss`: who issued it.
    pub iss: Option<String>,
    /// `aud`: whom it is for.
    pub aud: Option<Audience>,
    /// `fresh`: whether the user proved who they are for this very token.
    pub fresh: bool,
    /// `csrf`: what a request must repeat when a cookie carries the token.
    pub csrf: Option<CsrfToken>,
    /// `scopes`, and those of `scope` (RFC 8693 section 4.2): what the token allows.
    pub scopes: Option<Vec<String>>,
    /// `login_type`: which of an application's logins issued it.
    pub login_type: Option<String>,
    /// `sid`: which of the user's sessions it belongs to (`OpenID` Connect Front-Channel Logout 3).
    pub sid: Option<String>,
    /// `auth_time`: when the user logged in, on tokens from implicit refresh (`OpenID` Connect Core 2).
    pub auth_time: Option<Timestamp>,
    /// All other claims.
    pub custom: C,
}

impl<C> Claims<C> {
    /// The same claims, with the custom ones converted by `change`.
    pub fn map_custom<D>(self, change: impl FnOnce(C) -> D) -> Claims<D> {
        Claims {
            sub: self.sub,
            kind: self.kind,
            jti: self.jti,
            exp: self.exp,
            nbf: self.nbf,
            iat: self.iat,
            iss: self.iss,
            aud: self.aud,
            fresh: self.fresh,
            csrf: self.csrf,
            scopes: self.scopes,
            login_type: self.login_type,
            sid: self.sid,
            auth_time: self.auth_time,
            custom: change(self.custom),
        }
    }
}

/// A claim whose meaning the engine defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegisteredClaim {
    Sub,
    Type,
    Jti,
    Exp,
    Nbf,
    Iat,
    Iss,
    Aud,
    Fresh,
    Csrf,
    Scopes,
    Scope,
    LoginType,
    Sid,
    AuthTime,
}

impl RegisteredClaim {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sub" => Self::Sub,
            "type" => Self::Type,
            "jti" => Self::Jti,
            "exp" => Self::Exp,
            "nbf" => Self::Nbf,
            "iat" => Self::Iat,
            "iss" => Self::Iss,
            "aud" => Self::Aud,
            "fresh" => Self::Fresh,
            "csrf" => Self::Csrf,
            "scopes" => Self::Scopes,
            "scope" => Self::Scope,
            "login_type" => Self::LoginType,
            "sid" => Self::Sid,
            "auth_time" => Self::AuthTime,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sub => "sub",
            Self::Type => "type",
            Self::Jti => "jti",
            Self::Exp => "exp",
            Self::Nbf => "nbf",
            Self::Iat => "iat",
            Self::Iss => "iss",
            Self::Aud => "aud",
            Self::Fresh => "fresh",
            Self::Csrf => "csrf",
            Self::Scopes => "scopes",
            Self::Scope => "scope",
            Self::LoginType => "login_type",
            Self::Sid => "sid",
            Self::AuthTime => "auth_time",
        }
    }
}

/// Whether the engine defines a claim of this name, so that custom claims can't use it.
#[must_use]
pub(crate) fn is_registered(name: &str) -> bool {
    RegisteredClaim::named(name).is_some()
}
