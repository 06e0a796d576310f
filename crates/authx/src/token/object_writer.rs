//! A payload on its way into a token: a JSON object, written member by member.
//!
//! Plain texts are copied as they are; whatever else there is, `serde_json` writes.

use serde::Serialize;
use serde::ser::Error as _;

use super::encode_error::EncodeError;
use super::members::{Members, Names};
use super::name_watch::{NameWatch, Watched};
use super::words::is_plain;

pub(super) struct ObjectWriter {
    json: Vec<u8>,
}

impl ObjectWriter {
    /// An object whose first member is a text.
    pub(super) fn beginning_with(name: &str, value: &str) -> Self {
        let mut object = Self { json: Vec::with_capacity(USUAL_LENGTH) };
        object.json.push(b'{');
        object.write_text(name);
        object.json.push(b':');
        object.write_text(value);
        object
    }

    /// A member more. It opens with a comma, its name and a colon, as JSON has them.
    #[inline(always)]
    pub(super) fn text(&mut self, opening: &'static str, value: &str) {
        self.json.extend_from_slice(opening.as_bytes());
        self.write_text(value);
    }

    /// As [`Self::text`], with a value that has no way to fail: a number in range, a text or a list of texts.
    #[inline(always)]
    pub(super) fn value(&mut self, opening: &'static str, value: &impl Serialize) {
        self.json.extend_from_slice(opening.as_bytes());
        let _ = serde_json::to_writer(&mut self.json, value);
    }

    /// The object, with the members of a second one: of whatever `custom` is in JSON, or of none where that is `null`.
    /// Each name counts once, and none may be reserved.
    pub(super) fn end_with<C: Serialize>(
        mut self,
        custom: &C,
        is_reserved: impl Fn(&str) -> bool,
    ) -> Result<Vec<u8>, EncodeError> {
        let start = self.json.len();
        let mut watch = NameWatch::new(&is_reserved);
        let mut serializer =
            serde_json::Serializer::with_formatter(&mut self.json, Watched(&mut watch));
        custom.serialize(&mut serializer).map_err(EncodeError::CustomClaims)?;
        let is_empty = match &self.json[start..] {
            b"null" | b"{}" => true,
            [b'{', ..] if watch.is_unremarkable() => false,
            object => check_names(object, is_reserved)?,
        };
        if is_empty {
            self.json.truncate(start);
            self.json.push(b'}');
        } else {
            // Where the second object opens, the first one goes on.
            self.json[start] = b',';
        }
        Ok(self.json)
    }

    fn write_text(&mut self, text: &str) {
        if is_plain(text) {
            self.json.push(b'"');
            self.json.extend_from_slice(text.as_bytes());
            self.json.push(b'"');
        } else {
            // A text has no way to fail.
            let _ = serde_json::to_writer(&mut self.json, text);
        }
    }
}

/// Whether the object is empty, once its names are found to be new and free.
fn check_names(object: &[u8], is_reserved: impl Fn(&str) -> bool) -> Result<bool, EncodeError> {
    let text = str::from_utf8(object).ok().filter(|text| text.starts_with('{'));
    // The parser's own error would quote the value.
    let text = text.ok_or_else(|| custom_claims("a value of another kind"))?;
    let mut members = Members::of(text).map_err(EncodeError::CustomClaims)?;
    let mut names = Names::default();
    let mut is_empty = true;
    while let Some(name) = members.next_name().map_err(EncodeError::CustomClaims)? {
        is_empty = false;
        if is_reserved(&name) {
            return Err(EncodeError::ReservedClaim(name.into_owned()));
        }
        if !names.insert(&name) {
            return Err(custom_claims(format_args!("the member '{name}' occurs twice")));
        }
        members.value().map_err(EncodeError::CustomClaims)?;
    }
    Ok(is_empty)
}

fn custom_claims(what: impl std::fmt::Display) -> EncodeError {
    EncodeError::CustomClaims(serde_json::Error::custom(what))
}

/// Room for the payload of almost every token.
const USUAL_LENGTH: usize = 512;
