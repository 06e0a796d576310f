//! Refuses JSON with a duplicate key at any depth or a string that is not Unicode.
//!
//! RFC 8259 section 4 leaves the meaning of duplicate keys open, and RFC 7519 section 4 allows
//! refusing them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A string, such as an object's key, borrowed where it has no escapes.
#[derive(Deserialize, PartialEq, Eq, Hash)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Checks a value that `RawValue` has scanned only for its end.
pub(super) fn check_strict(value: &RawValue) -> Result<(), serde_json::Error> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'{' | b'[') => serde_json::from_str::<Strict>(json).map(drop),
        Some(b'"') if json.contains('\\') => serde_json::from_str::<Strict>(json).map(drop),
        // A number this long, or with an exponent, may be too large for a double (RFC 8259 section 6).
        Some(b'-' | b'0'..=b'9') if json.len() > 300 || json.contains(['e', 'E']) => {
            serde_json::from_str::<Strict>(json).map(drop)
        }
        _ => Ok(()),
    }
}

/// Any JSON value without duplicate keys; its content is dropped.
pub(super) struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value without duplicate keys")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        while items.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Strict, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = fields.next_key::<Name<'de>>()? {
            if !seen.insert(name) {
                return Err(A::Error::custom("a key occurs twice"));
            }
            fields.next_value::<Strict>()?;
        }
        Ok(Strict)
    }
}
