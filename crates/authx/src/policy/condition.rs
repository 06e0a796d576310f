//! One condition of a rule: an attribute, an operator and a value.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::attributes::{Attribute, AttributePath, Attributes, PolicySource};
use super::named::named;

/// Compares an attribute with a value, by an operator.
///
/// Numbers compare by value, strings by their characters, and booleans are not numbers. Values of different
/// types are not equal and have no order: such a condition is false and never an error. `not_equals` and
/// `not_in` are the exact opposites of `equals` and `in`, so they are true for a missing attribute.
///
/// ```
/// use authx::policy::{AttributeValues, PolicyCondition, PolicyOperator, PolicySource};
/// use serde_json::json;
///
/// let adult = PolicyCondition::new(PolicySource::Subject, "age", PolicyOperator::Gte, 18);
/// assert!(adult.matches(&AttributeValues::default().subject(json!({"age": 18.0}))));
/// assert!(!adult.matches(&AttributeValues::default().subject(json!({"age": "18"}))));
/// assert!(!adult.matches(&AttributeValues::default()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyCondition {
    pub(super) source: PolicySource,
    pub(super) key: AttributePath,
    pub(super) operator: PolicyOperator,
    /// `None` stands for a value that JSON can't express. It is equal to nothing.
    pub(super) value: Option<Value>,
}

impl PolicyCondition {
    /// Compares the attribute `key` of `source` with `value`.
    pub fn new(
        source: PolicySource,
        key: impl Into<AttributePath>,
        operator: PolicyOperator,
        value: impl Into<Value>,
    ) -> Self {
        Self { source, key: key.into(), operator, value: Some(value.into()) }
    }

    /// Compares with a value that JSON can't express. It is equal to nothing.
    pub fn with_opaque_value(
        source: PolicySource,
        key: impl Into<AttributePath>,
        operator: PolicyOperator,
    ) -> Self {
        Self { source, key: key.into(), operator, value: None }
    }

    /// Whose attribute is compared.
    #[must_use]
    pub fn source(&self) -> PolicySource {
        self.source
    }

    /// The attribute's name.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key.as_str()
    }

    /// How attribute and value are compared.
    #[must_use]
    pub fn operator(&self) -> PolicyOperator {
        self.operator
    }

    /// What the attribute is compared with, unless JSON can't express it.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Whether the condition is true.
    #[must_use]
    pub fn matches(&self, attributes: &dyn Attributes) -> bool {
        let found = match attributes.attribute(self.source, &self.key) {
            Attribute::Value(found) if is_exact(&found) => Some(found),
            Attribute::Value(_) | Attribute::Opaque => None,
        };
        let value = self.value.as_ref().filter(|value| is_exact(value));
        if self.operator != PolicyOperator::Exists && (found.is_none() || value.is_none()) {
            attributes.cannot_compare(self.source, &self.key);
        }
        self.operator.holds(found.as_ref().map(Cow::as_ref), value)
    }
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyOperator {
    /// The same value.
    Equals,
    /// Not the same value.
    NotEquals,
    /// An element of an array. A value that is not an array stands for an array with this one element.
    In,
    /// Not an element of an array.
    NotIn,
    /// An array with this element, a string with this substring, or an object with this key.
    Contains,
    /// A greater number, or a string that sorts later.
    Gt,
    /// `gt` or `equals`.
    Gte,
    /// A smaller number, or a string that sorts earlier.
    Lt,
    /// `lt` or `equals`.
    Lte,
    /// Present, and not null. The condition's value is ignored.
    Exists,
}

impl PolicyOperator {
    /// Every operator.
    pub const ALL: [Self; 10] = [
        Self::Equals,
        Self::NotEquals,
        Self::In,
        Self::NotIn,
        Self::Contains,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Exists,
    ];

    /// The name in files and in Python.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEquals => "not_equals",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Exists => "exists",
        }
    }

    fn holds(self, found: Option<&Value>, value: Option<&Value>) -> bool {
        let is_equal = || found.zip(value).is_some_and(|(found, value)| equal(found, value));
        let is_element = || found.zip(value).is_some_and(|(found, value)| contains(value, found));
        let order = || found.zip(value).and_then(|(found, value)| order(found, value));
        match self {
            Self::Equals => is_equal(),
            Self::NotEquals => !is_equal(),
            Self::In if value.is_some_and(Value::is_array) => is_element(),
            Self::In => is_equal(),
            Self::NotIn => !Self::In.holds(found, value),
            Self::Contains => found.zip(value).is_some_and(|(found, value)| contains(found, value)),
            Self::Gt => order() == Some(Ordering::Greater),
            Self::Gte => order().is_some_and(Ordering::is_ge),
            Self::Lt => order() == Some(Ordering::Less),
            Self::Lte => order().is_some_and(Ordering::is_le),
            Self::Exists => found.is_none_or(|found| !found.is_null()),
        }
    }
}

named!(PolicyOperator, "operator");

/// Whether no number in it may have been an integer of more than 64 bits, which JSON's parser has rounded: it would equal
/// other integers.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            integer(number).is_some() || number.as_f64().is_some_and(fits_64_bits)
        }
        Value::Array(elements) => elements.iter().all(is_exact),
        Value::Object(fields) => fields.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// Whether integers of the same size have at most 64 bits.
pub(super) fn fits_64_bits(number: f64) -> bool {
    -(2.0_f64.powi(63)) < number && number < 2.0_f64.powi(64)
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            order_of_numbers(one, other) == Some(Ordering::Equal)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, one): (&String, &Value)| {
                other.get(name).is_some_and(|other| equal(one, other))
            };
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(elements), part) => elements.iter().any(|element| equal(element, part)),
        (Value::String(whole), Value::String(part)) => whole.contains(part.as_str()),
        (Value::Object(fields), Value::String(key)) => fields.contains_key(key),
        _ => false,
    }
}

fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => order_of_numbers(one, other),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

fn order_of_numbers(one: &Number, other: &Number) -> Option<Ordering> {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (Some(one), None) => order_with_float(one, other.as_f64()?),
        (None, Some(other)) => order_with_float(other, one.as_f64()?).map(Ordering::reverse),
        (None, None) => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Compares exactly: a conversion to `f64` would round integers above 2^53.
fn order_with_float(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it saturates, at a value that no integer of JSON reaches"
    )]
    let whole = float.trunc() as i128;
    Some(integer.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(found: &Value, operator: &str, value: &Value) -> bool {
        operator.parse::<PolicyOperator>().expect("an operator").holds(Some(found), Some(value))
    }

    #[test]
    fn operators_compare_values_of_one_type_and_are_false_for_others() {
        for (found, operator, value, expected) in [
            (json!(1), "equals", json!(1.0), true),
            (json!(1), "equals", json!(true), false),
            (json!("1"), "equals", json!(1), false),
            (json!([1, {"a": 2}]), "equals", json!([1.0, {"a": 2.0}]), true),
            (json!([1]), "equals", json!([1, 2]), false),
            (json!(null), "equals", json!(null), true),
            (json!("1"), "not_equals", json!(1), true),
            (json!(null), "not_equals", json!(1), true),
            (json!(2), "in", json!([1, 2.0]), true),
            (json!("a"), "in", json!("abc"), false),
            (json!("a"), "not_in", json!("abc"), true),
            (json!(2), "not_in", json!([1, 2]), false),
            (json!("abc"), "contains", json!("b"), true),
            (json!("abc"), "contains", json!(1), false),
            (json!(["a"]), "contains", json!("a"), true),
            (json!({"a": 1}), "contains", json!("a"), true),
            (json!(null), "contains", json!("a"), false),
            (json!(2), "gt", json!(1.5), true),
            (json!(true), "gt", json!(0), false),
            (json!("b"), "gt", json!("a"), true),
            (json!("b"), "gt", json!(1), false),
            (json!([2]), "gt", json!([1]), false),
            (json!(1), "gte", json!(1.0), true),
            (json!(-0.5), "lt", json!(0), true),
            (json!(0), "gt", json!(-0.5), true),
            (json!(0), "equals", json!(-0.0), true),
            (json!(9_007_199_254_740_993_u64), "gt", json!(9_007_199_254_740_992.0), true),
            (json!(u64::MAX), "gt", json!(i64::MAX), true),
            (json!(1), "lte", json!(null), false),
            (json!(false), "exists", json!(null), true),
            (json!(null), "exists", json!(true), false),
        ] {
            assert_eq!(holds(&found, operator, &value), expected, "{found} {operator} {value}");
        }
    }

    #[test]
    fn a_value_that_json_can_not_express_exists_and_is_equal_to_nothing() {
        for operator in PolicyOperator::ALL {
            let negative = matches!(operator, PolicyOperator::NotEquals | PolicyOperator::NotIn);
            let value = json!(["a"]);
            let exists = operator == PolicyOperator::Exists;
            assert_eq!(operator.holds(None, Some(&value)), negative || exists, "{operator}");
            assert_eq!(operator.holds(None, None), negative || exists, "{operator}");
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = "is".parse::<PolicyOperator>().expect_err("no operator");
        assert!(error.contains("'is'") && error.contains("not_equals"), "{error}");
        assert!("user".parse::<PolicySource>().is_err());
    }
}
