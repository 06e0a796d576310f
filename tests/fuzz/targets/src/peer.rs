//! The engine compared with the crate `jsonwebtoken`.

use authx::error::Malformed;
use authx::token::JsonClaims;
use authx::{Error, Location, RequestToken, Requirement, TokenKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use crate::shared::{NOW, SECRET, engine, now, token_of};

/// The peer accepts every token that the engine accepts, with the same claims. A token that only the peer accepts is
/// refused by a rule that the engine has beyond the signature and the times.
pub(crate) fn jsonwebtoken(data: &[u8]) {
    let Some(sent) = token_of(data) else { return };
    let token = RequestToken::new(sent.as_str(), TokenKind::Access, Location::Headers);
    let ours = engine()
        .verify::<JsonClaims>(&token, &Requirement::access(), now())
        .map(authx::Verified::without_asking);
    let theirs = peer(&sent);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(theirs["sub"], ours.sub);
            assert_eq!(theirs["type"], "access");
            for (name, value) in &ours.custom {
                let value: Value = serde_json::from_str(value.get()).expect("JSON");
                assert_eq!(theirs[name.as_str()], value, "{name}");
            }
        }
        (Ok(_), Err(error)) => panic!("accepted, but refused by the peer: {error}"),
        (Err(error), Ok(claims)) => assert!(is_stricter(error, claims), "{error:?}: {claims}"),
        (Err(_), Err(_)) => {}
    }
}

/// The peer reads the system's clock, so the times are compared here.
fn peer(token: &str) -> Result<Value, String> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .map_err(|error| error.to_string())?
        .claims;
    match claims["exp"].as_f64() {
        Some(exp) if exp <= NOW as f64 => Err("expired".to_owned()),
        _ => Ok(claims),
    }
}

fn is_stricter(error: &Error, claims: &Value) -> bool {
    let after_now = |name: &str| claims[name].as_f64().is_some_and(|instant| instant > NOW as f64);
    match error {
        // The encoding, the header or the claims are invalid.
        Error::Malformed(reason) => *reason != Malformed::Segments,
        Error::TokenTooLarge => true,
        Error::WrongTokenType { .. } => claims["type"] != "access",
        Error::InvalidAudience => !claims["aud"].is_null(),
        Error::IssuedInTheFuture => after_now("iat"),
        Error::NotYetValid => after_now("nbf"),
        Error::LoginTypeMismatch { .. } => !claims["login_type"].is_null(),
        _ => false,
    }
}
