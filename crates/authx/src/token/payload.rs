//! Deserializes a payload into claims in one pass: the registered claims are stored as they are read, and the custom
//! ones are passed to the caller's type.

use std::borrow::Cow;

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::claims::{Audience, Claims, CsrfToken, RegisteredClaim};
use super::object_reader::{Names, ObjectReader, Value};
use crate::error::{Error, Malformed};
use crate::time::Timestamp;
use crate::token_kind::TokenKind;

type Result<T> = std::result::Result<T, serde_json::Error>;

/// Deserializes the payload of a token whose signature is valid.
pub(crate) fn from_json<C: DeserializeOwned>(
    payload: &[u8],
    identity_claim: &str,
) -> std::result::Result<Claims<C>, Error> {
    let (registered, custom) = read(payload, identity_claim)?;
    Ok(registered.with(custom)?)
}

/// Reads the custom claims alone, of a payload that was read before. The identity is `sub`; if another claim has it,
/// that one is among the custom claims.
pub(crate) fn custom_from_json<C: DeserializeOwned>(
    payload: &[u8],
) -> std::result::Result<C, Error> {
    read(payload, "sub").map(|(_, custom)| custom)
}

fn read<C: DeserializeOwned>(
    payload: &[u8],
    identity_claim: &str,
) -> std::result::Result<(Registered, C), Error> {
    let json = std::str::from_utf8(payload).map_err(|_| Malformed::Payload)?;
    let mut reader = PayloadReader {
        object: ObjectReader::of(json).map_err(|_| Malformed::Payload)?,
        identity_claim,
        identity_is_sub: identity_claim == "sub",
        fault: None,
        wanted: ClaimSet::default(),
        value_is_kept: false,
        custom_names: Names::default(),
        registered: Registered::default(),
    };
    let custom = C::deserialize(Custom(&mut reader)).and_then(|custom| {
        // `C` may stop before the end, and the remaining claims must be read too.
        while reader.next_custom()?.is_some() {}
        Ok(custom)
    });
    match (reader.fault, custom) {
        (None, Ok(custom)) => Ok((reader.registered, custom)),
        (None, Err(error)) => Err(unexpected(&error)),
        (Some(fault), _) => Err(fault.into()),
    }
}

/// The error of a payload that is sound, and does not fit the type of the custom claims.
#[cold]
fn unexpected(error: &serde_json::Error) -> Error {
    let mut reason = error.to_string();
    let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    if missing.is_some_and(|name| RegisteredClaim::named(name).is_some()) {
        reason.push_str(
            ": the token's registered claims are in the fields of `Claims`; a type of custom claims with \
             `#[serde(flatten)]` doesn't get them, so remove the field",
        );
    }
    Error::UnexpectedClaims { reason }
}

/// A set of registered claims, of which there are fewer than bits.
#[derive(Clone, Copy, Default)]
struct ClaimSet(u16);

impl ClaimSet {
    fn insert(&mut self, claim: RegisteredClaim) {
        self.0 |= 1 << claim as u16;
    }

    fn contains(self, claim: RegisteredClaim) -> bool {
        self.0 & (1 << claim as u16) != 0
    }
}

struct PayloadReader<'c, 'de> {
    object: ObjectReader<'de>,
    identity_claim: &'c str,
    identity_is_sub: bool,
    /// What is wrong with the payload. It outlives the error that reported it, which a custom type may swallow
    /// (`T::deserialize(deserializer).unwrap_or_default()`).
    fault: Option<Malformed>,
    /// The registered claims among the fields of the custom type, if it is a struct. They are passed to it too.
    wanted: ClaimSet,
    /// Whether the name that was read last is a registered claim, whose value was read with it.
    value_is_kept: bool,
    custom_names: Names<'de>,
    registered: Registered,
}

/// The claim `fresh`.
#[derive(Clone, Copy, PartialEq)]
enum Freshness {
    No,
    Yes,
    /// As flask-jwt-extended writes it.
    Until(Timestamp),
}

impl<'de> Freshness {
    fn of(value: &Value<'de>) -> Result<Self> {
        match bool::deserialize(value) {
            Ok(true) => Ok(Self::Yes),
            Ok(false) => Ok(Self::No),
            Err(_) => Timestamp::deserialize(value).map(Self::Until),
        }
    }
}

#[derive(Default)]
struct Registered {
    sub: Option<String>,
    kind: Option<TokenKind>,
    jti: Option<String>,
    exp: Option<Timestamp>,
    nbf: Option<Timestamp>,
    iat: Option<Timestamp>,
    iss: Option<String>,
    aud: Option<Audience>,
    fresh: Option<Freshness>,
    csrf: Option<CsrfToken>,
    scopes: Option<Vec<String>>,
    scope: Option<String>,
    login_type: Option<String>,
    sid: Option<String>,
    auth_time: Option<Timestamp>,
}

impl<'de> PayloadReader<'_, 'de> {
    /// The name of the next custom claim. Reads and stores the registered claims before it.
    fn next_custom(&mut self) -> Result<Option<Cow<'de, str>>> {
        self.check_fault()?;
        let name = self.read_to_custom();
        if name.is_err() {
            self.fault.get_or_insert(Malformed::Payload);
        }
        name
    }

    /// The value of the custom claim whose name was read last.
    fn custom_value(&mut self) -> Result<&Value<'de>> {
        self.check_fault()?;
        if std::mem::take(&mut self.value_is_kept) {
            return Ok(self.object.last_value());
        }
        let value = self.object.value();
        if value.is_err() {
            self.fault = Some(Malformed::Payload);
        }
        value
    }

    fn check_fault(&self) -> Result<()> {
        match self.fault {
            None => Ok(()),
            Some(_) => Err(serde_json::Error::custom("the payload is malformed")),
        }
    }

    fn read_to_custom(&mut self) -> Result<Option<Cow<'de, str>>> {
        self.value_is_kept = false;
        if self.object.owes_value() {
            self.object.value()?;
        }
        while let Some(name) = self.object.next_name()? {
            match self.claim(&name) {
                Some(claim) => {
                    self.keep(claim).inspect_err(|_| {
                        self.fault = Some(Malformed::Claim(claim.name()));
                    })?;
                    if self.wanted.contains(claim) {
                        self.value_is_kept = true;
                        return Ok(Some(name));
                    }
                }
                None if self.custom_names.insert(&name) => return Ok(Some(name)),
                None => return Err(twice()),
            }
        }
        Ok(None)
    }

    fn claim(&self, name: &str) -> Option<RegisteredClaim> {
        match RegisteredClaim::named(name) {
            // Where another claim identifies the user, `sub` is a custom claim.
            Some(RegisteredClaim::Sub) => self.identity_is_sub.then_some(RegisteredClaim::Sub),
            None if !self.identity_is_sub && name == self.identity_claim => {
                Some(RegisteredClaim::Sub)
            }
            claim => claim,
        }
    }

    fn keep(&mut self, claim: RegisteredClaim) -> Result<()> {
        let value = self.object.value()?;
        let registered = &mut self.registered;
        match claim {
            RegisteredClaim::Sub => once(&mut registered.sub, value)?,
            RegisteredClaim::Type => once(&mut registered.kind, value)?,
            RegisteredClaim::Jti => once(&mut registered.jti, value)?,
            RegisteredClaim::Exp => once(&mut registered.exp, value)?,
            RegisteredClaim::Nbf => once(&mut registered.nbf, value)?,
            RegisteredClaim::Iat => once(&mut registered.iat, value)?,
            RegisteredClaim::Iss => once(&mut registered.iss, value)?,
            RegisteredClaim::Aud => once(&mut registered.aud, value)?,
            RegisteredClaim::Fresh => {
                if registered.fresh.replace(Freshness::of(value)?).is_some() {
                    return Err(twice());
                }
            }
            RegisteredClaim::Csrf => once(&mut registered.csrf, value)?,
            RegisteredClaim::Scopes => once(&mut registered.scopes, value)?,
            RegisteredClaim::Scope => once(&mut registered.scope, value)?,
            RegisteredClaim::LoginType => once(&mut registered.login_type, value)?,
            RegisteredClaim::Sid => once(&mut registered.sid, value)?,
            RegisteredClaim::AuthTime => once(&mut registered.auth_time, value)?,
        }
        Ok(())
    }
}

impl Registered {
    fn with<C>(self, custom: C) -> std::result::Result<Claims<C>, Malformed> {
        let mut scopes = self.scopes;
        if let Some(scope) = self.scope {
            let names = scope.split(' ').filter(|name| !name.is_empty()).map(str::to_owned);
            scopes.get_or_insert_default().extend(names);
        }
        Ok(Claims {
            sub: self.sub.filter(|sub| !sub.is_empty()).ok_or(Malformed::Claim("sub"))?,
            kind: self.kind.ok_or(Malformed::Claim("type"))?,
            jti: self.jti,
            exp: self.exp,
            nbf: self.nbf,
            iat: self.iat,
            iss: self.iss,
            aud: self.aud,
            fresh: self.fresh.is_some_and(|fresh| fresh != Freshness::No),
            fresh_until: match self.fresh {
                Some(Freshness::Until(instant)) => Some(instant),
                _ => None,
            },
            csrf: self.csrf,
            scopes,
            login_type: self.login_type,
            sid: self.sid,
            auth_time: self.auth_time,
            custom,
        })
    }
}

fn once<'de, T: Deserialize<'de>>(slot: &mut Option<T>, value: &Value<'de>) -> Result<()> {
    if slot.is_some() {
        return Err(twice());
    }
    *slot = Some(T::deserialize(value)?);
    Ok(())
}

fn twice() -> serde_json::Error {
    serde_json::Error::custom("a claim occurs twice")
}

/// Deserializes the custom claims as a map for `C`, or as unit for `()`.
struct Custom<'r, 'c, 'de>(&'r mut PayloadReader<'c, 'de>);

impl<'de> MapAccess<'de> for Custom<'_, '_, 'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        match self.0.next_custom()? {
            Some(Cow::Borrowed(name)) => {
                seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
            }
            Some(Cow::Owned(name)) => seed.deserialize(StringDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(self.0.custom_value()?)
    }
}

impl<'de> Deserializer<'de> for Custom<'_, '_, 'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        for field in fields {
            if let Some(claim) = self.0.claim(field) {
                self.0.wanted.insert(claim);
            }
        }
        visitor.visit_map(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf seq tuple
        tuple_struct map enum identifier ignored_any
    }
}
