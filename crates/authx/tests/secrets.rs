//! Debug output and errors never show secrets, keys or tokens.

use authx::config::SettingValue;
use authx::token::CsrfToken;
use authx::transport::CsrfProof;
use authx::{
    Algorithm, Config, Engine, Error, Key, KeyRing, NewToken, Request, RequestToken, Requirement,
    Secret, SystemRandom, TokenKind,
};

mod support;
use support::{SECRET, access, at, engine, issue, now, pem};

const MARK: &str = "never-to-be-seen-and-longer-than-any-of-the-hashes-ask-for-so-it-is-a-fine-key";

#[track_caller]
fn assert_silent(what: &str, shown: &str, secrets: &[&str]) {
    for secret in secrets {
        let bytes = format!("{:?}", secret.as_bytes());
        let bytes = bytes.trim_matches(['[', ']']);
        for (form, secret) in [("the string", *secret), ("the bytes", bytes)] {
            assert!(!secret.is_empty() && !shown.contains(secret), "{what} shows {form}: {shown}");
        }
    }
}

#[test]
fn debug_output_of_a_request_shows_nothing_that_may_hold_a_token() {
    let headers = [("authorization", MARK), ("cookie", MARK)];
    let form = [("csrf_token", MARK)];
    let request = Request::new("POST", headers.as_slice()).query(MARK.as_bytes());
    let request = request.json(MARK.as_bytes()).form(&form);
    assert_silent("a request", &format!("{request:?}"), &[MARK]);
}

#[test]
fn debug_output_shows_no_secret_and_no_key() {
    let secret = || Secret::from(MARK);
    let builder = Config::builder()
        .secret_key(secret())
        .previous_secret_key(secret())
        .private_key(Secret::from(pem("rsa.pkcs8")))
        .public_key(Secret::from(pem("rsa.spki")))
        .previous_public_key(Secret::from(pem("rsa-other.spki")))
        .decode_algorithms([Algorithm::Hs256, Algorithm::Rs256]);
    let config = builder.clone().build().expect("valid");
    let ring = KeyRing::new([
        Key::from_secret(Algorithm::Hs512, MARK).expect("a key").with_kid("named"),
        Key::from_private_pem(Algorithm::Rs256, pem("rsa.pkcs8")).expect("a key"),
    ])
    .expect("a ring");
    let key = Key::from_private_pem(Algorithm::EdDsa, pem("ed25519.pkcs8")).expect("a key");
    let shown = [
        ("Secret", format!("{:?}", secret())),
        ("SettingValue", format!("{:?}", SettingValue::string(MARK))),
        ("ConfigBuilder", format!("{builder:?} {builder:#?}")),
        ("Config", format!("{config:?} {config:#?}")),
        ("KeyRing", format!("{ring:?} {ring:#?}")),
        ("Key", format!("{key:?} {key:#?}")),
        ("Engine", format!("{:?}", Engine::new(config))),
    ];
    for (what, shown) in &shown {
        let mut secrets = vec![MARK];
        for file in ["rsa.pkcs8", "rsa.spki", "rsa-other.spki", "ed25519.pkcs8"] {
            secrets.extend(pem(file).lines().filter(|line| !line.starts_with("-----")));
        }
        assert_silent(what, shown, &secrets);
    }
    assert!(shown[4].1.contains("named"), "a key's name is no secret");
}

#[test]
fn debug_output_of_a_token_shows_neither_the_token_nor_its_csrf_value() {
    let engine = engine();
    let jwt = issue(&engine, &NewToken::access("a").csrf(MARK));
    let cookie = format!("access_token_cookie={jwt}");
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", MARK)];
    let request = Request::new("POST", headers.as_slice());
    let requirement = Requirement::access().locations([authx::Location::Cookies]);
    let token = engine.find_token(&request, &requirement).expect("a token");
    let claims = engine.verify::<()>(&token, &requirement, now()).expect("valid").without_asking();
    let by_hand = RequestToken::new(jwt.as_str(), TokenKind::Access, authx::Location::Json)
        .with_csrf(CsrfProof { presented: Some(MARK.as_bytes().into()), required: true });
    for (what, shown) in [
        ("RequestToken", format!("{token:?} {by_hand:?}")),
        ("CsrfProof", format!("{:?}", token.csrf())),
        ("Claims", format!("{claims:?}")),
        ("CsrfToken", format!("{:?}", CsrfToken::from(MARK))),
        ("NewToken", format!("{:?}", NewToken::access("a").csrf(MARK))),
    ] {
        assert_silent(what, &shown, &[MARK, &jwt]);
    }
    assert_eq!(claims.csrf.as_ref().map(CsrfToken::as_str), Some(MARK));
}

#[test]
fn a_candidate_for_refresh_shows_neither_token_nor_csrf_value() {
    let engine = support::engine_with(|config| config.token_location([authx::Location::Cookies]));
    let jwt = issue(&engine, &NewToken::access("a").csrf(MARK));
    let cookie = format!("access_token_cookie={jwt}");
    let headers = [("cookie", cookie.as_str())];
    let request = Request::new("GET", headers.as_slice());
    let candidate = engine.refresh_candidate(&request, "/", at(600)).expect("due");
    assert_silent("a candidate for refresh", &format!("{candidate:?}"), &[MARK, &jwt]);
}

#[test]
fn no_error_shows_any_part_of_the_token() {
    let signer = support::engine_with(|config| config.login_type("user"));
    let jwt = issue(
        &signer,
        &NewToken::refresh(MARK)
            .csrf(MARK)
            .issuer(MARK)
            .jti(MARK)
            .audience(authx::token::Audience::One(MARK.into())),
    );
    let edited = jwt.replacen('.', ".e", 1);
    let by_hand = |payload: serde_json::Value| support::sign_payload(&payload);
    let twice = support::sign(r#"{"alg":"HS256"}"#, &format!("{{\"{MARK}\":1,\"{MARK}\":1}}"));
    let tokens = [
        ("a valid token", jwt.clone()),
        ("an edited token", edited),
        ("not a token", MARK.to_owned()),
        ("not base64url", format!("{MARK}=.{MARK}.{MARK}")),
        ("an unknown algorithm", support::sign(&format!("{{\"alg\":\"{MARK}\"}}"), "{}")),
        ("an unknown header", support::sign(&format!("{{\"{MARK}\":1}}"), "{}")),
        ("not JSON", support::sign(r#"{"alg":"HS256"}"#, MARK)),
        ("a duplicate key", twice),
        ("a bad claim", by_hand(serde_json::json!({"sub": "a", "type": MARK}))),
        ("an expired token", by_hand(serde_json::json!({"sub": MARK, "type": "access", "exp": 1}))),
    ];
    let plain = engine();
    let strict = support::engine_with(|config| {
        config
            .decode_issuer("me".to_owned())
            .decode_audience(authx::token::Audience::One("us".into()))
            .login_type("admin")
    });
    let mut refused = 0;
    for (name, token) in &tokens {
        for engine in [&plain, &strict] {
            let outcome = engine
                .verify::<()>(&access(token), &Requirement::fresh(), now())
                .map(authx::Verified::without_asking);
            let Err(error) = outcome else { continue };
            refused += 1;
            let answer = engine.answer(&error);
            assert_silent(name, &format!("{error} {error:?} {answer:?}"), &[MARK, token]);
        }
    }
    assert_eq!(refused, 2 * tokens.len());
    assert_eq!(plain.answer(&Error::MissingToken).error_type.as_str(), "MissingTokenError");
}

#[test]
fn errors_about_new_tokens_name_the_argument_and_not_the_secret() {
    let custom = serde_json::json!({"sub": MARK});
    let refused = engine().issue(&NewToken::access("a").claims(custom), now(), &SystemRandom);
    let error = refused.expect_err("a reserved claim");
    assert_silent("ReservedClaim", &format!("{error} {error:?}"), &[MARK, SECRET]);
    let refused = engine().issue(&NewToken::access("a").claims(MARK), now(), &SystemRandom);
    let error = refused.expect_err("no object");
    assert_silent("CustomClaims", &format!("{error} {error:?}"), &[MARK, SECRET]);
}
