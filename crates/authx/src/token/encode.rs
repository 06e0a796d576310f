//! Encodes claims as a signed compact JWS.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::claims::is_registered;
use super::encode_error::EncodeError;
use super::object_writer::ObjectWriter;
use crate::base64url;
use crate::key::{KeyRing, header_json};
use crate::time::Timestamp;
use crate::token::Audience;
use crate::token_kind::TokenKind;

/// The registered claims of a new token, borrowed from the caller.
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
    pub(crate) scopes: Option<&'a [Cow<'a, str>]>,
    pub(crate) login_type: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
    pub(crate) auth_time: Option<Timestamp>,
    pub(crate) generation: Option<u32>,
}

impl Payload<'_> {
    fn object(&self) -> ObjectWriter {
        let mut object = ObjectWriter::beginning_with(self.identity_claim, self.sub);
        object.string(",\"jti\":", self.jti);
        object.string(",\"type\":", self.kind.as_str());
        if self.kind == TokenKind::Access {
            object.value(",\"fresh\":", &self.fresh);
        }
        if let Some(csrf) = self.csrf {
            object.string(",\"csrf\":", csrf);
        }
        object.value(",\"iat\":", &self.iat);
        if let Some(nbf) = self.nbf {
            object.value(",\"nbf\":", &nbf);
        }
        if let Some(exp) = self.exp {
            object.value(",\"exp\":", &exp);
        }
        if let Some(iss) = self.iss {
            object.string(",\"iss\":", iss);
        }
        if let Some(aud) = self.aud {
            object.value(",\"aud\":", aud);
        }
        if let Some(scopes) = self.scopes {
            object.value(",\"scopes\":", &scopes);
        }
        if let Some(login_type) = self.login_type {
            object.string(",\"login_type\":", login_type);
        }
        if let Some(sid) = self.sid {
            object.string(",\"sid\":", sid);
        }
        if let Some(auth_time) = self.auth_time {
            object.value(",\"auth_time\":", &auth_time);
        }
        if let Some(generation) = self.generation {
            object.value(",\"gen\":", &generation);
        }
        object
    }
}

/// Encodes a token and signs it with the ring's first key. `custom` must serialize to a JSON object, or to `null` for
/// no custom claims.
pub(crate) fn encode<C: Serialize>(
    keys: &KeyRing,
    headers: Option<&Map<String, Value>>,
    payload: &Payload<'_>,
    custom: &C,
) -> Result<String, EncodeError> {
    let is_refresh_of_login = payload.kind == TokenKind::Refresh && payload.sid.is_some();
    let is_reserved = |name: &str| {
        is_registered(name)
            || name == payload.identity_claim
            || (is_refresh_of_login && name == "gen")
    };
    let json = payload.object().end_with(custom, is_reserved)?;

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
    base64url::encode_into(signature.as_ref(), &mut token);
    Ok(token)
}
