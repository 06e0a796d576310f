//! Values of settings, and how each type of setting parses and writes them.

use std::time::Duration;

use super::{SameSite, StaleReplica, TokenLifetime, UnknownSubject, duration};
use crate::key::{Algorithm, Secret};
use crate::location::Location;
use crate::token::Audience;

/// A value for a setting, from the environment or from the caller's configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SettingValue {
    /// No value: the setting is switched off.
    None,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A time in seconds.
    Seconds(f64),
    /// A string, which is parsed where the setting is a number, a list or a duration.
    Text(Secret),
    /// A list of strings.
    List(Vec<String>),
}

impl SettingValue {
    /// A string, kept as a [`Secret`] because it may be one.
    pub fn string(string: impl Into<String>) -> Self {
        Self::Text(Secret::from(string.into()))
    }

    /// The kind of the value, for messages: the value itself may be a secret.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "no value",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Seconds(_) => "a duration",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
        }
    }

    /// The value as written in an environment variable.
    pub(super) fn to_text(&self) -> String {
        let json = |item: &String| serde_json::Value::from(item.as_str()).to_string();
        match self {
            Self::None => NULL.to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Seconds(seconds) => Duration::try_from_secs_f64(*seconds)
                .map_or_else(|_| seconds.to_string(), duration::write),
            // No secret has a default, so this is none.
            Self::Text(string) => String::from_utf8_lossy(string.expose()).into_owned(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The string, if it is one. It may be a secret.
    ///
    /// ```
    /// use authx::config::SettingValue;
    ///
    /// assert_eq!(SettingValue::string("api").as_str(), Some("api"));
    /// assert_eq!(SettingValue::Bool(true).as_str(), None);
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(string) => std::str::from_utf8(string.expose()).ok(),
            _ => None,
        }
    }
}

/// A type of setting: how its values are parsed and written.
pub(super) trait SettingType: Sized {
    /// The allowed values, completing "expected …".
    const EXPECTED: &'static str;

    fn from_setting(value: &SettingValue) -> Option<Self>;

    /// The allowed values in Markdown, for the reference. It is more precise about lists and unset settings.
    fn takes() -> String {
        Self::EXPECTED.to_owned()
    }

    /// The value as [`SettingType::from_setting`] reads it.
    fn to_value(&self) -> SettingValue;

    /// Whether `null` switches the setting off. A blank variable counts as not set then.
    const OPTIONAL: bool = false;

    /// Whether `none` is one of the values, and not another word for `null`.
    const NAMES_NONE: bool = false;
}

/// A variable of a setting of this type. `None`: it counts as not set.
pub(super) fn of_variable<T: SettingType>(text: String) -> Option<SettingValue> {
    match text.trim() {
        "" if T::OPTIONAL => None,
        word if word.eq_ignore_ascii_case(NULL) => Some(SettingValue::None),
        word if word.eq_ignore_ascii_case(NONE) && !T::NAMES_NONE => Some(SettingValue::None),
        _ => Some(SettingValue::string(text)),
    }
}

/// A type of setting that can be an item of a list.
pub(super) trait Item: SettingType {
    /// Its plural, completing "a list of …".
    const SEVERAL: &'static str;
}

impl SettingType for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        if let SettingValue::Bool(value) = value {
            return Some(*value);
        }
        match value.as_str()?.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "y" | "t" => Some(true),
            "false" | "0" | "no" | "off" | "n" | "f" => Some(false),
            _ => None,
        }
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::Bool(*self)
    }
}

impl SettingType for String {
    const EXPECTED: &'static str = "a string";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::string(self.clone())
    }
}

impl Item for String {
    const SEVERAL: &'static str = "strings";
}

impl SettingType for Secret {
    const EXPECTED: &'static str = "a string that is not empty";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value {
            SettingValue::Text(string) => Some(string.clone()),
            _ => None,
        }
    }

    fn takes() -> String {
        String::takes()
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::Text(self.clone())
    }
}

impl SettingType for usize {
    const EXPECTED: &'static str = "an integer of at least 0";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value {
            SettingValue::Integer(number) => Self::try_from(*number).ok(),
            // At most what `SettingValue::Integer` can hold.
            value => {
                let number = value.as_str()?.trim().parse().ok()?;
                i64::try_from(number).is_ok().then_some(number)
            }
        }
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl SettingType for u16 {
    const EXPECTED: &'static str = "401 or 422";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let number = match value {
            SettingValue::Integer(number) => Self::try_from(*number).ok()?,
            value => value.as_str()?.trim().parse().ok()?,
        };
        matches!(number, 401 | 422).then_some(number)
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::Integer((*self).into())
    }
}

impl SettingType for u8 {
    const EXPECTED: &'static str = "an integer from 1 to 128";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let number = match value {
            SettingValue::Integer(number) => Self::try_from(*number).ok()?,
            value => value.as_str()?.trim().parse().ok()?,
        };
        (1..=128).contains(&number).then_some(number)
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::Integer((*self).into())
    }
}

impl SettingType for Duration {
    const EXPECTED: &'static str = "a time of at least 0, as seconds (900), with a unit (15m), as hours (00:15:00) or as ISO 8601 (PT15M)";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let time = match value {
            SettingValue::Integer(seconds) => u64::try_from(*seconds).ok().map(Self::from_secs),
            SettingValue::Seconds(seconds) => Self::try_from_secs_f64(*seconds).ok(),
            value => duration::parse(value.as_str()?.trim()),
        };
        time.filter(|time| *time <= TokenLifetime::LONGEST)
    }

    fn takes() -> String {
        "a duration".to_owned()
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::Seconds(self.as_secs_f64())
    }
}

impl SettingType for TokenLifetime {
    const OPTIONAL: bool = true;

    const EXPECTED: &'static str = "a time of at least 0 in seconds, or null for never";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        if *value == SettingValue::None || value.as_str().is_some_and(is_null) {
            return Some(Self::Never);
        }
        Duration::from_setting(value).map(Self::Expires)
    }

    fn takes() -> String {
        Option::<Duration>::takes()
    }

    fn to_value(&self) -> SettingValue {
        match self {
            Self::Expires(duration) => duration.to_value(),
            Self::Never => SettingValue::None,
        }
    }
}

impl SettingType for Algorithm {
    const EXPECTED: &'static str = "one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, \
                                    ES256, ES256K, ES384, ES512, EdDSA";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        value.as_str()?.trim().parse().ok()
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::string(self.to_string())
    }
}

impl Item for Algorithm {
    const SEVERAL: &'static str = "algorithms";
}

impl SettingType for Location {
    const EXPECTED: &'static str =
        "one of headers, cookies, json, query, and for WebSockets subprotocol";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        value.as_str()?.trim().to_ascii_lowercase().parse().ok()
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::string(self.as_str())
    }
}

impl Item for Location {
    const SEVERAL: &'static str = "`headers`, `cookies`, `json` or `query`";
}

/// A setting that is one of a few words.
macro_rules! words {
    ($type:ident, $names_none:literal, $expected:literal, $takes:literal, { $($word:literal => $variant:ident),+ }) => {
        impl SettingType for $type {
            const NAMES_NONE: bool = $names_none;
            const EXPECTED: &'static str = $expected;

            fn from_setting(value: &SettingValue) -> Option<Self> {
                match value.as_str()?.trim().to_ascii_lowercase().as_str() {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn takes() -> String {
                $takes.to_owned()
            }

            fn to_value(&self) -> SettingValue {
                SettingValue::string(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }
    };
}

words!(SameSite, true, "one of lax, strict, none", "`lax`, `strict` or `none`", {
    "lax" => Lax, "strict" => Strict, "none" => None
});
words!(UnknownSubject, true, "one of refuse, none", "`refuse` or `none`", {
    "refuse" => Refuse, "none" => None
});
words!(StaleReplica, false, "one of ask, refuse, accept", "`ask`, `refuse` or `accept`", {
    "ask" => Ask, "refuse" => Refuse, "accept" => Accept
});

impl SettingType for Audience {
    const EXPECTED: &'static str = "a string or a list of strings";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value {
            SettingValue::List(list) => Some(Self::Many(list.clone())),
            value => {
                let string = value.as_str()?;
                if is_json_list(string) {
                    return json_list(string).map(Self::Many);
                }
                Some(Self::One(string.to_owned()))
            }
        }
    }

    fn to_value(&self) -> SettingValue {
        match self {
            Self::One(name) => name.to_value(),
            Self::Many(names) => SettingValue::List(names.clone()),
        }
    }
}

/// Given as a list, as a JSON array, or as comma-separated strings.
impl<T: Item> SettingType for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let items = match value {
            SettingValue::List(items) => items.clone(),
            value => {
                let string = value.as_str()?;
                if is_json_list(string) { json_list(string)? } else { separated_by_commas(string)? }
            }
        };
        items.into_iter().map(|item| T::from_setting(&SettingValue::string(item))).collect()
    }

    fn takes() -> String {
        format!("a list of {}", T::SEVERAL)
    }

    fn to_value(&self) -> SettingValue {
        SettingValue::List(self.iter().map(|item| item.to_value().to_text()).collect())
    }
}

/// `None` where nothing is named: only `[]` is the empty list, because a variable that is blank by mistake must not
/// switch off what a list protects, such as `JWT_CSRF_METHODS`.
fn separated_by_commas(string: &str) -> Option<Vec<String>> {
    let items: Vec<_> = string
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect();
    (!items.is_empty()).then_some(items)
}

impl<T: SettingType> SettingType for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const OPTIONAL: bool = true;
    const NAMES_NONE: bool = T::NAMES_NONE;

    fn from_setting(value: &SettingValue) -> Option<Self> {
        if *value == SettingValue::None {
            return Some(None);
        }
        T::from_setting(value).map(Some)
    }

    fn takes() -> String {
        format!("{}, or `{NULL}`", T::takes())
    }

    fn to_value(&self) -> SettingValue {
        self.as_ref().map_or(SettingValue::None, T::to_value)
    }
}

/// The value that switches a setting off in the environment.
const NULL: &str = "null";

/// What people write for it in Python.
const NONE: &str = "none";

fn is_json_list(string: &str) -> bool {
    string.trim_start().starts_with('[')
}

fn json_list(string: &str) -> Option<Vec<String>> {
    serde_json::from_str(string).ok()
}

fn is_null(string: &str) -> bool {
    let word = string.trim();
    word.eq_ignore_ascii_case(NULL) || word.eq_ignore_ascii_case(NONE)
}
