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
    /// A key in a form that is not accepted, such as PKCS#12, or the other half of a key pair.
    OtherForm {
        /// What was given.
        found: &'static str,
        /// What to do about it, with the command that converts it where there is one.
        advice: &'static str,
    },
    /// A sound key of another type or on another curve than the algorithm takes.
    OtherType {
        /// The algorithm.
        algorithm: Algorithm,
        /// What was given.
        found: &'static str,
    },
    /// The parameters of an RSA-PSS key don't allow the algorithm (RFC 4055 section 3.3).
    PssParameters {
        /// The algorithm.
        algorithm: Algorithm,
    },
    /// A PEM section of a kind that is no key.
    WrongSection {
        /// The section's label.
        label: String,
        /// The labels that are accepted.
        expected: &'static str,
    },
    /// The key does not fit the algorithm: a damaged key, an RSA key of less than 2048 or more than 8192 bits, or a key
    /// of another type in a form that doesn't name its type.
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
                "the text is not PEM: give the content of the file, not its path, with one section from -----BEGIN to \
                 -----END",
            ),
            Self::SeveralKeys => formatter.write_str("the text holds more than one key: keep one"),
            Self::Encrypted => formatter.write_str(
                "the private key is encrypted: decrypt it with: openssl pkey -in KEY -out DECRYPTED",
            ),
            Self::OtherForm { found, advice } => write!(formatter, "this is {found}: {advice}"),
            Self::OtherType { algorithm, found } => {
                write!(formatter, "the key doesn't fit {algorithm}: it is {found}")
            }
            Self::PssParameters { algorithm } => write!(
                formatter,
                "the parameters of the RSA-PSS key don't allow {algorithm}, which has the hash of its name, also in the \
                 mask (MGF1), and a salt of the same length: make another key with: openssl genpkey -algorithm RSA-PSS \
                 -pkeyopt rsa_keygen_bits:2048 -out KEY.pem"
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
