//! Checks an object's keys while `serde_json` writes them, so that usual claims need not be parsed again for reserved
//! or duplicate keys.

use std::io::{Result, Write};

use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// What is known about the keys written so far.
pub(super) struct NameWatch<R> {
    is_reserved: R,
    depth: u32,
    in_name: bool,
    /// Whether the key being written was seen as a string. Keys that are numbers or booleans are not.
    is_noticed: bool,
    outlines: [Outline; MOST_NAMES],
    count: usize,
    is_unremarkable: bool,
}

/// A key's length and its first 8 bytes. Keys with different outlines are different.
type Outline = (usize, u64);

impl<R: Fn(&str) -> bool> NameWatch<R> {
    pub(super) fn new(is_reserved: R) -> Self {
        let outlines = [(0, 0); MOST_NAMES];
        Self {
            is_reserved,
            depth: 0,
            in_name: false,
            is_noticed: false,
            outlines,
            count: 0,
            is_unremarkable: true,
        }
    }

    /// Whether the top-level keys are few, not reserved and certainly different, and all of the output was checked.
    pub(super) fn is_unremarkable(&self) -> bool {
        self.is_unremarkable
    }

    fn enter(&mut self) {
        self.depth += 1;
        self.is_unremarkable &= self.depth < MOST_DEEP;
    }

    fn notice(&mut self, name: &str) {
        let outline = outline(name);
        let is_new = !self.outlines[..self.count.min(MOST_NAMES)].contains(&outline);
        match self.outlines.get_mut(self.count) {
            Some(free) if is_new && !(self.is_reserved)(name) => *free = outline,
            _ => self.is_unremarkable = false,
        }
        self.count += 1;
        self.is_noticed = true;
    }
}

fn outline(name: &str) -> Outline {
    let mut beginning = [0; 8];
    for (first, byte) in beginning.iter_mut().zip(name.bytes()) {
        *first = byte;
    }
    (name.len(), u64::from_le_bytes(beginning))
}

/// Writes compact JSON and checks its keys.
pub(super) struct Watched<'w, R>(pub(super) &'w mut NameWatch<R>);

impl<R: Fn(&str) -> bool> Formatter for Watched<'_, R> {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.enter();
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.depth -= 1;
        CompactFormatter.end_object(writer)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.enter();
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.depth -= 1;
        CompactFormatter.end_array(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.0.in_name = self.0.depth == 1;
        self.0.is_noticed = false;
        CompactFormatter.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.is_unremarkable &= self.0.is_noticed || !self.0.in_name;
        self.0.in_name = false;
        CompactFormatter.end_object_key(writer)
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> Result<()> {
        if self.0.in_name {
            self.0.notice(fragment);
        }
        CompactFormatter.write_string_fragment(writer, fragment)
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> Result<()> {
        // The fragments around an escape are only parts of the key.
        self.0.is_unremarkable &= !self.0.in_name;
        CompactFormatter.write_char_escape(writer, escape)
    }

    fn write_raw_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> Result<()> {
        self.0.is_unremarkable = false;
        CompactFormatter.write_raw_fragment(writer, fragment)
    }
}

/// Almost no token has more custom claims.
const MOST_NAMES: usize = 8;
/// Well below the nesting depth that JSON parsers accept.
const MOST_DEEP: u32 = 64;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use proptest::prelude::*;
    use serde::ser::{Serialize, SerializeMap, Serializer};
    use serde_json::Value;

    use super::*;

    /// An object with these fields, including duplicates.
    struct Object(Vec<(String, Value)>);

    impl Serialize for Object {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for (name, value) in &self.0 {
                map.serialize_entry(name, value)?;
            }
            map.end()
        }
    }

    fn is_unremarkable(custom: &impl Serialize) -> bool {
        let mut watch = NameWatch::new(|name: &str| name == "exp" || name == "1");
        let mut json = Vec::new();
        let watched = Watched(&mut watch);
        let mut serializer = serde_json::Serializer::with_formatter(&mut json, watched);
        custom.serialize(&mut serializer).expect("JSON");
        assert_eq!(json, serde_json::to_vec(custom).expect("JSON"));
        watch.is_unremarkable()
    }

    fn object(fields: &[(&str, Value)]) -> Object {
        Object(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    proptest! {
        #[test]
        fn what_is_unremarkable_needs_no_second_look(
            named in proptest::collection::vec(("[a-c\"\\\\]{0,3}|exp|[a-b]{8,10}", any::<bool>()), 0..10),
        ) {
            let nested = serde_json::json!({"exp": [{"exp": 1, "a": 2}]});
            let all: Vec<_> = named
                .iter()
                .map(|(name, nests)| (name.clone(), if *nests { nested.clone() } else { Value::Null }))
                .collect();
            if is_unremarkable(&Object(all)) {
                let names: HashSet<_> = named.iter().map(|(name, _)| name).collect();
                prop_assert_eq!(names.len(), named.len());
                prop_assert!(!named.iter().any(|(name, _)| name == "exp"));
            }
        }
    }

    #[test]
    fn usual_claims_are_unremarkable_and_odd_ones_are_looked_at() {
        let one = Value::from(1);
        assert!(is_unremarkable(&object(&[])));
        assert!(is_unremarkable(&object(&[("tenant", one.clone()), ("plan", one.clone())])));
        assert!(is_unremarkable(&object(&[("a", serde_json::json!({"exp": {"a": 1}}))])));
        for (what, odd) in [
            ("twice", object(&[("a", one.clone()), ("a", one.clone())])),
            ("reserved", object(&[("exp", one.clone())])),
            ("escaped", object(&[("a\"", one.clone())])),
            ("empty", object(&[("", one.clone())])),
            ("alike", object(&[("long name 1", one.clone()), ("long name 2", one.clone())])),
            ("many", Object((0..9).map(|number| (format!("{number}!"), one.clone())).collect())),
        ] {
            assert!(!is_unremarkable(&odd), "{what}");
        }
        assert!(!is_unremarkable(&BTreeMap::from([(1_u32, 2)])), "a number as a name");
        assert!(!is_unremarkable(&BTreeMap::from([(true, 2)])), "a truth value as a name");
        let raw = serde_json::value::RawValue::from_string(r#"{"a": 1}"#.to_owned()).expect("JSON");
        assert!(!is_unremarkable(&raw));
        let mut deep = Value::Null;
        for _ in 0..100 {
            deep = Value::Array(vec![deep]);
        }
        assert!(!is_unremarkable(&object(&[("deep", deep)])));
    }
}
