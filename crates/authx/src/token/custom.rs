//! An application's own claims on their way into a token: JSON members, checked by name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::json::Name;

/// A JSON object of custom claims, or nothing.
pub(crate) struct CustomMembers(Option<String>);

impl CustomMembers {
    /// Whatever `custom` is in JSON: an object, or `null` for none.
    pub(crate) fn of<C: Serialize>(custom: &C) -> Result<Self, serde_json::Error> {
        let json = serde_json::to_string(custom)?;
        Ok(Self((json != "null").then_some(json)))
    }

    /// The names, each once; an error where this is no object.
    pub(crate) fn names(&self) -> Result<Vec<Cow<'_, str>>, serde_json::Error> {
        let Some(json) = self.0.as_deref() else { return Ok(Vec::new()) };
        if !json.trim_start().starts_with('{') {
            // The deserializer's own error would quote the value.
            return Err(serde_json::Error::custom("a value of another kind"));
        }
        serde_json::from_str::<Names<'_>>(json).map(|names| names.0)
    }

    /// Appends the members to a JSON object that is not empty.
    pub(super) fn append_to(&self, object: &mut Vec<u8>) {
        let members = self.0.as_deref().unwrap_or_default().trim();
        let members = members.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(members) = members.filter(|members| !members.trim().is_empty()) {
            object.pop();
            object.push(b',');
            object.extend_from_slice(members.as_bytes());
            object.push(b'}');
        }
    }
}

struct Names<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Names<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Names<'de>, A::Error> {
        let mut names: Vec<Cow<'de, str>> = Vec::new();
        while let Some((Name(name), IgnoredAny)) = members.next_entry()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format_args!("the member '{name}' occurs twice")));
            }
            names.push(name);
        }
        Ok(Names(names))
    }
}
