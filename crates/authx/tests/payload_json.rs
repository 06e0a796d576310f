//! A payload is accepted exactly where `serde_json` accepts it and no key occurs twice in an object of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

mod support;
use support::{NOW, engine, sign, verify};

/// JSON as `serde_json` reads it, every key of every object kept, as often as it occurs.
enum Tree {
    Scalar,
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    fn repeats_a_key(&self) -> bool {
        match self {
            Self::Scalar => false,
            Self::Array(items) => items.iter().any(Self::repeats_a_key),
            Self::Object(fields) => {
                let keys: BTreeSet<_> = fields.iter().map(|(key, _)| key).collect();
                keys.len() < fields.len() || fields.iter().any(|(_, value)| value.repeats_a_key())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyJson;

        impl<'de> Visitor<'de> for AnyJson {
            type Value = Tree;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Scalar)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Scalar)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Scalar)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
                Ok(Tree::Scalar)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Scalar)
            }

            fn visit_str<E>(self, _: &str) -> Result<Tree, E> {
                Ok(Tree::Scalar)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(Tree::Array(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Tree, A::Error> {
                let mut all = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    all.push(field);
                }
                Ok(Tree::Object(all))
            }
        }

        deserializer.deserialize_any(AnyJson)
    }
}

/// The custom claims that the payload has by `serde_json` alone, where it is one to accept.
fn expected(payload: &str) -> Option<BTreeMap<String, Value>> {
    let tree: Tree = serde_json::from_str(payload).ok()?;
    if tree.repeats_a_key() {
        return None;
    }
    let mut claims: BTreeMap<String, Value> = serde_json::from_str(payload).ok()?;
    let registered = [("sub", "ada".into()), ("type", "access".into()), ("exp", (NOW + 60).into())];
    registered.into_iter().all(|(name, value)| claims.remove(name) == Some(value)).then_some(claims)
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => "[ \t\n\r]{1,2}"]
}

/// A JSON string, its characters as they are or escaped.
fn string() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => "[ -!#-\\[\\]-~\u{e9}\u{1f511}]",
        1 => r#"\\["\\/bfnrt]"#,
        1 => r"\\u00[0-7][0-9a-f]",
        1 => Just(r"\ud83d\udd11".to_owned()),
    ];
    vec(character, 0..20).prop_map(|characters| format!("\"{}\"", characters.concat()))
}

/// Few names, so that they often meet, some of them escaped.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-d]{1,2}".prop_map(|name| format!("\"{name}\"")),
        1 => "[a-d]".prop_map(|name| format!("\"\\u{:04x}\"", u32::from(name.as_bytes()[0]))),
        1 => string(),
    ]
}

/// A value, now and then one that JSON doesn't have.
fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        4 => string(),
        4 => "(0|-?[1-9][0-9]{0,20})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?",
        4 => "true|false|null",
        1 => "-|0[0-9]|[0-9]\\.|\\+1|NaN|nul|True|\"\\\\ud83d\"|\"\\\\x\"|\"\t\"",
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec((space(), inner.clone(), space()), 0..4).prop_map(|items| {
                let items: Vec<_> =
                    items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                format!("[{}]", items.join(","))
            }),
            vec(field(inner), 0..4).prop_map(|fields| format!("{{{}}}", fields.join(","))),
        ]
    })
}

fn field(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (space(), key(), space(), space(), value, space())
        .prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"))
}

/// A payload with custom claims before and after its registered ones, and now and then a character too many in them.
fn payload() -> impl Strategy<Value = String> {
    let noise = prop_oneof![4 => Just(String::new()), 1 => "[,}\\]\\[{\"\\\\:x0 ]"];
    (vec(field(value()), 0..5), 0..5_usize, noise, any::<prop::sample::Index>()).prop_map(
        |(fields, before, noise, place)| {
            let before = before.min(fields.len());
            let mut custom = fields.join(",");
            let mut place = place.index(custom.len() + 1);
            while !custom.is_char_boundary(place) {
                place -= 1;
            }
            let mut split = fields[..before].join(",").len();
            if place <= split {
                split += noise.len();
            }
            custom.insert_str(place, &noise);
            let (before, after) = custom.split_at(split);
            let comma = if before.is_empty() { "" } else { "," };
            let comma_after = if after.is_empty() || after.starts_with(',') { "" } else { "," };
            let exp = NOW + 60;
            format!(
                r#"{{{before}{comma}"sub":"ada","type":"access","exp":{exp}{comma_after}{after}}}"#
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn a_payload_is_accepted_where_serde_json_accepts_it_and_no_key_occurs_twice(payload in payload()) {
        let token = sign(r#"{"alg":"HS256","typ":"JWT"}"#, &payload);
        let found = verify(&engine(), &token).ok().map(|claims| claims.custom);
        prop_assert_eq!(found, expected(&payload), "{}", payload);
    }
}

#[test]
fn the_payloads_of_the_property_are_of_both_kinds() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..1000)
        .filter(|_| {
            let payload = payload().new_tree(&mut runner).expect("a payload").current();
            expected(&payload).is_some()
        })
        .count();
    assert!((200..800).contains(&accepted), "{accepted} of 1000 are accepted");
}
