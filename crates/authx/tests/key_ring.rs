//! Changing the keys of a ring: a new signing key, an additional verifying key, and a key that retires.

use authx::key::KeyRingError;
use authx::{Algorithm, Config, Engine, Error, Key, KeyRing, NewToken};

mod support;
use support::{OTHER_SECRET, SECRET, at, issue, now, verify, verify_at};

const THIRD_SECRET: &str = "a third secret for tests, which is long enough for SHA-256";

fn key(secret: &str, kid: &str) -> Key {
    Key::from_secret(Algorithm::Hs256, secret).expect("a key").with_kid(kid)
}

fn engine_of(ring: KeyRing) -> Engine {
    Engine::new(Config::builder().keys(ring).build().expect("settings"))
}

fn first() -> Engine {
    engine_of(KeyRing::new([key(SECRET, "first")]).expect("a ring"))
}

#[test]
fn a_new_key_signs_and_the_one_before_still_verifies() {
    let first = first();
    let old = issue(&first, &NewToken::access("a"));
    let ring = first.config().keys().signing_with(key(OTHER_SECRET, "second")).expect("a ring");
    let second = first.with_keys(ring);

    let new = issue(&second, &NewToken::access("a"));
    assert_eq!(support::header_of(&new)["kid"], "second");
    for token in [&old, &new] {
        assert!(verify(&second, token).is_ok());
    }
    assert_eq!(verify(&first, &new).map(drop), Err(Error::InvalidSignature));
}

#[test]
fn a_key_can_verify_before_it_signs() {
    let other = engine_of(KeyRing::new([key(OTHER_SECRET, "second")]).expect("a ring"));
    let token = issue(&other, &NewToken::access("a"));
    let first = first();
    assert_eq!(verify(&first, &token).map(drop), Err(Error::InvalidSignature));

    let ring = first.config().keys().verifying_with(key(OTHER_SECRET, "second")).expect("a ring");
    let both = first.with_keys(ring);
    assert!(verify(&both, &token).is_ok());
    let signed = issue(&both, &NewToken::access("a"));
    assert_eq!(support::header_of(&signed)["kid"], "first");
}

#[test]
fn a_retired_key_verifies_no_token() {
    let first = first();
    let old = issue(&first, &NewToken::access("a"));
    let ring = first.config().keys().signing_with(key(OTHER_SECRET, "second")).expect("a ring");
    let engine = first.with_keys(ring.retiring("first", at(60)).expect("a ring"));
    let new = issue(&engine, &NewToken::access("a"));
    assert!(verify_at(&engine, &old, at(59)).is_ok());
    assert_eq!(verify_at(&engine, &old, at(60)).map(drop), Err(Error::InvalidSignature));
    assert!(verify_at(&engine, &new, at(60)).is_ok());
}

#[test]
fn a_ring_refuses_changes_that_would_make_it_inconsistent() {
    let ring = KeyRing::new([key(SECRET, "first")]).expect("a ring");
    let refused = |ring: Result<KeyRing, KeyRingError>| ring.map(drop).expect_err("refused");
    let twice = KeyRingError::DuplicateKid("first".to_owned());
    assert_eq!(refused(ring.signing_with(key(OTHER_SECRET, "first"))), twice);
    assert_eq!(refused(ring.verifying_with(key(OTHER_SECRET, "first"))), twice);
    let unknown = refused(ring.retiring("second", now()));
    assert_eq!(unknown, KeyRingError::UnknownKid("second".to_owned()));
    let signer = refused(ring.retiring("first", now()));
    assert_eq!(signer, KeyRingError::RetiresSigner("first".to_owned()));
    for error in [unknown, signer] {
        assert!(error.to_string().contains('"'), "{error} names no key");
    }
}

#[test]
fn the_subject_hash_changes_with_the_key_that_signs_and_with_no_other() {
    let first = first();
    let keys = first.config().keys();
    let hash = first.subject_hash("ada");
    let verifying = keys.verifying_with(key(OTHER_SECRET, "second")).expect("a ring");
    assert_eq!(first.with_keys(verifying).subject_hash("ada"), hash);
    let signing = keys.signing_with(key(OTHER_SECRET, "second")).expect("a ring");
    let second = first.with_keys(signing);
    assert_ne!(second.subject_hash("ada"), hash);
    let retired = second.config().keys().retiring("first", now()).expect("a ring");
    assert_eq!(second.with_keys(retired).subject_hash("ada"), second.subject_hash("ada"));
}

#[test]
fn other_keys_begin_with_an_empty_verification_cache() {
    let ring = KeyRing::new([key(SECRET, "first")]).expect("a ring");
    let config = Config::builder().keys(ring).verification_cache_entries(100_usize);
    let engine = Engine::new(config.build().expect("settings"));
    let token = issue(&engine, &NewToken::access("a"));
    verify(&engine, &token).expect("a good token");
    assert_eq!(engine.cache_statistics().expect("a cache").entries, 1);

    let keys = engine.config().keys().signing_with(key(THIRD_SECRET, "third")).expect("a ring");
    let swapped = engine.with_keys(keys);
    assert_eq!(swapped.cache_statistics().expect("a cache").entries, 0);
    assert!(verify(&swapped, &token).is_ok());
}

#[test]
fn every_thread_sees_a_consistent_ring_while_keys_change() {
    let engines: Vec<Engine> = (0..8)
        .scan(first(), |engine, round| {
            let next = key(&format!("{round} {THIRD_SECRET}"), &format!("key {round}"));
            *engine = engine.with_keys(engine.config().keys().signing_with(next).expect("a ring"));
            Some(engine.clone())
        })
        .collect();
    let tokens: Vec<String> =
        engines.iter().map(|engine| issue(engine, &NewToken::access("a"))).collect();
    std::thread::scope(|scope| {
        for engine in &engines {
            scope.spawn(|| {
                let known = engine.config().keys().keys().count() - 1;
                for (round, token) in tokens.iter().enumerate() {
                    assert_eq!(
                        verify(engine, token).is_ok(),
                        round < known,
                        "token {round} of {known}"
                    );
                }
            });
        }
    });
}
