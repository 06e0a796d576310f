//! What a key is according to its container: PKCS#8 (RFC 5958), `SubjectPublicKeyInfo` and X.509 (RFC 5280).
//!
//! The container binds the key to its type, so a key is used only with the algorithms of its type, and an RSA-PSS key
//! only as its parameters allow (RFC 4055 section 3.3).

use super::der::{
    BIT_STRING, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, context,
};
use super::{Algorithm, KeyError};

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyType {
    Rsa,
    RsaPss,
    P256,
    P384,
    P521,
    Secp256k1,
    OtherCurve,
    Ed25519,
    Ed448,
    /// X25519 and X448, which agree on keys and don't sign.
    KeyAgreement,
    Dsa,
    Unknown,
}

/// A key in its container.
pub(super) struct Contained<'d> {
    pub(super) key_type: KeyType,
    /// The parameters beside the type, in DER.
    parameters: &'d [u8],
    /// The key itself, as its type encodes it.
    pub(super) key: &'d [u8],
}

impl<'d> Contained<'d> {
    /// The key in a `PRIVATE KEY`.
    pub(super) fn in_pkcs8(der: &'d [u8]) -> Option<Self> {
        let mut info = Reader::new(der).inner(SEQUENCE)?;
        info.content(INTEGER)?;
        let (key_type, parameters) = algorithm(info.inner(SEQUENCE)?)?;
        Some(Self { key_type, parameters, key: info.content(OCTET_STRING)? })
    }

    /// The key in a `PUBLIC KEY`.
    pub(super) fn in_spki(der: &'d [u8]) -> Option<Self> {
        let mut info = Reader::new(der).inner(SEQUENCE)?;
        let (key_type, parameters) = algorithm(info.inner(SEQUENCE)?)?;
        // The first octet counts the unused bits.
        let [0, key @ ..] = info.content(BIT_STRING)? else { return None };
        Some(Self { key_type, parameters, key })
    }

    /// Fails if the algorithm takes keys of another type, or the key's parameters forbid it.
    pub(super) fn check(&self, algorithm: Algorithm) -> Result<(), KeyError> {
        self.key_type.check(algorithm)?;
        if self.key_type == KeyType::RsaPss && !pss_allows(self.parameters, algorithm) {
            return Err(KeyError::PssParameters { algorithm });
        }
        Ok(())
    }
}

/// The `PUBLIC KEY` in a `CERTIFICATE` (RFC 5280 section 4.1). Nothing else of the certificate is looked at.
pub(super) fn spki_of_certificate(der: &[u8]) -> Option<&[u8]> {
    let mut certificate = Reader::new(der).inner(SEQUENCE)?.inner(SEQUENCE)?;
    // The version, which is optional; then serial number, signature algorithm, issuer, validity and subject.
    let _ = certificate.content(context(0));
    certificate.content(INTEGER)?;
    for _ in 0..4 {
        certificate.content(SEQUENCE)?;
    }
    certificate.whole(SEQUENCE)
}

impl KeyType {
    /// Fails if the algorithm takes keys of another type.
    pub(super) fn check(self, algorithm: Algorithm) -> Result<(), KeyError> {
        let fits = match algorithm {
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                return Err(KeyError::WrongKind { algorithm });
            }
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => self == Self::Rsa,
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => {
                matches!(self, Self::Rsa | Self::RsaPss)
            }
            Algorithm::Es256 => self == Self::P256,
            Algorithm::Es256k => self == Self::Secp256k1,
            Algorithm::Es384 => self == Self::P384,
            Algorithm::Es512 => self == Self::P521,
            Algorithm::EdDsa => self == Self::Ed25519,
        };
        if fits { Ok(()) } else { Err(KeyError::OtherType { algorithm, found: self.name() }) }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rsa => "an RSA key",
            Self::RsaPss => "an RSA-PSS key, which only PS256, PS384 and PS512 take",
            Self::P256 => "an EC key on P-256",
            Self::P384 => "an EC key on P-384",
            Self::P521 => "an EC key on P-521",
            Self::Secp256k1 => "an EC key on secp256k1",
            Self::OtherCurve => "an EC key on a curve that no algorithm takes",
            Self::Ed25519 => "an Ed25519 key",
            Self::Ed448 => "an Ed448 key",
            Self::KeyAgreement => "a key that doesn't sign (X25519 or X448)",
            Self::Dsa => "a DSA key",
            Self::Unknown => "a key of a type that no algorithm takes",
        }
    }
}

/// The type of key in an `AlgorithmIdentifier`, and its parameters.
fn algorithm(mut identifier: Reader<'_>) -> Option<(KeyType, &[u8])> {
    let key_type = identifier.content(OBJECT_IDENTIFIER)?;
    let parameters = identifier.rest();
    let key_type = match key_type {
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" => KeyType::Rsa,
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a" => KeyType::RsaPss,
        b"\x2a\x86\x48\xce\x3d\x02\x01" => curve(parameters),
        b"\x2b\x65\x6e" | b"\x2b\x65\x6f" => KeyType::KeyAgreement,
        b"\x2b\x65\x70" => KeyType::Ed25519,
        b"\x2b\x65\x71" => KeyType::Ed448,
        b"\x2a\x86\x48\xce\x38\x04\x01" => KeyType::Dsa,
        _ => KeyType::Unknown,
    };
    Some((key_type, parameters))
}

fn curve(parameters: &[u8]) -> KeyType {
    match Reader::new(parameters).content(OBJECT_IDENTIFIER) {
        Some(b"\x2a\x86\x48\xce\x3d\x03\x01\x07") => KeyType::P256,
        Some(b"\x2b\x81\x04\x00\x22") => KeyType::P384,
        Some(b"\x2b\x81\x04\x00\x23") => KeyType::P521,
        Some(b"\x2b\x81\x04\x00\x0a") => KeyType::Secp256k1,
        _ => KeyType::OtherCurve,
    }
}

/// Whether a key with these parameters may sign with the algorithm, whose salt is as long as its hash (RFC 7518 section
/// 3.5). The parameters' salt is the shortest that is allowed. Without parameters the key has no restrictions.
fn pss_allows(parameters: &[u8], algorithm: Algorithm) -> bool {
    let (hash, length): (&[u8], _) = match algorithm {
        Algorithm::Ps256 => (b"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 32),
        Algorithm::Ps384 => (b"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 48),
        Algorithm::Ps512 => (b"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 64),
        _ => return false,
    };
    parameters.is_empty() || pss_parameters(parameters, hash, length).is_some()
}

/// `None` unless these are parameters for this hash, and for a salt of this length.
fn pss_parameters(parameters: &[u8], hash: &[u8], length: u8) -> Option<()> {
    let mut outer = Reader::new(parameters);
    let mut fields = outer.inner(SEQUENCE)?;
    // An absent field stands for SHA-1, for the hash as for the mask.
    is_hash(fields.inner(context(0))?, hash)?;
    let mut mask = fields.inner(context(1))?.inner(SEQUENCE)?;
    (mask.content(OBJECT_IDENTIFIER)? == b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08").then_some(())?;
    is_hash(mask, hash)?;
    if let Some(mut salt) = fields.inner(context(2)) {
        let [shortest @ 0..=0x7f] = salt.content(INTEGER)? else { return None };
        (*shortest <= length).then_some(())?;
    }
    if let Some(mut trailer) = fields.inner(context(3)) {
        (trailer.content(INTEGER)? == [1]).then_some(())?;
    }
    (fields.rest().is_empty() && outer.rest().is_empty()).then_some(())
}

/// `None` unless this is the `AlgorithmIdentifier` of the hash. Its parameters may be NULL or absent (RFC 4055 section
/// 2.1).
fn is_hash(mut field: Reader<'_>, hash: &[u8]) -> Option<()> {
    let mut identifier = field.inner(SEQUENCE)?;
    let is_it = identifier.content(OBJECT_IDENTIFIER)? == hash;
    let _ = identifier.content(NULL);
    (is_it && identifier.rest().is_empty()).then_some(())
}
