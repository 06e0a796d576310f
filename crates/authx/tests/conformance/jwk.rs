//! JWK, as what the engine reads: secrets and PEM.

use authx::{Algorithm, Key};
use serde_json::Value;

use crate::support::public_key::{self, Curve};

/// Why there is no key.
pub(crate) enum NoKey {
    /// The engine knows no such algorithm, or doesn't take this key for it.
    Refused,
    /// What is wrong can't be said but as JWK: what it may be used for, or a key of one kind in a frame of another.
    OnlyAsJwk,
}

pub(crate) fn key(jwk: &Value) -> Result<Key, NoKey> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).map(number).ok_or(NoKey::OnlyAsJwk);
    let is_signing = text("use").is_none_or(|usage| usage == "sig")
        && jwk.get("key_ops").is_none_or(|operations| operations == &serde_json::json!(["verify"]));
    let algorithm = match text("alg") {
        None => return Err(NoKey::OnlyAsJwk),
        // As the files call ES512, by its curve.
        Some("ES521") => Algorithm::Es512,
        Some(name) => name.parse().map_err(|_| NoKey::Refused)?,
    };
    if !is_signing {
        return Err(NoKey::OnlyAsJwk);
    }
    let key = match text("kty") {
        Some("oct") => Key::from_secret(algorithm, bytes("k")?),
        Some("RSA") => Key::from_public_pem(algorithm, public_key::rsa(&bytes("n")?, &bytes("e")?)),
        Some("EC") => {
            let curve = match text("crv") {
                Some("P-256") => Curve::P256,
                Some("P-384") => Curve::P384,
                Some("P-521") => Curve::P521,
                _ => return Err(NoKey::OnlyAsJwk),
            };
            Key::from_public_pem(algorithm, public_key::ec(curve, &bytes("x")?, &bytes("y")?))
        }
        _ => return Err(NoKey::OnlyAsJwk),
    };
    let key = key.map_err(|_| NoKey::Refused)?;
    Ok(match text("kid") {
        Some(kid) => key.with_kid(kid),
        None => key,
    })
}

/// One key ends in bits that belong to no byte; what is asked of it is something else.
fn number(text: &str) -> Vec<u8> {
    let standard = text.replace('-', "+").replace('_', "/");
    base64_simd::forgiving_decode_to_vec(standard.as_bytes()).expect("base64")
}
