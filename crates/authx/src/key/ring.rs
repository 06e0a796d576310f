//! The ring of keys, which signs tokens and verifies their signatures.

use std::fmt;

use super::header::HeaderTemplate;
use super::material::SignError;
use super::signature::Signature;
use super::{Algorithm, Key, KeyKind, Kid};
use crate::time::Timestamp;

/// The keys of one issuer: the first one signs, all of them verify.
///
/// Built once and shared. A previous key is kept as a second key, so that the tokens it signed stay
/// valid until they expire.
///
/// ```
/// use authx::{Algorithm, Key, KeyRing};
///
/// let ring = KeyRing::new([
///     Key::from_secret(Algorithm::Hs256, "the secret of this month, and it is long")?,
///     Key::from_secret(Algorithm::Hs256, "the secret of last month, and it is long")?,
/// ])?;
/// assert_eq!(ring.algorithm(), Algorithm::Hs256);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    keys: Box<[Key]>,
    /// For each key, the headers of most tokens it signed: first the one that AuthX writes.
    headers: Box<[[HeaderTemplate; 2]]>,
    is_malleable: bool,
}

/// Why a ring of keys can't be built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRingError {
    /// There is no key.
    Empty,
    /// Two keys of one algorithm have the same `kid`, so it is ambiguous.
    DuplicateKid(String),
    /// No key has this `kid`.
    UnknownKid(String),
    /// The key with this `kid` signs, so it can't retire.
    RetiresSigner(String),
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("a key ring needs at least one key"),
            Self::DuplicateKid(kid) => write!(formatter, "two keys of the ring are named {kid:?}"),
            Self::UnknownKid(kid) => write!(formatter, "no key of the ring is named {kid:?}"),
            Self::RetiresSigner(kid) => write!(
                formatter,
                "the key {kid:?} signs, so it can't retire: add the key that signs in its place first"
            ),
        }
    }
}

impl std::error::Error for KeyRingError {}

impl KeyRing {
    /// A ring whose first key signs.
    ///
    /// # Errors
    ///
    /// [`KeyRingError`] when there is no key, or a `kid` names two keys of one algorithm.
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Result<Self, KeyRingError> {
        let keys: Box<[Key]> = keys.into_iter().collect();
        if keys.is_empty() {
            return Err(KeyRingError::Empty);
        }
        for (index, key) in keys.iter().enumerate() {
            let Some(kid) = key.kid() else { continue };
            let twice = keys[..index]
                .iter()
                .any(|other| other.algorithm() == key.algorithm() && other.kid() == Some(kid));
            if twice {
                return Err(KeyRingError::DuplicateKid(kid.as_str().to_owned()));
            }
        }
        let known = |key| [HeaderTemplate::of(key), HeaderTemplate::beginning_with_typ(key)];
        let headers = keys.iter().map(known).collect();
        let is_curve = |key: &Key| key.algorithm().key_kind() == KeyKind::EllipticCurve;
        let is_malleable = keys.iter().any(is_curve);
        Ok(Self { keys, headers, is_malleable })
    }

    /// The keys, the one that signs first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// A ring in which `key` signs from now on, and the present keys still verify.
    ///
    /// ```
    /// use authx::{Algorithm, Key, KeyRing};
    ///
    /// # let (old, new) = (b"the secret of the last thirty days".as_slice(), b"the secret of the next thirty days");
    /// let ring = KeyRing::new([Key::from_secret(Algorithm::Hs256, old)?.with_kid("november")])?;
    /// let ring = ring.signing_with(Key::from_secret(Algorithm::Hs256, new)?.with_kid("december"))?;
    /// let kids: Vec<_> = ring.keys().filter_map(|key| Some(key.kid()?.as_str())).collect();
    /// assert_eq!(kids, ["december", "november"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyRingError::DuplicateKid`]: another key of the algorithm has its `kid`.
    pub fn signing_with(&self, key: Key) -> Result<Self, KeyRingError> {
        Self::new(std::iter::once(key).chain(self.keys.iter().cloned()))
    }

    /// A ring in which `key` verifies like the present keys but doesn't sign: for a new key that the
    /// issuer of the tokens is about to use.
    ///
    /// # Errors
    ///
    /// [`KeyRingError::DuplicateKid`]: another key of the algorithm has its `kid`.
    pub fn verifying_with(&self, key: Key) -> Result<Self, KeyRingError> {
        Self::new(self.keys.iter().cloned().chain(std::iter::once(key)))
    }

    /// A ring in which the keys with this `kid` accept no token from `instant` on.
    ///
    /// # Errors
    ///
    /// [`KeyRingError::UnknownKid`]: no key has it. [`KeyRingError::RetiresSigner`]: the key that signs has
    /// it; add its successor first with [`signing_with`](Self::signing_with).
    pub fn retiring(&self, kid: &str, instant: Timestamp) -> Result<Self, KeyRingError> {
        let is_named = |key: &Key| key.kid().is_some_and(|name| name.as_str() == kid);
        if !self.keys.iter().any(is_named) {
            return Err(KeyRingError::UnknownKid(kid.to_owned()));
        }
        if is_named(self.signer()) {
            return Err(KeyRingError::RetiresSigner(kid.to_owned()));
        }
        let retire = |key: &Key| match is_named(key) {
            true => key.clone().retired_at(instant),
            false => key.clone(),
        };
        Self::new(self.keys.iter().map(retire))
    }

    /// The algorithm of the tokens that this ring signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.signer().algorithm()
    }

    /// Whether some key's algorithm is malleable: each of its signatures has a twin that also verifies.
    pub(crate) fn is_malleable(&self) -> bool {
        self.is_malleable
    }

    /// The key that signs.
    pub(crate) fn signer(&self) -> &Key {
        &self.keys[0]
    }

    /// The header of new tokens without additional headers.
    pub(crate) fn header_template(&self) -> &HeaderTemplate {
        &self.headers[0][0]
    }

    /// The algorithm and `kid` of a header that equals a known one byte for byte, so that it need not be parsed.
    pub(crate) fn known_header(&self, header: &[u8]) -> Option<(Algorithm, Option<&str>)> {
        let is_header = |known: &HeaderTemplate| known.as_str().as_bytes() == header;
        let index = self.headers.iter().position(|known| known.iter().any(is_header))?;
        let key = &self.keys[index];
        Some((key.algorithm(), key.kid().map(Kid::as_str)))
    }

    /// Signs with the first key; `None` where it only verifies.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Result<Signature, SignError>> {
        Some(self.signer().signing.as_ref()?.sign(message))
    }

    /// The first 128 bits of a keyed hash: the same for all rings with the same first key.
    pub(crate) fn keyed_hash(&self, message: &str) -> u128 {
        let hash = self.signer().verifying.keyed_hash(message);
        hash.iter().take(16).fold(0, |hash, &byte| hash << 8 | u128::from(byte))
    }

    /// Whether some key has this algorithm.
    pub(crate) fn has_algorithm(&self, algorithm: Algorithm) -> bool {
        self.keys.iter().any(|key| key.algorithm() == algorithm)
    }

    /// The key that made this signature: one of the token's algorithm, and of its `kid` where both have one.
    ///
    /// A `kid` that names no key takes as long as a wrong signature, so that the response time doesn't
    /// tell them apart.
    pub(crate) fn signer_of(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
        now: Timestamp,
    ) -> Option<&Key> {
        let mut known_kid = false;
        let of_algorithm = || self.keys.iter().filter(|key| key.algorithm() == algorithm);
        for key in of_algorithm().filter(|key| key.answers_to(kid)) {
            known_kid = true;
            if key.verify(message, signature) && !key.is_retired(now) {
                return Some(key);
            }
        }
        if !known_kid && let Some(decoy) = of_algorithm().next() {
            let _ = std::hint::black_box(decoy.verify(message, signature));
        }
        None
    }
}
