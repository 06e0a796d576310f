//! Public keys in OpenSSH's format: a line of type, key in base64 and comment (RFC 4253 section 6.6, RFC 5656 section
//! 3.1, RFC 8709 section 4).

use super::der::{INTEGER, SEQUENCE, written};
use super::key_type::KeyType;
use super::{Algorithm, KeyError};

/// The lines with keys, if the text has some; not lines of a list with options.
pub(super) fn key_lines(text: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    lines.first()?.split_ascii_whitespace().next().filter(|word| is_type(word))?;
    Some(lines)
}

fn is_type(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|beginning| word.starts_with(beginning))
}

/// The key of the only line, as PKCS#1, as a point or as the 32 bytes of Ed25519.
pub(super) fn public_key(algorithm: Algorithm, lines: &[&str]) -> Result<Vec<u8>, KeyError> {
    let [line] = lines else { return Err(KeyError::SeveralKeys) };
    let mut words = line.split_ascii_whitespace();
    let kind = words.next().unwrap_or_default();
    let key_type = match kind {
        "ssh-rsa" => KeyType::Rsa,
        "ssh-ed25519" => KeyType::Ed25519,
        "ssh-dss" => KeyType::Dsa,
        "ssh-ed448" => KeyType::Ed448,
        "ecdsa-sha2-nistp256" => KeyType::P256,
        "ecdsa-sha2-nistp384" => KeyType::P384,
        "ecdsa-sha2-nistp521" => KeyType::P521,
        _ if kind.starts_with("sk-") => return Err(SECURITY_KEY),
        _ if kind.contains("-cert-v01@") => return Err(CERTIFICATE),
        _ => KeyType::Unknown,
    };
    key_type.check(algorithm)?;
    let unfit = || KeyError::Unfit { algorithm };
    let encoded = words.next().unwrap_or_default();
    let blob = base64_simd::STANDARD.decode_to_vec(encoded).map_err(|_| unfit())?;
    key_of(kind, key_type, &blob).ok_or_else(unfit)
}

fn key_of(kind: &str, key_type: KeyType, blob: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Fields(blob);
    (fields.next()? == kind.as_bytes()).then_some(())?;
    let key = match key_type {
        KeyType::Rsa => {
            let (exponent, modulus) = (fields.next()?, fields.next()?);
            // Both formats have the same big-endian integers with a sign.
            let integers = [written(INTEGER, modulus), written(INTEGER, exponent)].concat();
            written(SEQUENCE, &integers)
        }
        KeyType::Ed25519 => fields.next()?.to_vec(),
        _ => {
            (fields.next()? == kind.strip_prefix("ecdsa-sha2-")?.as_bytes()).then_some(())?;
            fields.next()?.to_vec()
        }
    };
    fields.0.is_empty().then_some(key)
}

/// Strings, each after its length in four bytes (RFC 4251 section 5).
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }
}

const SECURITY_KEY: KeyError = KeyError::OtherForm {
    found: "a key of a security key (FIDO)",
    advice: "it signs no tokens: make another key, for example with openssl genpkey -algorithm ED25519",
};
const CERTIFICATE: KeyError = KeyError::OtherForm {
    found: "a certificate of OpenSSH",
    advice: "give the public key that it was made for, the file without -cert in its name",
};
