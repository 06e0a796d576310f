//! Which tokens are accepted, and which error the others get.

use std::time::Duration;

use authx::error::Malformed;
use authx::token::Audience;
use authx::{
    Algorithm, ConfigBuilder, CsrfCheck, Error, Location, NewToken, Request, RequestToken,
    RequiredScopes, Requirement, Secret, TokenKind,
};
use serde_json::{Value, json};

mod support;
use support::{
    NOW, OTHER_SECRET, SECRET, access, at, base64url, engine, engine_of, engine_of_ring,
    engine_with, issue, minimal_payload, now, refresh, secret_key, sign, sign_payload, signing_key,
    verify,
};

#[test]
fn the_first_fault_in_the_documented_order_is_reported() {
    /// A token with the faults of the list below from number `first` on, and none of those before.
    fn token(first: usize) -> String {
        let has = |fault: usize| fault >= first;
        let secret = if has(3) { OTHER_SECRET } else { SECRET };
        let signer = engine_of_ring([if has(2) {
            signing_key(Algorithm::EdDsa)
        } else {
            secret_key(secret)
        }]);
        let mut token =
            NewToken::new(if has(9) { TokenKind::Refresh } else { TokenKind::Access }, "user123");
        token = token.csrf("right").expires_at(if has(4) { at(-100) } else { at(100) });
        token = token.not_before(if has(5) { at(100) } else { at(-100) });
        token = token.issued_at(if has(6) { at(100) } else { at(-100) });
        token = token.issuer(if has(7) { "you" } else { "me" });
        token = token.audience(Audience::One(if has(8) { "them" } else { "us" }.into()));
        if first > 11 {
            token = token.fresh();
        }
        if first <= 1 {
            token = token.scopes(["a".repeat(2000)]);
        }
        let login = engine_with(|config| {
            config
                .login_type(if has(10) { "user" } else { "admin" })
                .secret_key(Secret::from(secret))
        });
        let signer = if has(2) { signer } else { login };
        issue(&signer, &token)
    }

    let engine = engine_with(|config| {
        config
            .max_token_size(1500_usize)
            .decode_issuer("me".to_owned())
            .decode_audience(Audience::One("us".into()))
            .login_type("admin")
    });
    let requirement = || {
        Requirement::fresh()
            .locations([Location::Cookies])
            .csrf(CsrfCheck::Always)
            .scopes(RequiredScopes::all(["users:read"]))
    };
    let expected = [
        Error::MissingToken,
        Error::TokenTooLarge,
        Error::AlgorithmNotAllowed,
        Error::InvalidSignature,
        Error::Expired,
        Error::NotYetValid,
        Error::IssuedInTheFuture,
        Error::InvalidIssuer,
        Error::InvalidAudience,
        Error::WrongTokenType { expected: TokenKind::Access },
        Error::LoginTypeMismatch { expected: Some("admin".into()), actual: Some("user".into()) },
        Error::FreshTokenRequired,
        Error::CsrfMismatch,
        Error::InsufficientScope { required: vec!["users:read".into()], provided: vec![] },
    ];
    for (first, expected) in expected.into_iter().enumerate() {
        let cookie = format!("access_token_cookie={}", token(first));
        let csrf = if first <= 12 { "wrong" } else { "right" };
        let cookie_header = if first == 0 { "x-cookie" } else { "cookie" };
        let headers = [(cookie_header, cookie.as_str()), ("x-csrf-token", csrf)];
        let request = Request::new("GET", headers.as_slice());
        let outcome = engine.find_token(&request, &requirement()).and_then(|found| {
            engine.verify::<()>(&found, &requirement(), now()).map(authx::Verified::without_asking)
        });
        assert_eq!(outcome.map(drop), Err(expected), "fault {first}");
    }
}

#[test]
fn an_algorithm_without_a_key_is_refused_before_anything_else_is_read() {
    let unsigned = |header: &str, rest: &str| format!("{}.{rest}", base64url(header));
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, r#"{"alg":"ES256"}"#, r#"{"alg":""}"#]
    {
        for rest in ["e30.", "e30.AA", "?.AA", "e30.?", ".", "e30.AA.AA"] {
            let token = unsigned(header, rest);
            let refused = verify(&engine(), &token).map(drop);
            assert_eq!(refused, Err(Error::AlgorithmNotAllowed), "{header} {rest}");
        }
    }
}

#[test]
fn a_string_without_the_structure_of_a_token_is_malformed() {
    let good = sign_payload(&minimal_payload());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three segments")
    };
    let long = "A".repeat(1400);
    for (name, token, expected) in [
        ("nothing", String::new(), Malformed::Segments),
        ("a word", "abc".into(), Malformed::Segments),
        ("two segments", format!("{header}.{payload}"), Malformed::Segments),
        ("four segments", format!("{good}."), Malformed::Base64),
        ("five, as JWE", format!("{good}.AA.AA"), Malformed::Base64),
        ("padding", format!("{good}="), Malformed::Base64),
        ("a space", format!("{good} "), Malformed::Base64),
        ("a line break", format!("{header}.{payload}.\n{signature}"), Malformed::Base64),
        ("a long signature", format!("{header}.{payload}.{long}"), Malformed::Signature),
        ("no header", format!(".{payload}.{signature}"), Malformed::Header),
        ("the JSON serialization", format!("{{\"payload\":\"{payload}\"}}"), Malformed::Segments),
    ] {
        assert_eq!(verify(&engine(), &token).map(drop), Err(expected.into()), "{name}");
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_an_error_that_names_the_claim() {
    let sharing = engine_with(|config| config.decode_any_login_type(true));
    let with = |claim: &str, value: Value| {
        let mut payload = minimal_payload();
        payload[claim] = value;
        sign_payload(&payload)
    };
    for (claim, bad, good) in [
        ("sub", vec![json!(1), json!(null), json!(""), json!(["a"])], vec![json!("a")]),
        (
            "type",
            vec![json!("ACCESS"), json!("a b"), json!(""), json!(null), json!(["access"])],
            vec![json!("access")],
        ),
        (
            "exp",
            vec![json!("1900000000"), json!(null), json!(true), json!([]), json!(1e300)],
            vec![json!(NOW + 1), json!(1_800_000_000.5), json!(1e10)],
        ),
        ("nbf", vec![json!("0"), json!({}), json!(-1e20)], vec![json!(0), json!(-5), json!(0.5)]),
        ("iat", vec![json!("0"), json!(false)], vec![json!(NOW), json!(1.7e9)]),
        ("iss", vec![json!(1), json!(["me"])], vec![json!("me"), json!("")]),
        ("jti", vec![json!(1), json!({})], vec![json!("x"), json!("")]),
        (
            "fresh",
            vec![json!("true"), json!([1]), json!(null)],
            vec![json!(true), json!(1), json!(0.5)],
        ),
        ("csrf", vec![json!(1), json!(["x"])], vec![json!("x"), json!("ä\u{0}")]),
        ("scopes", vec![json!("a b"), json!([1]), json!({})], vec![json!([]), json!(["a"])]),
        (
            "scope",
            vec![json!(["a"]), json!(1), json!(null)],
            vec![json!("ACCESS"), json!("a b"), json!("")],
        ),
        ("login_type", vec![json!(1), json!([])], vec![json!("admin")]),
        ("sid", vec![json!(1), json!(["s"])], vec![json!("s"), json!("")]),
        ("auth_time", vec![json!("now")], vec![json!(0)]),
    ] {
        for value in bad {
            let refused = verify(&engine(), &with(claim, value.clone())).map(drop);
            let expected = Err(Error::Malformed(Malformed::Claim(claim)));
            assert_eq!(refused, expected, "{claim}: {value}");
        }
        for value in good {
            assert!(verify(&sharing, &with(claim, value.clone())).is_ok(), "{claim}: {value}");
        }
    }
    for claim in ["sub", "type", "exp"] {
        let mut payload = minimal_payload();
        payload.as_object_mut().expect("an object").remove(claim);
        let refused = verify(&engine(), &sign_payload(&payload)).map(drop);
        assert_eq!(refused, Err(Error::Malformed(Malformed::Claim(claim))), "without {claim}");
    }
}

#[test]
fn times_are_compared_with_the_leeway() {
    let leeway = |leeway| engine_with(|config| config.decode_leeway(Duration::from_millis(leeway)));
    let with = |claim: &str, value: Value| {
        let mut payload = minimal_payload();
        payload[claim] = value;
        sign_payload(&payload)
    };
    for (claim, value, leeway_millis, expected) in [
        ("exp", json!(NOW), 0, Err(Error::Expired)),
        ("exp", json!(1_800_000_000.001), 0, Ok(())),
        ("exp", json!(NOW - 5), 5_001, Ok(())),
        ("exp", json!(NOW - 5), 5_000, Err(Error::Expired)),
        ("nbf", json!(NOW), 0, Ok(())),
        ("nbf", json!(1_800_000_000.001), 0, Err(Error::NotYetValid)),
        ("nbf", json!(NOW + 5), 5_000, Ok(())),
        ("nbf", json!(NOW + 5), 4_999, Err(Error::NotYetValid)),
        ("iat", json!(NOW), 0, Ok(())),
        ("iat", json!(1_800_000_000.001), 0, Err(Error::IssuedInTheFuture)),
        ("iat", json!(NOW + 5), 5_000, Ok(())),
        ("iat", json!(NOW + 5), 4_999, Err(Error::IssuedInTheFuture)),
    ] {
        let outcome = verify(&leeway(leeway_millis), &with(claim, value.clone())).map(drop);
        assert_eq!(outcome, expected, "{claim} {value} with {leeway_millis} ms");
    }
}

#[test]
fn issuer_and_audience_are_the_configured_ones() {
    type Change = fn(ConfigBuilder) -> ConfigBuilder;
    let none: Change = |config| config;
    let issuer: Change = |config| config.decode_issuer("me".to_owned());
    let one: Change = |config| config.decode_audience(Audience::One("us".into()));
    let many: Change =
        |config| config.decode_audience(Audience::Many(vec!["us".into(), "all".into()]));
    let encoded: Change = |config| config.encode_audience(Audience::One("us".into()));
    let empty: Change = |config| config.decode_audience(Audience::Many(vec![]));
    let iss = Err(Error::InvalidIssuer);
    let aud = Err(Error::InvalidAudience);
    for (name, change, claims, expected) in [
        ("no configured issuer", none, json!({"iss": "you"}), Ok(())),
        ("the issuer", issuer, json!({"iss": "me"}), Ok(())),
        ("another issuer", issuer, json!({"iss": "you"}), iss.clone()),
        ("an issuer in other case", issuer, json!({"iss": "ME"}), iss.clone()),
        ("no issuer", issuer, json!({}), iss),
        ("no audience", none, json!({}), Ok(())),
        ("an audience, where none is configured", none, json!({"aud": "them"}), aud.clone()),
        ("an empty audience, where none is configured", none, json!({"aud": []}), aud.clone()),
        ("the audience", one, json!({"aud": "us"}), Ok(())),
        ("the audience among others", one, json!({"aud": ["them", "us"]}), Ok(())),
        ("another audience", one, json!({"aud": "them"}), aud.clone()),
        ("part of the audience", one, json!({"aud": "u"}), aud.clone()),
        ("an empty audience", one, json!({"aud": []}), aud.clone()),
        ("no audience, where one is configured", one, json!({}), aud.clone()),
        ("one of the audiences", many, json!({"aud": "all"}), Ok(())),
        ("one of the audiences among others", many, json!({"aud": ["x", "us"]}), Ok(())),
        ("none of the audiences", many, json!({"aud": ["x", "y"]}), aud.clone()),
        ("the audience of new tokens", encoded, json!({"aud": "us"}), Ok(())),
        ("another than that of new tokens", encoded, json!({"aud": "them"}), aud.clone()),
        ("an audience, where the configured list is empty", empty, json!({"aud": "us"}), aud),
    ] {
        let mut payload = minimal_payload();
        let object = payload.as_object_mut().expect("an object");
        object.extend(claims.as_object().expect("an object").clone());
        let outcome = verify(&engine_with(change), &sign_payload(&payload)).map(drop);
        assert_eq!(outcome, expected, "{name}");
    }
}

#[test]
fn a_token_is_accepted_only_as_its_type() {
    let engine = engine();
    let tokens = [TokenKind::Access, TokenKind::Refresh]
        .map(|kind| (kind, issue(&engine, &NewToken::new(kind, "a"))));
    for (kind, jwt) in &tokens {
        for required in [TokenKind::Access, TokenKind::Refresh] {
            for location in [Location::Headers, Location::Json, Location::Query, Location::Cookies]
            {
                let token = RequestToken::new(jwt.as_str(), required, location);
                let requirement = Requirement::of(required).csrf(CsrfCheck::Never);
                let outcome = engine.verify::<()>(&token, &requirement, now()).map(|_| ());
                let expected = if *kind == required {
                    Ok(())
                } else {
                    Err(Error::WrongTokenType { expected: required })
                };
                assert_eq!(outcome, expected, "{kind} for {required} in {location}");
                let any = engine
                    .verify::<()>(&token, &requirement.any_kind(), now())
                    .map(authx::Verified::without_asking);
                assert_eq!(any.map(|claims| claims.kind), Ok(*kind));
            }
        }
    }
    // A refresh token is never fresh, whatever its claim `fresh` says.
    let payload = json!({"sub": "a", "type": "refresh", "fresh": true, "exp": NOW + 60});
    let fresh = sign_payload(&payload);
    let requirement = Requirement::refresh().freshness(true);
    let refused = engine
        .verify::<()>(&refresh(&fresh), &requirement, now())
        .map(authx::Verified::without_asking);
    assert_eq!(refused.map(drop), Err(Error::FreshTokenRequired));
}

#[test]
fn scopes_are_read_from_both_claims_and_checked() {
    let token = |claims: Value| {
        let mut payload = minimal_payload();
        let object = payload.as_object_mut().expect("an object");
        object.extend(claims.as_object().expect("an object").clone());
        sign_payload(&payload)
    };
    let engine = engine();
    for (claims, provided) in [
        (json!({}), None),
        (json!({"scopes": []}), Some(vec![])),
        (json!({"scopes": ["a", "b"]}), Some(vec!["a", "b"])),
        (json!({"scope": "a  b"}), Some(vec!["a", "b"])),
        (json!({"scope": ""}), Some(vec![])),
        (json!({"scopes": ["a"], "scope": "b"}), Some(vec!["a", "b"])),
    ] {
        let jwt = token(claims.clone());
        let found = verify(&engine, &jwt).expect("valid").scopes;
        let strings = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let provided = provided.map(strings);
        assert_eq!(found, provided, "{claims}");

        let required = RequiredScopes::all(["a", "b"]);
        let requirement = Requirement::access().scopes(required);
        let outcome = engine.verify::<()>(&access(&jwt), &requirement, now()).map(drop);
        let provided = provided.unwrap_or_default();
        let expected = if provided == ["a", "b"] {
            Ok(())
        } else {
            Err(Error::InsufficientScope { required: strings(vec!["a", "b"]), provided })
        };
        assert_eq!(outcome, expected, "{claims}");
    }
}

#[test]
fn every_spelling_of_an_ecdsa_token_is_listed_and_verifies() {
    for algorithm in Algorithm::ALL {
        let engine = engine_of(algorithm);
        for _ in 0..8 {
            let token = issue(&engine, &NewToken::access("a"));
            let spellings = engine.spellings(&token);
            let is_malleable = algorithm.name().starts_with("ES");
            assert_eq!(spellings.len(), if is_malleable { 2 } else { 1 }, "{algorithm}");
            assert_eq!(spellings[0], token);
            for spelling in &spellings {
                assert!(verify(&engine, spelling).is_ok(), "{algorithm}");
                let mut both = engine.spellings(spelling);
                both.sort();
                let mut expected = spellings.clone();
                expected.sort();
                assert_eq!(both, expected, "{algorithm}: each is the other's twin");
            }
            if is_malleable {
                assert_ne!(spellings[0], spellings[1], "{algorithm}");
            }
        }
    }
    let mixed = engine_of_ring([secret_key(SECRET), signing_key(Algorithm::Es256)]);
    let token = issue(&engine_of(Algorithm::Es256), &NewToken::access("a"));
    assert_eq!(mixed.spellings(&token).len(), 2);
    assert_eq!(mixed.spellings(&issue(&mixed, &NewToken::access("a"))).len(), 1);
    for jwt in ["", "a.b.c", "..", "ä.ö.ü", "eyJhbGciOiJFUzI1NiJ9.e30.AA"] {
        assert_eq!(mixed.spellings(jwt), [jwt], "{jwt:?}");
    }
}

#[test]
fn a_token_with_any_bit_flipped_is_refused() {
    let algorithms =
        [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
    for algorithm in algorithms {
        let engine = engine_of(algorithm);
        let token = issue(&engine, &NewToken::access("a"));
        let requirement = Requirement::access();
        let outcome = |token: &[u8]| {
            let value = [b"Bearer ", token].concat();
            let headers = [("authorization", value)];
            let request = Request::new("GET", headers.as_slice());
            let found = engine.find_token(&request, &requirement)?;
            engine.verify::<()>(&found, &requirement, now()).map(authx::Verified::without_asking)
        };
        assert!(outcome(token.as_bytes()).is_ok());
        for index in 0..token.len() {
            for bit in 0..8 {
                let mut flipped = token.clone().into_bytes();
                flipped[index] ^= 1 << bit;
                assert!(outcome(&flipped).is_err(), "{algorithm}: bit {bit} of character {index}");
            }
        }
    }
}

#[test]
fn decoding_without_verifying_checks_only_the_structure() {
    let token = sign(r#"{ "alg" : "none" }"#, r#"{"exp":"never"}"#);
    let header = authx::token::decode_unverified_header(&token).expect("an object");
    assert_eq!(header.get(), r#"{ "alg" : "none" }"#);
    let payload = authx::token::decode_unverified_payload(&token).expect("an object");
    assert_eq!(payload.get(), r#"{"exp":"never"}"#);
    for (name, token) in [
        ("not a token", "abc".to_owned()),
        ("not an object", sign("[]", "[]")),
        ("a duplicate key", sign(r#"{"a":1,"a":1}"#, r#"{"a":1,"a":1}"#)),
        ("not JSON", sign("{", "{")),
        ("not base64url", "e30=.e30=.AA".to_owned()),
    ] {
        assert!(authx::token::decode_unverified_header(&token).is_err(), "{name}");
        assert!(authx::token::decode_unverified_payload(&token).is_err(), "{name}");
    }
}
