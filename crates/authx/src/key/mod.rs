//! Keys: parsed once, bound to one algorithm each, kept in a ring.
//!
//! An algorithm is a property of the key, never of the token alone (RFC 8725 section 3.1), so a
//! token can't have a public key used as an HMAC secret.

mod algorithm;
mod der;
mod error;
mod forms;
mod header;
mod hmac;
mod key_type;
mod material;
mod pem;
mod ring;
mod secret;
mod secret_check;
mod signature;
mod ssh;
mod twin;

use std::fmt;
use std::sync::Arc;

pub use algorithm::{Algorithm, KeyKind, UnknownAlgorithm};
pub use error::KeyError;
pub use ring::{KeyRing, KeyRingError};
pub use secret::Secret;

pub(crate) use header::header_json;
pub(crate) use material::SignError;
pub(crate) use twin::twin_signature;

use crate::time::Timestamp;
use hmac::HmacKey;
use material::{Signing, Verifying};

/// The name of a key, as in a token's `kid` (RFC 7515 section 4.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kid(String);

impl Kid {
    /// The name as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Kid {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

/// A key that signs and verifies, or only verifies, with one algorithm.
///
/// ```
/// use authx::{Algorithm, Key};
///
/// let key = Key::from_secret(Algorithm::Hs256, "a secret of at least thirty-two bytes")?;
/// assert_eq!(key.algorithm(), Algorithm::Hs256);
/// # Ok::<(), authx::key::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    kid: Option<Kid>,
    retired_at: Option<Timestamp>,
    signing: Option<Arc<Signing>>,
    verifying: Arc<Verifying>,
}

impl Key {
    /// A key from a shared secret, which is at least as long as the algorithm's hash (RFC 7518 section 3.2).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the secret is empty or too short, is PEM, or the algorithm takes a
    /// key pair.
    pub fn from_secret(algorithm: Algorithm, secret: impl Into<Secret>) -> Result<Self, KeyError> {
        let secret = secret.into();
        let (actual, required) = (secret.expose().len(), algorithm.min_secret_length());
        if algorithm.is_symmetric() && (1..required).contains(&actual) {
            return Err(KeyError::WeakSecret { actual, required });
        }
        Self::from_weak_secret(algorithm, secret)
    }

    /// Like [`Key::from_secret`], but also takes a secret that is shorter than the hash. Such a secret can
    /// be guessed from any token that it signed: for tests, and for projects that can't change yet.
    ///
    /// # Errors
    ///
    /// [`KeyError`] as [`Key::from_secret`], except for the length; an empty secret is still refused.
    pub fn from_weak_secret(
        algorithm: Algorithm,
        secret: impl Into<Secret>,
    ) -> Result<Self, KeyError> {
        let key = Arc::new(HmacKey::new(algorithm, secret.into().expose())?);
        let signing = Signing::Hmac(Arc::clone(&key));
        Ok(Self::of(algorithm, Some(signing), Verifying::Hmac(key)))
    }

    /// A key pair from a private key as PEM: PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or
    /// SEC1 (`EC PRIVATE KEY`). The public half is derived from it. Certificates beside the key are ignored.
    ///
    /// An RSA-PSS key (RFC 4055) is for the PS algorithms alone, and only for those that its parameters allow.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where `pem` is not such a key, or the key doesn't fit the algorithm. It says what was given instead,
    /// and with which command to convert it.
    pub fn from_private_pem(
        algorithm: Algorithm,
        pem: impl Into<Secret>,
    ) -> Result<Self, KeyError> {
        let (signing, verifying) = pem::private_key(algorithm, &pem.into())?;
        Ok(Self::of(algorithm, Some(signing), verifying))
    }

    /// A key that only verifies, from a public key as PEM: SPKI (`PUBLIC KEY`), PKCS#1 (`RSA PUBLIC KEY`), or an X.509
    /// certificate (`CERTIFICATE`, RFC 5280), of which only the key counts: neither its dates nor its issuer are checked.
    /// A line of OpenSSH (`ssh-rsa`, `ssh-ed25519`, `ecdsa-sha2-nistp256` and so on) is a public key, too.
    ///
    /// ```
    /// use authx::{Algorithm, Key};
    ///
    /// let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDW/jgcba4h5+ouExb0I8mf/El6tAdQWRGmpuNGmGCX1 ada@example.org";
    /// assert!(!Key::from_public_pem(Algorithm::EdDsa, line)?.can_sign());
    /// # Ok::<(), authx::key::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] where `pem` is not such a key, or the key doesn't fit the algorithm. It says what was given instead,
    /// and with which command to convert it.
    pub fn from_public_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let verifying = pem::public_key(algorithm, pem.as_ref())?;
        Ok(Self::of(algorithm, None, verifying))
    }

    fn of(algorithm: Algorithm, signing: Option<Signing>, verifying: Verifying) -> Self {
        let signing = signing.map(Arc::new);
        let verifying = Arc::new(verifying);
        Self { algorithm, kid: None, retired_at: None, signing, verifying }
    }

    /// The key with a name. Tokens that it signs carry the name as `kid`, and a token with another
    /// `kid` is not tried against it. A key without a name is tried whatever a token's `kid` is.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<Kid>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// The key, trusted for tokens only until `instant`.
    #[must_use]
    pub fn retired_at(mut self, instant: Timestamp) -> Self {
        self.retired_at = Some(instant);
        self
    }

    /// The key's one algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&Kid> {
        self.kid.as_ref()
    }

    /// Whether the key can sign, not only verify.
    #[must_use]
    pub fn can_sign(&self) -> bool {
        self.signing.is_some()
    }

    /// Whether `signature` is this key's signature of `message`, encoded as in JWS (RFC 7518 section 3): r and s
    /// concatenated for ECDSA; for HMAC the whole tag, which is compared in constant time.
    ///
    /// To verify a token, use an engine or [`verify_signature`](crate::token::verify_signature).
    ///
    /// ```
    /// use authx::{Algorithm, Key};
    ///
    /// // RFC 4231 section 4.3.
    /// let key = Key::from_weak_secret(Algorithm::Hs256, "Jefe")?;
    /// let tag = b"\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7\
    ///     \x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43";
    /// assert!(key.verify(b"what do ya want for nothing?", tag));
    /// assert!(!key.verify(b"what do ya want for something?", tag));
    /// # Ok::<(), authx::key::KeyError>(())
    /// ```
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifying.verify(message, signature)
    }

    /// Whether `public` is the public half of this key pair.
    pub(crate) fn pairs_with(&self, public: &Self) -> bool {
        let probe = b"does this pair belong together?";
        let signed = self.signing.as_ref().and_then(|signing| signing.sign(probe).ok());
        signed.is_some_and(|signature| public.verify(probe, signature.as_ref()))
    }

    /// When the key stops being trusted.
    pub(crate) fn retires_at(&self) -> Option<Timestamp> {
        self.retired_at
    }

    fn is_retired(&self, now: Timestamp) -> bool {
        self.retired_at.is_some_and(|instant| instant <= now)
    }

    fn answers_to(&self, kid: Option<&str>) -> bool {
        match (&self.kid, kid) {
            (Some(kid), Some(wanted)) => kid.as_str() == wanted,
            _ => true,
        }
    }
}

/// Shows the algorithm and the name, never key material.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("can_sign", &self.can_sign())
            .finish_non_exhaustive()
    }
}
