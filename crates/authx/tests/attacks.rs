//! Hostile requests, and their honest neighbours, from the table that every face runs:
//! `tests/attacks/cases.json`, which `tests/attacks/generate.py` writes and explains.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use authx::{
    Algorithm, BodyWanted, Config, CsrfCheck, Engine, Error, IssueError, JsonClaims, Key, KeyRing,
    Location, NewToken, Request, RequiredScopes, Requirement, SettingValue, SystemRandom,
    Timestamp, TokenKind,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The rows that the table promises to cover. 13 and 15 are about keys, 29 and later about what a
/// single request can't show.
const ROWS: [u32; 26] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28];

#[test]
fn every_hostile_request_gets_its_answer_and_every_honest_one_passes() {
    let table = Table::read();
    let mut ran = BTreeMap::<u32, usize>::new();
    let mut wrong = Vec::new();
    for case in &table.cases {
        for undecodable_status in [401, 422] {
            if let Err(difference) = table.run(case, undecodable_status) {
                wrong.push(format!("row {}, {}: {difference}", case.row, case.name));
            }
        }
        *ran.entry(case.row).or_default() += 1;
    }
    let per_row: Vec<String> = ran.iter().map(|(row, count)| format!("{row}: {count}")).collect();
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(
        std::io::stderr(),
        "attacks: {} cases ran against the engine; by row {}",
        table.cases.len(),
        per_row.join(", ")
    );
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(ran.into_keys().collect::<Vec<_>>(), ROWS);
}

#[test]
fn reserved_claims_cannot_be_given_as_custom_claims() {
    let table = Table::read();
    let engine = table.engine("headers", &Map::new(), Some("admin"), None, 401);
    for name in &table.reserved_claims {
        let claims = Map::from_iter([(name.clone(), Value::from("false"))]);
        let token = NewToken::access("user123").claims(claims);
        let refused = engine.issue(&token, table.now(None), &SystemRandom);
        assert!(
            matches!(&refused, Err(IssueError::ReservedClaim(claim)) if claim == name),
            "{name}: {refused:?}"
        );
    }
}

#[derive(Deserialize)]
struct Table {
    now: f64,
    marker: String,
    reserved_claims: Vec<String>,
    configurations: BTreeMap<String, Map<String, Value>>,
    routes: BTreeMap<String, Route>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Route {
    #[serde(rename = "type")]
    kind: TokenKind,
    any_type: bool,
    fresh: bool,
    csrf: Option<bool>,
    locations: Option<Vec<String>>,
    scopes: Vec<String>,
    all_required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    row: u32,
    name: String,
    configuration: String,
    #[serde(default)]
    settings: Map<String, Value>,
    login_type: Option<String>,
    ring: Option<Vec<RingKey>>,
    route: String,
    now: Option<f64>,
    request: Parts,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingKey {
    algorithm: String,
    kid: String,
    secret: Option<String>,
    public_pem: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    method: String,
    #[serde(default)]
    headers: Vec<(String, Text)>,
    #[serde(default)]
    query: Text,
    #[serde(default)]
    body: Text,
    #[serde(default)]
    fields: Vec<(String, String)>,
    #[serde(default)]
    endless: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Accepted {
        sub: Text,
    },
    Refused {
        error_type: String,
        status: BTreeMap<String, u16>,
        www_authenticate: BTreeMap<String, Option<String>>,
    },
}

/// A text with its repetitions folded.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Folded(Vec<Part>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Plain(String),
    Repeat { repeat: (String, usize) },
}

impl Table {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/attacks/cases.json");
        let json = std::fs::read_to_string(&path).expect("the table of hostile requests");
        serde_json::from_str(&json).expect("a table of the shape that generate.py describes")
    }

    fn now(&self, own: Option<f64>) -> Timestamp {
        Timestamp::from_seconds_f64(own.unwrap_or(self.now)).expect("an instant")
    }

    fn engine(
        &self,
        configuration: &str,
        settings: &Map<String, Value>,
        login_type: Option<&str>,
        ring: Option<&[RingKey]>,
        undecodable_status: u16,
    ) -> Engine {
        let mut builder = Config::builder()
            .set("JWT_INVALID_TOKEN_STATUS", &SettingValue::Integer(undecodable_status.into()))
            .expect("a status");
        for (name, value) in self.configurations[configuration].iter().chain(settings) {
            builder = builder.set(name, &setting(value)).expect("a setting");
        }
        if let Some(login_type) = login_type {
            builder = builder.login_type(login_type);
        }
        if let Some(ring) = ring {
            let keys = ring.iter().map(RingKey::key);
            builder = builder.keys(KeyRing::new(keys).expect("a ring"));
        }
        Engine::new(builder.build().expect("a configuration"))
    }

    /// Does what a face does, and compares what comes of it with what the case says.
    fn run(&self, case: &Case, undecodable_status: u16) -> Result<(), String> {
        let engine = self.engine(
            &case.configuration,
            &case.settings,
            case.login_type.as_deref(),
            case.ring.as_deref(),
            undecodable_status,
        );
        let requirement = self.routes[&case.route].requirement();
        let outcome = decide(&engine, &case.request, &requirement, self.now(case.now));
        match (&case.expect, outcome) {
            (Expected::Accepted { sub }, Ok(own)) if own == sub.expand() => Ok(()),
            (Expected::Accepted { .. }, Ok(_)) => Err("accepted as somebody else".to_owned()),
            (Expected::Accepted { .. }, Err(error)) => Err(format!("refused: {error:?}")),
            (Expected::Refused { error_type, .. }, Ok(_)) => {
                Err(format!("accepted, where {error_type} is right"))
            }
            (Expected::Refused { error_type, status, www_authenticate }, Err(error)) => {
                let mode = undecodable_status.to_string();
                let expected =
                    (error_type.as_str(), status[&mode], www_authenticate[&mode].as_deref());
                let answer = engine.answer(&error);
                let own = (answer.error_type, answer.status, answer.www_authenticate);
                if own != expected {
                    return Err(format!("{own:?} ({error:?}), where {expected:?} is right"));
                }
                self.check_silence(&format!("{error} {error:?} {answer:?}"))
            }
        }
    }

    /// Nothing of the payload, of a secret, of a token is in the text.
    fn check_silence(&self, text: &str) -> Result<(), String> {
        if text.contains(&self.marker) || text.contains("eyJ") {
            return Err(format!("says what it must not: {text}"));
        }
        Ok(())
    }
}

fn decide(
    engine: &Engine,
    parts: &Parts,
    requirement: &Requirement,
    now: Timestamp,
) -> Result<String, Error> {
    let headers: Vec<(String, Vec<u8>)> =
        parts.headers.iter().map(|(name, value)| (name.clone(), value.bytes())).collect();
    let query = parts.query.bytes();
    let fields: Vec<(&str, &str)> =
        parts.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request::new(&parts.method, headers.as_slice()).query(&query);

    let body;
    let request = match engine.wants_body(&request, requirement) {
        Some(BodyWanted::Json) => match parts.body_within(engine.config().max_body_size()) {
            Some(bytes) => {
                body = bytes;
                request.json(&body)
            }
            None => request,
        },
        Some(BodyWanted::Form) => request.form(&fields),
        None => request,
    };

    let token = engine.find_token(&request, requirement)?;
    assert!(!format!("{token:?}").contains("eyJ"), "a token shows itself");
    let claims = engine.verify::<()>(&token, requirement, now);
    let with_custom_claims = engine.verify::<JsonClaims>(&token, requirement, now);
    assert_eq!(
        with_custom_claims.map(|claims| claims.sub),
        claims.as_ref().map(|claims| claims.sub.clone()).map_err(Clone::clone),
        "custom claims make a difference"
    );
    claims.map(|claims| claims.sub)
}

impl Parts {
    /// The body as a face reads it: not at all where it is larger than the bound, or says so.
    fn body_within(&self, bound: usize) -> Option<Vec<u8>> {
        let announced = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map(|(_, value)| value.expand())
            .find(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
            .map_or(0, |digits| digits.parse().unwrap_or(usize::MAX));
        let body = self.body.bytes();
        (!self.endless && announced <= bound && body.len() <= bound).then_some(body)
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
        }
    }
}

impl Route {
    fn requirement(&self) -> Requirement {
        let mut requirement = Requirement::of(self.kind).freshness(self.fresh);
        if self.any_type {
            requirement = requirement.any_kind();
        }
        if let Some(asked) = self.csrf {
            let check = if asked { CsrfCheck::Always } else { CsrfCheck::Never };
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

impl Default for Text {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

impl Text {
    fn expand(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Folded(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Plain(text) => text.clone(),
                    Part::Repeat { repeat: (text, times) } => text.repeat(*times),
                })
                .collect(),
        }
    }

    /// Every character is one byte.
    fn bytes(&self) -> Vec<u8> {
        let byte = |character| u8::try_from(u32::from(character)).expect("a Latin-1 character");
        self.expand().chars().map(byte).collect()
    }
}

fn setting(value: &Value) -> SettingValue {
    match value {
        Value::Null => SettingValue::None,
        Value::Bool(value) => SettingValue::Bool(*value),
        Value::Number(number) => SettingValue::Integer(number.as_i64().expect("a whole number")),
        Value::String(text) => SettingValue::text(text.as_str()),
        Value::Array(items) => {
            let text = |item: &Value| item.as_str().expect("a list of texts").to_owned();
            SettingValue::List(items.iter().map(text).collect())
        }
        Value::Object(_) => panic!("no setting is an object"),
    }
}
