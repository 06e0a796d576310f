//! Parses the protected header (RFC 7515 section 4), and refuses what it must not contain.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::json::{Name, Strict};

/// More fields than any legitimate header has.
const MAX_FIELDS: usize = 32;

/// The fields that select the key. Keys that the token supplies (`jwk`, `jku`, `x5c`, `x5u`) are
/// ignored (RFC 8725 section 3.10).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) alg: Cow<'a, str>,
    pub(super) kid: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Header<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JWS header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Header<'de>, A::Error> {
        let mut alg = None;
        let mut kid = None;
        let mut others: Vec<Cow<'de, str>> = Vec::new();
        while let Some(Name(name)) = fields.next_key()? {
            match name.as_ref() {
                "alg" if alg.is_none() => alg = Some(fields.next_value::<Name<'de>>()?.0),
                "kid" if kid.is_none() => kid = Some(fields.next_value::<Name<'de>>()?.0),
                "alg" | "kid" => return Err(A::Error::custom("a field occurs twice")),
                // Not supported: extensions (RFC 7515 section 4.1.11), unencoded payloads (RFC 7797)
                // and compression (RFC 7516).
                "crit" | "b64" | "zip" => {
                    return Err(A::Error::custom("the header asks for an extension"));
                }
                _ => {
                    if others.len() == MAX_FIELDS || others.contains(&name) {
                        return Err(A::Error::custom(
                            "a field occurs twice, or there are too many fields",
                        ));
                    }
                    if name == "typ" {
                        fields.next_value::<Name<'de>>()?;
                    } else {
                        fields.next_value::<Strict>()?;
                    }
                    others.push(name);
                }
            }
        }
        let alg = alg.ok_or_else(|| A::Error::missing_field("alg"))?;
        Ok(Header { alg, kid })
    }
}
