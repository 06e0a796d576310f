//! Keys in PEM.

use authx::key::KeyError;
use authx::{
    Algorithm, Config, Engine, Key, KeyRing, Location, NewToken, RequestToken, Requirement, Secret,
    SystemRandom, TokenKind,
};

use crate::shared::{check_silence, now};

pub(crate) fn pem(data: &[u8]) {
    for algorithm in Algorithm::ALL {
        for error in [
            Key::from_public_pem(algorithm, data).err(),
            Key::from_secret(algorithm, Secret::from(data.to_vec())).err(),
        ] {
            check_error(error, data);
        }
        match Key::from_private_pem(algorithm, Secret::from(data.to_vec())) {
            Ok(key) => check_it_signs(key),
            Err(error) => check_error(Some(error), data),
        }
    }
}

/// A key that was accepted verifies what it signs.
fn check_it_signs(key: Key) {
    assert!(key.can_sign());
    let ring = KeyRing::new([key]).expect("a ring");
    let engine = Engine::new(Config::builder().keys(ring).build().expect("a configuration"));
    let token = engine.issue(&NewToken::access("ada"), now(), &SystemRandom).expect("a token");
    let token = RequestToken::new(token, TokenKind::Access, Location::Headers);
    let claims = engine
        .verify::<()>(&token, &Requirement::access(), now())
        .map(authx::Verified::without_asking)
        .expect("claims");
    assert_eq!(claims.sub, "ada");
}

fn check_error(error: Option<KeyError>, data: &[u8]) {
    if let Some(error) = error {
        check_silence(&format!("{error} {error:?}"), data);
    }
}
