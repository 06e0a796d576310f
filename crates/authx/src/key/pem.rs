//! Key pairs from PEM (RFC 7468), and public keys from lines of OpenSSH.

use ::pem::{Pem, parse_many};
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use super::forms::{self, Half};
use super::key_type::{Contained, KeyType, spki_of_certificate};
use super::material::{self, Signing, Verifying};
use super::{Algorithm, KeyError, KeyKind, Secret, ssh};

const PKCS8: &str = "PRIVATE KEY";
const PKCS1_PRIVATE: &str = "RSA PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const SPKI: &str = "PUBLIC KEY";
const PKCS1_PUBLIC: &str = "RSA PUBLIC KEY";
const CERTIFICATE: &str = "CERTIFICATE";
const ENCRYPTED_PKCS8: &str = "ENCRYPTED PRIVATE KEY";
/// OpenSSL writes the curve's name before a SEC1 key. It is ignored, because the key repeats it.
const EC_PARAMETERS: &str = "EC PARAMETERS";

pub(super) fn private_key(
    algorithm: Algorithm,
    text: &Secret,
) -> Result<(Signing, Verifying), KeyError> {
    if algorithm.is_symmetric() {
        return Err(KeyError::WrongKind { algorithm });
    }
    let section = private_section(text.expose())?;
    if section.headers().get("DEK-Info").is_some() || section.tag() == ENCRYPTED_PKCS8 {
        return Err(KeyError::Encrypted);
    }
    let label = section.tag().to_owned();
    let der = Zeroizing::new(section.into_contents());
    if label == PKCS8
        && let Some(contained) = Contained::in_pkcs8(&der)
    {
        contained.check(algorithm)?;
        if contained.key_type == KeyType::RsaPss {
            // The library doesn't know this type. Inside is a key in PKCS#1.
            return key_pair(algorithm, PKCS1_PRIVATE, contained.key);
        }
    }
    key_pair(algorithm, &label, &der)
}

/// The key pair in a section of this label.
fn key_pair(
    algorithm: Algorithm,
    label: &str,
    der: &[u8],
) -> Result<(Signing, Verifying), KeyError> {
    let unfit = || KeyError::Unfit { algorithm };
    let expect = |expected| forms::section(label, Half::Private, expected);
    match algorithm.key_kind() {
        KeyKind::Secret => Err(KeyError::WrongKind { algorithm }),
        KeyKind::Rsa => {
            let pair = match label {
                PKCS8 => RsaKeyPair::from_pkcs8(der),
                PKCS1_PRIVATE => RsaKeyPair::from_der(der),
                _ => return Err(expect("PRIVATE KEY or RSA PRIVATE KEY")),
            }
            .map_err(|_| unfit())?;
            let verifying = material::public_key(algorithm, pair.public_key().as_ref())?;
            let encoding = material::rsa_encoding(algorithm).ok_or_else(unfit)?;
            Ok((Signing::Rsa(pair, encoding), verifying))
        }
        KeyKind::EllipticCurve => {
            let curve = material::ecdsa_signing(algorithm).ok_or_else(unfit)?;
            let pair = match label {
                PKCS8 => EcdsaKeyPair::from_pkcs8(curve, der),
                SEC1 => EcdsaKeyPair::from_private_key_der(curve, der),
                _ => return Err(expect("PRIVATE KEY or EC PRIVATE KEY")),
            }
            .map_err(|_| unfit())?;
            let verifying = material::public_key(algorithm, pair.public_key().as_ref())?;
            Ok((Signing::Ecdsa(pair), verifying))
        }
        KeyKind::Ed25519 => {
            let pair = match label {
                PKCS8 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der),
                _ => return Err(expect("PRIVATE KEY")),
            }
            .map_err(|_| unfit())?;
            let verifying = material::public_key(algorithm, pair.public_key().as_ref())?;
            Ok((Signing::Ed25519(pair), verifying))
        }
    }
}

pub(super) fn public_key(algorithm: Algorithm, text: &[u8]) -> Result<Verifying, KeyError> {
    if algorithm.is_symmetric() {
        return Err(KeyError::WrongKind { algorithm });
    }
    if let Some(lines) = ssh::key_lines(forms::unquoted(text)) {
        return material::public_key(algorithm, &ssh::public_key(algorithm, &lines)?);
    }
    let section = public_section(text)?;
    let der = section.contents();
    match (section.tag(), algorithm.key_kind()) {
        (SPKI, _) => contained_public_key(algorithm, der),
        (CERTIFICATE, _) => {
            let spki = spki_of_certificate(der).ok_or(KeyError::Unfit { algorithm })?;
            contained_public_key(algorithm, spki)
        }
        (PKCS1_PUBLIC, KeyKind::Rsa) => material::public_key(algorithm, der),
        (label, _) => Err(forms::section(label, Half::Public, "PUBLIC KEY or CERTIFICATE")),
    }
}

fn contained_public_key(algorithm: Algorithm, spki: &[u8]) -> Result<Verifying, KeyError> {
    if let Some(contained) = Contained::in_spki(spki) {
        contained.check(algorithm)?;
        if contained.key_type == KeyType::RsaPss {
            // The library doesn't know this type. Inside is a key in PKCS#1.
            return material::public_key(algorithm, contained.key);
        }
    }
    material::public_key(algorithm, spki)
}

/// The only section that is no certificate. A certificate beside a private key is its own, and not needed.
fn private_section(text: &[u8]) -> Result<Pem, KeyError> {
    let (mut keys, certificates) = sections(text, Half::Private)?;
    match (keys.len(), certificates.first()) {
        (1, _) => Ok(keys.remove(0)),
        (0, Some(_)) => Err(forms::section(CERTIFICATE, Half::Private, PKCS8)),
        _ => Err(KeyError::SeveralKeys),
    }
}

/// The only section that is no certificate, or the only certificate.
fn public_section(text: &[u8]) -> Result<Pem, KeyError> {
    let (mut keys, mut certificates) = sections(text, Half::Public)?;
    match (keys.len(), certificates.len()) {
        (1, _) => Ok(keys.remove(0)),
        (0, 1) => Ok(certificates.remove(0)),
        (0, _) => Err(KeyError::OtherForm {
            found: "a chain of certificates",
            advice: "keep the service's own, which is usually the first: openssl x509 -in CHAIN -out CERTIFICATE.pem",
        }),
        _ => Err(KeyError::SeveralKeys),
    }
}

/// The sections with keys, and those with certificates: together at least one.
fn sections(text: &[u8], half: Half) -> Result<(Vec<Pem>, Vec<Pem>), KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let mut sections = parse_many(text).unwrap_or_default();
    if sections.is_empty()
        && let Some(pem) = forms::unwrapped(text)
    {
        sections = parse_many(&*pem).unwrap_or_default();
    }
    sections.retain(|section| section.tag() != EC_PARAMETERS);
    if sections.is_empty() {
        return Err(forms::no_section(text, half));
    }
    Ok(sections.into_iter().partition(|section| section.tag() != CERTIFICATE))
}
