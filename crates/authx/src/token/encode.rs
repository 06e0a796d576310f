//! From claims to a token's text.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::custom::CustomMembers;
use super::{TokenKind, base64url};
use crate::key::{Key, KeyRing, SignError};
use crate::time::Timestamp;
use crate::token::Audience;

/// A key's header, encoded once.
#[derive(Debug)]
pub(crate) struct HeaderTemplate(String);

impl HeaderTemplate {
    /// The header that `key` gives to tokens without headers of their own.
    pub(crate) fn of(key: &Key) -> Self {
        let mut text = String::new();
        base64url::encode_into(header_json(key, &Map::new()).as_bytes(), &mut text);
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a token could not be written.
#[derive(Debug)]
pub(crate) enum EncodeError {
    Json(serde_json::Error),
    NoSigningKey,
    Sign(SignError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(formatter),
            Self::NoSigningKey => formatter.write_str("no key of the ring can sign"),
            Self::Sign(error) => error.fmt(formatter),
        }
    }
}

/// What a token will say, borrowed from wherever it is.
pub(crate) struct Payload<'a> {
    pub(crate) identity_claim: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) kind: TokenKind,
    pub(crate) jti: &'a str,
    pub(crate) fresh: bool,
    pub(crate) csrf: Option<&'a str>,
    pub(crate) iat: Timestamp,
    pub(crate) nbf: Option<Timestamp>,
    pub(crate) exp: Option<Timestamp>,
    pub(crate) iss: Option<&'a str>,
    pub(crate) aud: Option<&'a Audience>,
    pub(crate) scopes: Option<&'a [String]>,
    pub(crate) login_type: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
    pub(crate) auth_time: Option<Timestamp>,
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.identity_claim, self.sub)?;
        map.serialize_entry("jti", self.jti)?;
        map.serialize_entry("type", &self.kind)?;
        if self.kind == TokenKind::Access {
            map.serialize_entry("fresh", &self.fresh)?;
        }
        if let Some(csrf) = self.csrf {
            map.serialize_entry("csrf", csrf)?;
        }
        map.serialize_entry("iat", &self.iat)?;
        if let Some(nbf) = self.nbf {
            map.serialize_entry("nbf", &nbf)?;
        }
        if let Some(exp) = self.exp {
            map.serialize_entry("exp", &exp)?;
        }
        if let Some(iss) = self.iss {
            map.serialize_entry("iss", iss)?;
        }
        if let Some(aud) = self.aud {
            map.serialize_entry("aud", aud)?;
        }
        if let Some(scopes) = self.scopes {
            map.serialize_entry("scopes", scopes)?;
        }
        if let Some(login_type) = self.login_type {
            map.serialize_entry("login_type", login_type)?;
        }
        if let Some(sid) = self.sid {
            map.serialize_entry("sid", sid)?;
        }
        if let Some(auth_time) = self.auth_time {
            map.serialize_entry("auth_time", &auth_time)?;
        }
        map.end()
    }
}

/// Writes and signs a token with the ring's first key.
pub(crate) fn encode(
    keys: &KeyRing,
    headers: Option<&Map<String, Value>>,
    payload: &Payload<'_>,
    custom: &CustomMembers,
) -> Result<String, EncodeError> {
    let mut json = Vec::with_capacity(512);
    serde_json::to_writer(&mut json, payload).map_err(EncodeError::Json)?;
    custom.append_to(&mut json);
    let template = keys.header_template();
    let mut token = String::with_capacity(template.as_str().len() + json.len() * 4 / 3 + 96);
    match headers {
        None => token.push_str(template.as_str()),
        Some(headers) => {
            base64url::encode_into(header_json(keys.signer(), headers).as_bytes(), &mut token);
        }
    }
    token.push('.');
    base64url::encode_into(&json, &mut token);
    let signature =
        keys.sign(token.as_bytes()).ok_or(EncodeError::NoSigningKey)?.map_err(EncodeError::Sign)?;
    token.push('.');
    base64url::encode_into(&signature, &mut token);
    Ok(token)
}

fn header_json(key: &Key, headers: &Map<String, Value>) -> String {
    let mut members = Map::new();
    members.insert("alg".to_owned(), key.algorithm().name().into());
    if let Some(kid) = key.kid() {
        members.insert("kid".to_owned(), kid.as_str().into());
    }
    members.insert("typ".to_owned(), "JWT".into());
    members.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(members).to_string()
}
