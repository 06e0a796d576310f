//! A token's claims: the registered ones as typed fields, everything else as the user's own type.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::de::DeserializeOwned;
use serde::ser::{Error as _, SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

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
    /// `type`: what the token is for.
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
    /// Until when the token is fresh, where `fresh` is a time, as flask-jwt-extended writes it. `fresh` says whether it is
    /// still to come.
    pub fresh_until: Option<Timestamp>,
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

impl Claims {
    /// Claims of this type and subject, with no others: for unit tests of code that takes claims. Set the public fields,
    /// and give custom claims with [`Claims::map_custom`]. Verification doesn't use it: only what
    /// [`Engine::verify`](crate::Engine::verify) returns was verified.
    ///
    /// ```
    /// use authx::{Claims, TokenKind};
    ///
    /// let mut claims = Claims::new(TokenKind::Access, "user123");
    /// claims.scopes = Some(vec!["users:read".to_owned()]);
    /// let json = serde_json::to_string(&claims.map_custom(|()| [("tenant", 7)].into_iter().collect::<std::collections::BTreeMap<_, _>>()))?;
    /// assert_eq!(json, r#"{"sub":"user123","type":"access","fresh":false,"scopes":["users:read"],"tenant":7}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn new(kind: TokenKind, sub: impl Into<String>) -> Self {
        Self {
            sub: sub.into(),
            kind,
            jti: None,
            exp: None,
            nbf: None,
            iat: None,
            iss: None,
            aud: None,
            fresh: false,
            fresh_until: None,
            csrf: None,
            scopes: None,
            login_type: None,
            sid: None,
            auth_time: None,
            custom: (),
        }
    }
}

/// The names are those in the token, and the custom claims stand beside the registered ones. The CSRF value is left out,
/// so that a response with the claims doesn't show it.
///
/// # Errors
///
/// The custom claims are neither unit nor an object.
impl<C: Serialize> Serialize for Claims<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let custom = match serde_json::to_value(&self.custom).map_err(S::Error::custom)? {
            Value::Object(custom) => custom,
            Value::Null => Map::new(),
            _ => return Err(S::Error::custom("the custom claims are not an object")),
        };
        let mut claims = serializer.serialize_map(None)?;
        claims.serialize_entry("sub", &self.sub)?;
        claims.serialize_entry("type", &self.kind)?;
        entry(&mut claims, "jti", self.jti.as_ref())?;
        entry(&mut claims, "exp", self.exp.as_ref())?;
        entry(&mut claims, "nbf", self.nbf.as_ref())?;
        entry(&mut claims, "iat", self.iat.as_ref())?;
        entry(&mut claims, "iss", self.iss.as_ref())?;
        entry(&mut claims, "aud", self.aud.as_ref())?;
        claims.serialize_entry("fresh", &self.fresh)?;
        entry(&mut claims, "scopes", self.scopes.as_ref())?;
        entry(&mut claims, "login_type", self.login_type.as_ref())?;
        entry(&mut claims, "sid", self.sid.as_ref())?;
        entry(&mut claims, "auth_time", self.auth_time.as_ref())?;
        // A type may repeat registered claims.
        for (name, value) in custom.iter().filter(|(name, _)| !is_registered(name)) {
            claims.serialize_entry(name, value)?;
        }
        claims.end()
    }
}

fn entry<M: SerializeMap>(
    claims: &mut M,
    name: &str,
    value: Option<&impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| claims.serialize_entry(name, value))
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
            fresh_until: self.fresh_until,
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
