//! A signature or an HMAC tag in the encoding of JWS (RFC 7518 section 3).

/// Stored inline where it is short, so that signing with most algorithms needs no heap allocation for it.
pub(crate) enum Signature {
    Short { bytes: [u8; SHORT], length: usize },
    Long(Vec<u8>),
}

/// The length of the signatures of HS512, ES256 and Ed25519.
const SHORT: usize = 64;

impl From<&[u8]> for Signature {
    fn from(signature: &[u8]) -> Self {
        let length = signature.len();
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..length) {
            Some(short) => {
                short.copy_from_slice(signature);
                Self::Short { bytes, length }
            }
            None => Self::Long(signature.to_vec()),
        }
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Short { bytes, length } => &bytes[..*length],
            Self::Long(bytes) => bytes,
        }
    }
}
