//! Randomness, passed in by whoever calls the engine.

use aws_lc_rs::rand::SecureRandom as _;
use uuid::fmt::Hyphenated;

/// A source of unpredictable bytes for token identifiers and CSRF values.
///
/// The engine draws from nothing else. (ECDSA and PSS signatures take their nonces inside the
/// cryptography library, from its own generator.)
pub trait Random {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    ///
    /// [`RandomUnavailable`] when the source has none to give; nothing is issued then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomUnavailable>;
}

/// The source of randomness failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomUnavailable;

impl std::fmt::Display for RandomUnavailable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the source of randomness is unavailable")
    }
}

impl std::error::Error for RandomUnavailable {}

/// The cryptography library's generator, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomUnavailable> {
        aws_lc_rs::rand::SystemRandom::new().fill(bytes).map_err(|_| RandomUnavailable)
    }
}

/// Room for the texts of two UUIDs.
pub(crate) struct UuidTexts([[u8; Hyphenated::LENGTH]; 2]);

impl Default for UuidTexts {
    fn default() -> Self {
        Self([[0; Hyphenated::LENGTH]; 2])
    }
}

/// The texts of two version 4 UUIDs (RFC 9562 section 5.4), 122 random bits each, from one draw.
pub(crate) fn uuids<'t>(
    random: &dyn Random,
    texts: &'t mut UuidTexts,
) -> Result<[&'t str; 2], RandomUnavailable> {
    let mut bytes = [[0; 16]; 2];
    random.fill(bytes.as_flattened_mut())?;
    let uuids = bytes.map(|bytes| uuid::Builder::from_random_bytes(bytes).into_uuid());
    let [first, second] = &mut texts.0;
    Ok([
        uuids[0].as_hyphenated().encode_lower(first),
        uuids[1].as_hyphenated().encode_lower(second),
    ])
}
