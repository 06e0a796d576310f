//! Reads the fields of a JSON object one by one.
//!
//! A payload is mostly short keys, strings without escapes and whole numbers. These are parsed here, in place and in
//! one pass; all other JSON is left to `serde_json`. The functions on this hot path are `inline(always)`, because
//! without inlining a verification with HS256 is 10 % slower.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Error as _, Visitor};
use serde_json::value::RawValue;

use super::json::{Name, check_strict};
use super::words::{eight_digits, first_special};

type Result<T> = std::result::Result<T, serde_json::Error>;

/// Reads an object's fields.
pub(super) struct ObjectReader<'de> {
    json: &'de str,
    /// The index of the next byte.
    at: usize,
    state: State,
    value: Value<'de>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    BeforeFirst,
    BeforeValue,
    AfterValue,
    Ended,
}

impl<'de> ObjectReader<'de> {
    /// A reader of the JSON object in `json`.
    pub(super) fn of(json: &'de str) -> Result<Self> {
        let value = Value { json, start: 0, end: 0, plain: Plain::Not };
        let mut reader = Self { json, at: 0, state: State::BeforeFirst, value };
        reader.expect(b'{')?;
        Ok(reader)
    }

    /// The next field's key; `None` at the end of the object, which must also be the end of the JSON.
    #[inline(always)]
    pub(super) fn next_name(&mut self) -> Result<Option<Cow<'de, str>>> {
        // The usual case: most encoders write no spaces here.
        if self.state == State::AfterValue && self.rest().starts_with(b",\"") {
            self.at += 1;
        } else if !self.reach_name()? {
            return Ok(None);
        }
        let name = match self.plain_string() {
            Some(name) => Cow::Borrowed(name),
            None => self.left_to_serde_json::<Name<'de>>()?.0,
        };
        self.expect(b':')?;
        self.state = State::BeforeValue;
        Ok(Some(name))
    }

    /// The value of the field whose key was read last.
    #[inline(always)]
    pub(super) fn value(&mut self) -> Result<&Value<'de>> {
        let first = self.next_byte();
        let start = self.at;
        let plain = match first {
            Some(b'"') => self.plain_string().map_or(Plain::Not, Plain::String),
            Some(b'0'..=b'9') => self.plain_number().map_or(Plain::Not, Plain::Whole),
            Some(b't') if self.word("true") => Plain::Bool(true),
            Some(b'f') if self.word("false") => Plain::Bool(false),
            _ => Plain::Not,
        };
        if matches!(plain, Plain::Not) {
            let raw = self.left_to_serde_json::<&RawValue>()?;
            check_strict(raw)?;
        }
        self.state = State::AfterValue;
        self.value = Value { json: self.json, start, end: self.at, plain };
        Ok(&self.value)
    }

    /// The value that was read last.
    pub(super) fn last_value(&self) -> &Value<'de> {
        &self.value
    }

    /// Whether a key was read, and its value not yet.
    pub(super) fn owes_value(&self) -> bool {
        self.state == State::BeforeValue
    }

    /// Moves to the quote before the next key. Returns `false` at the end of the object.
    #[inline(never)]
    fn reach_name(&mut self) -> Result<bool> {
        match (self.state, self.next_byte()) {
            (State::Ended, _) => return Ok(false),
            (State::BeforeValue, _) => return Err(error("a value was not read")),
            (State::BeforeFirst | State::AfterValue, Some(b'}')) => {
                self.at += 1;
                if self.next_byte().is_some() {
                    return Err(error("something follows the object"));
                }
                self.state = State::Ended;
                return Ok(false);
            }
            (State::BeforeFirst, _) => {}
            (State::AfterValue, _) => self.expect(b',')?,
        }
        if self.next_byte() != Some(b'"') {
            return Err(error("a field has no name"));
        }
        Ok(true)
    }

    #[inline(always)]
    fn rest(&self) -> &'de [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Moves past white space (RFC 8259 section 2) and returns the byte there, without consuming it.
    #[inline(always)]
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.json.as_bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    #[inline(always)]
    fn expect(&mut self, expected: u8) -> Result<()> {
        if self.next_byte() != Some(expected) {
            return Err(error("a comma, a colon or a brace is missing"));
        }
        self.at += 1;
        Ok(())
    }

    /// The string that starts at the current byte, if it has no escapes and no control characters.
    #[inline(always)]
    fn plain_string(&mut self) -> Option<&'de str> {
        let start = self.at + 1;
        let end = start + first_special(self.json.as_bytes().get(start..)?)?;
        if self.json.as_bytes()[end] != b'"' {
            return None;
        }
        self.at = end + 1;
        self.json.get(start..end)
    }

    /// The number that starts at the current byte, if it is at most 18 digits and nothing else, so that it can't
    /// overflow.
    #[inline(always)]
    fn plain_number(&mut self) -> Option<u64> {
        let (mut number, mut length) = (0, 0);
        if let Some(digits) = self.rest().first_chunk().copied().and_then(eight_digits) {
            (number, length) = (digits, 8);
        }
        let mut rest = self.rest()[length..].iter();
        loop {
            match rest.next()? {
                digit @ b'0'..=b'9' if length < 18 => {
                    number = number * 10 + u64::from(digit - b'0');
                    length += 1;
                }
                b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r' => break,
                _ => return None,
            }
        }
        if length > 1 && self.rest()[0] == b'0' {
            return None;
        }
        self.at += length;
        Some(number)
    }

    #[inline(always)]
    fn word(&mut self, word: &str) -> bool {
        let is_here = self.json.as_bytes()[self.at..].starts_with(word.as_bytes());
        if is_here {
            self.at += word.len();
        }
        is_here
    }

    fn left_to_serde_json<T: serde::Deserialize<'de>>(&mut self) -> Result<T> {
        let mut values = serde_json::Deserializer::from_str(&self.json[self.at..]).into_iter();
        let value = values.next().unwrap_or_else(|| Err(error("a value is missing")));
        self.at += values.byte_offset();
        value
    }
}

fn error(what: &str) -> serde_json::Error {
    serde_json::Error::custom(what)
}

/// A field's value.
pub(super) struct Value<'de> {
    json: &'de str,
    /// The value's range in `json` is `start..end`.
    start: usize,
    end: usize,
    plain: Plain<'de>,
}

impl<'de> Value<'de> {
    fn raw(&self) -> &'de str {
        &self.json[self.start..self.end]
    }
}

#[derive(Clone, Copy)]
enum Plain<'de> {
    String(&'de str),
    Whole(u64),
    Bool(bool),
    Not,
}

macro_rules! perhaps_plain {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.plain {
                Plain::String(string) => visitor.visit_borrowed_str(string),
                Plain::Whole(number) => visitor.visit_u64(number),
                Plain::Bool(value) => visitor.visit_bool(value),
                Plain::Not => serde_json::Deserializer::from_str(self.raw()).$method(visitor),
            }
        }
    )*};
}

macro_rules! left_to_serde_json {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value> {
            serde_json::Deserializer::from_str(self.raw()).$method($($argument,)* visitor)
        }
    )*};
}

/// Deserializes like `serde_json` deserializes the same JSON.
impl<'de> Deserializer<'de> for &Value<'de> {
    type Error = serde_json::Error;

    perhaps_plain! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_identifier
    }

    left_to_serde_json! {
        deserialize_i128() deserialize_u128() deserialize_bytes() deserialize_byte_buf() deserialize_unit()
        deserialize_seq() deserialize_map()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.plain {
            Plain::String(variant) => visitor.visit_enum(BorrowedStrDeserializer::new(variant)),
            _ => serde_json::Deserializer::from_str(self.raw())
                .deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.raw() == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }
}

/// The keys of an object, to find one that occurs twice.
#[derive(Default)]
pub(super) struct Names<'de> {
    /// Almost no token has more custom claims, so that almost none needs a heap allocation.
    few: [&'de str; 8],
    count: usize,
    others: Option<HashSet<Cow<'de, str>>>,
}

impl<'de> Names<'de> {
    /// Adds a key. Returns `false` if it was already there.
    #[expect(clippy::ptr_arg, reason = "a name that is kept stays borrowed where it is")]
    pub(super) fn insert(&mut self, name: &Cow<'de, str>) -> bool {
        let is_known = self.few[..self.count].iter().any(|seen| seen == name)
            || self.others.as_ref().is_some_and(|others| others.contains(name));
        if is_known {
            return false;
        }
        match name {
            Cow::Borrowed(name) if self.count < self.few.len() => {
                self.few[self.count] = name;
                self.count += 1;
            }
            _ => _ = self.others.get_or_insert_default().insert(name.clone()),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::Value as Json;

    use super::*;

    /// The fields as this module reads them.
    fn read(json: &str) -> Result<Vec<(String, Json)>> {
        let mut reader = ObjectReader::of(json)?;
        let mut all = Vec::new();
        while let Some(name) = reader.next_name()? {
            all.push((name.into_owned(), Json::deserialize(reader.value()?)?));
        }
        Ok(all)
    }

    /// The fields as `serde_json` alone reads them.
    fn expected(json: &str) -> Result<Vec<(String, Json)>> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Vec<(String, Json)>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut fields: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((name, raw)) = fields.next_entry::<String, &RawValue>()? {
                    check_strict(raw).map_err(A::Error::custom)?;
                    let value = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
                    all.push((name, value));
                }
                Ok(all)
            }
        }

        let mut deserializer = serde_json::Deserializer::from_str(json);
        let all = deserializer.deserialize_map(All)?;
        deserializer.end().map(|()| all)
    }

    fn assert_as_serde_json(json: &str) {
        assert_eq!(read(json).ok(), expected(json).ok(), "{json:?}");
    }

    /// Objects, most of them with an error inserted somewhere.
    fn almost_an_object() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            "\"[a-z \u{e9}\u{1f511}]{0,40}\"",
            "\"[ -~\t\n\u{7f}\u{80}]{0,20}\"",
            r#""(\\(["\\/bfnrtu]|u[0-9a-f]{4})|[a-z]){0,6}""#,
            "-?[0-9]{1,21}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,3})?",
            "true|false|null|truex|tru|nul|True",
            "\\[[0-9, ]{0,6}\\]|\\{\"a\": ?[0-9]\\}|\\[\\]|\\{\\}",
        ];
        let space = "[ \t\n\r]{0,2}";
        let field = (space, "\"[a-c\\\\]{0,9}\"", space, scalar, space)
            .prop_map(|(a, name, b, value, c)| format!("{a}{name}{b}:{value}{c}"));
        (proptest::collection::vec(field, 0..6), "[,}\\]x ]?", any::<prop::sample::Index>())
            .prop_map(|(fields, noise, place)| {
                let mut json = format!("{{{}}}", fields.join(","));
                let mut place = place.index(json.len() + 1);
                while !json.is_char_boundary(place) {
                    place -= 1;
                }
                json.insert_str(place, &noise);
                json
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn fields_are_those_that_serde_json_reads(json in almost_an_object()) {
            assert_as_serde_json(&json);
        }

        #[test]
        fn any_string_is_read_as_serde_json_reads_it(json in "[{}\"a:,0-9.truefalsn\\\\\\[\\] ]{0,24}") {
            assert_as_serde_json(&json);
        }
    }

    #[test]
    fn the_ends_of_what_is_plain_are_read_as_serde_json_reads_them() {
        for json in [
            "",
            " ",
            "{",
            "}",
            "{}",
            " {} ",
            "{}x",
            "{},",
            "{}{}",
            "null",
            "[]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":1]"#,
            r#"{a:1}"#,
            r#"{"a":0}"#,
            r#"{"a":00}"#,
            r#"{"a":01}"#,
            r#"{"a":-0}"#,
            r#"{"a":1.}"#,
            r#"{"a":+1}"#,
            r#"{"a":1e5}"#,
            r#"{"a":999999999999999999}"#,
            r#"{"a":9999999999999999999}"#,
            r#"{"a":99999999999999999999}"#,
            r#"{"a":1e400}"#,
            r#"{"a":"b\u0000"}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"\u{0}\"}",
            "{\"a\":\"b\nc\"}",
            r#"{"a":"b}"#,
            r#"{"a\u0062":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
            "{\"\":\"\"}",
        ] {
            assert_as_serde_json(json);
        }
    }

    #[test]
    fn a_name_counts_once_however_it_is_written_and_however_many_there_are() {
        let mut names = Names::default();
        let all: Vec<String> = (0..20).map(|number| format!("name {number}")).collect();
        for (index, name) in all.iter().enumerate() {
            let name = if index % 3 == 0 {
                Cow::Owned(name.clone())
            } else {
                Cow::Borrowed(name.as_str())
            };
            assert!(names.insert(&name), "{name}");
        }
        for name in &all {
            assert!(!names.insert(&Cow::Borrowed(name)), "{name}");
            assert!(!names.insert(&Cow::Owned(name.clone())), "{name}");
        }
    }
}
