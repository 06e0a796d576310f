//! Writes a payload as a JSON object, field by field.
//!
//! Strings without escapes are copied; `serde_json` writes everything else.

use serde::Serialize;
use serde::ser::Error as _;

use super::encode_error::EncodeError;
use super::name_watch::{NameWatch, Watched};
use super::object_reader::{Names, ObjectReader};
use super::words::is_plain;

pub(super) struct ObjectWriter {
    json: Vec<u8>,
}

impl ObjectWriter {
    /// An object whose first field is a string.
    pub(super) fn beginning_with(name: &str, value: &str) -> Self {
        let mut object = Self { json: Vec::with_capacity(USUAL_LENGTH) };
        object.json.push(b'{');
        object.write_string(name);
        object.json.push(b':');
        object.write_string(value);
        object
    }

    /// Appends a string field. `opening` is the comma, the quoted key and the colon.
    #[inline(always)]
    pub(super) fn string(&mut self, opening: &'static str, value: &str) {
        self.json.extend_from_slice(opening.as_bytes());
        self.write_string(value);
    }

    /// Like [`Self::string`], for a value that always serializes: a boolean, a number in range, a string or a list of
    /// strings.
    #[inline(always)]
    pub(super) fn value(&mut self, opening: &'static str, value: &impl Serialize) {
        self.json.extend_from_slice(opening.as_bytes());
        let _ = serde_json::to_writer(&mut self.json, value);
    }

    /// Appends the fields of `custom`, which must serialize to a JSON object, or to `null` for no fields, and ends the
    /// object. A key of `custom` that is reserved or occurs twice is an error.
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
            // In place of `custom`'s opening brace, so that its fields continue the first object.
            self.json[start] = b',';
        }
        Ok(self.json)
    }

    fn write_string(&mut self, value: &str) {
        if is_plain(value) {
            self.json.push(b'"');
            self.json.extend_from_slice(value.as_bytes());
            self.json.push(b'"');
        } else {
            // A string always serializes.
            let _ = serde_json::to_writer(&mut self.json, value);
        }
    }
}

/// Checks that no key is reserved or occurs twice. Returns whether the object is empty.
fn check_names(object: &[u8], is_reserved: impl Fn(&str) -> bool) -> Result<bool, EncodeError> {
    let json = str::from_utf8(object).ok().filter(|json| json.starts_with('{'));
    // The parser's own error would quote the value.
    let json = json.ok_or_else(|| custom_claims("a value of another kind"))?;
    let mut fields = ObjectReader::of(json).map_err(EncodeError::CustomClaims)?;
    let mut names = Names::default();
    let mut is_empty = true;
    while let Some(name) = fields.next_name().map_err(EncodeError::CustomClaims)? {
        is_empty = false;
        if is_reserved(&name) {
            return Err(EncodeError::ReservedClaim(name.into_owned()));
        }
        if !names.insert(&name) {
            return Err(custom_claims(format_args!("the key '{name}' occurs twice")));
        }
        fields.value().map_err(EncodeError::CustomClaims)?;
    }
    Ok(is_empty)
}

fn custom_claims(what: impl std::fmt::Display) -> EncodeError {
    EncodeError::CustomClaims(serde_json::Error::custom(what))
}

/// Room for the payload of almost every token.
const USUAL_LENGTH: usize = 512;
