//! The crate `jsonwebtoken` with both of its cryptography backends, with keys that are parsed once and the same
//! checks as the engine.

use authx_benchmarks::backend::Backend;
use jsonwebtoken::{
    DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp,
};
use serde::{Deserialize, Serialize};

use crate::token::{Account, Algorithm, CSRF, ISSUER, JTI, LIFETIME_SECONDS, SECRET, SUBJECT};

/// The registered claims, which the engine has fields for too, and the custom ones.
#[derive(Serialize, Deserialize)]
pub struct Claims {
    sub: String,
    jti: String,
    r#type: TokenType,
    fresh: bool,
    csrf: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    iss: String,
    tenant: String,
    plan: u32,
    beta: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TokenType {
    Access,
    Refresh,
}

pub fn create(algorithm: Algorithm, backend: Backend) -> impl FnMut() -> String {
    let header = Header::new(name(algorithm));
    let key = encoding_key(algorithm);
    let account = Account::example();
    move || {
        backend.select();
        let now = get_current_timestamp();
        let claims = Claims {
            sub: SUBJECT.to_owned(),
            jti: JTI.to_owned(),
            r#type: TokenType::Access,
            fresh: false,
            csrf: CSRF.to_owned(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME_SECONDS,
            iss: ISSUER.to_owned(),
            tenant: account.tenant.clone(),
            plan: account.plan,
            beta: account.beta,
        };
        encode(&header, &claims, &key).expect("a token")
    }
}

pub fn verify(
    algorithm: Algorithm,
    backend: Backend,
    token: &str,
) -> impl FnMut() -> Claims + use<> {
    let key = decoding_key(algorithm);
    let mut validation = Validation::new(name(algorithm));
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    let token = token.to_owned();
    move || {
        backend.select();
        let claims = decode::<Claims>(&token, &key, &validation).expect("claims").claims;
        assert!(matches!(claims.r#type, TokenType::Access));
        claims
    }
}

fn name(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

fn encoding_key(algorithm: Algorithm) -> EncodingKey {
    let pem = || algorithm.pem().0.as_bytes();
    match algorithm {
        Algorithm::Hs256 => Ok(EncodingKey::from_secret(SECRET.as_bytes())),
        Algorithm::Rs256 | Algorithm::Ps256 => EncodingKey::from_rsa_pem(pem()),
        Algorithm::Es256 => EncodingKey::from_ec_pem(pem()),
        Algorithm::EdDsa => EncodingKey::from_ed_pem(pem()),
    }
    .expect("a key")
}

fn decoding_key(algorithm: Algorithm) -> DecodingKey {
    let pem = || algorithm.pem().1.as_bytes();
    match algorithm {
        Algorithm::Hs256 => Ok(DecodingKey::from_secret(SECRET.as_bytes())),
        Algorithm::Rs256 | Algorithm::Ps256 => DecodingKey::from_rsa_pem(pem()),
        Algorithm::Es256 => DecodingKey::from_ec_pem(pem()),
        Algorithm::EdDsa => DecodingKey::from_ed_pem(pem()),
    }
    .expect("a key")
}
