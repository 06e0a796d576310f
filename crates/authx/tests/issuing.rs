//! What a new token contains, and what can't be put into it.

use std::collections::BTreeMap;
use std::time::Duration;

use authx::config::TokenLifetime;
use authx::token::{Audience, CsrfToken, JsonClaims};
use authx::{
    Algorithm, Engine, Error, IssueError, NewToken, Requirement, SystemRandom, Timestamp, TokenKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

mod support;
use support::{
    NOW, SECRET, access, at, config, engine, engine_of_ring, engine_with, header_of, issue, now,
    payload_of, refresh, seconds, secret_key, signing_key, verify, verify_at,
};

/// The payload without the random claims.
fn said(engine: &Engine, token: &NewToken<'_>) -> Value {
    let mut payload = payload_of(&issue(engine, token));
    let claims = payload.as_object_mut().expect("an object");
    assert!(claims.remove("jti").is_some() && claims.remove("csrf").is_some());
    payload
}

#[test]
fn a_token_has_the_documented_claims_and_no_others() {
    let common = json!({"sub": "user123", "iat": NOW, "nbf": NOW});
    let with = |more: Value| {
        let mut payload = common.as_object().expect("an object").clone();
        payload.extend(more.as_object().expect("an object").clone());
        Value::Object(payload)
    };
    let cases = [
        (
            "access",
            NewToken::access("user123"),
            json!({"type": "access", "fresh": false, "exp": NOW + 900}),
        ),
        (
            "fresh access",
            NewToken::access("user123").fresh(),
            json!({"type": "access", "fresh": true, "exp": NOW + 900}),
        ),
        (
            "refresh",
            NewToken::refresh("user123"),
            json!({"type": "refresh", "exp": NOW + 20 * 86_400}),
        ),
        (
            "everything",
            NewToken::access("user123")
                .scopes(["a", "b:*"])
                .audience(Audience::Many(vec!["x".into(), "y".into()]))
                .issuer("me")
                .expires_in(seconds(5)),
            json!({
                "type": "access", "fresh": false, "exp": NOW + 5, "scopes": ["a", "b:*"],
                "aud": ["x", "y"], "iss": "me",
            }),
        ),
        (
            "an empty list of scopes",
            NewToken::access("user123").scopes([""; 0]),
            json!({"type": "access", "fresh": false, "exp": NOW + 900, "scopes": []}),
        ),
    ];
    for (name, token, expected) in cases {
        assert_eq!(said(&engine(), &token), with(expected), "{name}");
    }
}

#[test]
fn identifier_csrf_value_and_instants_can_be_given() {
    let token = NewToken::access("user123")
        .jti("my-jti")
        .csrf("my-csrf")
        .issued_at(at(-5))
        .not_before(at(-3))
        .expires_at(at(7));
    let jwt = issue(&engine(), &token);
    let payload = json!({
        "sub": "user123", "jti": "my-jti", "type": "access", "fresh": false, "csrf": "my-csrf",
        "iat": NOW - 5, "nbf": NOW - 3, "exp": NOW + 7,
    });
    assert_eq!(payload_of(&jwt), payload);

    let claims = verify(&engine(), &jwt).expect("a valid token");
    assert_eq!(claims.jti.as_deref(), Some("my-jti"));
    assert_eq!(claims.csrf.as_ref().map(CsrfToken::as_str), Some("my-csrf"));
    assert_eq!((claims.iat, claims.nbf, claims.exp), (Some(at(-5)), Some(at(-3)), Some(at(7))));
}

#[test]
fn the_configuration_gives_issuer_audience_and_not_before() {
    let engine = engine_with(|config| {
        config
            .encode_issuer("me".to_owned())
            .encode_audience(Audience::One("us".into()))
            .encode_nbf(false)
    });
    let payload = said(&engine, &NewToken::access("user123"));
    let expected = json!({
        "sub": "user123", "type": "access", "fresh": false, "iat": NOW, "exp": NOW + 900,
        "iss": "me", "aud": "us",
    });
    assert_eq!(payload, expected);

    let token = NewToken::access("user123").issuer("you").audience(Audience::One("them".into()));
    let payload = said(&engine, &token);
    assert_eq!((&payload["iss"], &payload["aud"]), (&json!("you"), &json!("them")));
    let payload = said(&engine, &NewToken::access("user123").not_before(at(1)));
    assert_eq!(payload["nbf"], NOW + 1);
}

#[test]
fn a_token_lives_as_long_as_configured_or_given() {
    let custom = |config: authx::ConfigBuilder| {
        config.access_token_expires(seconds(60)).refresh_token_expires(TokenLifetime::Never)
    };
    let exp = |engine: &Engine, token| said(engine, &token).get("exp").cloned();
    let (engine, custom) = (engine(), engine_with(custom));
    for (name, actual, expected) in [
        ("access by default", exp(&engine, NewToken::access("a")), Some(900)),
        ("refresh by default", exp(&engine, NewToken::refresh("a")), Some(1_728_000)),
        ("access as configured", exp(&custom, NewToken::access("a")), Some(60)),
        ("refresh never", exp(&custom, NewToken::refresh("a")), None),
        ("given", exp(&custom, NewToken::access("a").expires_in(seconds(5))), Some(5)),
        ("given past", exp(&custom, NewToken::access("a").expires_at(at(-5))), Some(-5)),
        ("given for never", exp(&custom, NewToken::refresh("a").expires_in(seconds(5))), Some(5)),
    ] {
        assert_eq!(actual, expected.map(|after| json!(NOW + after)), "{name}");
    }

    let never = issue(&custom, &NewToken::refresh("a"));
    let far = Timestamp::MAX;
    assert!(custom.verify::<()>(&refresh(&never), &Requirement::refresh(), far).is_ok());
    let never = refresh(&never);
    let elsewhere = engine.verify::<()>(&never, &Requirement::refresh(), now());
    assert!(matches!(elsewhere, Err(Error::Malformed(_))), "{elsewhere:?}");
    // Only refresh tokens may lack `exp` here.
    let access = support::sign_payload(&json!({"sub": "a", "type": "access"}));
    assert!(matches!(verify(&custom, &access), Err(Error::Malformed(_))));
}

#[test]
fn a_token_lives_exactly_as_long_as_asked() {
    let instant =
        |micros: i64| now() + Duration::from_micros(u64::try_from(micros).expect("not negative"));
    let issue_at = |token: &NewToken<'_>, now| {
        payload_of(&engine().issue(token, now, &SystemRandom).expect("a token"))
    };
    let minute = || NewToken::access("a").expires_in(seconds(60));
    for (name, token, micros, iat, exp) in [
        ("a whole second", minute(), 0, json!(NOW), json!(NOW + 60)),
        ("just after", minute(), 1, json!(NOW), json!(NOW + 60)),
        ("just before the next", minute(), 999_999, json!(NOW), json!(NOW + 60)),
        ("the default", NewToken::access("a"), 500_000, json!(NOW), json!(NOW + 900)),
        (
            "a fraction of a second",
            NewToken::access("a").expires_in(Duration::from_millis(250)),
            500_000,
            json!(NOW),
            json!(1_800_000_000.75),
        ),
        (
            "an instant with a fraction",
            NewToken::access("a").expires_at(instant(250_000)),
            0,
            json!(NOW),
            json!(1_800_000_000.25),
        ),
    ] {
        let payload = issue_at(&token, instant(micros));
        assert_eq!((&payload["iat"], &payload["exp"]), (&iat, &exp), "{name}");
    }
}

#[test]
fn an_expiry_after_the_year_9999_is_refused() {
    let late = Timestamp::from_seconds(253_402_300_799).expect("the last second");
    for (name, token) in [
        ("too long", NewToken::access("a").expires_in(Duration::MAX)),
        ("a second too long", NewToken::access("a").expires_in(seconds(1))),
    ] {
        let refused = engine().issue(&token, late, &SystemRandom);
        assert!(matches!(refused, Err(IssueError::ExpiryOutOfRange)), "{name}: {refused:?}");
    }
    let last = NewToken::access("a").expires_at(Timestamp::MAX);
    assert!(engine().issue(&last, late, &SystemRandom).is_ok());
}

#[test]
fn a_subject_is_any_string_that_is_not_empty() {
    let refused = engine().issue(&NewToken::access(""), now(), &SystemRandom);
    assert!(matches!(refused, Err(IssueError::EmptySubject)), "{refused:?}");
    for subject in [" ", "0", "Zoë", "a\u{0}b", "\"\\\n", "\u{1f600}"] {
        let token = issue(&engine(), &NewToken::access(subject));
        assert_eq!(verify(&engine(), &token).map(|claims| claims.sub), Ok(subject.to_owned()));
    }
}

#[test]
fn only_an_access_token_can_be_fresh() {
    let refused = engine().issue(&NewToken::refresh("a").fresh(), now(), &SystemRandom);
    assert!(matches!(refused, Err(IssueError::FreshWithoutAccess)), "{refused:?}");
    let fresh = issue(&engine(), &NewToken::access("a").fresh());
    assert!(engine().verify::<()>(&access(&fresh), &Requirement::fresh(), now()).is_ok());
}

#[test]
fn reserved_claims_cannot_be_given_as_custom_ones() {
    let uid = engine_with(|config| config.identity_claim("uid"));
    let table =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/attacks/cases.json"));
    let table: Value = serde_json::from_slice(&table.unwrap()).unwrap();
    let reserved: Vec<&str> = table["reserved_claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert!(reserved.contains(&"sub"));
    let cases = reserved.into_iter().map(|name| (engine(), name)).chain([(uid, "uid")]);
    for (engine, name) in cases {
        for value in [json!("x"), json!(null), json!({})] {
            let token = NewToken::access("a").claims(Map::from_iter([(name.to_owned(), value)]));
            let refused = engine.issue(&token, now(), &SystemRandom);
            let Err(error @ IssueError::ReservedClaim(_)) = refused else {
                panic!("{name}: {refused:?}")
            };
            assert!(error.to_string().contains(&format!("'{name}'")), "{error}");
        }
    }
    // An escape sequence does not hide the name.
    let escaped = json_claims(r#"{"s\u0075b": "root"}"#);
    let refused = engine().issue(&NewToken::access("a").claims(escaped), now(), &SystemRandom);
    assert!(matches!(refused, Err(IssueError::ReservedClaim(_))), "{refused:?}");
    for name in ["Sub", "sub ", "kid", "uid"] {
        let claims = Map::from_iter([(name.to_owned(), json!("x"))]);
        assert!(
            engine().issue(&NewToken::access("a").claims(claims), now(), &SystemRandom).is_ok()
        );
    }
}

#[test]
fn custom_claims_are_read_back_as_their_type() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Tenant {
        tenant: u32,
        roles: Vec<String>,
        limit: Option<f64>,
        #[serde(flatten)]
        more: BTreeMap<String, Value>,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(Tenant);
    let tenant = || Tenant {
        tenant: 7,
        roles: vec!["admin".into(), "Zoë".into()],
        limit: Some(1.5),
        more: BTreeMap::from([("nested".to_owned(), json!({"a": [1, {"b": null}]}))]),
    };

    let jwt = issue(&engine(), &NewToken::access("a").claims(tenant()));
    let token = access(&jwt);
    let requirement = Requirement::access();
    let typed = engine()
        .verify::<Tenant>(&token, &requirement, now())
        .map(authx::Verified::without_asking)
        .expect("valid");
    assert_eq!(typed.custom, tenant());
    let wrapped = engine()
        .verify::<Wrapped>(&token, &requirement, now())
        .map(authx::Verified::without_asking)
        .expect("valid");
    assert_eq!(wrapped.custom, Wrapped(tenant()));
    let optional = engine()
        .verify::<Option<Tenant>>(&token, &requirement, now())
        .map(authx::Verified::without_asking)
        .expect("valid");
    assert_eq!(optional.custom, Some(tenant()));
    engine()
        .verify::<()>(&token, &requirement, now())
        .map(authx::Verified::without_asking)
        .expect("valid");
    let raw = engine()
        .verify::<JsonClaims>(&token, &requirement, now())
        .map(authx::Verified::without_asking)
        .expect("valid");
    let json: Vec<_> =
        raw.custom.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
    let expected = [
        ("limit", "1.5"),
        ("nested", r#"{"a":[1,{"b":null}]}"#),
        ("roles", r#"["admin","Zoë"]"#),
        ("tenant", "7"),
    ];
    assert_eq!(json, expected);
    let again = issue(&engine(), &NewToken::access("a").claims(&raw.custom));
    let again = engine()
        .verify::<Tenant>(&access(&again), &requirement, now())
        .map(authx::Verified::without_asking)
        .expect("valid");
    assert_eq!(again.custom, tenant());
}

#[test]
fn a_custom_claim_whose_name_is_a_number_can_not_replace_the_identity_claim() {
    let engine = engine_with(|config| config.identity_claim("1"));
    let token = NewToken::access("ada").claims(BTreeMap::from([(1_u32, "eve")]));
    let refused = engine.issue(&token, now(), &SystemRandom);
    assert!(matches!(&refused, Err(IssueError::ReservedClaim(name)) if name == "1"), "{refused:?}");
    let token = NewToken::access("ada").claims(BTreeMap::from([(2_u32, "eve")]));
    assert_eq!(payload_of(&issue(&engine, &token))["2"], "eve");
}

#[test]
fn custom_claims_that_do_not_fit_the_requested_type_are_refused() {
    #[derive(Clone, Debug, Deserialize)]
    struct Tenant {
        #[expect(dead_code, reason = "it never gets a value")]
        tenant: u32,
    }
    for claims in
        [json!({}), json!({"tenant": "7"}), json!({"tenant": -1}), json!({"tenant": null})]
    {
        let jwt = issue(&engine(), &NewToken::access("a").claims(&claims));
        let refused = engine()
            .verify::<Tenant>(&access(&jwt), &Requirement::access(), now())
            .map(authx::Verified::without_asking);
        assert!(matches!(refused, Err(Error::UnexpectedClaims { .. })), "{claims}: {refused:?}");
    }
}

#[test]
fn custom_claims_are_an_object_or_nothing() {
    for (name, claims) in [
        ("a string", json!("x")),
        ("a list", json!(["x"])),
        ("a number", json!(1)),
        ("a boolean", json!(true)),
    ] {
        let refused = engine().issue(&NewToken::access("a").claims(claims), now(), &SystemRandom);
        assert!(matches!(refused, Err(IssueError::CustomClaims(_))), "{name}: {refused:?}");
    }
    let plain = payload_of(&issue(&engine(), &NewToken::access("a").jti("j").csrf("c")));
    for claims in [json!(null), json!({})] {
        let token = NewToken::access("a").jti("j").csrf("c").claims(claims);
        assert_eq!(payload_of(&issue(&engine(), &token)), plain);
    }
    #[derive(Serialize)]
    struct Twice {
        #[serde(rename = "a")]
        one: u8,
        #[serde(rename = "b")]
        two: u8,
        #[serde(flatten)]
        more: BTreeMap<&'static str, u8>,
    }
    let twice = Twice { one: 1, two: 2, more: BTreeMap::from([("a", 3)]) };
    let refused = engine().issue(&NewToken::access("a").claims(twice), now(), &SystemRandom);
    assert!(matches!(refused, Err(IssueError::CustomClaims(_))), "{refused:?}");
}

#[test]
fn headers_are_added_and_reserved_ones_refused() {
    let headers = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    let token = NewToken::access("a").headers(headers("tenant", json!({"id": 7})));
    let jwt = issue(&engine(), &token);
    assert_eq!(header_of(&jwt), json!({"alg": "HS256", "typ": "JWT", "tenant": {"id": 7}}));
    assert!(verify(&engine(), &jwt).is_ok());
    let typed = issue(&engine(), &NewToken::access("a").headers(headers("typ", json!("at+jwt"))));
    assert_eq!(header_of(&typed)["typ"], "at+jwt");
    assert!(verify(&engine(), &typed).is_ok());

    let named = engine_of_ring([secret_key(SECRET).with_kid("main")]);
    for (engine, name) in [
        (engine(), "alg"),
        (engine(), "crit"),
        (engine(), "b64"),
        (engine(), "zip"),
        (named.clone(), "kid"),
        (named, "alg"),
    ] {
        let token = NewToken::access("a").headers(headers(name, json!("none")));
        let refused = engine.issue(&token, now(), &SystemRandom);
        assert!(
            matches!(&refused, Err(IssueError::ReservedHeader(header)) if header == name),
            "{name}: {refused:?}"
        );
    }
    let with_kid = NewToken::access("a").headers(headers("kid", json!("mine")));
    assert_eq!(header_of(&issue(&engine(), &with_kid))["kid"], "mine");
}

#[test]
fn a_login_type_is_written_by_the_engine_that_has_one_and_checked_by_it() {
    let engine_of = |login: &str| engine_with(|config| config.login_type(login));
    let jwt = issue(&engine_of("admin"), &NewToken::access("a"));
    assert_eq!(payload_of(&jwt)["login_type"], "admin");
    assert!(verify(&engine_of("admin"), &jwt).is_ok());
    let mismatch = |expected: Option<&str>, actual: Option<&str>| Error::LoginTypeMismatch {
        expected: expected.map(str::to_owned),
        actual: actual.map(str::to_owned),
    };
    let refused = verify(&engine_of("user"), &jwt);
    assert_eq!(refused.map(drop), Err(mismatch(Some("user"), Some("admin"))));
    let refused = verify(&engine(), &jwt).map(drop).expect_err("it has a login type");
    assert_eq!(refused, mismatch(None, Some("admin")));
    assert_eq!(refused.to_string(), "Token type mismatch: expected none, got 'admin'");
    let without = issue(&engine(), &NewToken::access("a"));
    assert_eq!(verify(&engine_of("user"), &without).map(drop), Err(mismatch(Some("user"), None)));
}

#[test]
fn an_engine_that_shares_tokens_accepts_every_login_type() {
    let jwt = issue(&engine_with(|config| config.login_type("admin")), &NewToken::access("a"));
    let without = issue(&engine(), &NewToken::access("a"));
    for own in [None, Some("user"), Some("admin")] {
        let sharing = engine_with(|config| {
            let config = config.decode_any_login_type(true);
            if let Some(own) = own { config.login_type(own) } else { config }
        });
        let claims = verify(&sharing, &jwt).expect("accepted");
        assert_eq!(claims.login_type.as_deref(), Some("admin"), "the token keeps its own");
        assert_eq!(verify(&sharing, &without).expect("accepted").login_type, None);
    }
}

#[test]
fn a_token_is_issued_at_the_time_that_the_caller_passes() {
    let past = Timestamp::from_seconds(-86_400).expect("in range");
    let jwt = engine().issue(&NewToken::access("a"), past, &SystemRandom).expect("a token");
    assert_eq!(payload_of(&jwt)["iat"], -86_400);
    assert!(verify_at(&engine(), &jwt, past).is_ok());
    assert_eq!(verify(&engine(), &jwt).map(drop), Err(Error::Expired));
}

#[test]
fn the_type_of_a_token_can_be_a_value() {
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let payload = payload_of(&issue(&engine(), &NewToken::new(kind, "a")));
        assert_eq!(payload["type"], kind.as_str());
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
}

#[test]
fn an_engine_can_be_shared_between_threads() {
    let engine = engine_of_ring([signing_key(Algorithm::EdDsa)]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let engine = engine.clone();
            scope.spawn(move || {
                let jwt = issue(&engine, &NewToken::access("a"));
                assert!(verify(&engine, &jwt).is_ok());
            });
        }
    });
    assert!(config().build().is_ok());
}

fn json_claims(json: &str) -> JsonClaims {
    serde_json::from_str(json).expect("an object")
}

#[test]
fn typ_and_kid_must_be_strings() {
    let engine = engine_with(|config| config);
    for name in ["typ", "kid"] {
        let headers = Map::from_iter([(name.to_owned(), json!(7))]);
        let refused = engine.issue(&NewToken::access("a").headers(headers), now(), &SystemRandom);
        assert!(
            matches!(refused, Err(IssueError::HeaderNotString(header)) if header == name),
            "{name}"
        );
    }
}

#[test]
fn a_token_that_would_be_refused_for_its_size_is_not_issued() {
    let engine = engine_with(|config| config.max_token_size(600_usize));
    let with_note = |length: usize| {
        let note = BTreeMap::from([("note", "x".repeat(length))]);
        engine.issue(&NewToken::access("a").claims(note), now(), &SystemRandom)
    };
    assert!(with_note(100).is_ok());
    match with_note(600) {
        Err(error @ IssueError::TooLarge { actual, allowed: 600 }) => {
            assert!(actual > 600);
            assert!(error.to_string().contains("JWT_MAX_TOKEN_SIZE"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
