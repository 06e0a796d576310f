//! PEM texts.

use authx::{
    Algorithm, Config, Engine, Key, KeyError, KeyRing, Location, NewToken, RequestToken,
    Requirement, Secret, SystemRandom, TokenKind,
};

use crate::shared::now;

pub(crate) fn pem(data: &[u8]) {
    for algorithm in Algorithm::ALL {
        for error in [
            Key::from_public_pem(algorithm, data).err(),
            Key::from_secret(algorithm, Secret::from(data.to_vec())).err(),
        ] {
            check_silence(error, data);
        }
        match Key::from_private_pem(algorithm, Secret::from(data.to_vec())) {
            Ok(key) => check_it_signs(key),
            Err(error) => check_silence(Some(error), data),
        }
    }
}

/// A key that was taken verifies what it signs.
fn check_it_signs(key: Key) {
    assert!(key.can_sign());
    let ring = KeyRing::new([key]).expect("a ring");
    let engine = Engine::new(Config::builder().keys(ring).build().expect("a configuration"));
    let token = engine.issue(&NewToken::access("ada"), now(), &SystemRandom).expect("a token");
    let token = RequestToken::new(token, TokenKind::Access, Location::Headers);
    let claims = engine.verify::<()>(&token, &Requirement::access(), now()).expect("claims");
    assert_eq!(claims.sub, "ada");
}

/// No error shows a line of what may be a key.
fn check_silence(error: Option<KeyError>, data: &[u8]) {
    let Some(error) = error else { return };
    let shown = format!("{error} {error:?}");
    for line in String::from_utf8_lossy(data).lines() {
        // What a section is called may be shown, and is in no key.
        assert!(line.len() < 24 || line.contains("-----") || !shown.contains(line), "{shown}");
    }
}
