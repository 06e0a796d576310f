//! The keys of HS256, HS384 and HS512 (RFC 7518 section 3.2). The key's part of the hash is computed once
//! instead of per token. Keys are wiped when dropped.

use hmac::{Hmac, KeyInit as _, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::signature::Signature;
use super::{Algorithm, KeyError, secret_check};

pub(super) enum HmacKey {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl HmacKey {
    pub(super) fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        if !algorithm.is_symmetric() {
            return Err(KeyError::WrongKind { algorithm });
        }
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        if secret_check::is_of_key_pair(secret) {
            return Err(KeyError::KeyPairAsSecret);
        }
        let unfit = |_| KeyError::Unfit { algorithm };
        match algorithm {
            Algorithm::Hs256 => Hmac::new_from_slice(secret).map(Self::Sha256).map_err(unfit),
            Algorithm::Hs384 => Hmac::new_from_slice(secret).map(Self::Sha384).map_err(unfit),
            Algorithm::Hs512 => Hmac::new_from_slice(secret).map(Self::Sha512).map_err(unfit),
            _ => Err(KeyError::WrongKind { algorithm }),
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        match self {
            Self::Sha256(key) => tag(key, message),
            Self::Sha384(key) => tag(key, message),
            Self::Sha512(key) => tag(key, message),
        }
    }

    /// Compares in constant time; a truncated tag is refused.
    pub(super) fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        match self {
            Self::Sha256(key) => is_tag(key, message, tag),
            Self::Sha384(key) => is_tag(key, message, tag),
            Self::Sha512(key) => is_tag(key, message, tag),
        }
    }
}

fn tag<M: Mac + Clone>(key: &M, message: &[u8]) -> Signature {
    key.clone().chain_update(message).finalize().into_bytes().as_slice().into()
}

fn is_tag<M: Mac + Clone>(key: &M, message: &[u8], tag: &[u8]) -> bool {
    key.clone().chain_update(message).verify_slice(tag).is_ok()
}
