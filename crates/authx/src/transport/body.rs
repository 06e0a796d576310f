//! A token in a JSON body.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Malformed;

/// The string in the field `name` of a JSON object; `None` if there is no such field, it is `null`, or the body is no
/// JSON object.
pub(super) fn value<'r>(name: &str, json: &'r [u8]) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    let Ok(json) = std::str::from_utf8(json) else { return Ok(None) };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = Field { name }
        .deserialize(&mut deserializer)
        .and_then(|found| deserializer.end().map(|()| found));
    match found {
        Ok(Found::String(string)) => Ok(Some(match string {
            Cow::Borrowed(string) => Cow::Borrowed(string.as_bytes()),
            Cow::Owned(string) => Cow::Owned(string.into_bytes()),
        })),
        Ok(Found::Nothing | Found::Null) | Err(_) => Ok(None),
        Ok(Found::Other) => Err(Malformed::NotText),
        Ok(Found::Several) => Err(Malformed::Ambiguous),
    }
}

enum Found<'r> {
    Nothing,
    String(Cow<'r, str>),
    Null,
    Other,
    Several,
}

struct Field<'n> {
    name: &'n str,
}

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Found<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::Nothing;
        while let Some(Str(name)) = fields.next_key()? {
            if name != self.name {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = fields.next_value::<StringOrOther<'de>>()?;
            found = match (found, value) {
                (Found::Nothing, StringOrOther::String(string)) => Found::String(string),
                (Found::Nothing, StringOrOther::Null) => Found::Null,
                (Found::Nothing, StringOrOther::Other) => Found::Other,
                _ => Found::Several,
            };
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct Str<'a>(#[serde(borrow)] Cow<'a, str>);

/// A field's value. Anything but a string is skipped without being kept.
enum StringOrOther<'a> {
    String(Cow<'a, str>),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for StringOrOther<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?.get();
        if value == "null" {
            return Ok(Self::Null);
        }
        if !value.starts_with('"') {
            return Ok(Self::Other);
        }
        serde_json::from_str(value).map(|Str(value)| Self::String(value)).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_string_in_the_named_field_is_a_token() {
        let read = |json: &str| {
            value("access_token", json.as_bytes()).map(|found| {
                found.map(|token| String::from_utf8(token.into_owned()).expect("UTF-8"))
            })
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
}
