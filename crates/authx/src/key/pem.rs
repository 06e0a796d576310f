//! Key pairs from PEM (RFC 7468): the accepted sections, and the errors for all others.

use ::pem::{Pem, parse_many};
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use super::material::{self, Signing, Verifying};
use super::{Algorithm, KeyError, KeyKind, Secret};

const PKCS8: &str = "PRIVATE KEY";
const PKCS1_PRIVATE: &str = "RSA PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const SPKI: &str = "PUBLIC KEY";
const PKCS1_PUBLIC: &str = "RSA PUBLIC KEY";
/// OpenSSL writes the curve's name before a SEC1 key. It is ignored, because the key repeats it.
const EC_PARAMETERS: &str = "EC PARAMETERS";

pub(super) fn private_key(
    algorithm: Algorithm,
    text: &Secret,
) -> Result<(Signing, Verifying), KeyError> {
    let section = only_section(text.expose())?;
    let unfit = || KeyError::Unfit { algorithm };
    let is_encrypted =
        section.headers().get("DEK-Info").is_some() || section.tag() == "ENCRYPTED PRIVATE KEY";
    let label = section.tag().to_owned();
    let der = Zeroizing::new(section.into_contents());
    let expect = |expected| KeyError::WrongSection { label: label.clone(), expected };
    if is_encrypted {
        return Err(KeyError::Encrypted);
    }

    match algorithm.key_kind() {
        KeyKind::Secret => Err(KeyError::WrongKind { algorithm }),
        KeyKind::Rsa => {
            let pair = match label.as_str() {
                PKCS8 => RsaKeyPair::from_pkcs8(&der),
                PKCS1_PRIVATE => RsaKeyPair::from_der(&der),
                _ => return Err(expect("PRIVATE KEY or RSA PRIVATE KEY")),
            }
            .map_err(|_| unfit())?;
            let verifying = material::public_key(algorithm, pair.public_key().as_ref())?;
            let encoding = material::rsa_encoding(algorithm).ok_or_else(unfit)?;
            Ok((Signing::Rsa(pair, encoding), verifying))
        }
        KeyKind::EllipticCurve => {
            let curve = material::ecdsa_signing(algorithm).ok_or_else(unfit)?;
            let pair = match label.as_str() {
                PKCS8 => EcdsaKeyPair::from_pkcs8(curve, &der),
                SEC1 => EcdsaKeyPair::from_private_key_der(curve, &der),
                _ => return Err(expect("PRIVATE KEY or EC PRIVATE KEY")),
            }
            .map_err(|_| unfit())?;
            let verifying = material::public_key(algorithm, pair.public_key().as_ref())?;
            Ok((Signing::Ecdsa(pair), verifying))
        }
        KeyKind::Ed25519 => {
            let pair = match label.as_str() {
                PKCS8 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der),
                _ => return Err(expect("PRIVATE KEY")),
            }
            .map_err(|_| unfit())?;
            let verifying = material::public_key(algorithm, pair.public_key().as_ref())?;
            Ok((Signing::Ed25519(pair), verifying))
        }
    }
}

pub(super) fn public_key(algorithm: Algorithm, text: &[u8]) -> Result<Verifying, KeyError> {
    let section = only_section(text)?;
    match (section.tag(), algorithm.key_kind()) {
        (SPKI, _) | (PKCS1_PUBLIC, KeyKind::Rsa) => {
            material::public_key(algorithm, section.contents())
        }
        (label, _) => {
            Err(KeyError::WrongSection { label: label.to_owned(), expected: "PUBLIC KEY" })
        }
    }
}

fn only_section(text: &[u8]) -> Result<Pem, KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let mut sections = parse_many(text).map_err(|_| KeyError::NotPem)?;
    sections.retain(|section| section.tag() != EC_PARAMETERS);
    match sections.len() {
        0 => Err(KeyError::NotPem),
        1 => Ok(sections.remove(0)),
        _ => Err(KeyError::SeveralKeys),
    }
}
