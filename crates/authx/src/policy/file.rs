//! Policies from the contents of a TOML or JSON file.
//!
//! The caller reads the file. Both formats have the same keys. A key that is unknown or missing, or whose value
//! has the wrong type, is an error that names the key and the line.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::attributes::PolicySource;
use super::condition::{PolicyCondition, PolicyOperator, fits_64_bits};
use super::decision::Policy;
use super::rule::{PolicyEffect, PolicyRule};
use crate::scope::RequiredScopes;

impl<E> Policy<E> {
    /// Reads a policy from TOML. `file` is the file's name, for errors.
    ///
    /// # Errors
    ///
    /// [`PolicyFileError`] names the file, the line and the key.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, PolicyFileError> {
        let line_of = |error: &toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            line_at(text, start)
        };
        let failure = |error: &toml::de::Error, key: Option<String>| PolicyFileError {
            file: file.to_owned(),
            line: line_of(error),
            key,
            problem: error.message().to_owned(),
        };
        let deserializer =
            toml::Deserializer::parse(text).map_err(|error| failure(&error, None))?;
        let read: FilePolicy = serde_path_to_error::deserialize(deserializer)
            .map_err(|error| failure(error.inner(), key_path(error.path())))?;
        Ok(read.into_policy())
    }

    /// Reads a policy from JSON. `file` is the file's name, for errors.
    ///
    /// # Errors
    ///
    /// [`PolicyFileError`] names the file, the line and the key.
    pub fn from_json(text: &str, file: &str) -> Result<Self, PolicyFileError> {
        let failure = |error: &serde_json::Error, key: Option<String>| {
            let problem = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            PolicyFileError {
                file: file.to_owned(),
                line: error.line(),
                key,
                problem: problem.strip_suffix(&place).unwrap_or(&problem).to_owned(),
            }
        };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read: FilePolicy = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| failure(error.inner(), key_path(error.path())))?;
        deserializer.end().map_err(|error| failure(&error, None))?;
        Ok(read.into_policy())
    }
}

/// What is wrong in a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyFileError {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The path of the key, such as `rules[0].conditions[1].operator`; `None` where the file is not valid TOML or
    /// JSON.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for PolicyFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, line {}: ", self.file, self.line)?;
        if let Some(key) = &self.key {
            write!(formatter, "{key}: ")?;
        }
        formatter.write_str(&self.problem)
    }
}

impl std::error::Error for PolicyFileError {}

fn line_at(text: &str, position: usize) -> usize {
    let before = text.as_bytes().iter().take(position);
    1 + before.filter(|&&byte| byte == b'\n').count()
}

fn key_path(path: &serde_path_to_error::Path) -> Option<String> {
    path.iter().next().map(|_| path.to_string())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePolicy {
    #[serde(default)]
    default_allow: bool,
    #[serde(default)]
    rules: Vec<FileRule>,
}

impl FilePolicy {
    fn into_policy<E>(self) -> Policy<E> {
        let rules = self.rules.into_iter().map(FileRule::into_rule);
        Policy::with_evaluators(rules, [], self.default_allow)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    #[serde(deserialize_with = "named")]
    effect: PolicyEffect,
    #[serde(deserialize_with = "patterns")]
    actions: Vec<String>,
    #[serde(deserialize_with = "patterns")]
    resources: Vec<String>,
    #[serde(default)]
    conditions: Vec<FileCondition>,
    scopes: Option<Vec<String>>,
    all_scopes_required: Option<bool>,
    reason: Option<String>,
}

impl FileRule {
    fn into_rule<E>(self) -> PolicyRule<E> {
        let mut rule = PolicyRule::new(self.effect, self.actions, self.resources);
        for FileCondition(condition) in self.conditions {
            rule = rule.condition(condition);
        }
        if let Some(scopes) = self.scopes {
            rule = rule.scopes(match self.all_scopes_required {
                Some(false) => RequiredScopes::any(scopes),
                _ => RequiredScopes::all(scopes),
            });
        }
        match self.reason {
            Some(reason) => rule.reason(reason),
            None => rule,
        }
    }
}

/// A condition with a value that its operator can compare with. Otherwise the condition would never be true, so it
/// is an error when the file is read.
struct FileCondition(PolicyCondition);

impl<'de> Deserialize<'de> for FileCondition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // In a visitor, so that an error has the line of the condition.
        deserializer.deserialize_map(FileConditionVisitor)
    }
}

struct FileConditionVisitor;

impl<'de> Visitor<'de> for FileConditionVisitor {
    type Value = FileCondition;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a condition")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<FileCondition, A::Error> {
        let read = ConditionFields::deserialize(MapAccessDeserializer::new(fields))?;
        let ConditionFields { source, key, operator, value } = read;
        let value = value.map(|FileValue(value)| value);
        if let Some(expected) = expected_value(operator, value.as_ref()) {
            return Err(A::Error::custom(format_args!("the operator {operator} takes {expected}")));
        }
        let value = value.unwrap_or_default();
        Ok(FileCondition(PolicyCondition::new(source, key, operator, value)))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionFields {
    #[serde(deserialize_with = "named")]
    source: PolicySource,
    #[serde(deserialize_with = "key")]
    key: String,
    #[serde(default = "equals", deserialize_with = "named")]
    operator: PolicyOperator,
    #[serde(default, deserialize_with = "present")]
    value: Option<FileValue>,
}

/// What the operator takes, if it does not take this value.
fn expected_value(operator: PolicyOperator, value: Option<&Value>) -> Option<&'static str> {
    let (fits, expected) = match operator {
        PolicyOperator::Exists => (value.is_none(), "no value"),
        PolicyOperator::Equals | PolicyOperator::NotEquals | PolicyOperator::Contains => {
            (value.is_some(), "a value")
        }
        PolicyOperator::In | PolicyOperator::NotIn => {
            (value.is_some_and(Value::is_array), "an array as its value")
        }
        PolicyOperator::Gt | PolicyOperator::Gte | PolicyOperator::Lt | PolicyOperator::Lte => (
            value.is_some_and(|value| value.is_number() || value.is_string()),
            "a number or a string as its value",
        ),
    };
    (!fits).then_some(expected)
}

/// Reads null as a value, which `Option` alone would read as `None`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FileValue>, D::Error> {
    FileValue::deserialize(deserializer).map(Some)
}

fn equals() -> PolicyOperator {
    PolicyOperator::Equals
}

fn named<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err = String>,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let key = String::deserialize(deserializer)?;
    if key.is_empty() {
        Err(D::Error::custom("the name of an attribute is expected"))
    } else {
        Ok(key)
    }
}

/// Refuses an empty list, because the rule could never apply.
fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let patterns = Vec::<String>::deserialize(deserializer)?;
    if patterns.is_empty() {
        return Err(D::Error::custom("at least one pattern is expected; `*` stands for all"));
    }
    Ok(patterns)
}

/// A JSON value that refuses what `serde_json::Value` would silently change: infinite numbers and NaN, dates of
/// TOML, and duplicate keys.
struct FileValue(Value);

impl<'de> Deserialize<'de> for FileValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FileValueVisitor).map(Self)
    }
}

struct FileValueVisitor;

impl<'de> Visitor<'de> for FileValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string, a number, a boolean, an array or an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number =
            Number::from_f64(value).ok_or_else(|| E::custom("a finite number is expected"))?;
        // JSON's parser makes a float of an integer that is larger.
        if fits_64_bits(value) {
            Ok(Value::Number(number))
        } else {
            Err(E::custom("a number of at most 64 bits is expected"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(FileValue(value)) = elements.next_element()? {
            array.push(value);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if key == TOML_DATE {
                return Err(A::Error::custom(
                    "a date is written as a string, such as \"2026-01-31T12:00:00.000000Z\"",
                ));
            }
            let FileValue(value) = fields.next_value()?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// The key under which the crate `toml` passes a date to a visitor.
const TOML_DATE: &str = "$__toml_private_datetime";
