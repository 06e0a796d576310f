//! Environment variables, as every service reads them: `tests/settings/variables.json`, which the Python tests run too.

use std::path::Path;

use authx::config::{SettingValue, misspelt, read_variable};
use authx::{Algorithm, Config, Key};
use serde::Deserialize;
use serde_json::Value;

mod support;
use support::{SECRET, pem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    text: String,
    /// The value that is read, where the variable is sound.
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    /// Whether it counts as not set.
    #[serde(default)]
    unset: bool,
    /// How the error begins.
    error: Option<String>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/settings/variables.json");
    let text = std::fs::read_to_string(path).expect("the table");
    serde_json::from_str(&text).expect("rows")
}

fn setting_value(value: &Value) -> SettingValue {
    match value {
        Value::Null => SettingValue::None,
        Value::Bool(value) => SettingValue::Bool(*value),
        Value::Number(number) => number.as_i64().map_or_else(
            || SettingValue::Seconds(number.as_f64().expect("a number")),
            SettingValue::Integer,
        ),
        Value::String(text) => SettingValue::string(text),
        Value::Array(items) => SettingValue::List(
            items.iter().map(|item| item.as_str().expect("a string").to_owned()).collect(),
        ),
        Value::Object(_) => SettingValue::string(value.to_string()),
    }
}

#[test]
fn every_variable_of_the_table_is_read_as_it_says() {
    let rows = rows();
    assert!(rows.len() >= 150, "{}", rows.len());
    let unchanged = format!("{:?}", Config::builder());
    for Row { name, text, value, unset, error } in rows {
        let row = format!("{name}={text:?}");
        let read = Config::builder().variables([(name.as_str(), text.as_str())]);
        match (value, unset, error) {
            (Some(value), false, None) => {
                let expected = setting_value(&value);
                let set = Config::builder().set(&name, &expected).expect(&row);
                assert_eq!(format!("{:?}", read.expect(&row)), format!("{set:?}"), "{row}");
                let read = read_variable(&name, &text).expect(&row).expect(&row);
                // The builder doesn't show a secret.
                if !value.is_object() {
                    assert_eq!(read.as_str(), expected.as_str(), "{row}");
                }
                let again = Config::builder().set(&name, &read).expect(&row);
                assert_eq!(format!("{again:?}"), format!("{set:?}"), "{row}");
            }
            (None, true, None) => {
                assert_eq!(read_variable(&name, &text), Ok(None), "{row}");
                assert_eq!(format!("{:?}", read.expect(&row)), unchanged, "{row}");
            }
            (None, false, Some(error)) => {
                let built = read.and_then(|builder| match name.as_str() {
                    "JWT_SECRET_KEY" => builder.build(),
                    _ => builder.secret_key(SECRET).build(),
                });
                let refused = built.expect_err(&row).to_string();
                assert!(refused.starts_with(&error), "{row}: {refused}");
            }
            _ => panic!("{row}: one of value, unset and error"),
        }
    }
}

#[test]
fn a_blank_variable_leaves_what_was_set_before() {
    let before = Config::builder().cookie_domain("a.example");
    let after = before.clone().variables([("JWT_COOKIE_DOMAIN", " ")]).expect("read");
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}

#[test]
fn a_misspelt_name_is_warned_of_once_and_others_are_not() {
    let variables = [
        ("JWT_SECRET_KEY", SECRET),
        ("JWT_TOKEN_LOCATIONS", "cookies"),
        ("jwt_token_locations", "cookies"),
        ("JWT_GATEWAY_URL", "https://a.example"),
        ("TOKEN_LOCATION", "cookies"),
    ];
    let config = Config::builder().variables(variables).expect("read").build().expect("settings");
    let warning =
        "JWT_TOKEN_LOCATIONS is not a setting, so it has no effect: is JWT_TOKEN_LOCATION meant?";
    assert_eq!(config.warnings(), [warning]);
    assert_eq!(misspelt("jwt_token_locations").as_deref(), Some(warning));
}

#[test]
fn a_pem_in_quotes_with_escaped_line_ends_or_in_base64_is_read() {
    let base64 = |text: &str| base64_simd::STANDARD.encode_to_string(text);
    let wrapped = |text: &str| {
        let escaped = text.replace('\n', "\\n");
        [
            format!("\"{text}\""),
            format!("'{text}'"),
            escaped.clone(),
            format!(" \"{escaped}\" "),
            text.replace('\n', "\\r\\n"),
            text.replace('\n', "\r\n"),
            base64(text),
            format!("\"{}\"\n", base64(text)),
            base64(&escaped),
            base64(&format!("\u{feff}{text}")),
            format!("\u{feff}{text}"),
        ]
    };
    let own = Config::builder().algorithm(Algorithm::Es256);
    for private in ["p256.pkcs8", "p256.sec1"].into_iter().flat_map(|name| wrapped(pem(name))) {
        let config = own.clone().variables([("JWT_PRIVATE_KEY", private.clone())]).expect("read");
        assert!(config.build().expect(&private).keys().keys().all(Key::can_sign));
        assert!(Key::from_private_pem(Algorithm::Es256, private.as_str()).is_ok(), "{private}");
        assert!(Key::from_weak_secret(Algorithm::Hs256, private.as_str()).is_err(), "{private}");
    }
    for public in ["p256.spki", "certificate"].into_iter().flat_map(|name| wrapped(pem(name))) {
        let pair = own.clone().private_key(pem("p256.pkcs8")).public_key(public.as_str());
        assert!(pair.build().is_ok(), "{public}");
        let secret = Config::builder().strict_keys(false).secret_key(public.as_str()).build();
        let refused = secret.expect_err(&public).to_string();
        assert!(refused.starts_with("JWT_SECRET_KEY: a key of a key pair"), "{refused}");
    }
}
