//! The cryptography library's keys and operations, chosen by algorithm.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey};

use sha2::{Digest as _, Sha256};

use super::hmac::HmacKey;
use super::signature::Signature;
use super::{Algorithm, KeyError, KeyKind};

/// The half of a key that signs.
pub(super) enum Signing {
    Hmac(Arc<HmacKey>),
    Rsa(RsaKeyPair, &'static dyn signature::RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The half of a key that verifies.
pub(super) enum Verifying {
    Hmac(Arc<HmacKey>),
    Public(ParsedPublicKey),
}

/// The cryptography library refused to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignError;

impl Signing {
    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        let random = SystemRandom::new();
        match self {
            Self::Hmac(key) => Ok(key.sign(message)),
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).map_err(|_| SignError)?;
                Ok(Signature::Long(signature))
            }
            Self::Ecdsa(pair) => ecdsa(pair, &random, message),
            Self::Ed25519(pair) => ed25519(pair, message),
        }
    }
}

// The library's signature type has several thousand bytes. It is borrowed rather than moved, and these functions are
// not inlined, so that it takes no stack where another algorithm signs.

#[inline(never)]
fn ecdsa(
    pair: &EcdsaKeyPair,
    random: &SystemRandom,
    message: &[u8],
) -> Result<Signature, SignError> {
    match &pair.sign(random, message) {
        Ok(signature) => Ok(signature.as_ref().into()),
        Err(_) => Err(SignError),
    }
}

#[inline(never)]
fn ed25519(pair: &Ed25519KeyPair, message: &[u8]) -> Result<Signature, SignError> {
    match &pair.try_sign(message) {
        Ok(signature) => Ok(signature.as_ref().into()),
        Err(_) => Err(SignError),
    }
}

impl Verifying {
    /// A keyed hash that can't be a token's signature: the hashed message has a colon and a space, and a token's
    /// signing input has neither.
    pub(super) fn keyed_hash(&self, message: &str) -> Vec<u8> {
        let message = format!("keyed hash: {message}");
        match self {
            Self::Hmac(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
            Self::Public(key) => {
                // The last bytes are the same whether the key is encoded as SubjectPublicKeyInfo or bare.
                let salt = key.as_ref().rchunks(32).next().unwrap_or_default();
                let hash = Sha256::new().chain_update(salt).chain_update(message);
                hash.finalize().to_vec()
            }
        }
    }

    /// Compares HMAC tags in constant time.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => key.verify(message, signature),
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

pub(super) fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn signature::RsaEncoding> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

pub(super) fn ecdsa_signing(
    algorithm: Algorithm,
) -> Option<&'static signature::EcdsaSigningAlgorithm> {
    Some(match algorithm {
        Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::Es256k => &signature::ECDSA_P256K1_SHA256_FIXED_SIGNING,
        Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        Algorithm::Es512 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return None,
    })
}

/// Parses a public key (SPKI, PKCS#1, a point or Ed25519's 32 bytes) for its algorithm.
pub(super) fn public_key(algorithm: Algorithm, key: &[u8]) -> Result<Verifying, KeyError> {
    let verification: &'static dyn signature::VerificationAlgorithm = match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es256k => &signature::ECDSA_P256K1_SHA256_FIXED,
        Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::Es512 => &signature::ECDSA_P521_SHA512_FIXED,
        Algorithm::EdDsa => &signature::ED25519,
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
            return Err(KeyError::WrongKind { algorithm });
        }
    };
    if algorithm.key_kind() == KeyKind::Rsa && !has_allowed_size(key) {
        return Err(KeyError::Unfit { algorithm });
    }
    let unfit = || KeyError::Unfit { algorithm };
    let key = ParsedPublicKey::new(verification, key).map_err(|_| unfit())?;
    if algorithm.key_kind() == KeyKind::Ed25519 && has_small_order(key.as_ref()) {
        return Err(unfit());
    }
    Ok(Verifying::Public(key))
}

/// Signatures can be forged for an Ed25519 key of small order.
fn has_small_order(ed25519_key: &[u8]) -> bool {
    // The point comes last in a SubjectPublicKeyInfo, too.
    let Some(point) = ed25519_key.last_chunk::<32>() else { return true };
    let mut point = *point;
    point[31] &= 0x7f;
    SMALL_ORDER.contains(&point)
}

/// The library also parses RSA keys of other sizes, and then refuses every signature.
fn has_allowed_size(rsa_key: &[u8]) -> bool {
    let spki = rsa::PublicKey::from_der(rsa_key).ok().and_then(|key| key.as_der().ok());
    let key = spki.and_then(|spki| rsa::PublicEncryptingKey::from_der(spki.as_ref()).ok());
    key.is_some_and(|key| (2048..=8192).contains(&key.key_size_bits()))
}

/// Every encoding of the y coordinate of the points whose order divides 8, without the sign bit.
const SMALL_ORDER: [[u8; 32]; 7] = [
    *b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
      \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    *b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
      \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
      \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
      \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    *b"\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    *b"\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
];
