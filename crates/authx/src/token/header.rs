//! The protected header (RFC 7515 section 4): what it may say, and what it must not.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::json::{Name, Strict};

/// More members than any honest header has.
const MAX_MEMBERS: usize = 32;

/// What of the header decides anything. Keys that the header brings along (`jwk`, `jku`, `x5c`,
/// `x5u`) are not even looked at (RFC 8725 section 3.10).
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

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Header<'de>, A::Error> {
        let mut alg = None;
        let mut kid = None;
        let mut others: Vec<Cow<'de, str>> = Vec::new();
        while let Some(Name(name)) = members.next_key()? {
            match name.as_ref() {
                "alg" if alg.is_none() => alg = Some(members.next_value::<Name<'de>>()?.0),
                "kid" if kid.is_none() => kid = Some(members.next_value::<Name<'de>>()?.0),
                "alg" | "kid" => return Err(A::Error::custom("a member occurs twice")),
                // RFC 7515 section 4.1.11: we understand no extension; RFC 7797: nor unencoded
                // payloads; RFC 7516: nor compression.
                "crit" | "b64" | "zip" => {
                    return Err(A::Error::custom("the header asks for an extension"));
                }
                _ => {
                    if others.len() == MAX_MEMBERS || others.contains(&name) {
                        return Err(A::Error::custom(
                            "a member occurs twice, or there are too many",
                        ));
                    }
                    if name == "typ" {
                        members.next_value::<Name<'de>>()?;
                    } else {
                        members.next_value::<Strict>()?;
                    }
                    others.push(name);
                }
            }
        }
        let alg = alg.ok_or_else(|| A::Error::missing_field("alg"))?;
        Ok(Header { alg, kid })
    }
}
