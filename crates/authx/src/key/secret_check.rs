//! Recognises keys of key pairs that are given as shared secrets.
//!
//! A public key is known to everybody, so whoever has it could sign if it were a secret (RFC 8725 section 2.1). People
//! give it in every form that tools write, hence all of them are refused, as bytes, as text with any white space or a
//! byte order mark, in quotes, and as base64 of these.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::der::{INTEGER, SEQUENCE, element};
use super::forms::unquoted;

/// Whether this is a public key, a private key or a certificate: PEM, OpenSSH, SSH2, `PuTTY`, JWK, a JWK
/// set, or DER.
pub(super) fn is_of_key_pair(secret: &[u8]) -> bool {
    let unquoted = unquoted(secret);
    is_key(secret) || is_key(unquoted) || decoded(unquoted).is_some_and(|bytes| is_key(&bytes))
}

fn is_key(bytes: &[u8]) -> bool {
    if is_der(bytes) {
        return true;
    }
    // Without the zeros, UTF-16 is read as ASCII.
    let ascii: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&ascii);
    let text = text.trim_start_matches(|letter: char| !letter.is_ascii_graphic());
    // Searched everywhere, because OpenSSL writes a key's attributes before the PEM section.
    text.contains("-----BEGIN")
        || text.contains("---- BEGIN")
        || text.starts_with("PuTTY-User-Key-File-")
        || text.split_ascii_whitespace().any(is_openssh_type)
        || (text.starts_with('{') && is_jwk(text))
}

/// The first word of an OpenSSH public key, which options may precede in a list of them.
fn is_openssh_type(word: &str) -> bool {
    let begins = |beginning| word.starts_with(beginning);
    matches!(word, "ssh-rsa" | "ssh-dss" | "ssh-ed25519" | "ssh-ed448")
        || begins("ecdsa-sha2-")
        || begins("sk-ssh-ed25519@")
        || begins("sk-ecdsa-sha2-")
        || (begins("ssh-") && word.contains("-cert-v01@"))
}

/// Whether it is a JWK of a key pair or of a shared secret (RFC 7517 section 4), or a set of them (section 5).
pub(super) fn is_jwk(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Jwk {
        kty: Option<IgnoredAny>,
        keys: Option<Vec<IgnoredAny>>,
    }

    // Whatever follows the object: a key in a file with more is a key all the same.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Jwk>();
    matches!(values.next(), Some(Ok(jwk)) if jwk.kty.is_some() || jwk.keys.is_some())
}

/// Whether it is a DER sequence that begins with a sequence (SPKI, certificates) or an integer (PKCS#1, PKCS#8, SEC1),
/// of the exact length. One in sixteen million random secrets is.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    let Some((SEQUENCE, content, [])) = element(bytes) else { return false };
    bytes.len() >= SHORTEST_KEY && matches!(element(content), Some((SEQUENCE | INTEGER, _, _)))
}

/// The public key of Ed25519 is the shortest: 44 bytes as SPKI.
const SHORTEST_KEY: usize = 44;

/// What this is base64 or base64url of, with any white space.
pub(super) fn decoded(secret: &[u8]) -> Option<Vec<u8>> {
    let standard: Vec<u8> = secret
        .iter()
        .filter(|byte| byte.is_ascii_graphic())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    base64_simd::forgiving_decode_to_vec(&standard).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn secrets_that_people_make_are_none(
            words in "[a-z]{3,9}( [a-z]{3,9}){3,8}",
            hex in "[0-9a-f]{64}",
            base64 in "[A-Za-z0-9+/]{43}=",
            bytes: [u8; 64],
        ) {
            prop_assert!(!is_of_key_pair(words.as_bytes()));
            prop_assert!(!is_of_key_pair(hex.as_bytes()));
            prop_assert!(!is_of_key_pair(base64.as_bytes()));
            prop_assert!(!is_of_key_pair(&bytes));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text: String) {
            let _ = is_of_key_pair(&bytes);
            let _ = is_of_key_pair(text.as_bytes());
        }
    }
}
