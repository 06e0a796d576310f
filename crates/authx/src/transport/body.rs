//! A token in a JSON body.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Malformed;

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
}
