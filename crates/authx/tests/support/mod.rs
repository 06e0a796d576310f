//! What the tests share: a fixed time, keys, engines, and functions that sign any payload.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod public_key;

use std::collections::BTreeMap;
use std::time::Duration;

use authx::random::{Random, RandomUnavailable};
use authx::refresh::Reissued;
use authx::session::SessionState;
use authx::{
    Algorithm, Claims, Config, ConfigBuilder, Engine, Error, Key, KeyRing, Location, NewToken,
    RequestToken, Requirement, Secret, Step, Stores, SystemRandom, Timestamp, TokenKind, Verified,
};
use aws_lc_rs::hmac;
use serde::Serialize;
use serde_json::Value;

/// Long enough for every hash.
pub(crate) const SECRET: &str =
    "a secret for tests that is long enough for each of the three hashes, SHA-512 too";
pub(crate) const OTHER_SECRET: &str =
    "another secret for tests, and it is long enough for each of the three hashes as well";

/// The instant of the tests, in seconds: 2027-01-15T08:00:00Z.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn now() -> Timestamp {
    at(0)
}

/// The instant `seconds` after that of the tests, or before it if negative.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds).expect("an instant in range")
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A configuration with a secret.
pub(crate) fn config() -> ConfigBuilder {
    Config::builder().secret_key(Secret::from(SECRET))
}

/// An engine of [`config`], changed by `change`.
pub(crate) fn engine_with(change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Engine {
    Engine::new(change(config()).build().expect("a valid configuration"))
}

pub(crate) fn engine() -> Engine {
    engine_with(|config| config)
}

/// An engine that signs with the test key of `algorithm`.
pub(crate) fn engine_of(algorithm: Algorithm) -> Engine {
    engine_of_ring([signing_key(algorithm)])
}

pub(crate) fn engine_of_ring(keys: impl IntoIterator<Item = Key>) -> Engine {
    let ring = KeyRing::new(keys).expect("a ring");
    Engine::new(Config::builder().keys(ring).build().expect("a valid configuration"))
}

pub(crate) fn secret_key(secret: &str) -> Key {
    Key::from_secret(Algorithm::Hs256, secret).expect("a secret")
}

pub(crate) fn signing_key(algorithm: Algorithm) -> Key {
    match key_files(algorithm) {
        None => Key::from_secret(algorithm, SECRET),
        Some((private, _)) => Key::from_private_pem(algorithm, private),
    }
    .expect("a key of the tests")
}

/// The PEM files of a key pair for `algorithm`, private and public; `None` for shared secrets.
pub(crate) fn key_files(algorithm: Algorithm) -> Option<(&'static str, &'static str)> {
    Some(match algorithm.name() {
        "HS256" | "HS384" | "HS512" => return None,
        "ES256" => (pem("p256.pkcs8"), pem("p256.spki")),
        "ES256K" => (pem("secp256k1.pkcs8"), pem("secp256k1.spki")),
        "ES384" => (pem("p384.pkcs8"), pem("p384.spki")),
        "ES512" => (pem("p521.pkcs8"), pem("p521.spki")),
        "EdDSA" => (pem("ed25519.pkcs8"), pem("ed25519.spki")),
        _ => (pem("rsa.pkcs8"), pem("rsa.spki")),
    })
}

/// A file of `tests/keys/`, which its `generate.sh` made.
pub(crate) fn pem(name: &str) -> &'static str {
    macro_rules! files {
        ($($name:literal)+) => {
            match name {
                $($name => include_str!(concat!("../../../../tests/keys/", $name, ".pem")),)+
                _ => panic!("no key file {name}"),
            }
        };
    }
    files! {
        "certificate" "ed25519.pkcs8" "ed25519.spki" "ed448.pkcs8" "encrypted.pkcs1" "encrypted.pkcs8"
        "p256-other.spki" "p256.pkcs8" "p256.sec1" "p256.sec1-with-parameters" "p256.spki"
        "p384.pkcs8" "p384.sec1" "p384.spki" "p521.pkcs8" "p521.sec1" "p521.spki"
        "rsa-1024.pkcs8" "rsa-1024.spki" "rsa-other.spki" "rsa.pkcs1" "rsa.pkcs1-public" "rsa.pkcs8" "rsa.spki"
        "secp256k1.pkcs8" "secp256k1.sec1" "secp256k1.spki"
    }
}

pub(crate) fn issue<C: Serialize>(engine: &Engine, token: &NewToken<'_, C>) -> String {
    engine.issue(token, now(), &SystemRandom).expect("a token")
}

/// An access token as from a header.
pub(crate) fn access(token: &str) -> RequestToken<'_> {
    RequestToken::new(token, TokenKind::Access, Location::Headers)
}

pub(crate) fn refresh(token: &str) -> RequestToken<'_> {
    RequestToken::new(token, TokenKind::Refresh, Location::Headers)
}

/// Custom claims that can be compared.
pub(crate) type Custom = BTreeMap<String, Value>;

/// Verifies an access token now.
pub(crate) fn verify(engine: &Engine, token: &str) -> Result<Claims<Custom>, Error> {
    verify_at(engine, token, now())
}

pub(crate) fn verify_at(
    engine: &Engine,
    token: &str,
    now: Timestamp,
) -> Result<Claims<Custom>, Error> {
    engine.verify(&access(token), &Requirement::access(), now).map(authx::Verified::without_asking)
}

/// The claims of a token, if the store of revoked tokens answers `is_revoked` and its session is active.
pub(crate) fn admitted<C>(verified: Verified<'_, C>, is_revoked: bool) -> Result<Claims<C>, Error> {
    let mut step = verified.ask(Stores { revocation: true, ..Stores::default() });
    loop {
        step = match step {
            Step::Admitted(claims) => return Ok(claims),
            Step::AskRevocation(question) => question.answer(is_revoked)?,
            Step::AskLogin(question) => unreachable!("there is no store of logins: {question:?}"),
            Step::AskSession(question) => question.answer(SessionState::Active)?,
            Step::AskFirstUse(question) => question.answer(true)?,
        };
    }
}

pub(crate) fn header_of(token: &str) -> Value {
    let header = authx::token::decode_unverified_header(token).expect("a header");
    serde_json::from_str(header.get()).expect("JSON")
}

/// The token in the first cookie of a response with a new one.
pub(crate) fn reissued_token(reissued: &Reissued) -> String {
    let cookie = reissued.cookies.first().expect("a cookie");
    let (_, rest) = cookie.split_once('=').expect("a name and a value");
    rest.split(';').next().expect("a value").to_owned()
}

pub(crate) fn payload_of(token: &str) -> Value {
    let payload = authx::token::decode_unverified_payload(token).expect("a payload");
    serde_json::from_str(payload.get()).expect("JSON")
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

pub(crate) fn from_base64url(encoded: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(encoded).expect("base64url")
}

/// A token of exactly these strings, signed with HS256 and [`SECRET`].
pub(crate) fn sign(header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", base64url(header), base64url(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", base64url(signature))
}

/// A token with an ordinary header and this payload.
pub(crate) fn sign_payload(payload: &Value) -> String {
    sign(r#"{"alg":"HS256","typ":"JWT"}"#, &payload.to_string())
}

/// The claims that an access token must have.
pub(crate) fn minimal_payload() -> Value {
    serde_json::json!({"sub": "user123", "type": "access", "exp": NOW + 60})
}

/// Fills everything with the same byte.
pub(crate) struct FixedRandom(pub(crate) u8);

impl Random for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomUnavailable> {
        bytes.fill(self.0);
        Ok(())
    }
}

/// Always fails.
pub(crate) struct FailingRandom;

impl Random for FailingRandom {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomUnavailable> {
        Err(RandomUnavailable)
    }
}
