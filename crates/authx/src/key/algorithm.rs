//! Signature algorithms (RFC 7518 section 3.1, RFC 8812, RFC 8037).

use std::fmt;
use std::str::FromStr;

/// An algorithm that signs tokens. `none` is not among them and cannot be expressed.
///
/// ```
/// use authx::Algorithm;
///
/// assert_eq!("ES256K".parse(), Ok(Algorithm::Es256k));
/// assert!("none".parse::<Algorithm>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the registered name of RFC 7518, RFC 8812 or RFC 8037")]
#[non_exhaustive]
pub enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es256k,
    Es384,
    Es512,
    EdDsa,
}

/// What kind of key an algorithm works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// A shared secret.
    Secret,
    /// An RSA key pair.
    Rsa,
    /// A key pair on an elliptic curve of NIST or SECG.
    EllipticCurve,
    /// An Ed25519 key pair.
    Ed25519,
}

impl Algorithm {
    /// Every algorithm, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es256k,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The registered name, as in a token's `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es256k => "ES256K",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The kind of key that the algorithm works with.
    #[must_use]
    pub fn key_kind(self) -> KeyKind {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => KeyKind::Secret,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                KeyKind::Rsa
            }
            Self::Es256 | Self::Es256k | Self::Es384 | Self::Es512 => KeyKind::EllipticCurve,
            Self::EdDsa => KeyKind::Ed25519,
        }
    }

    /// Whether one secret both signs and verifies.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        self.key_kind() == KeyKind::Secret
    }

    /// The minimum length of a secret in bytes: that of the hash's output (RFC 7518 section 3.2).
    pub(crate) fn min_secret_length(self) -> usize {
        match self {
            Self::Hs384 => 48,
            Self::Hs512 => 64,
            _ => 32,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name is not that of a supported algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAlgorithm;

impl fmt::Display for UnknownAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not the name of a supported algorithm")
    }
}

impl std::error::Error for UnknownAlgorithm {}

/// Names are compared exactly: `hs256` is not `HS256` (RFC 7515 section 4.1.1).
impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(UnknownAlgorithm)
    }
}
