//! The engine, as a service uses it: configured once, its clock read for every token.

use std::time::SystemTime;

use authx::{
    Claims, Config, Engine, Key, KeyRing, Location, NewToken, RequestToken, Requirement, Step,
    Stores, SystemRandom, Timestamp, TokenKind,
};

use crate::token::{Account, Algorithm, CSRF, ISSUER, JTI, SECRET, SUBJECT};

pub fn create(algorithm: Algorithm) -> impl FnMut() -> String {
    let engine = engine(algorithm, 0);
    let account = Account::example();
    move || {
        let token = NewToken::access(SUBJECT).jti(JTI).csrf(CSRF).claims(&account);
        engine.issue(&token, now(), &SystemRandom).expect("a token")
    }
}

pub fn verify(algorithm: Algorithm, token: &str) -> impl FnMut() -> Claims<Account> + use<> {
    verify_by(engine(algorithm, 0), token)
}

/// With a verification cache, which has the token from the second call on.
pub fn verify_again(algorithm: Algorithm, token: &str) -> impl FnMut() -> Claims<Account> + use<> {
    verify_by(engine(algorithm, 10_000), token)
}

fn verify_by(engine: Engine, token: &str) -> impl FnMut() -> Claims<Account> + use<> {
    let requirement = Requirement::access();
    let token = token.to_owned();
    move || {
        let token = RequestToken::new(&token, TokenKind::Access, Location::Headers);
        match engine.verify(&token, &requirement, now()).expect("a token").ask(Stores::default()) {
            Step::Admitted(claims) => claims,
            step => unreachable!("there is no store: {step:?}"),
        }
    }
}

fn engine(algorithm: Algorithm, cache_entries: usize) -> Engine {
    let key = match algorithm {
        Algorithm::Hs256 => Key::from_secret(authx::Algorithm::Hs256, SECRET),
        Algorithm::Rs256 => Key::from_private_pem(authx::Algorithm::Rs256, algorithm.pem().0),
        Algorithm::Ps256 => Key::from_private_pem(authx::Algorithm::Ps256, algorithm.pem().0),
        Algorithm::Es256 => Key::from_private_pem(authx::Algorithm::Es256, algorithm.pem().0),
        Algorithm::EdDsa => Key::from_private_pem(authx::Algorithm::EdDsa, algorithm.pem().0),
    };
    let ring = KeyRing::new([key.expect("a key")]).expect("a ring");
    let config = Config::builder()
        .keys(ring)
        .verification_cache_entries(cache_entries)
        .encode_issuer(ISSUER.to_owned())
        .decode_issuer(ISSUER.to_owned());
    Engine::new(config.build().expect("a configuration"))
}

#[expect(clippy::disallowed_methods, reason = "jsonwebtoken reads the clock for every token too")]
fn now() -> Timestamp {
    SystemTime::now().into()
}
