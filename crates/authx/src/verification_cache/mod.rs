//! A cache of verified tokens, so that a token presented again needs neither cryptography nor parsing.
//!
//! It caches the claims, which depend only on the token's string and on the key ring:
//!
//! - An entry is found by the token's whole string, which is compared in constant time. No other token, however
//!   similar, finds the entry, and response times don't tell how much of a cached token was guessed.
//! - Only a token that passed every check of [`Engine::verify`](crate::Engine::verify) gets an entry.
//! - An entry is not used from the token's `exp` on (with the leeway), nor once its key is retired.
//! - A cache belongs to one engine, whose ring never changes: a new ring means a new engine with an empty cache.
//! - Times, issuer, audience, type, freshness, CSRF and scopes of cached claims are checked each time, and the stores
//!   are asked about revocation each time.
//!
//! Entries and bytes are bounded. The library chooses which entries are evicted (S3-FIFO: entries that were used only
//! once go first). It divides the cache into shards, each with its own read-write lock.

#[cfg(feature = "verification-cache")]
mod cache;
#[cfg(not(feature = "verification-cache"))]
mod disabled;

#[cfg(feature = "verification-cache")]
pub(crate) use cache::{CacheBounds, PayloadSize, VerificationCache};
#[cfg(not(feature = "verification-cache"))]
pub(crate) use disabled::{CacheBounds, PayloadSize, VerificationCache};

/// Size and misses of a verification cache, as [`Engine::cache_statistics`] returns them.
///
/// [`Engine::cache_statistics`]: crate::Engine::cache_statistics
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// How many tokens are cached.
    pub entries: usize,
    /// An upper bound of the bytes that they take.
    pub bytes: u64,
    /// How many lookups found no entry since the engine was created, including those for tokens that don't verify.
    ///
    /// Hits are not counted, because threads would contend for the counter on the hot path.
    pub misses: u64,
}

/// Why there is no cache with these bounds.
#[derive(Debug)]
pub(crate) struct UnfitBounds {
    pub(crate) setting: &'static str,
    pub(crate) reason: &'static str,
}
