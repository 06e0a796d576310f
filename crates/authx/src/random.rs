//! Randomness, which the engine's caller passes in.

use aws_lc_rs::rand::SecureRandom as _;
use uuid::fmt::Hyphenated;

/// A source of unpredictable bytes for token identifiers and CSRF values.
///
/// The engine uses no other source. (For ECDSA and PSS signatures the cryptography library takes random
/// values from its own generator.)
pub trait Random {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    ///
    /// [`RandomUnavailable`] when the source fails; then no token is issued.
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

/// Buffers for the strings of two UUIDs, so that they need no heap allocation.
pub(crate) struct UuidBuffers([[u8; Hyphenated::LENGTH]; 2]);

impl Default for UuidBuffers {
    fn default() -> Self {
        Self([[0; Hyphenated::LENGTH]; 2])
    }
}

/// Two version 4 UUIDs (RFC 9562 section 5.4) as strings, 122 random bits each, from one call to `random`.
pub(crate) fn uuids<'b>(
    random: &dyn Random,
    buffers: &'b mut UuidBuffers,
) -> Result<[&'b str; 2], RandomUnavailable> {
    let mut bytes = [[0; 16]; 2];
    random.fill(bytes.as_flattened_mut())?;
    let uuids = bytes.map(|bytes| uuid::Builder::from_random_bytes(bytes).into_uuid());
    let [first, second] = &mut buffers.0;
    Ok([
        uuids[0].as_hyphenated().encode_lower(first),
        uuids[1].as_hyphenated().encode_lower(second),
    ])
}
