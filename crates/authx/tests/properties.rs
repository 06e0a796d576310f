//! Properties of every token, tested with generated ones.

use std::time::Duration;

use authx::token::{Audience, JsonClaims, verify_signature};
use authx::{
    Algorithm, Engine, Error, Location, NewToken, RequestToken, Requirement, Secret, SystemRandom,
    Timestamp, TokenKind,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

mod support;
use support::{
    OTHER_SECRET, SECRET, base64url, engine, engine_with, from_base64url, now, seconds, secret_key,
    sign, signing_key, verify, verify_at,
};

/// Any JSON value of moderate size.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn subject() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("a subject is not empty", |subject| !subject.is_empty())
}

/// An instant within a year after that of the tests, in microseconds.
fn instant() -> impl Strategy<Value = Timestamp> {
    (0..31_536_000_000_000_u64).prop_map(|micros| now() + Duration::from_micros(micros))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn verifying_gives_the_claims_that_were_issued(
        algorithm in proptest::sample::select(&Algorithm::ALL),
        is_access: bool,
        subject in subject(),
        scopes in proptest::option::of(vec(any::<String>(), 0..5)),
        audience in proptest::option::of(vec(any::<String>(), 1..4)),
        custom in btree_map("custom.*", json_value(), 0..5),
        now in instant(),
    ) {
        let kind = if is_access { TokenKind::Access } else { TokenKind::Refresh };
        let keys = authx::KeyRing::new([signing_key(algorithm)]).expect("a ring");
        let mut config = authx::Config::builder().keys(keys).max_token_size(1_usize << 20);
        let mut token = NewToken::new(kind, &subject).claims(&custom);
        if let Some(scopes) = &scopes {
            token = token.scopes(scopes);
        }
        if let Some(audience) = &audience {
            config = config.decode_audience(Audience::Many(audience.clone()));
            token = token.audience(Audience::Many(audience.clone()));
        }
        let engine = Engine::new(config.build().expect("valid"));
        let jwt = engine.issue(&token, now, &SystemRandom).expect("a token");

        let token = RequestToken::new(&jwt, kind, Location::Headers);
        let claims =
            engine.verify::<JsonClaims>(&token, &Requirement::of(kind), now).map(authx::Verified::without_asking).expect("a valid token");
        prop_assert_eq!(claims.kind, kind);
        prop_assert_eq!(claims.sub, subject);
        prop_assert_eq!(claims.scopes, scopes);
        prop_assert_eq!(claims.aud, audience.map(Audience::Many));
        prop_assert!(claims.exp > claims.iat && claims.iat <= Some(now));
        let found: Vec<_> = claims.custom.iter().map(|(name, value)| (name, value.get().to_owned())).collect();
        let given: Vec<_> = custom.iter().map(|(name, value)| (name, value.to_string())).collect();
        prop_assert_eq!(found, given);
    }

    #[test]
    fn a_token_is_accepted_exactly_until_its_expiry_plus_leeway(
        lifetime in 1..100_000_u64,
        leeway_micros in 0..100_000_000_u64,
        offset_micros in -200_000_000..200_000_000_i64,
        issued in instant(),
    ) {
        let leeway = Duration::from_micros(leeway_micros);
        let engine = engine_with(|config| config.decode_leeway(leeway));
        let end = issued.floor_to_second() + seconds(lifetime) + seconds(1);
        let token = NewToken::access("a").expires_at(end).issued_at(Timestamp::MIN);
        let jwt = engine.issue(&token, issued, &SystemRandom).expect("a token");
        let last = end + leeway;
        let offset = Duration::from_micros(offset_micros.unsigned_abs());
        let when = if offset_micros < 0 { last - offset } else { last + offset };
        let expected = if when < last { Ok(()) } else { Err(Error::Expired) };
        prop_assert_eq!(verify_at(&engine, &jwt, when).map(drop), expected);
        prop_assert_eq!(verify_at(&engine, &jwt, last).map(drop), Err(Error::Expired));
        prop_assert!(verify_at(&engine, &jwt, last - Duration::from_micros(1)).is_ok());
    }

    #[test]
    fn a_configuration_accepts_its_own_tokens_until_they_expire(
        algorithm in proptest::sample::select(&Algorithm::ALL),
        is_access: bool,
        issuer in proptest::option::of("[a-z:/.]{1,20}"),
        audience in proptest::option::of(vec("[a-z]{1,10}", 1..4)),
        identity_claim in proptest::option::of("user_[a-z]{1,10}"),
        login_type in proptest::option::of("[a-z]{1,10}"),
        says_nbf: bool,
        lifetime in 1..31_536_000_u64,
        leeway in 0..600_u64,
        issued in instant(),
    ) {
        let kind = if is_access { TokenKind::Access } else { TokenKind::Refresh };
        let keys = authx::KeyRing::new([signing_key(algorithm)]).expect("a ring");
        let mut config = authx::Config::builder()
            .keys(keys)
            .encode_nbf(says_nbf)
            .decode_leeway(seconds(leeway))
            .access_token_expires(seconds(lifetime))
            .refresh_token_expires(seconds(lifetime));
        if let Some(issuer) = issuer {
            config = config.encode_issuer(issuer.clone()).decode_issuer(issuer);
        }
        if let Some(audience) = audience {
            config = config.encode_audience(Audience::Many(audience));
        }
        if let Some(claim) = identity_claim {
            config = config.identity_claim(claim);
        }
        if let Some(login_type) = login_type {
            config = config.login_type(login_type);
        }
        let engine = Engine::new(config.build().expect("a configuration"));
        let jwt = engine.issue(&NewToken::new(kind, "ada"), issued, &SystemRandom).expect("a token");
        let token = RequestToken::new(&jwt, kind, Location::Headers);
        let verify = |now| engine.verify::<()>(&token, &Requirement::of(kind), now).map(authx::Verified::without_asking);

        let claims = verify(issued).expect("accepted at once");
        prop_assert_eq!(claims.sub.as_str(), "ada");
        let last = claims.exp.expect("an end") + seconds(leeway);
        prop_assert!(verify(last - Duration::from_micros(1)).is_ok());
        prop_assert_eq!(verify(last).map(drop), Err(Error::Expired));
    }

    #[test]
    fn the_result_depends_only_on_token_and_time(
        instants in vec(instant(), 1..6),
        lifetime in 1..31_536_000_u64,
    ) {
        let engine = engine_with(|config| config.previous_secret_key(Secret::from(OTHER_SECRET)));
        let token = NewToken::access("a").expires_in(seconds(lifetime));
        let jwt = engine.issue(&token, now(), &SystemRandom).expect("a token");
        let ask = |engine: &Engine, instants: &[Timestamp]| -> Vec<_> {
            instants.iter().map(|&now| verify_at(engine, &jwt, now)).collect()
        };
        let answers = ask(&engine, &instants);
        prop_assert_eq!(&ask(&engine, &instants), &answers);
        let backwards: Vec<_> = instants.iter().rev().copied().collect();
        let mut again = ask(&engine, &backwards);
        again.reverse();
        prop_assert_eq!(&again, &answers);
        let other = engine_with(|config| config.previous_secret_key(Secret::from(OTHER_SECRET)));
        prop_assert_eq!(&ask(&other, &instants), &answers);
    }

    #[test]
    fn every_accepted_segment_is_the_canonical_encoding_of_its_bytes(
        value in "[a-z]{0,8}",
        payload: Vec<u8>,
        edits in vec((0..200_usize, "[A-Za-z0-9_=+/ -]"), 0..3),
    ) {
        let mut signed =
            format!("{}.{}", base64url(format!("{{\"alg\":\"HS256\",\"x\":\"{value}\"}}")), base64url(&payload));
        for (index, character) in edits {
            let index = index % signed.len();
            if signed.as_bytes()[index] != b'.' {
                signed.replace_range(index..=index, &character);
            }
        }
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
        let signature = base64url(aws_lc_rs::hmac::sign(&key, signed.as_bytes()));
        let ring = authx::KeyRing::new([secret_key(SECRET)]).expect("a ring");
        let token = format!("{signed}.{signature}");
        if let Ok(opened) = verify_signature(&ring, &token, now()) {
            let (header, payload) = signed.split_once('.').expect("two segments");
            prop_assert_eq!(base64url(opened), payload);
            prop_assert_eq!(base64url(from_base64url(header)), header);
        }
        // The last character of these 32 bytes has two spare bits.
        let (rest, last) = token.split_at(token.len() - 1);
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
            if other.to_string() != last {
                let recoded = format!("{rest}{other}");
                prop_assert!(verify_signature(&ring, &recoded, now()).is_err());
            }
        }
    }

    #[test]
    fn no_string_makes_the_engine_panic(string in "[A-Za-z0-9_.{}\":,-]{0,200}", bytes: Vec<u8>) {
        let engine = engine();
        prop_assert!(verify(&engine, &string).is_err());
        let _ = authx::token::decode_unverified_header(&string);
        let _ = authx::token::decode_unverified_payload(&string);
        let _ = engine.spellings(&string);
        let ring = authx::KeyRing::new([secret_key(SECRET)]).expect("a ring");
        let signed = sign(&String::from_utf8_lossy(&bytes), &string);
        let _ = verify_signature(&ring, &signed, now());
        let signed = sign(r#"{"alg":"HS256"}"#, &string);
        prop_assert!(verify(&engine, &signed).is_err());
    }
}
