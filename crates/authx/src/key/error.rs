//! Errors about keys. A message never contains the key itself.

use std::fmt;

use super::{Algorithm, KeyKind};

/// Why a secret or a PEM text can't be used as a key for an algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is empty.
    Empty,
    /// The secret is shorter than the algorithm's hash, so it can be guessed from a token.
    WeakSecret {
        /// Its length in bytes.
        actual: usize,
        /// The minimum length in bytes.
        required: usize,
    },
    /// A secret is given where the algorithm takes a key pair, or the other way round.
    WrongKind {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A public key, a private key or a certificate is given as a shared secret, in whatever form. If it is a public
    /// key, everybody could sign.
    KeyPairAsSecret,
    /// The text has no PEM section, or one that can't be decoded.
    NotPem,
    /// The text has more than one key, so it is ambiguous.
    SeveralKeys,
    /// The private key is encrypted.
    Encrypted,
    /// A PEM section of another kind, such as a certificate.
    WrongSection {
        /// The section's label.
        label: String,
        /// The labels that are accepted.
        expected: &'static str,
    },
    /// The key does not fit the algorithm: another kind of key or another curve, a damaged key, or an
    /// RSA key of less than 2048 or more than 8192 bits.
    Unfit {
        /// The algorithm.
        algorithm: Algorithm,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("the key is empty"),
            Self::WeakSecret { actual, required } => write!(
                formatter,
                "the secret is {actual} bytes long, and its hash asks for at least {required}"
            ),
            Self::WrongKind { algorithm } => match algorithm.key_kind() {
                KeyKind::Secret => write!(formatter, "{algorithm} takes a shared secret, not a key pair"),
                _ => write!(formatter, "{algorithm} takes a key pair as PEM, not a shared secret"),
            },
            Self::KeyPairAsSecret => formatter.write_str(
                "a key of a key pair can't serve as a shared secret: choose an RS, PS, ES or EdDSA algorithm for it, and give \
                 it as PEM",
            ),
            Self::NotPem => formatter.write_str(
                "the text is not PEM: it must hold one section from -----BEGIN to -----END",
            ),
            Self::SeveralKeys => formatter.write_str("the text holds more than one key: keep one"),
            Self::Encrypted => formatter.write_str(
                "the private key is encrypted: decrypt it first, for example with openssl pkey",
            ),
            Self::WrongSection { label, expected } => {
                write!(formatter, "the PEM section is {label:?}, and {expected} is expected")
            }
            Self::Unfit { algorithm } => match algorithm.key_kind() {
                KeyKind::Rsa => write!(
                    formatter,
                    "the key doesn't fit {algorithm}: an undamaged RSA key of 2048 to 8192 bits is expected"
                ),
                KeyKind::EllipticCurve => write!(
                    formatter,
                    "the key doesn't fit {algorithm}: an undamaged EC key on the algorithm's curve is expected"
                ),
                _ => write!(formatter, "the key doesn't fit {algorithm}: an undamaged Ed25519 key is expected"),
            },
        }
    }
}

impl std::error::Error for KeyError {}
