//! Converts JWK to what the engine reads: secrets and PEM.

use authx::{Algorithm, Key};
use serde_json::Value;

use crate::support::public_key::{self, Curve};

/// Why there is no key.
pub(crate) enum NoKey {
    /// The engine doesn't support the algorithm, or refuses this key for it.
    Refused,
    /// What is wrong can be expressed only in a JWK: what the key may be used for, or a key labelled as another kind.
    OnlyAsJwk,
}

pub(crate) fn key(jwk: &Value) -> Result<Key, NoKey> {
    let string = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| string(name).map(number).ok_or(NoKey::OnlyAsJwk);
    let is_signing = string("use").is_none_or(|usage| usage == "sig")
        && jwk.get("key_ops").is_none_or(|operations| operations == &serde_json::json!(["verify"]));
    let algorithm = match string("alg") {
        None => return Err(NoKey::OnlyAsJwk),
        // The files name ES512 after its curve.
        Some("ES521") => Algorithm::Es512,
        Some(name) => name.parse().map_err(|_| NoKey::Refused)?,
    };
    if !is_signing {
        return Err(NoKey::OnlyAsJwk);
    }
    let key = match string("kty") {
        Some("oct") => Key::from_secret(algorithm, bytes("k")?),
        Some("RSA") => Key::from_public_pem(algorithm, public_key::rsa(&bytes("n")?, &bytes("e")?)),
        Some("EC") => {
            let curve = match string("crv") {
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
    Ok(match string("kid") {
        Some(kid) => key.with_kid(kid),
        None => key,
    })
}

/// Accepts spare bits that are not zero, since one key has them and its vectors test something else.
fn number(encoded: &str) -> Vec<u8> {
    let standard = encoded.replace('-', "+").replace('_', "/");
    base64_simd::forgiving_decode_to_vec(standard.as_bytes()).expect("base64")
}
