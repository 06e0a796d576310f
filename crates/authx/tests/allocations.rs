//! How many heap allocations issuing and verifying make. The number is the same on every machine, so a change that
//! allocates more is noticed even if it is too small for a time measurement.

use allocation_counter::measure;
use authx::token::JsonClaims;
use authx::{
    Algorithm, Engine, Location, NewToken, RequestToken, Requirement, Stores, SystemRandom,
    TokenKind,
};
use serde::{Deserialize, Serialize};

mod support;
use support::{engine_of, now};

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

#[derive(Clone, Serialize, Deserialize)]
struct Account {
    tenant: String,
    plan: u32,
    beta: bool,
}

fn account() -> Account {
    Account { tenant: "north".to_owned(), plan: 3, beta: true }
}

fn verified<C: authx::token::CustomClaims>(engine: &Engine, jwt: &str) -> u64 {
    let token = RequestToken::new(jwt, TokenKind::Access, Location::Headers);
    let requirement = Requirement::access();
    repeated(|| {
        let verified = engine.verify::<C>(&token, &requirement, now()).expect("a good token");
        drop(verified.ask(Stores::default()));
    })
}

/// The allocations of an operation after it has run once.
fn repeated(operation: impl Fn()) -> u64 {
    operation();
    measure(operation).count_total
}

#[test]
fn verifying_allocates_nothing_but_the_claims() {
    for algorithm in ALGORITHMS {
        let engine = engine_of(algorithm);
        let token = NewToken::access("user123");
        let jwt = engine.issue(&token, now(), &SystemRandom).expect("a token");
        // `sub`, `jti` and `csrf`.
        assert_eq!(verified::<()>(&engine, &jwt), 3, "{algorithm}");

        let token = token.scopes(["users:read", "users:write"]);
        let jwt = engine.issue(&token, now(), &SystemRandom).expect("a token");
        // Also a list and two strings.
        assert_eq!(verified::<()>(&engine, &jwt), 6, "{algorithm}");
    }
}

#[test]
fn custom_claims_are_read_into_their_type_at_once() {
    let engine = engine_of(Algorithm::Hs256);
    let token = NewToken::access("user123").claims(account());
    let jwt = engine.issue(&token, now(), &SystemRandom).expect("a token");
    assert_eq!(verified::<()>(&engine, &jwt), 3);
    assert_eq!(verified::<Account>(&engine, &jwt), 3 + 1);
    // Also a map of three names and three values.
    assert_eq!(verified::<JsonClaims>(&engine, &jwt), 3 + 7);
}

#[test]
fn a_forged_token_allocates_nothing() {
    let engine = engine_of(Algorithm::Hs256);
    let jwt = engine_of(Algorithm::EdDsa)
        .issue(&NewToken::access("user123"), now(), &SystemRandom)
        .expect("a token");
    let forged = engine.issue(&NewToken::access("user123"), now(), &SystemRandom).expect("a token");
    let forged = format!("{}AAAA", &forged[..forged.len() - 4]);
    for (jwt, most) in [(jwt.as_str(), 2), (&forged, 0), ("not.a-token", 0), ("", 0)] {
        let token = RequestToken::new(jwt, TokenKind::Access, Location::Headers);
        let requirement = Requirement::access();
        let counted = measure(|| {
            engine.verify::<()>(&token, &requirement, now()).expect_err("a forged token");
        });
        // A header other than the engine's own is decoded, and its fields are compared.
        assert!(counted.count_total <= most, "{jwt}: {}", counted.count_total);
    }
}

#[test]
fn issuing_allocates_no_more_than_the_known_number() {
    // The payload's JSON, the token, the signature, and the custom claims, of which there are none. The cryptography
    // library makes the other allocations.
    for (algorithm, most) in ALGORITHMS.into_iter().zip([4, 6, 6, 8, 5]) {
        let counted = issued(&engine_of(algorithm), &NewToken::access("user123"));
        assert!(counted <= most, "{algorithm}: {counted}");
    }
    let counted =
        issued(&engine_of(Algorithm::Hs256), &NewToken::access("user123").claims(account()));
    assert!(counted <= 5, "{counted}");
}

fn issued<C: Serialize>(engine: &Engine, token: &NewToken<'_, C>) -> u64 {
    repeated(|| drop(engine.issue(token, now(), &SystemRandom).expect("a token")))
}
