//! A token in a JSON body, and when a body has to be read at all.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::request::{Headers, Request, read};
use super::{Location, csrf};
use crate::engine::Engine;
use crate::error::Malformed;
use crate::verify::Requirement;

/// What must be read of a request's body before its token can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyWanted {
    /// The bytes, up to the configured bound.
    Json,
    /// The fields of a form.
    Form,
}

impl Engine {
    /// Whether the body has to be read for `requirement`: only when no earlier location has a token,
    /// or a cookie's CSRF value can be nowhere else.
    #[must_use]
    pub fn wants_body<H: Headers + ?Sized>(
        &self,
        request: &Request<'_, H>,
        requirement: &Requirement,
    ) -> Option<BodyWanted> {
        let config = self.config();
        let transport = config.transport(requirement.kind);
        for &location in requirement.effective_locations(config) {
            if location == Location::Json && is_json(request.headers) {
                return Some(BodyWanted::Json);
            }
            if !matches!(read(config, transport, request, location), Ok(None)) {
                let in_form = location == Location::Cookies
                    && csrf::may_be_in_form(config, transport, request, requirement);
                return in_form.then_some(BodyWanted::Form);
            }
        }
        None
    }

    /// Whether any request at all can have to show its body for `requirement`.
    #[must_use]
    pub fn may_want_body(&self, requirement: &Requirement) -> bool {
        let config = self.config();
        requirement.effective_locations(config).iter().any(|location| match location {
            Location::Json => true,
            Location::Cookies => config.csrf.check_form,
            Location::Headers | Location::Query => false,
        })
    }
}

/// Whether the content type is `application/json`, whatever its parameters.
pub(super) fn is_json<H: Headers + ?Sized>(headers: &H) -> bool {
    media_type_is(headers, &["application/json"])
}

/// Whether the request has one content type, and it is among `media_types`.
pub(super) fn media_type_is<H: Headers + ?Sized>(headers: &H, media_types: &[&str]) -> bool {
    let mut values = headers.values("content-type");
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let essence = value.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    media_types.iter().any(|media_type| essence.eq_ignore_ascii_case(media_type.as_bytes()))
}

/// The text of the member `name` of a JSON object. A body that is no JSON object has none, nor has `null`.
pub(super) fn value<'r>(name: &str, json: &'r [u8]) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    let Ok(text) = std::str::from_utf8(json) else { return Ok(None) };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = Member { name }
        .deserialize(&mut deserializer)
        .and_then(|found| deserializer.end().map(|()| found));
    match found {
        Ok(Found::Text(text)) => Ok(Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })),
        Ok(Found::Nothing | Found::Null) | Err(_) => Ok(None),
        Ok(Found::Other) => Err(Malformed::NotText),
        Ok(Found::Several) => Err(Malformed::Ambiguous),
    }
}

enum Found<'r> {
    Nothing,
    Text(Cow<'r, str>),
    Null,
    Other,
    Several,
}

struct Member<'n> {
    name: &'n str,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Found<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::Nothing;
        while let Some(Text(name)) = members.next_key()? {
            if name != self.name {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = members.next_value::<TextOrOther<'de>>()?;
            found = match (found, value) {
                (Found::Nothing, TextOrOther::Text(text)) => Found::Text(text),
                (Found::Nothing, TextOrOther::Null) => Found::Null,
                (Found::Nothing, TextOrOther::Other) => Found::Other,
                _ => Found::Several,
            };
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A value of which only a text is kept; anything else is skipped as it comes.
enum TextOrOther<'a> {
    Text(Cow<'a, str>),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for TextOrOther<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?.get();
        if value == "null" {
            return Ok(Self::Null);
        }
        if !value.starts_with('"') {
            return Ok(Self::Other);
        }
        serde_json::from_str(value).map(|Text(text)| Self::Text(text)).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_under_the_name_is_a_token() {
        let read = |json: &str| {
            value("access_token", json.as_bytes())
                .map(|found| found.map(|text| String::from_utf8(text.into_owned()).expect("text")))
        };
        assert_eq!(read(r#"{"a": [1], "access_token": "abc"}"#), Ok(Some("abc".to_owned())));
        assert_eq!(read(r#"{"access_token": "a\u0062c"}"#), Ok(Some("abc".to_owned())));
        for nothing in [
            "",
            "[]",
            "null",
            "{}",
            "{\"access_token\": null}",
            "{\"access_token\": \"abc\"",
            "{\"access_token\": \"abc\"} x",
        ] {
            assert_eq!(read(nothing), Ok(None), "{nothing}");
        }
        for other in ["1", "true", "[\"abc\"]", "{}"] {
            let json = format!("{{\"access_token\": {other}}}");
            assert_eq!(read(&json), Err(Malformed::NotText), "{json}");
        }
        for twice in [
            r#"{"access_token": "a", "access_token": "a"}"#,
            r#"{"access_token": null, "access_token": "a"}"#,
        ] {
            assert_eq!(read(twice), Err(Malformed::Ambiguous), "{twice}");
        }
    }

    #[test]
    fn parameters_of_the_content_type_do_not_matter() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON ; charset=utf-8", true),
            ("application/problem+json", false),
            ("text/plain", false),
        ] {
            let headers = [("Content-Type", value)];
            assert_eq!(is_json(headers.as_slice()), expected, "{value}");
        }
    }
}
