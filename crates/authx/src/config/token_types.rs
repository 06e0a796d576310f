//! [`TokenTypes`]: lifetime and locations of the application's own types of token.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::value::SettingType;
use super::{SettingValue, TokenLifetime};
use crate::location::{Location, NO_COOKIES_OF_OWN_TYPES};
use crate::token_kind::TokenKind;

/// The application's own types of token that have a lifetime or locations of their own. Types that are not listed have
/// the defaults.
///
/// ```
/// use authx::config::{TokenTypeSettings, TokenTypes};
/// use authx::{Config, Location};
/// use std::time::Duration;
///
/// let reset = TokenTypeSettings::default()
///     .expires(Duration::from_secs(600))
///     .location(Location::Query);
/// let config = Config::builder()
///     .secret_key("a secret of at least thirty-two bytes")
///     .token_types(TokenTypes::default().with("password_reset", reset))
///     .build()?;
/// assert_eq!(config.locations("password_reset".parse()?), [Location::Query]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenTypes(pub(super) Vec<(String, TokenTypeSettings)>);

impl TokenTypes {
    /// The same with this type.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, settings: TokenTypeSettings) -> Self {
        self.0.push((name.into(), settings));
        self
    }
}

/// What a type of token has of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenTypeSettings {
    pub(super) expires: Option<TokenLifetime>,
    pub(super) locations: Option<Vec<Location>>,
}

impl TokenTypeSettings {
    /// How long a token of this type is valid, instead of `JWT_ACCESS_TOKEN_EXPIRES`.
    #[must_use]
    pub fn expires(mut self, lifetime: impl Into<TokenLifetime>) -> Self {
        self.expires = Some(lifetime.into());
        self
    }

    /// Where a token of this type is looked for, and nowhere else. Called again, it adds a location.
    #[must_use]
    pub fn location(mut self, location: Location) -> Self {
        self.locations.get_or_insert_default().push(location);
        self
    }
}

/// The fields as they are written in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, deserialize_with = "present")]
    expires: Option<Value>,
    locations: Option<Vec<String>>,
}

/// `null` is a value here: a lifetime without end.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl SettingType for TokenTypes {
    const EXPECTED: &'static str = "an object with the names of token types, such as \
        {\"password_reset\": {\"expires\": \"15m\", \"locations\": [\"query\"]}}";

    fn from_setting(value: &SettingValue) -> Option<Self> {
        let text = match value {
            SettingValue::None => return Some(Self::default()),
            SettingValue::Text(text) => std::str::from_utf8(text.expose()).ok()?,
            _ => return None,
        };
        let types: Map<String, Value> = serde_json::from_str(text).ok()?;
        let types = types.into_iter().map(|(name, fields)| Some((name, settings_of(fields)?)));
        types.collect::<Option<_>>().map(Self)
    }

    fn takes() -> String {
        "a JSON object of token types".to_owned()
    }

    fn to_value(&self) -> SettingValue {
        let types = self.0.iter().map(|(name, settings)| (name.clone(), written(settings)));
        SettingValue::string(Value::Object(types.collect()).to_string())
    }
}

fn settings_of(fields: Value) -> Option<TokenTypeSettings> {
    let written = Written::deserialize(fields).ok()?;
    let expires = match written.expires {
        None => None,
        Some(Value::Null) => Some(TokenLifetime::Never),
        Some(Value::Number(seconds)) => {
            Some(TokenLifetime::from_setting(&SettingValue::Seconds(seconds.as_f64()?))?)
        }
        Some(Value::String(text)) => {
            Some(TokenLifetime::from_setting(&SettingValue::string(text))?)
        }
        Some(_) => return None,
    };
    let locations = match written.locations {
        None => None,
        Some(names) => Some(Vec::from_setting(&SettingValue::List(names))?),
    };
    Some(TokenTypeSettings { expires, locations })
}

fn written(settings: &TokenTypeSettings) -> Value {
    let mut fields = Map::new();
    if let Some(expires) = settings.expires {
        let expires = match expires {
            TokenLifetime::Expires(_) => expires.to_value().to_text().into(),
            TokenLifetime::Never => Value::Null,
        };
        fields.insert("expires".to_owned(), expires);
    }
    if let Some(locations) = &settings.locations {
        let names = locations.iter().map(|location| location.as_str().into());
        fields.insert("locations".to_owned(), Value::Array(names.collect()));
    }
    Value::Object(fields)
}

/// Why the types of a setting can't be used; `None` if they can.
pub(super) fn fault(types: &TokenTypes) -> Option<&'static str> {
    let is_custom = |name: &str| matches!(name.parse(), Ok(TokenKind::Custom(_)));
    let mut names: Vec<&str> = types.0.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let locations = || types.0.iter().filter_map(|(_, settings)| settings.locations.as_deref());
    if !names.iter().all(|name| is_custom(name)) {
        return Some(
            "a token type is a name of 1 to 30 bytes without blanks, and not access or refresh, which have settings of \
             their own",
        );
    }
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Some("a token type is listed twice");
    }
    if locations().any(<[Location]>::is_empty) {
        return Some(
            "the locations of a token type must list at least one of headers, json, query",
        );
    }
    locations()
        .any(|locations| locations.contains(&Location::Cookies))
        .then_some(NO_COOKIES_OF_OWN_TYPES)
}
