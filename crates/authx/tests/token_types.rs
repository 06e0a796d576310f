//! Token types of the application's own: what they are accepted for, their lifetime and their locations.

use std::time::Duration;

use authx::config::{SettingValue, TokenTypeSettings, TokenTypes};
use authx::{
    Config, ConfigBuilder, ConfigError, CsrfCheck, Error, IssueError, Location, NewToken, Request,
    RequestToken, Requirement, Secret, SystemRandom, TokenKind,
};

mod support;
use support::{
    NOW, SECRET, engine, engine_with, issue, minimal_payload, now, payload_of, sign_payload, verify,
};

fn kind(name: &str) -> TokenKind {
    name.parse().expect("a token type")
}

fn listing(json: &str) -> ConfigBuilder {
    Config::builder()
        .secret_key(Secret::from(SECRET))
        .set("JWT_TOKEN_TYPES", &SettingValue::string(json))
        .expect("a setting")
}

#[test]
fn a_token_of_one_type_never_passes_for_another() {
    let engine = engine();
    let names = ["access", "refresh", "password_reset", "password_reset2", "e-mail", "einladung:ä"];
    for issued in names {
        let jwt = issue(&engine, &NewToken::of(issued, "ada"));
        for required in names {
            for location in [Location::Headers, Location::Json, Location::Query, Location::Cookies]
            {
                let token = RequestToken::new(&jwt, kind(required), location);
                let requirement = Requirement::of(kind(required)).csrf(CsrfCheck::Never);
                let outcome = engine.verify::<()>(&token, &requirement, now()).map(|_| ());
                let expected = if issued == required {
                    Ok(())
                } else {
                    Err(Error::WrongTokenType { expected: kind(required) })
                };
                assert_eq!(outcome, expected, "{issued} for {required}");

                let any = engine.verify::<()>(&token, &requirement.any_kind(), now()).is_ok();
                let is_built_in = matches!(issued, "access" | "refresh");
                assert_eq!(
                    any,
                    is_built_in || issued == required,
                    "{issued} for {required} or any"
                );
            }
        }
    }
}

#[test]
fn it_is_told_which_type_is_required() {
    let jwt = issue(&engine(), &NewToken::access("ada"));
    let token = RequestToken::new(&jwt, kind("password_reset"), Location::Headers);
    let requirement = Requirement::of(kind("password_reset"));
    let error = engine().verify::<()>(&token, &requirement, now()).map(drop).expect_err("refused");
    assert_eq!(error.error_type(), "TokenTypeError");
    assert_eq!(error.to_string(), "Token of type 'password_reset' required");
}

#[test]
fn only_access_and_refresh_tokens_have_csrf_values_and_cookies() {
    let engine = engine();
    let jwt = issue(&engine, &NewToken::of("invitation", "ada"));
    let payload = payload_of(&jwt);
    assert_eq!(
        (payload["type"].as_str(), payload["sub"].as_str()),
        (Some("invitation"), Some("ada"))
    );
    assert_eq!((payload.get("csrf"), payload.get("fresh")), (None, None));
    assert!(engine.set_cookies(&jwt, kind("invitation"), None, now()).is_err());
    assert!(engine.unset_cookies(kind("invitation")).is_empty());

    // A cookie without a name is none of theirs.
    let requirement = Requirement::of(kind("invitation")).locations([Location::Cookies]);
    let cookie = format!("={jwt}");
    let headers = [("cookie", cookie.as_str())];
    let request = Request::new("GET", headers.as_slice());
    assert_eq!(engine.find_token(&request, &requirement).map(drop), Err(Error::MissingToken));
}

#[test]
fn names_that_cannot_be_a_type_are_refused() {
    let longest = "a".repeat(30);
    assert_eq!(kind(&longest).as_str(), longest);
    for name in ["", " ", "a b", "a\n", "a\0", "\u{7f}", "Access", "REFRESH", &"a".repeat(31)] {
        assert!(name.parse::<TokenKind>().is_err(), "{name:?}");
        let refused = engine().issue(&NewToken::of(name, "ada"), now(), &SystemRandom);
        assert!(matches!(refused, Err(IssueError::TokenKind(_))), "{name:?}: {refused:?}");

        let mut payload = minimal_payload();
        payload["type"] = name.into();
        assert_eq!(
            verify(&engine(), &sign_payload(&payload)).map(drop),
            Err(authx::error::Malformed::Claim("type").into())
        );
    }
    let fresh = engine().issue(&NewToken::of("invitation", "ada").fresh(), now(), &SystemRandom);
    assert!(matches!(fresh, Err(IssueError::FreshWithoutAccess)), "{fresh:?}");
}

#[test]
fn a_type_has_its_own_lifetime_and_locations() {
    let config = listing(
        r#"{"reset": {"expires": "10m", "locations": ["query", "json"]}, "invitation": {"expires": null},
            "download": {"expires": 90}, "hour": {"expires": "PT1H"}, "plain": {}}"#,
    );
    let engine = authx::Engine::new(config.build().expect("a configuration"));
    let seconds = |name: &str| {
        let payload = payload_of(&issue(&engine, &NewToken::of(name, "ada")));
        payload.get("exp").map(|exp| exp.as_i64().expect("a number") - NOW)
    };
    let expected = [
        ("reset", Some(600)),
        ("invitation", None),
        ("download", Some(90)),
        ("hour", Some(3600)),
        ("plain", Some(900)),
        ("not-listed", Some(900)),
    ];
    for (name, lifetime) in expected {
        assert_eq!(seconds(name), lifetime, "{name}");
    }
    assert_eq!(engine.config().locations(kind("reset")), [Location::Query, Location::Json]);
    assert_eq!(engine.config().locations(kind("plain")), [Location::Headers]);

    // Without `exp` only where tokens of this type never expire.
    for (name, accepted) in [("invitation", true), ("reset", false), ("not-listed", false)] {
        let jwt = sign_payload(&serde_json::json!({"sub": "ada", "type": name}));
        let token = RequestToken::new(&jwt, kind(name), Location::Headers);
        let verified = engine.verify::<()>(&token, &Requirement::of(kind(name)), now());
        assert_eq!(verified.is_ok(), accepted, "{name}");
    }
}

#[test]
fn a_type_without_locations_has_those_of_access_tokens_that_are_no_cookies() {
    let of = |locations: &[Location]| {
        let engine = engine_with(|config| config.token_location(locations));
        engine.config().locations(kind("reset")).to_vec()
    };
    assert_eq!(of(&[Location::Cookies, Location::Query]), [Location::Query]);
    assert_eq!(of(&[Location::Cookies]), [Location::Headers]);
}

#[test]
fn the_builder_and_the_setting_are_the_same() {
    let reset =
        TokenTypeSettings::default().expires(Duration::from_secs(600)).location(Location::Query);
    let built = Config::builder()
        .secret_key(Secret::from(SECRET))
        .token_types(TokenTypes::default().with("reset", reset))
        .build()
        .expect("a configuration");
    let set = listing(r#"{"reset": {"expires": 600, "locations": ["query"]}}"#)
        .build()
        .expect("a configuration");
    assert_eq!(built.locations(kind("reset")), set.locations(kind("reset")));
    let lifetime = |config: Config| {
        payload_of(&issue(&authx::Engine::new(config), &NewToken::of("reset", "ada")))["exp"]
            .clone()
    };
    assert_eq!(lifetime(built), lifetime(set));
}

#[test]
fn settings_that_make_no_sense_are_errors_that_name_the_setting() {
    for json in [
        "",
        "7",
        "[]",
        r#"{"reset": 7}"#,
        r#"{"reset": {"expire": 60}}"#,
        r#"{"reset": {"expires": -1}}"#,
        r#"{"reset": {"expires": "soon"}}"#,
        r#"{"reset": {"expires": [1]}}"#,
        r#"{"reset": {"locations": "query"}}"#,
        r#"{"reset": {"locations": ["body"]}}"#,
    ] {
        let refused =
            Config::builder().set("JWT_TOKEN_TYPES", &SettingValue::string(json)).map(drop);
        let error = refused.expect_err(json);
        assert!(
            matches!(error, ConfigError::Value { setting: "JWT_TOKEN_TYPES", .. }),
            "{json}: {error:?}"
        );
    }
    for json in [
        r#"{"access": {}}"#,
        r#"{"refresh": {"expires": 60}}"#,
        r#"{"": {}}"#,
        r#"{"a b": {}}"#,
        r#"{"reset": {"locations": []}}"#,
        r#"{"reset": {"locations": ["query", "cookies"]}}"#,
        r#"{"reset": {"locations": ["subprotocol"]}}"#,
    ] {
        let error = listing(json).build().map(drop).expect_err(json);
        assert!(
            matches!(error, ConfigError::Conflict { setting: "JWT_TOKEN_TYPES", .. }),
            "{json}: {error:?}"
        );
    }
    let twice = TokenTypes::default()
        .with("a", TokenTypeSettings::default())
        .with("a", TokenTypeSettings::default());
    let error =
        Config::builder().secret_key(Secret::from(SECRET)).token_types(twice).build().map(drop);
    assert!(
        matches!(error, Err(ConfigError::Conflict { setting: "JWT_TOKEN_TYPES", .. })),
        "{error:?}"
    );
}

#[test]
fn sessions_are_kept_as_long_as_the_longest_type_may_live() {
    let config = listing(r#"{"year": {"expires": "PT9000H"}}"#).build().expect("a configuration");
    assert_eq!(config.session_max_idle(), Some(Duration::from_secs(9000 * 3600)));
    let config = listing(r#"{"ever": {"expires": null}}"#).build().expect("a configuration");
    assert_eq!(config.session_max_idle(), None);
}

#[test]
fn a_time_in_the_claim_fresh_ends_the_freshness() {
    for entries in [0, 8] {
        let engine = engine_with(|config| config.verification_cache_entries(entries));
        for (fresh, is_fresh) in [
            (serde_json::json!(NOW + 30), true),
            (serde_json::json!(NOW as f64 + 0.5), true),
            (serde_json::json!(NOW), false),
            (serde_json::json!(0), false),
            (serde_json::json!(-5), false),
            (serde_json::json!(true), true),
            (serde_json::json!(false), false),
        ] {
            let mut payload = minimal_payload();
            payload["fresh"] = fresh.clone();
            let jwt = sign_payload(&payload);
            let token = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
            // The second time it is in the cache.
            for _ in 0..2 {
                let claims = verify(&engine, &jwt).expect("an access token");
                assert_eq!(claims.fresh, is_fresh, "{fresh}");
                let outcome = engine.verify::<()>(&token, &Requirement::fresh(), now()).map(drop);
                let expected = if is_fresh { Ok(()) } else { Err(Error::FreshTokenRequired) };
                assert_eq!(outcome, expected, "{fresh}");
            }
            let later = now() + Duration::from_secs(31);
            let outcome = engine.verify::<()>(&token, &Requirement::fresh(), later).map(drop);
            assert_eq!(outcome.is_ok(), fresh == true, "{fresh} later");
        }
        for wrong in [serde_json::json!("yes"), serde_json::json!([1]), serde_json::json!(1e300)] {
            let mut payload = minimal_payload();
            payload["fresh"] = wrong.clone();
            let outcome = verify(&engine, &sign_payload(&payload)).map(drop);
            assert_eq!(outcome, Err(authx::error::Malformed::Claim("fresh").into()), "{wrong}");
        }
    }
}
