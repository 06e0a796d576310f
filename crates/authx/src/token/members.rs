//! The members of a JSON object, one after the other.
//!
//! A payload is mostly short names, plain texts and whole numbers. These are read here, in place and without going
//! through them twice; whatever else there is in JSON is left to `serde_json`.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::{Deserializer, Error as _, Visitor};
use serde_json::value::RawValue;

use super::json::{Name, check_strict};

type Result<T> = std::result::Result<T, serde_json::Error>;

/// Reads an object's members.
pub(super) struct Members<'de> {
    text: &'de str,
    /// Where the next byte is.
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

impl<'de> Members<'de> {
    /// The members of the object that `text` is.
    pub(super) fn of(text: &'de str) -> Result<Self> {
        let value = Value { raw: "", plain: Plain::Not };
        let mut members = Self { text, at: 0, state: State::BeforeFirst, value };
        members.expect(b'{')?;
        Ok(members)
    }

    /// The next member's name; `None` at the end of the object, and of the text.
    pub(super) fn next_name(&mut self) -> Result<Option<Cow<'de, str>>> {
        match (self.state, self.next_byte()) {
            (State::Ended, _) => return Ok(None),
            (State::BeforeValue, _) => return Err(error("a value was not read")),
            (State::BeforeFirst | State::AfterValue, Some(b'}')) => return self.end(),
            (State::BeforeFirst, _) => {}
            (State::AfterValue, _) => self.expect(b',')?,
        }
        if self.next_byte() != Some(b'"') {
            return Err(error("a member has no name"));
        }
        let name = match self.plain_text() {
            Some(name) => Cow::Borrowed(name),
            None => self.left_to_serde_json::<Name<'de>>()?.0,
        };
        self.expect(b':')?;
        self.state = State::BeforeValue;
        Ok(Some(name))
    }

    /// The value of the member whose name was read last.
    pub(super) fn value(&mut self) -> Result<&Value<'de>> {
        let first = self.next_byte();
        let start = self.at;
        let plain = match first {
            Some(b'"') => self.plain_text().map_or(Plain::Not, Plain::Text),
            Some(b'0'..=b'9') => self.plain_number().map_or(Plain::Not, Plain::Whole),
            Some(b't') if self.word("true") => Plain::Bool(true),
            Some(b'f') if self.word("false") => Plain::Bool(false),
            _ => Plain::Not,
        };
        let raw = if matches!(plain, Plain::Not) {
            let raw = self.left_to_serde_json::<&RawValue>()?;
            check_strict(raw)?;
            raw.get()
        } else {
            &self.text[start..self.at]
        };
        self.state = State::AfterValue;
        self.value = Value { raw, plain };
        Ok(&self.value)
    }

    /// Whether a name was read and its value was not.
    pub(super) fn owes_value(&self) -> bool {
        self.state == State::BeforeValue
    }

    fn end<T>(&mut self) -> Result<Option<T>> {
        self.at += 1;
        if self.next_byte().is_some() {
            return Err(error("something follows the object"));
        }
        self.state = State::Ended;
        Ok(None)
    }

    /// The next byte that is no white space (RFC 8259 section 2).
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    fn expect(&mut self, expected: u8) -> Result<()> {
        if self.next_byte() != Some(expected) {
            return Err(error("a comma, a colon or a brace is missing"));
        }
        self.at += 1;
        Ok(())
    }

    /// A string without escapes and control characters.
    fn plain_text(&mut self) -> Option<&'de str> {
        let start = self.at + 1;
        let end = start + first_special(self.text.as_bytes().get(start..)?)?;
        if self.text.as_bytes()[end] != b'"' {
            return None;
        }
        self.at = end + 1;
        Some(&self.text[start..end])
    }

    /// A number of at most 18 digits and nothing else, so that it needs no care.
    fn plain_number(&mut self) -> Option<u64> {
        let bytes = &self.text.as_bytes()[self.at..];
        let length = bytes.iter().take(19).take_while(|byte| byte.is_ascii_digit()).count();
        let ends = matches!(bytes.get(length), Some(b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r'));
        if !ends || length > 18 || (bytes[0] == b'0' && length > 1) {
            return None;
        }
        self.at += length;
        Some(bytes[..length].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    fn word(&mut self, word: &str) -> bool {
        let is_here = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if is_here {
            self.at += word.len();
        }
        is_here
    }

    fn left_to_serde_json<T: serde::Deserialize<'de>>(&mut self) -> Result<T> {
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter();
        let value = values.next().unwrap_or_else(|| Err(error("a value is missing")));
        self.at += values.byte_offset();
        value
    }
}

fn error(what: &str) -> serde_json::Error {
    serde_json::Error::custom(what)
}

/// Where the first byte is that ends a plain text: a quote, a backslash or a control character.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(index * 8 + special.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(words.len() * 8 + rest.iter().position(is_special)?)
}

/// The highest bit of the first special byte, and of no byte before it. What follows it doesn't count.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let less = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let equal = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    (equal(b'"') | equal(b'\\') | less(word, 0x20)) & HIGHEST
}

/// A member's value.
pub(super) struct Value<'de> {
    raw: &'de str,
    plain: Plain<'de>,
}

#[derive(Clone, Copy)]
enum Plain<'de> {
    Text(&'de str),
    Whole(u64),
    Bool(bool),
    Not,
}

macro_rules! perhaps_plain {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.plain {
                Plain::Text(text) => visitor.visit_borrowed_str(text),
                Plain::Whole(number) => visitor.visit_u64(number),
                Plain::Bool(value) => visitor.visit_bool(value),
                Plain::Not => serde_json::Deserializer::from_str(self.raw).$method(visitor),
            }
        }
    )*};
}

macro_rules! left_to_serde_json {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value> {
            serde_json::Deserializer::from_str(self.raw).$method($($argument,)* visitor)
        }
    )*};
}

/// As `serde_json` deserializes the same text.
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
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.raw == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }
}

/// The names of an object's members, each of which may occur once.
#[derive(Default)]
pub(super) struct Names<'de> {
    /// Almost no token has more, so that almost none needs the heap.
    few: [&'de str; 8],
    count: usize,
    others: HashSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    /// Whether the name is new.
    #[expect(clippy::ptr_arg, reason = "a name that is kept stays borrowed where it is")]
    pub(super) fn insert(&mut self, name: &Cow<'de, str>) -> bool {
        let is_known =
            self.few[..self.count].iter().any(|own| own == name) || self.others.contains(name);
        if is_known {
            return false;
        }
        match name {
            Cow::Borrowed(name) if self.count < self.few.len() => {
                self.few[self.count] = name;
                self.count += 1;
            }
            _ => _ = self.others.insert(name.clone()),
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

    /// The members as this module reads them, deserialized as what they are.
    fn read(text: &str) -> Result<Vec<(String, Json)>> {
        let mut members = Members::of(text)?;
        let mut all = Vec::new();
        while let Some(name) = members.next_name()? {
            all.push((name.into_owned(), Json::deserialize(members.value()?)?));
        }
        Ok(all)
    }

    /// The members as `serde_json` alone reads them.
    fn expected(text: &str) -> Result<Vec<(String, Json)>> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Vec<(String, Json)>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut members: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((name, raw)) = members.next_entry::<String, &RawValue>()? {
                    check_strict(raw).map_err(A::Error::custom)?;
                    let value = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
                    all.push((name, value));
                }
                Ok(all)
            }
        }

        let mut deserializer = serde_json::Deserializer::from_str(text);
        let all = deserializer.deserialize_map(All)?;
        deserializer.end().map(|()| all)
    }

    fn assert_as_serde_json(text: &str) {
        assert_eq!(read(text).ok(), expected(text).ok(), "{text:?}");
    }

    /// Objects, and texts that differ from one in a place or two.
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
        let member = (space, "\"[a-c\\\\]{0,9}\"", space, scalar, space)
            .prop_map(|(a, name, b, value, c)| format!("{a}{name}{b}:{value}{c}"));
        (proptest::collection::vec(member, 0..6), "[,}\\]x ]?", any::<prop::sample::Index>())
            .prop_map(|(members, noise, place)| {
                let mut text = format!("{{{}}}", members.join(","));
                let mut place = place.index(text.len() + 1);
                while !text.is_char_boundary(place) {
                    place -= 1;
                }
                text.insert_str(place, &noise);
                text
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn members_are_those_that_serde_json_reads(text in almost_an_object()) {
            assert_as_serde_json(&text);
        }

        #[test]
        fn any_text_is_read_as_serde_json_reads_it(text in "[{}\"a:,0-9.truefalsn\\\\\\[\\] ]{0,24}") {
            assert_as_serde_json(&text);
        }

        #[test]
        fn the_first_special_byte_is_found(bytes: Vec<u8>) {
            let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            prop_assert_eq!(first_special(&bytes), expected);
        }
    }

    #[test]
    fn the_ends_of_what_is_plain_are_read_as_serde_json_reads_them() {
        for text in [
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
            assert_as_serde_json(text);
        }
    }

    #[test]
    fn a_name_counts_once_however_it_is_written_and_however_many_there_are() {
        let mut names = Names::default();
        let own: Vec<String> = (0..20).map(|number| format!("name {number}")).collect();
        for (index, name) in own.iter().enumerate() {
            let name = if index % 3 == 0 {
                Cow::Owned(name.clone())
            } else {
                Cow::Borrowed(name.as_str())
            };
            assert!(names.insert(&name), "{name}");
        }
        for name in &own {
            assert!(!names.insert(&Cow::Borrowed(name)), "{name}");
            assert!(!names.insert(&Cow::Owned(name.clone())), "{name}");
        }
    }
}
