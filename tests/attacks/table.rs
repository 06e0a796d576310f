//! The table of hostile requests, `cases.json`, as the tests of the Rust faces read it.
//! `generate.py` writes and explains it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use authx::config::{KEY_SETTINGS, SettingValue};
use authx::{
    Algorithm, Config, CsrfCheck, Key, KeyRing, Location, RequiredScopes, Requirement, Timestamp,
    TokenKind,
};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(crate) struct Table {
    pub(crate) now: f64,
    /// What the cases are about; each has at least one case.
    pub(crate) topics: Vec<String>,
    pub(crate) marker: String,
    pub(crate) reserved_claims: Vec<String>,
    pub(crate) bad_keys: Vec<BadKey>,
    pub(crate) configurations: BTreeMap<String, Map<String, Value>>,
    pub(crate) routes: BTreeMap<String, Route>,
    pub(crate) cases: Vec<Case>,
    pub(crate) refreshes: Vec<Refresh>,
}

/// Settings that are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BadKey {
    pub(crate) topic: String,
    pub(crate) name: String,
    pub(crate) settings: Map<String, Value>,
    /// The setting that the error names.
    pub(crate) setting: String,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Route {
    #[serde(rename = "type")]
    pub(crate) kind: TokenKind,
    pub(crate) any_type: bool,
    pub(crate) fresh: bool,
    pub(crate) csrf: Option<bool>,
    pub(crate) locations: Option<Vec<String>>,
    pub(crate) scopes: Vec<String>,
    pub(crate) all_required: bool,
    pub(crate) websocket: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) topic: String,
    pub(crate) name: String,
    pub(crate) configuration: String,
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
    pub(crate) login_type: Option<String>,
    pub(crate) ring: Option<Vec<RingKey>>,
    pub(crate) route: String,
    pub(crate) now: Option<f64>,
    /// What the store answers for every token.
    #[serde(default)]
    pub(crate) revoked: bool,
    pub(crate) request: Parts,
    pub(crate) expect: Expected,
}

/// A request to a route that needs no token, and the token that implicit refresh adds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    pub(crate) topic: String,
    pub(crate) name: String,
    pub(crate) configuration: String,
    pub(crate) settings: Map<String, Value>,
    pub(crate) login_type: Option<String>,
    #[serde(default)]
    pub(crate) revoked: bool,
    pub(crate) request: Parts,
    pub(crate) path: String,
    /// What the handler answers.
    pub(crate) status: u16,
    /// The cookies that the handler sets.
    pub(crate) sets: Vec<String>,
    /// Claims of the new token.
    pub(crate) renewed: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingKey {
    pub(crate) algorithm: String,
    pub(crate) kid: String,
    pub(crate) secret: Option<String>,
    pub(crate) public_pem: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parts {
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) headers: Vec<(String, Compact)>,
    #[serde(default)]
    pub(crate) query: Compact,
    #[serde(default)]
    pub(crate) body: Compact,
    #[serde(default)]
    pub(crate) fields: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) endless: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Expected {
    Accepted {
        sub: Compact,
    },
    Refused {
        error_type: String,
        status: BTreeMap<String, u16>,
        www_authenticate: BTreeMap<String, Option<String>>,
    },
}

/// A string, or its parts if long repetitions in it are folded.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Compact {
    Plain(String),
    Folded(Vec<Part>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Part {
    Plain(String),
    Repeat { repeat: (String, usize) },
}

impl Table {
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/attacks/cases.json");
        let json = std::fs::read_to_string(&path).expect("the table of hostile requests");
        serde_json::from_str(&json).expect("a table of the shape that generate.py describes")
    }

    pub(crate) fn now(&self, of_case: Option<f64>) -> Timestamp {
        Timestamp::from_seconds_f64(of_case.unwrap_or(self.now)).expect("an instant")
    }

    pub(crate) fn config(
        &self,
        configuration: &str,
        settings: &Map<String, Value>,
        login_type: Option<&str>,
        ring: Option<&[RingKey]>,
        undecodable_status: u16,
    ) -> Config {
        let mut builder = Config::builder()
            .set("JWT_INVALID_TOKEN_STATUS", &SettingValue::Integer(undecodable_status.into()))
            .expect("a status");
        // A ring stands in place of the keys of the settings.
        let is_replaced = |name: &str| ring.is_some() && KEY_SETTINGS.contains(&name);
        let settings = self.configurations[configuration].iter().chain(settings);
        for (name, value) in settings.filter(|(name, _)| !is_replaced(name)) {
            builder = builder.set(name, &setting(value)).expect("a setting");
        }
        if let Some(login_type) = login_type {
            builder = builder.login_type(login_type);
        }
        if let Some(ring) = ring {
            let keys = ring.iter().map(RingKey::key);
            builder = builder.keys(KeyRing::new(keys).expect("a ring"));
        }
        builder.build().expect("a configuration")
    }

    /// Checks that no part of a payload, a secret or a token is in the string.
    pub(crate) fn check_silence(&self, shown: &str) -> Result<(), String> {
        if shown.contains(&self.marker) || shown.contains("eyJ") {
            return Err(format!("shows a part of a payload, a secret or a token: {shown}"));
        }
        Ok(())
    }
}

impl Default for Route {
    fn default() -> Self {
        Self {
            kind: TokenKind::Access,
            any_type: false,
            fresh: false,
            csrf: None,
            locations: None,
            scopes: Vec::new(),
            all_required: true,
            websocket: false,
        }
    }
}

impl Route {
    pub(crate) fn requirement(&self) -> Requirement {
        let mut requirement = Requirement::of(self.kind).freshness(self.fresh);
        if self.websocket {
            requirement = requirement.websocket();
        }
        if self.any_type {
            requirement = requirement.any_kind();
        }
        if let Some(checked) = self.csrf {
            let check = if checked { CsrfCheck::Always } else { CsrfCheck::Never };
            requirement = requirement.csrf(check);
        }
        if let Some(locations) = &self.locations {
            let location = |name: &String| name.parse::<Location>().expect("a location");
            requirement = requirement.locations(locations.iter().map(location));
        }
        requirement.scopes(if self.all_required {
            RequiredScopes::all(&self.scopes)
        } else {
            RequiredScopes::any(&self.scopes)
        })
    }
}

impl RingKey {
    fn key(&self) -> Key {
        let algorithm: Algorithm = self.algorithm.parse().expect("an algorithm");
        let key = match (&self.secret, &self.public_pem) {
            (Some(secret), None) => Key::from_secret(algorithm, secret.as_str()),
            (None, Some(pem)) => Key::from_public_pem(algorithm, pem),
            _ => panic!("a key of the ring is a secret or a public key"),
        };
        key.expect("a key").with_kid(self.kid.as_str())
    }
}

impl Default for Compact {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

impl Compact {
    pub(crate) fn expand(&self) -> String {
        match self {
            Self::Plain(string) => string.clone(),
            Self::Folded(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Plain(string) => string.clone(),
                    Part::Repeat { repeat: (string, times) } => string.repeat(*times),
                })
                .collect(),
        }
    }

    /// The bytes of the string: each character is one byte (Latin-1).
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let byte = |character| u8::try_from(u32::from(character)).expect("a Latin-1 character");
        self.expand().chars().map(byte).collect()
    }
}

impl Refresh {
    /// Compares the new token with what the case says.
    pub(crate) fn check(&self, renewed: Option<&str>) -> Result<(), String> {
        let (claims, token) = match (&self.renewed, renewed) {
            (None, None) => return Ok(()),
            (None, Some(_)) => return Err("adds a token".to_owned()),
            (Some(_), None) => return Err("adds no token".to_owned()),
            (Some(claims), Some(token)) => (claims, token),
        };
        let payload =
            authx::token::decode_unverified_payload(token).map_err(|error| error.to_string())?;
        let payload: Value = serde_json::from_str(payload.get()).expect("JSON");
        match claims.iter().find(|(name, value)| payload[name.as_str()] != **value) {
            None => Ok(()),
            Some((name, value)) => {
                Err(format!("{name} is {}, not {value}", payload[name.as_str()]))
            }
        }
    }
}

impl BadKey {
    /// Checks that the engine refuses these settings, for the faces that use its configuration.
    pub(crate) fn check(&self, marker: &str) -> Result<(), String> {
        let builder = self.settings.iter().try_fold(Config::builder(), |builder, (name, value)| {
            builder.set(name, &setting(value))
        });
        match builder.and_then(authx::ConfigBuilder::build) {
            Ok(_) => Err("is accepted".to_owned()),
            Err(error) if !error.to_string().contains(&self.setting) => {
                Err(format!("does not name {}: {error}", self.setting))
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                if [marker, "MI", "MC"].iter().any(|secret| shown.contains(secret)) {
                    return Err(format!("shows the key: {shown}"));
                }
                Ok(())
            }
        }
    }
}

/// How many cases ran, in total and by topic.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<String, usize>);

impl Counts {
    pub(crate) fn count(&mut self, topic: &str) {
        *self.0.entry(topic.to_owned()).or_default() += 1;
    }

    pub(crate) fn topics(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub(crate) fn report(&self, table: &Table, what: &str) -> String {
        let count = |topic: &String| self.0.get(topic).map(|count| format!("{topic} {count}"));
        let by_topic: Vec<String> = table.topics.iter().filter_map(count).collect();
        format!("{} {what}: {}", self.0.values().sum::<usize>(), by_topic.join(", "))
    }
}

fn setting(value: &Value) -> SettingValue {
    match value {
        Value::Null => SettingValue::None,
        Value::Bool(value) => SettingValue::Bool(*value),
        Value::Number(number) => SettingValue::Integer(number.as_i64().expect("a whole number")),
        Value::String(string) => SettingValue::string(string.as_str()),
        Value::Array(items) => {
            let string = |item: &Value| item.as_str().expect("a list of strings").to_owned();
            SettingValue::List(items.iter().map(string).collect())
        }
        Value::Object(_) => panic!("no setting is an object"),
    }
}
