//! The engine uses only the randomness and the time that its caller passes in.

use authx::random::RandomUnavailable;
use authx::{Algorithm, IssueError, NewToken};

mod support;
use support::{FailingRandom, FixedRandom, at, engine, engine_of, now, payload_of, verify};

#[test]
fn nothing_is_issued_without_randomness() {
    let engine = engine();
    for token in [NewToken::access("user123"), NewToken::refresh("user123")] {
        let refused = engine.issue(&token, now(), &FailingRandom);
        assert!(matches!(refused, Err(IssueError::Random(RandomUnavailable))), "{refused:?}");
    }
    let token = NewToken::access("user123").jti("mine");
    let refused = engine.issue(&token, now(), &FailingRandom);
    assert!(matches!(refused, Err(IssueError::Random(RandomUnavailable))), "{refused:?}");
    // No randomness is needed if the caller gives both values.
    let token = NewToken::access("user123").jti("mine").csrf("mine");
    assert!(engine.issue(&token, now(), &FailingRandom).is_ok());
}

#[test]
fn the_same_randomness_at_the_same_time_gives_the_same_token() {
    for algorithm in [Algorithm::Hs256, Algorithm::Hs512, Algorithm::Rs256, Algorithm::EdDsa] {
        let engine = engine_of(algorithm);
        let token = NewToken::access("user123").scopes(["a"]);
        let first = engine.issue(&token, now(), &FixedRandom(7)).expect("a token");
        let second = engine.issue(&token, now(), &FixedRandom(7)).expect("a token");
        assert_eq!(first, second, "{algorithm}");
        let later = engine.issue(&token, at(1), &FixedRandom(7)).expect("a token");
        assert_ne!(first, later, "{algorithm}");
        let other = engine.issue(&token, now(), &FixedRandom(8)).expect("a token");
        assert_ne!(first, other, "{algorithm}");
    }
}

#[test]
fn a_token_is_the_same_string_in_every_release() {
    let token = NewToken::access("user123").fresh().scopes(["users:read"]);
    let jwt = engine().issue(&token, now(), &FixedRandom(0xff)).expect("a token");
    let payload = format!(
        "{{\"sub\":\"user123\",\"jti\":\"{uuid}\",\"type\":\"access\",\"fresh\":true,\
         \"csrf\":\"{uuid}\",\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000900,\
         \"scopes\":[\"users:read\"]}}",
        uuid = "ffffffff-ffff-4fff-bfff-ffffffffffff"
    );
    assert_eq!(jwt, support::sign(r#"{"alg":"HS256","typ":"JWT"}"#, &payload));
    assert_eq!(verify(&engine(), &jwt).map(|claims| claims.sub), Ok("user123".to_owned()));
}

#[test]
fn jti_and_csrf_value_are_different_version_4_uuids() {
    let jwt = support::issue(&engine(), &NewToken::access("user123"));
    let payload = payload_of(&jwt);
    let [jti, csrf] =
        ["jti", "csrf"].map(|claim| payload[claim].as_str().expect("a string").to_owned());
    assert_ne!(jti, csrf);
    for uuid in [jti, csrf] {
        let parsed = uuid::Uuid::parse_str(&uuid).expect("a UUID");
        assert_eq!(parsed.get_version_num(), 4);
        assert_eq!(parsed.hyphenated().to_string(), uuid);
    }
}
