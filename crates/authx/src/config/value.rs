//! A setting's value as it comes in, and what each setting makes of it.

use std::time::Duration;

use crate::config::{SameSite, TokenLifetime};
use crate::key::{Algorithm, Secret};
use crate::location::Location;
use crate::token::Audience;

/// A value for a setting, from the environment or from a face's own configuration.
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
    /// A text; numbers, lists and durations are read from it where the setting is one.
    Text(Secret),
    /// A list of texts.
    List(Vec<String>),
}

impl SettingValue {
    /// A text, held as a secret since it may be one.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Secret::from(text.into()))
    }

    /// What kind of value this is, for messages. The value itself may be a secret.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "no value",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Seconds(_) => "a duration",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
        }
    }

    fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => std::str::from_utf8(text.expose()).ok(),
            _ => None,
        }
    }
}

/// How a type is read from a setting's value.
pub(super) trait FromSetting: Sized {
    /// What is allowed, completing "expected …".
    const EXPECTED: &'static str;

    fn from_setting(value: &SettingValue) -> Option<Self>;
}

impl FromSetting for bool {
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
}

impl FromSetting for String {
    const EXPECTED: &'static str = "a text";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl FromSetting for Secret {
    const EXPECTED: &'static str = "a text that is not empty";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value {
            SettingValue::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromSetting for usize {
    const EXPECTED: &'static str = "an integer of at least 0";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value {
            SettingValue::Integer(number) => Self::try_from(*number).ok(),
            value => value.as_str()?.trim().parse().ok(),
        }
    }
}

impl FromSetting for u16 {
    const EXPECTED: &'static str = "401 or 422";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let number = match value {
            SettingValue::Integer(number) => Self::try_from(*number).ok()?,
            value => value.as_str()?.trim().parse().ok()?,
        };
        matches!(number, 401 | 422).then_some(number)
    }
}

impl FromSetting for Duration {
    const EXPECTED: &'static str =
        "a time of at least 0, as seconds (900), as hours (00:15:00) or as ISO 8601 (PT15M)";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let seconds = match value {
            SettingValue::Integer(seconds) => *seconds as f64,
            SettingValue::Seconds(seconds) => *seconds,
            value => seconds_of_text(value.as_str()?.trim())?,
        };
        Self::try_from_secs_f64(seconds).ok().filter(|time| *time <= TokenLifetime::LONGEST)
    }
}

impl FromSetting for TokenLifetime {
    const EXPECTED: &'static str = "a time of at least 0 in seconds, or null for never";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        if *value == SettingValue::None || value.as_str().is_some_and(is_null) {
            return Some(Self::Never);
        }
        Duration::from_setting(value).map(Self::Expires)
    }
}

impl FromSetting for Algorithm {
    const EXPECTED: &'static str = "one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, \
                                    ES256, ES256K, ES384, ES512, EdDSA";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for Location {
    const EXPECTED: &'static str = "one of headers, cookies, json, query";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl FromSetting for SameSite {
    const EXPECTED: &'static str = "one of lax, strict, none";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value.as_str()?.to_ascii_lowercase().as_str() {
            "lax" => Some(Self::Lax),
            "strict" => Some(Self::Strict),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl FromSetting for Audience {
    const EXPECTED: &'static str = "a text or a list of texts";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        match value {
            SettingValue::List(list) => Some(Self::Many(list.clone())),
            value => {
                let text = value.as_str()?;
                if is_json_list(text) {
                    return json_list(text).map(Self::Many);
                }
                Some(Self::One(text.to_owned()))
            }
        }
    }
}

/// A list: as such, as a JSON array, or as words between commas.
impl<T: FromSetting> FromSetting for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let items = match value {
            SettingValue::List(items) => items.clone(),
            value => {
                let text = value.as_str()?;
                if is_json_list(text) {
                    json_list(text)?
                } else {
                    text.split(',')
                        .map(|item| item.trim().to_owned())
                        .filter(|item| !item.is_empty())
                        .collect()
                }
            }
        };
        items.into_iter().map(|item| T::from_setting(&SettingValue::text(item))).collect()
    }
}

impl<T: FromSetting> FromSetting for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_setting(value: &SettingValue) -> Option<Self> {
        if *value == SettingValue::None {
            return Some(None);
        }
        T::from_setting(value).map(Some)
    }
}

fn is_json_list(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

fn json_list(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

fn is_null(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "null" | "none")
}

/// Seconds, `[D days, ]HH:MM:SS`, or ISO 8601's `P[nD]T[nH][nM][nS]`.
fn seconds_of_text(text: &str) -> Option<f64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds.is_finite().then_some(seconds);
    }
    if let Some(designators) = text.strip_prefix('P') {
        return iso_seconds(designators);
    }
    let (days, clock) = match text.split_once(['d', ' ']) {
        Some((days, rest)) => (
            days.trim().parse::<u32>().ok()?,
            rest.trim_start_matches(|c| !char::is_ascii_digit(&c)),
        ),
        None => (0, text),
    };
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in clock.split(':') {
        seconds =
            f64::mul_add(seconds, 60.0, part.parse::<f64>().ok().filter(|part| *part >= 0.0)?);
        parts += 1;
    }
    (parts == 3).then(|| f64::from(days).mul_add(86_400.0, seconds))
}

fn iso_seconds(designators: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut number = String::new();
    let mut in_time = false;
    let mut any = false;
    for character in designators.chars() {
        let unit = match (character, in_time) {
            ('0'..='9' | '.', _) => {
                number.push(character);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('W', false) => 604_800.0,
            ('D', false) => 86_400.0,
            ('H', true) => 3_600.0,
            ('M', true) => 60.0,
            ('S', true) => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_from_text() {
        for (text, seconds) in [
            ("900", 900.0),
            ("0.5", 0.5),
            ("00:15:00", 900.0),
            ("1 days, 00:00:01", 86_401.0),
            ("2d 01:00:00", 176_400.0),
            ("PT15M", 900.0),
            ("P20D", 1_728_000.0),
            ("P1DT2H3M4.5S", 93_784.5),
        ] {
            let value = SettingValue::text(text);
            assert_eq!(
                Duration::from_setting(&value),
                Some(Duration::from_secs_f64(seconds)),
                "{text}"
            );
        }
        for text in
            ["", "-1", "soon", "P", "PT", "PT15", "P15M", "15:00", "1e400", "NaN", "99999999999999"]
        {
            assert_eq!(Duration::from_setting(&SettingValue::text(text)), None, "{text}");
        }
    }

    #[test]
    fn lists_are_read_from_json_or_words() {
        for text in ["[\"headers\", \"cookies\"]", "headers,cookies", " headers , cookies "] {
            let expected = vec![Location::Headers, Location::Cookies];
            assert_eq!(Vec::from_setting(&SettingValue::text(text)), Some(expected), "{text}");
        }
        for text in ["[\"headers\"", "body", "[1]"] {
            assert_eq!(Vec::<Location>::from_setting(&SettingValue::text(text)), None, "{text}");
        }
    }
}
