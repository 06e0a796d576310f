//! Settings: the ways to set them, their defaults, and the values that are refused.

use std::collections::BTreeSet;
use std::time::Duration;

use authx::config::{
    SETTING_NAMES, SameSite, SettingValue, StaleReplica, TokenLifetime, TokenTypeSettings,
    TokenTypes, UnknownSubject,
};
use authx::token::Audience;
use authx::{
    Algorithm, Config, ConfigBuilder, ConfigError, Engine, Error, Location, NewToken, Secret,
    TokenKind,
};

mod support;
use support::{SECRET, config, engine_with, issue, payload_of, seconds, sign_payload, verify};

/// A setting's name, a value as a string and with its type, and the builder's method.
type Way = (&'static str, &'static str, SettingValue, fn(ConfigBuilder) -> ConfigBuilder);

#[test]
fn every_setting_can_be_set_by_method_by_name_and_by_environment() {
    let default = format!("{:?}", Config::builder());
    let mut seen = BTreeSet::new();
    for (name, text, value, by_method) in ways() {
        let by_method = format!("{:?}", by_method(Config::builder()));
        let by_name = Config::builder().set(name, &value).expect(name);
        let by_string = Config::builder().set(name, &SettingValue::string(text)).expect(name);
        let by_environment = Config::builder().variables([(name, text)]).expect(name);
        let lower = Config::builder().variables([(name.to_lowercase(), text)]).expect(name);
        assert_ne!(by_method, default, "{name} has no effect");
        for (way, builder) in [
            ("by name", by_name),
            ("by string", by_string),
            ("by environment", by_environment),
            ("by environment in lower case", lower),
        ] {
            assert_eq!(format!("{builder:?}"), by_method, "{name} {way}");
        }
        assert!(seen.insert(name), "{name} is listed twice");
    }
    assert_eq!(seen, BTreeSet::from_iter(SETTING_NAMES.iter().copied()));
}

fn ways() -> Vec<Way> {
    use SettingValue::{Bool, Integer, List, Seconds};
    let text = |text: &str| SettingValue::string(text);
    let list = |items: &[&str]| List(items.iter().map(|&item| item.to_owned()).collect());
    vec![
        ("JWT_ALGORITHM", "ES256K", text("ES256K"), |c| c.algorithm(Algorithm::Es256k)),
        ("JWT_DECODE_ALGORITHMS", "HS256,EdDSA", list(&["HS256", "EdDSA"]), |c| {
            c.decode_algorithms([Algorithm::Hs256, Algorithm::EdDsa])
        }),
        ("JWT_SECRET_KEY", "s", text("s"), |c| c.secret_key(Secret::from("s"))),
        ("JWT_PREVIOUS_SECRET_KEY", "s", text("s"), |c| c.previous_secret_key(Secret::from("s"))),
        ("JWT_PRIVATE_KEY", "s", text("s"), |c| c.private_key(Secret::from("s"))),
        ("JWT_PUBLIC_KEY", "s", text("s"), |c| c.public_key(Secret::from("s"))),
        ("JWT_PREVIOUS_PUBLIC_KEY", "s", text("s"), |c| c.previous_public_key(Secret::from("s"))),
        ("JWT_STRICT_KEYS", "no", Bool(false), |c| c.strict_keys(false)),
        ("JWT_ACCESS_TOKEN_EXPIRES", "300", Integer(300), |c| c.access_token_expires(seconds(300))),
        ("JWT_REFRESH_TOKEN_EXPIRES", "null", SettingValue::None, |c| {
            c.refresh_token_expires(TokenLifetime::Never)
        }),
        (
            "JWT_TOKEN_TYPES",
            r#"{"reset": {"expires": "10m"}}"#,
            text(r#"{"reset": {"expires": 600}}"#),
            |c| {
                let reset = TokenTypeSettings::default().expires(Duration::from_secs(600));
                c.token_types(TokenTypes::default().with("reset", reset))
            },
        ),
        ("JWT_IDENTITY_CLAIM", "uid", text("uid"), |c| c.identity_claim("uid")),
        ("JWT_ENCODE_AUDIENCE", "[\"a\", \"b\"]", list(&["a", "b"]), |c| {
            c.encode_audience(Audience::Many(vec!["a".into(), "b".into()]))
        }),
        ("JWT_ENCODE_ISSUER", "me", text("me"), |c| c.encode_issuer("me".to_owned())),
        ("JWT_ENCODE_NBF", "0", Bool(false), |c| c.encode_nbf(false)),
        ("JWT_DECODE_AUDIENCE", "a", text("a"), |c| c.decode_audience(Audience::One("a".into()))),
        ("JWT_DECODE_ISSUER", "me", text("me"), |c| c.decode_issuer("me".to_owned())),
        ("JWT_DECODE_ANY_LOGIN_TYPE", "1", Bool(true), |c| c.decode_any_login_type(true)),
        ("JWT_DECODE_LEEWAY", "0.5", Seconds(0.5), |c| c.decode_leeway(Duration::from_millis(500))),
        ("JWT_MAX_TOKEN_SIZE", "100", Integer(100), |c| c.max_token_size(100_usize)),
        ("JWT_MAX_BODY_SIZE", "100", Integer(100), |c| c.max_body_size(100_usize)),
        ("JWT_VERIFICATION_CACHE_ENTRIES", "100", Integer(100), |c| {
            c.verification_cache_entries(100_usize)
        }),
        ("JWT_VERIFICATION_CACHE_BYTES", "70000", Integer(70_000), |c| {
            c.verification_cache_bytes(70_000_usize)
        }),
        ("JWT_TOKEN_LOCATION", "[\"cookies\", \"json\"]", list(&["cookies", "json"]), |c| {
            c.token_location([Location::Cookies, Location::Json])
        }),
        ("JWT_ACCESS_TOKEN_LOCATION", "query", list(&["query"]), |c| {
            c.access_token_location(vec![Location::Query])
        }),
        ("JWT_REFRESH_TOKEN_LOCATION", "cookies", list(&["cookies"]), |c| {
            c.refresh_token_location(vec![Location::Cookies])
        }),
        ("JWT_HEADER_NAME", "X-Token", text("X-Token"), |c| c.header_name("X-Token")),
        ("JWT_HEADER_TYPE", "", text(""), |c| c.header_type("")),
        ("JWT_QUERY_STRING_NAME", "t", text("t"), |c| c.query_string_name("t")),
        ("JWT_JSON_KEY", "t", text("t"), |c| c.json_key("t")),
        ("JWT_REFRESH_JSON_KEY", "t", text("t"), |c| c.refresh_json_key("t")),
        ("JWT_ACCESS_COOKIE_NAME", "t", text("t"), |c| c.access_cookie_name("t")),
        ("JWT_ACCESS_COOKIE_PATH", "/a", text("/a"), |c| c.access_cookie_path("/a")),
        ("JWT_REFRESH_COOKIE_NAME", "t", text("t"), |c| c.refresh_cookie_name("t")),
        ("JWT_REFRESH_COOKIE_PATH", "/a", text("/a"), |c| c.refresh_cookie_path("/a")),
        ("JWT_COOKIE_DOMAIN", "a.example", text("a.example"), |c| {
            c.cookie_domain("a.example".to_owned())
        }),
        ("JWT_COOKIE_MAX_AGE", "PT1M", Integer(60), |c| c.cookie_max_age(seconds(60))),
        ("JWT_SESSION_COOKIE", "false", Bool(false), |c| c.session_cookie(false)),
        ("JWT_COOKIE_SAMESITE", "Strict", text("strict"), |c| c.cookie_samesite(SameSite::Strict)),
        ("JWT_COOKIE_SECURE", "False", Bool(false), |c| c.cookie_secure(false)),
        ("JWT_COOKIE_HTTP_ONLY", "off", Bool(false), |c| c.cookie_http_only(false)),
        ("JWT_COOKIE_CSRF_PROTECT", "n", Bool(false), |c| c.cookie_csrf_protect(false)),
        ("JWT_CSRF_METHODS", "POST, GET", list(&["POST", "GET"]), |c| {
            c.csrf_methods(["POST", "GET"].map(str::to_owned))
        }),
        ("JWT_CSRF_IN_COOKIES", "f", Bool(false), |c| c.csrf_in_cookies(false)),
        ("JWT_CSRF_CHECK_FORM", "TRUE", Bool(true), |c| c.csrf_check_form(true)),
        ("JWT_ACCESS_CSRF_COOKIE_NAME", "t", text("t"), |c| c.access_csrf_cookie_name("t")),
        ("JWT_ACCESS_CSRF_COOKIE_PATH", "/a", text("/a"), |c| c.access_csrf_cookie_path("/a")),
        ("JWT_ACCESS_CSRF_FIELD_NAME", "t", text("t"), |c| c.access_csrf_field_name("t")),
        ("JWT_ACCESS_CSRF_HEADER_NAME", "t", text("t"), |c| c.access_csrf_header_name("t")),
        ("JWT_REFRESH_CSRF_COOKIE_NAME", "t", text("t"), |c| c.refresh_csrf_cookie_name("t")),
        ("JWT_REFRESH_CSRF_COOKIE_PATH", "/a", text("/a"), |c| c.refresh_csrf_cookie_path("/a")),
        ("JWT_REFRESH_CSRF_FIELD_NAME", "t", text("t"), |c| c.refresh_csrf_field_name("t")),
        ("JWT_REFRESH_CSRF_HEADER_NAME", "t", text("t"), |c| c.refresh_csrf_header_name("t")),
        ("JWT_WEBSOCKET_TOKEN_LOCATION", "subprotocol", list(&["subprotocol"]), |c| {
            c.websocket_token_location(vec![Location::Subprotocol])
        }),
        ("JWT_WEBSOCKET_ALLOWED_ORIGINS", "https://a.example", list(&["https://a.example"]), |c| {
            c.websocket_allowed_origins(["https://a.example".to_owned()])
        }),
        ("JWT_WEBSOCKET_CHECK_INTERVAL", "PT5S", Seconds(5.0), |c| {
            c.websocket_check_interval(seconds(5))
        }),
        ("JWT_IMPLICIT_REFRESH_DELTATIME", "00:01:00", Seconds(60.0), |c| {
            c.implicit_refresh_deltatime(seconds(60))
        }),
        ("JWT_IMPLICIT_REFRESH_MAX_AGE", "3600", Integer(3600), |c| {
            c.implicit_refresh_max_age(seconds(3600))
        }),
        ("JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE", "/a,/b", list(&["/a", "/b"]), |c| {
            c.implicit_refresh_route_exclude(["/a", "/b"].map(str::to_owned))
        }),
        ("JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE", "/a", list(&["/a"]), |c| {
            c.implicit_refresh_route_include(["/a".to_owned()])
        }),
        ("JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE", "GET", list(&["GET"]), |c| {
            c.implicit_refresh_method_exclude(["GET".to_owned()])
        }),
        ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", "GET", list(&["GET"]), |c| {
            c.implicit_refresh_method_include(["GET".to_owned()])
        }),
        ("JWT_ERROR_MESSAGE_KEY", "detail", text("detail"), |c| c.error_message_key("detail")),
        ("JWT_EXPLAIN_ERRORS", "true", Bool(true), |c| c.explain_errors(true)),
        ("JWT_INVALID_TOKEN_STATUS", "422", Integer(422), |c| c.invalid_token_status(422_u16)),
        ("JWT_UNKNOWN_SUBJECT", "none", SettingValue::string("NONE"), |c| {
            c.unknown_subject(UnknownSubject::None)
        }),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", "56", Integer(56), |c| c.rate_limit_ipv6_prefix(56)),
        ("JWT_SESSION_TRACKING", "true", Bool(true), |c| c.session_tracking(true)),
        ("JWT_SESSION_UPDATE_LAST_ACTIVE", "false", Bool(false), |c| {
            c.session_update_last_active(false)
        }),
        ("JWT_REFRESH_GRACE", "PT1M", Integer(60), |c| c.refresh_grace(seconds(60))),
        ("JWT_LOGIN_MAX_AGE", "30d", Integer(2_592_000), |c| c.login_max_age(seconds(2_592_000))),
        ("JWT_MAX_LOGINS", "5", Integer(5), |c| c.max_logins(5_usize)),
        ("JWT_MAX_FAILED_LOGINS", "5", Integer(5), |c| c.max_failed_logins(5_usize)),
        ("JWT_FAILED_LOGINS_WINDOW", "1h", Integer(3600), |c| {
            c.failed_logins_window(seconds(3600))
        }),
        ("JWT_REFRESH_SINGLE_USE", "true", Bool(true), |c| c.refresh_single_use(true)),
        ("JWT_STORE_MAX_STALENESS", "2s", Integer(2), |c| c.store_max_staleness(seconds(2))),
        ("JWT_STORE_STALE", "refuse", text("refuse"), |c| c.store_stale(StaleReplica::Refuse)),
        ("JWT_STORE_URL", "memory://", text("memory://"), |c| c.store_url("memory://")),
    ]
}

#[test]
fn the_error_for_a_bad_value_names_the_setting_and_the_type_and_never_shows_the_value() {
    const MARK: &str = "never-to-be-seen";
    let text = || SettingValue::string(MARK);
    let list = || SettingValue::List(vec![MARK.to_owned()]);
    let time = "a time of at least 0, as seconds (900), with a unit (15m), as hours (00:15:00) or as ISO 8601 (PT15M)";
    let lifetime = "a time of at least 0 in seconds, or null for never";
    let location = "one of headers, cookies, json, query";
    let prefix = "an integer from 1 to 128";
    let cases = [
        ("JWT_ENCODE_NBF", text(), "a string", "true or false"),
        ("JWT_ENCODE_NBF", SettingValue::string(""), "a string", "true or false"),
        ("JWT_ENCODE_NBF", SettingValue::None, "no value", "true or false"),
        ("JWT_ENCODE_NBF", SettingValue::Integer(77_777), "an integer", "true or false"),
        ("JWT_HEADER_NAME", SettingValue::Bool(true), "a boolean", "a string"),
        ("JWT_HEADER_NAME", SettingValue::None, "no value", "a string"),
        ("JWT_ENCODE_ISSUER", list(), "a list", "a string"),
        ("JWT_SECRET_KEY", list(), "a list", "a string that is not empty"),
        (
            "JWT_SECRET_KEY",
            SettingValue::Integer(77_777),
            "an integer",
            "a string that is not empty",
        ),
        ("JWT_MAX_TOKEN_SIZE", text(), "a string", "an integer of at least 0"),
        (
            "JWT_MAX_TOKEN_SIZE",
            SettingValue::Integer(-77_777),
            "an integer",
            "an integer of at least 0",
        ),
        (
            "JWT_MAX_BODY_SIZE",
            SettingValue::string("-77777"),
            "a string",
            "an integer of at least 0",
        ),
        ("JWT_INVALID_TOKEN_STATUS", SettingValue::Integer(77_777), "an integer", "401 or 422"),
        ("JWT_INVALID_TOKEN_STATUS", SettingValue::string("400"), "a string", "401 or 422"),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", SettingValue::Integer(0), "an integer", prefix),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", SettingValue::Integer(77_777), "an integer", prefix),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", SettingValue::string("129"), "a string", prefix),
        ("JWT_DECODE_LEEWAY", text(), "a string", time),
        ("JWT_DECODE_LEEWAY", SettingValue::Seconds(-77_777.0), "a duration", time),
        ("JWT_COOKIE_MAX_AGE", SettingValue::Seconds(f64::NAN), "a duration", time),
        ("JWT_COOKIE_MAX_AGE", SettingValue::Bool(true), "a boolean", time),
        ("JWT_IMPLICIT_REFRESH_DELTATIME", SettingValue::None, "no value", time),
        ("JWT_ACCESS_TOKEN_EXPIRES", text(), "a string", lifetime),
        ("JWT_ACCESS_TOKEN_EXPIRES", SettingValue::Integer(i64::MAX), "an integer", lifetime),
        ("JWT_REFRESH_TOKEN_EXPIRES", SettingValue::Bool(false), "a boolean", lifetime),
        ("JWT_ALGORITHM", text(), "a string", "one of HS256, HS384, "),
        ("JWT_ALGORITHM", SettingValue::string("none"), "a string", "one of HS256, HS384, "),
        ("JWT_ALGORITHM", SettingValue::string("hs256"), "a string", "one of HS256, HS384, "),
        ("JWT_DECODE_ALGORITHMS", list(), "a list", "one of HS256, HS384, "),
        ("JWT_TOKEN_LOCATION", list(), "a list", location),
        ("JWT_TOKEN_LOCATION", SettingValue::string("header"), "a string", location),
        ("JWT_TOKEN_LOCATION", SettingValue::string("[\"headers\""), "a string", location),
        ("JWT_TOKEN_LOCATION", SettingValue::None, "no value", location),
        ("JWT_ACCESS_TOKEN_LOCATION", text(), "a string", location),
        ("JWT_COOKIE_SAMESITE", text(), "a string", "one of lax, strict, none"),
        (
            "JWT_ENCODE_AUDIENCE",
            SettingValue::Integer(77_777),
            "an integer",
            "a string or a list of strings",
        ),
        (
            "JWT_DECODE_AUDIENCE",
            SettingValue::string("[1]"),
            "a string",
            "a string or a list of strings",
        ),
        ("JWT_CSRF_METHODS", SettingValue::Bool(true), "a boolean", "a string"),
        ("JWT_CSRF_METHODS", SettingValue::string(""), "a string", "a string"),
        ("JWT_CSRF_METHODS", SettingValue::string(" , "), "a string", "a string"),
    ];
    for (setting, value, found, expected) in cases {
        let error = Config::builder().set(setting, &value).expect_err(setting);
        let message = error.to_string();
        let start = format!("{setting}: {found} that is not allowed, expected {expected}");
        assert!(message.starts_with(&start), "{message}");
        for shown in [message, format!("{error:?}")] {
            assert!(!shown.contains(MARK) && !shown.contains("77777"), "{shown}");
        }
    }
    let error = Config::builder().variables([("JWT_ENCODE_NBF", MARK)]).expect_err("no boolean");
    assert!(error.to_string().starts_with("JWT_ENCODE_NBF: a string"), "{error}");
}

#[test]
fn an_unknown_setting_is_an_error_by_name_and_ignored_in_the_environment() {
    for name in ["JWT_SECRET", "jwt_secret_key", "SECRET_KEY", "JWT_SECRET_KEY ", ""] {
        let error = Config::builder().set(name, &SettingValue::string("never-to-be-seen"));
        let error = error.expect_err(name);
        assert_eq!(error, ConfigError::UnknownSetting(name.to_owned()));
        assert!(!error.to_string().contains("never-to-be-seen"));
    }
    let variables = [("JWT_SECRET", "1"), ("PATH", "/bin"), ("JWT_SECRET_KEY", SECRET)];
    let config = Config::builder().variables(variables).expect("ignored").build();
    assert!(config.is_ok());
}

#[test]
fn an_error_names_its_setting_and_has_its_cause_as_source() {
    use std::error::Error as _;

    let weak = Config::builder().secret_key(Secret::from("short")).build().expect_err("weak");
    let cause = weak.source().expect("the key's error").to_string();
    assert_eq!(weak.to_string(), format!("JWT_SECRET_KEY: {cause}"));
    let missing = Config::builder().build().expect_err("no key");
    assert!(missing.to_string().contains("JWT_SECRET_KEY") && missing.source().is_none());
    let ring: ConfigError = ConfigError::KeyRing(authx::key::KeyRingError::Empty);
    assert!(ring.to_string().starts_with("JWT_*_KEY settings: ") && ring.source().is_some());
}

#[test]
fn null_in_the_environment_switches_a_setting_off() {
    let built = |variables: &[(&str, &str)]| {
        let key = [("JWT_SECRET_KEY", SECRET)];
        let variables = key.iter().chain(variables).copied();
        Config::builder().variables(variables).and_then(ConfigBuilder::build)
    };
    let config = built(&[
        ("JWT_COOKIE_SAMESITE", "null"),
        ("JWT_IMPLICIT_REFRESH_MAX_AGE", "null"),
        ("JWT_ACCESS_TOKEN_LOCATION", "null"),
        ("JWT_ACCESS_TOKEN_EXPIRES", "null"),
    ]);
    let engine = Engine::new(config.expect("settings"));
    assert!(!engine.unset_cookies(TokenKind::Access)[0].contains("SameSite"));
    for (name, value) in [("JWT_SECRET_KEY", "null"), ("JWT_ERROR_MESSAGE_KEY", "null")] {
        let error = built(&[(name, value)]).expect_err("a required setting");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn values_that_are_invalid_or_inconsistent_are_an_error_that_names_the_setting() {
    type Change = fn(ConfigBuilder) -> ConfigBuilder;
    let cases: [(&str, &str, Change); 57] = [
        ("JWT_HEADER_NAME", "a space", |c| c.header_name("X Token")),
        ("JWT_HEADER_NAME", "nothing", |c| c.header_name("")),
        ("JWT_HEADER_NAME", "a line break", |c| c.header_name("X-Token\r\n")),
        ("JWT_HEADER_TYPE", "two words", |c| c.header_type("Bearer of")),
        ("JWT_ACCESS_CSRF_HEADER_NAME", "a colon", |c| c.access_csrf_header_name("X:CSRF")),
        ("JWT_REFRESH_CSRF_HEADER_NAME", "nothing", |c| c.refresh_csrf_header_name("")),
        ("JWT_ACCESS_COOKIE_NAME", "a semicolon", |c| c.access_cookie_name("a;b")),
        ("JWT_REFRESH_COOKIE_NAME", "an equals sign", |c| c.refresh_cookie_name("a=b")),
        ("JWT_ACCESS_CSRF_COOKIE_NAME", "a letter beyond ASCII", |c| {
            c.access_csrf_cookie_name("ä")
        }),
        ("JWT_REFRESH_CSRF_COOKIE_NAME", "nothing", |c| c.refresh_csrf_cookie_name("")),
        ("JWT_QUERY_STRING_NAME", "nothing", |c| c.query_string_name("")),
        ("JWT_JSON_KEY", "nothing", |c| c.json_key("")),
        ("JWT_REFRESH_JSON_KEY", "nothing", |c| c.refresh_json_key("")),
        ("JWT_ACCESS_CSRF_FIELD_NAME", "nothing", |c| c.access_csrf_field_name("")),
        ("JWT_REFRESH_CSRF_FIELD_NAME", "nothing", |c| c.refresh_csrf_field_name("")),
        ("JWT_IDENTITY_CLAIM", "nothing", |c| c.identity_claim("")),
        ("JWT_IDENTITY_CLAIM", "a registered claim", |c| c.identity_claim("exp")),
        ("JWT_IDENTITY_CLAIM", "a registered claim", |c| c.identity_claim("login_type")),
        ("JWT_ERROR_MESSAGE_KEY", "nothing", |c| c.error_message_key("")),
        ("JWT_ERROR_MESSAGE_KEY", "the key of another field", |c| {
            c.error_message_key("error_type")
        }),
        ("JWT_ERROR_MESSAGE_KEY", "the key of an optional field", |c| {
            c.error_message_key("explanation")
        }),
        ("JWT_TOKEN_LOCATION", "none", |c| c.token_location([])),
        ("JWT_ACCESS_TOKEN_LOCATION", "none", |c| c.access_token_location(vec![])),
        ("JWT_REFRESH_TOKEN_LOCATION", "none", |c| c.refresh_token_location(vec![])),
        ("JWT_TOKEN_LOCATION", "a location of WebSockets", |c| {
            c.token_location([Location::Headers, Location::Subprotocol])
        }),
        ("JWT_ACCESS_TOKEN_LOCATION", "a location of WebSockets", |c| {
            c.access_token_location(vec![Location::Subprotocol])
        }),
        ("JWT_REFRESH_TOKEN_LOCATION", "a location of WebSockets", |c| {
            c.refresh_token_location(vec![Location::Subprotocol])
        }),
        ("JWT_WEBSOCKET_TOKEN_LOCATION", "none", |c| c.websocket_token_location(vec![])),
        ("JWT_WEBSOCKET_TOKEN_LOCATION", "a body", |c| {
            c.websocket_token_location(vec![Location::Headers, Location::Json])
        }),
        ("JWT_CSRF_METHODS", "no method", |c| c.csrf_methods(["PO ST".to_owned()])),
        ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", "no method", |c| {
            c.implicit_refresh_method_include([String::new()])
        }),
        ("JWT_COOKIE_SAMESITE", "none without Secure", |c| {
            c.cookie_samesite(SameSite::None).cookie_secure(false)
        }),
        ("JWT_COOKIE_DOMAIN", "an attribute", |c| c.cookie_domain("a; Secure".to_owned())),
        ("JWT_COOKIE_DOMAIN", "a URL", |c| c.cookie_domain("https://example.com")),
        ("JWT_COOKIE_DOMAIN", "a port", |c| c.cookie_domain("example.com:8000")),
        ("JWT_COOKIE_DOMAIN", "a wildcard", |c| c.cookie_domain("*.example.com")),
        ("JWT_COOKIE_DOMAIN", "a path", |c| c.cookie_domain("example.com/")),
        ("JWT_COOKIE_DOMAIN", "two names", |c| c.cookie_domain("a.example,b.example")),
        ("JWT_COOKIE_DOMAIN", "a blank", |c| c.cookie_domain(" ")),
        ("JWT_COOKIE_DOMAIN", "an empty label", |c| c.cookie_domain("a..example")),
        ("JWT_ACCESS_COOKIE_PATH", "an attribute", |c| c.access_cookie_path("/; Domain=a")),
        ("JWT_REFRESH_COOKIE_PATH", "no slash", |c| c.refresh_cookie_path("a")),
        ("JWT_ACCESS_CSRF_COOKIE_PATH", "nothing", |c| c.access_csrf_cookie_path("")),
        ("JWT_REFRESH_CSRF_COOKIE_PATH", "a line break", |c| c.refresh_csrf_cookie_path("/\r\n")),
        ("JWT_ACCESS_COOKIE_NAME", "__Host- without Secure", |c| {
            c.access_cookie_name("__Host-a").cookie_secure(false)
        }),
        ("JWT_ACCESS_COOKIE_NAME", "__host- with a domain", |c| {
            c.access_cookie_name("__host-a").cookie_domain("a.example".to_owned())
        }),
        ("JWT_REFRESH_COOKIE_NAME", "__Host- with a path", |c| {
            c.refresh_cookie_name("__Host-a").refresh_cookie_path("/refresh")
        }),
        ("JWT_ACCESS_CSRF_COOKIE_NAME", "__Secure- without Secure", |c| {
            c.access_csrf_cookie_name("__Secure-a").cookie_secure(false)
        }),
        ("JWT_REFRESH_COOKIE_NAME", "the access cookie's name", |c| {
            c.access_cookie_name("a").refresh_cookie_name("a")
        }),
        ("JWT_ACCESS_CSRF_COOKIE_NAME", "a token's cookie's name", |c| {
            c.access_csrf_cookie_name("refresh_token_cookie")
        }),
        ("JWT_WEBSOCKET_ALLOWED_ORIGINS", "a path", |c| {
            c.websocket_allowed_origins(["https://a.example/".to_owned()])
        }),
        ("JWT_WEBSOCKET_ALLOWED_ORIGINS", "a star", |c| {
            c.websocket_allowed_origins(["*".to_owned()])
        }),
        ("JWT_WEBSOCKET_CHECK_INTERVAL", "nothing", |c| c.websocket_check_interval(Duration::ZERO)),
        ("JWT_INVALID_TOKEN_STATUS", "a status of success", |c| c.invalid_token_status(200_u16)),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", "no bit", |c| c.rate_limit_ipv6_prefix(0)),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", "a bit too many", |c| c.rate_limit_ipv6_prefix(129)),
        ("JWT_DECODE_LEEWAY", "for ever", |c| c.decode_leeway(Duration::MAX)),
    ];
    for (setting, name, change) in cases {
        let error = change(config()).build().expect_err(name);
        assert!(error.to_string().starts_with(&format!("{setting}: ")), "{name}: {error}");
    }
    let times: [Change; 5] = [
        |c| c.access_token_expires(Duration::MAX),
        |c| c.refresh_token_expires(Duration::MAX),
        |c| c.cookie_max_age(Duration::MAX),
        |c| c.implicit_refresh_deltatime(Duration::MAX),
        |c| c.implicit_refresh_max_age(Duration::MAX),
    ];
    for change in times {
        let error = change(config()).build().expect_err("for ever");
        assert!(error.to_string().ends_with("at most a thousand years"), "{error}");
    }
}

#[test]
fn cookies_with_name_prefixes_are_possible_where_their_rules_hold() {
    let host = config()
        .access_cookie_name("__Host-access")
        .refresh_cookie_name("__Secure-refresh")
        .refresh_cookie_path("/refresh")
        .cookie_samesite(SameSite::None);
    assert!(host.build().is_ok());
}

#[test]
fn each_type_of_token_has_its_own_locations_or_the_common_ones() {
    use Location::{Cookies, Headers, Query};
    let common = config().token_location([Headers, Query]);
    let locations = |config: ConfigBuilder| {
        let config = config.build().expect("valid");
        let of = |kind| config.locations(kind).to_vec();
        (of(TokenKind::Access), of(TokenKind::Refresh))
    };
    let both = vec![Headers, Query];
    assert_eq!(locations(common.clone()), (both.clone(), both.clone()));
    let refresh = common.clone().refresh_token_location(vec![Cookies]);
    assert_eq!(locations(refresh), (both.clone(), vec![Cookies]));
    let access = common.access_token_location(vec![Cookies]);
    assert_eq!(locations(access), (vec![Cookies], both));
}

#[test]
fn the_identity_claim_replaces_sub() {
    let engine = engine_with(|config| config.identity_claim("uid"));
    let token = issue(&engine, &NewToken::access("user123"));
    let payload = payload_of(&token);
    assert_eq!((&payload["uid"], payload.get("sub")), (&"user123".into(), None));
    assert_eq!(verify(&engine, &token).map(|claims| claims.sub), Ok("user123".to_owned()));
    let with_sub = sign_payload(&support::minimal_payload());
    assert!(matches!(verify(&engine, &with_sub), Err(Error::Malformed(_))));
}

#[test]
fn the_configuration_has_what_a_face_needs() {
    let config = config()
        .max_body_size(77_usize)
        .error_message_key("detail")
        .invalid_token_status(422_u16)
        .rate_limit_ipv6_prefix(56)
        .login_type("admin")
        .header_name("X-Token")
        .access_csrf_header_name("X-Access")
        .refresh_csrf_header_name("X-Refresh")
        .build()
        .expect("valid");
    assert_eq!(config.max_body_size(), 77);
    assert_eq!(config.error_message_key(), "detail");
    assert_eq!(config.invalid_token_status(), 422);
    assert_eq!(config.rate_limit_ipv6_prefix(), 56);
    assert_eq!(config.login_type(), Some("admin"));
    assert_eq!(config.keys().algorithm(), Algorithm::Hs256);
    assert_eq!(config.warnings(), [""; 0]);
    let read = ["cookie", "x-token", "X-ACCESS", "x-refresh", "Content-Type", "origin", "Host"];
    for name in read {
        assert!(config.reads_header(name.as_bytes()), "{name}");
    }
    for name in ["authorization", "x-csrf-token", "accept", ""] {
        assert!(!config.reads_header(name.as_bytes()), "{name}");
    }
    let engine = Engine::new(config);
    assert_eq!(engine.answer(&Error::Expired).status, 422);
    assert_eq!(engine.answer(&Error::FreshTokenRequired).status, 401);
}
