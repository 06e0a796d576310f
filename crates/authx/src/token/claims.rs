//! What a token says: the registered claims as typed fields, everything else as the user's own type.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::json::{Name, check_strict};
use crate::error::Malformed;
use crate::time::Timestamp;

/// So few are compared with each other faster than sorted.
const FEW_MEMBERS: usize = 16;

/// Custom claims as a map of JSON texts, for callers without a type of their own.
pub type JsonClaims = BTreeMap<String, Box<RawValue>>;

/// What a token is for, its claim `type`. One never passes for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Opens protected routes.
    Access,
    /// Buys new access tokens, and nothing else.
    Refresh,
}

impl TokenKind {
    /// The claim's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that is no token type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTokenKind;

impl fmt::Display for UnknownTokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a token type is 'access' or 'refresh'")
    }
}

impl std::error::Error for UnknownTokenKind {}

impl FromStr for TokenKind {
    type Err = UnknownTokenKind;

    fn from_str(text: &str) -> Result<Self, UnknownTokenKind> {
        match text {
            "access" => Ok(Self::Access),
            "refresh" => Ok(Self::Refresh),
            _ => Err(UnknownTokenKind),
        }
    }
}

/// Whom a token is for, its claim `aud` (RFC 7519 section 4.1.3).
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
            Self::One(own) => own == name,
            Self::Many(own) => own.iter().any(|own| own == name),
        }
    }
}

/// The value of the CSRF double submit that belongs to one token. Silent in `Debug`.
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
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// In constant time for values of one length.
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
    /// `jti`: the token's own identifier.
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

/// Whether the engine gives a claim of this name its meaning, so that custom claims can't have it.
#[must_use]
pub(crate) fn is_registered(name: &str) -> bool {
    matches!(
        name,
        "sub"
            | "type"
            | "jti"
            | "exp"
            | "nbf"
            | "iat"
            | "iss"
            | "aud"
            | "fresh"
            | "csrf"
            | "scopes"
            | "scope"
            | "login_type"
            | "sid"
            | "auth_time"
    )
}

/// Reads a payload whose signature held.
pub(crate) fn from_json<C: DeserializeOwned>(
    payload: &[u8],
    identity_claim: &str,
) -> Result<Claims<C>, Malformed> {
    let text = std::str::from_utf8(payload).map_err(|_| Malformed::Payload)?;
    let at = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    PayloadSeed { identity_claim, at: &at, custom: PhantomData }
        .deserialize(&mut deserializer)
        .and_then(|claims| deserializer.end().map(|()| claims))
        .map_err(|_| at.get().map_or(Malformed::Payload, Malformed::Claim))
}

struct PayloadSeed<'c, C> {
    identity_claim: &'c str,
    /// The claim that is being read, which is the bad one when reading stops.
    at: &'c Cell<Option<&'static str>>,
    custom: PhantomData<C>,
}

impl<'de, C: DeserializeOwned> DeserializeSeed<'de> for PayloadSeed<'_, C> {
    type Value = Claims<C>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Claims<C>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, C: DeserializeOwned> Visitor<'de> for PayloadSeed<'_, C> {
    type Value = Claims<C>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a claims set")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Claims<C>, A::Error> {
        let mut sub = None;
        let mut kind = None;
        let mut jti = None;
        let mut exp = None;
        let mut nbf = None;
        let mut iat = None;
        let mut iss = None;
        let mut aud = None;
        let mut fresh = None;
        let mut csrf = None;
        let mut scopes: Option<Vec<String>> = None;
        let mut scope: Option<Cow<'de, str>> = None;
        let mut login_type = None;
        let mut sid = None;
        let mut auth_time = None;
        let mut others: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();

        macro_rules! read {
            ($slot:ident, $name:literal) => {{
                self.at.set(Some($name));
                if $slot.is_some() {
                    return Err(A::Error::custom("a member occurs twice"));
                }
                $slot = Some(members.next_value()?);
                self.at.set(None);
            }};
        }

        while let Some(Name(name)) = members.next_key()? {
            match name.as_ref() {
                name if name == self.identity_claim => read!(sub, "sub"),
                "type" => read!(kind, "type"),
                "jti" => read!(jti, "jti"),
                "exp" => read!(exp, "exp"),
                "nbf" => read!(nbf, "nbf"),
                "iat" => read!(iat, "iat"),
                "iss" => read!(iss, "iss"),
                "aud" => read!(aud, "aud"),
                "fresh" => read!(fresh, "fresh"),
                "csrf" => read!(csrf, "csrf"),
                "scopes" => read!(scopes, "scopes"),
                "scope" => {
                    self.at.set(Some("scope"));
                    if scope.is_some() {
                        return Err(A::Error::custom("a member occurs twice"));
                    }
                    scope = Some(members.next_value::<Name<'de>>()?.0);
                    self.at.set(None);
                }
                "login_type" => read!(login_type, "login_type"),
                "sid" => read!(sid, "sid"),
                "auth_time" => read!(auth_time, "auth_time"),
                _ => {
                    let value = members.next_value::<&RawValue>()?;
                    others.push((name, value));
                }
            }
        }

        if let Some(scope) = scope {
            let names = scope.split(' ').filter(|name| !name.is_empty()).map(str::to_owned);
            scopes.get_or_insert_default().extend(names);
        }
        let missing = |claim: &'static str| {
            self.at.set(Some(claim));
            A::Error::missing_field(claim)
        };
        Ok(Claims {
            sub: sub.filter(|sub: &String| !sub.is_empty()).ok_or_else(|| missing("sub"))?,
            kind: kind.ok_or_else(|| missing("type"))?,
            jti,
            exp,
            nbf,
            iat,
            iss,
            aud,
            fresh: fresh.unwrap_or(false),
            csrf,
            scopes,
            login_type,
            sid,
            auth_time,
            custom: custom(&others).map_err(A::Error::custom)?,
        })
    }
}

fn custom<C: DeserializeOwned>(
    members: &[(Cow<'_, str>, &RawValue)],
) -> Result<C, serde_json::Error> {
    if has_duplicates(members) {
        return Err(serde_json::Error::custom("a member occurs twice"));
    }
    for (_, value) in members {
        check_strict(value)?;
    }
    C::deserialize(Members(members))
}

fn has_duplicates(members: &[(Cow<'_, str>, &RawValue)]) -> bool {
    if members.len() <= FEW_MEMBERS {
        let occurs_before = |(index, (name, _)): (usize, &(Cow<'_, str>, _))| {
            members[..index].iter().any(|(other, _)| other == name)
        };
        return members.iter().enumerate().any(occurs_before);
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// The custom claims as a map for `C`, or as nothing for `()`.
struct Members<'m>(&'m [(Cow<'m, str>, &'m RawValue)]);

impl<'de> Deserializer<'de> for Members<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let members = self.0.iter().map(|(name, value)| (name.as_ref(), *value));
        visitor.visit_map(MapDeserializer::new(members))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
