//! The crate `jwt-simple`, in pure Rust, with keys that are parsed once and the same checks as the engine.

use jwt_simple::prelude::*;

use crate::token::{Account, Algorithm, CSRF, ISSUER, JTI, LIFETIME_SECONDS, SECRET, SUBJECT};

/// The claims that are not registered, and the custom ones.
#[derive(Serialize, Deserialize)]
struct Custom {
    r#type: String,
    fresh: bool,
    csrf: String,
    #[serde(flatten)]
    account: Account,
}

pub fn create(algorithm: Algorithm) -> Box<dyn FnMut() -> String> {
    match algorithm {
        Algorithm::Hs256 => {
            let key = HS256Key::from_bytes(SECRET.as_bytes());
            Box::new(move || key.authenticate(claims()).expect("a token"))
        }
        Algorithm::Rs256 => {
            signer(RS256KeyPair::from_pem(algorithm.pem().0), |key| key.sign(claims()))
        }
        Algorithm::Ps256 => {
            signer(PS256KeyPair::from_pem(algorithm.pem().0), |key| key.sign(claims()))
        }
        Algorithm::Es256 => {
            signer(ES256KeyPair::from_pem(algorithm.pem().0), |key| key.sign(claims()))
        }
        Algorithm::EdDsa => {
            signer(Ed25519KeyPair::from_pem(algorithm.pem().0), |key| key.sign(claims()))
        }
    }
}

pub fn verify(algorithm: Algorithm, token: &str) -> Box<dyn FnMut() -> bool> {
    let public = if algorithm.is_symmetric() { "" } else { algorithm.pem().1 };
    let token = token.to_owned();
    macro_rules! verifier {
        ($key:expr) => {{
            let key = $key;
            let options = options();
            Box::new(move || {
                let claims = key.verify_token::<Custom>(&token, Some(options.clone()));
                claims.expect("claims").custom.r#type == "access"
            })
        }};
    }
    match algorithm {
        Algorithm::Hs256 => verifier!(HS256Key::from_bytes(SECRET.as_bytes())),
        Algorithm::Rs256 => verifier!(RS256PublicKey::from_pem(public).expect("a key")),
        Algorithm::Ps256 => verifier!(PS256PublicKey::from_pem(public).expect("a key")),
        Algorithm::Es256 => verifier!(ES256PublicKey::from_pem(public).expect("a key")),
        Algorithm::EdDsa => verifier!(Ed25519PublicKey::from_pem(public).expect("a key")),
    }
}

fn signer<K: 'static, E: std::fmt::Debug>(
    key: Result<K, E>,
    sign: impl Fn(&K) -> Result<String, E> + 'static,
) -> Box<dyn FnMut() -> String> {
    let key = key.expect("a key");
    Box::new(move || sign(&key).expect("a token"))
}

fn claims() -> JWTClaims<Custom> {
    let custom = Custom {
        r#type: "access".to_owned(),
        fresh: false,
        csrf: CSRF.to_owned(),
        account: Account::example(),
    };
    Claims::with_custom_claims(custom, Duration::from_secs(LIFETIME_SECONDS))
        .with_issuer(ISSUER)
        .with_subject(SUBJECT)
        .with_jwt_id(JTI)
}

fn options() -> VerificationOptions {
    VerificationOptions {
        allowed_issuers: Some(HashSet::from([ISSUER.to_owned()])),
        time_tolerance: Some(Duration::from_secs(0)),
        ..VerificationOptions::default()
    }
}
