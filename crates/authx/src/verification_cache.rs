//! Tokens that verified, kept so that the same token, presented again, costs neither cryptography nor parsing.
//!
//! What is kept is what the token's text and the ring of keys decide between them, and nothing else: the claims. So
//!
//! - an entry is found by the whole text of the token, which is compared in constant time. No other token, however
//!   alike, has its entry, and nobody learns from the time of an answer how much of a kept token they guessed.
//! - only a token that passed every check of [`Engine::verify`](crate::Engine::verify) gets one.
//! - it is of no use from the token's `exp` on (with the leeway), nor once its key is retired.
//! - it belongs to one engine, and an engine's ring never changes: a new ring is a new engine with an empty cache.
//! - times, issuer, audience, type, freshness, CSRF and scopes are checked of kept claims as of any, and the stores are
//!   asked about revocation all the same.
//!
//! Entries and bytes are bounded. Which entries go is the library's decision (S3-FIFO: what was asked for once goes
//! before what was asked for again), as are its shards, each with a lock of its own that readers share.

use std::any::{Any, TypeId};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

use crate::time::Timestamp;
use crate::token::{Claims, CustomClaims};

/// How a verification cache serves, and what it takes: what [`Engine::cache_statistics`] gives.
///
/// [`Engine::cache_statistics`]: crate::Engine::cache_statistics
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// How many tokens it keeps.
    pub entries: usize,
    /// How many bytes they take, at most.
    pub bytes: u64,
    /// How many tokens were looked for and not found since the engine was made, those among them that don't verify.
    ///
    /// Tokens that are found are not counted: threads that find them would wait for each other to count.
    pub misses: u64,
}

/// The bounds of a cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheBounds {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

impl CacheBounds {
    /// Room for several tokens of the usual size.
    pub(crate) const LEAST_BYTES: usize = 64 * 1024;
}

pub(crate) struct VerificationCache {
    tokens: Cache<KeptToken, Kept, Weight>,
    misses: AtomicU64,
}

impl VerificationCache {
    /// A cache within these bounds, neither of which is 0.
    pub(crate) fn new(bounds: CacheBounds) -> Self {
        let expected = bounds.entries.min(bounds.bytes / TYPICAL_ENTRY).max(1);
        let (entries, bytes) = (bounds.entries as u64, bounds.bytes as u64);
        // Each shard has an equal part, so that the parts add up to the bound and not to more.
        let bytes = bytes - bytes % MAX_SHARDS as u64;
        let options = OptionsBuilder::new()
            .estimated_items_capacity(expected)
            .shards(MAX_SHARDS)
            .weight_capacity(bytes)
            .build()
            .expect("a capacity was given");
        // So many that one entry more than the bound would not fit.
        let weight = Weight { least: bytes / entries.saturating_add(1) + 1 };
        let hasher = DefaultHashBuilder::default();
        let tokens = Cache::with_options(options, weight, hasher, DefaultLifecycle::default());
        Self { tokens, misses: AtomicU64::new(0) }
    }

    /// The claims of this very token, where it verified before and still would.
    pub(crate) fn claims<C: CustomClaims>(
        &self,
        token: &[u8],
        now: Timestamp,
    ) -> Option<Claims<C>> {
        let presented = PresentedToken { custom: TypeId::of::<C>(), text: token };
        if let Some(kept) = self.tokens.get(&presented) {
            if kept.until.is_none_or(|until| now < until) {
                return kept.claims.downcast_ref().cloned();
            }
            self.tokens.remove(&presented);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Keeps the claims of a token that passed every check, until an instant that it or its key names.
    pub(crate) fn keep<C: CustomClaims>(
        &self,
        token: &[u8],
        claims: &Claims<C>,
        until: Option<Timestamp>,
        payload: PayloadSize,
    ) {
        let token = KeptToken { custom: TypeId::of::<C>(), text: token.into() };
        let bytes = OWN_BYTES + token.text.len() + size_of::<Claims<C>>() + payload.on_heap();
        let kept = Kept { claims: Arc::new(claims.clone()), until, bytes: bytes as u64 };
        self.tokens.insert(token, kept);
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            entries: self.tokens.len(),
            bytes: self.tokens.iter().map(|(_, kept)| kept.bytes).sum(),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }
}

/// Without the tokens.
impl fmt::Debug for VerificationCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statistics().fmt(formatter)
    }
}

/// What says how large a payload is once it is claims.
#[derive(Clone, Copy)]
pub(crate) struct PayloadSize {
    bytes: usize,
    values: usize,
    objects: usize,
}

impl PayloadSize {
    pub(crate) fn of(payload: &[u8]) -> Self {
        let count = |wanted: &[u8]| payload.iter().filter(|byte| wanted.contains(byte)).count();
        Self { bytes: payload.len(), values: count(b",["), objects: count(b"{") }
    }

    /// The most that claims of these sizes take on the heap, in the collections of `std` and in those of `serde_json`.
    fn on_heap(self) -> usize {
        self.bytes + self.values * VALUE_BYTES + self.objects * OBJECT_BYTES
    }
}

/// The token of an entry. The type of the custom claims is a part of it: each type has claims of its own.
#[derive(Clone)]
struct KeptToken {
    custom: TypeId,
    text: Arc<[u8]>,
}

/// The token of a request.
struct PresentedToken<'t> {
    custom: TypeId,
    text: &'t [u8],
}

impl KeptToken {
    fn as_presented(&self) -> PresentedToken<'_> {
        PresentedToken { custom: self.custom, text: &self.text }
    }
}

impl Hash for PresentedToken<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.custom.hash(hasher);
        self.text.hash(hasher);
    }
}

impl Hash for KeptToken {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.as_presented().hash(hasher);
    }
}

impl Equivalent<KeptToken> for PresentedToken<'_> {
    fn equivalent(&self, kept: &KeptToken) -> bool {
        self.custom == kept.custom && verify_slices_are_equal(self.text, &kept.text).is_ok()
    }
}

impl PartialEq for KeptToken {
    fn eq(&self, other: &Self) -> bool {
        self.as_presented().equivalent(other)
    }
}

impl Eq for KeptToken {}

#[derive(Clone)]
struct Kept {
    /// [`Claims`] of the type that the token's entry is for.
    claims: Arc<dyn Any + Send + Sync>,
    until: Option<Timestamp>,
    bytes: u64,
}

/// Counts bytes so that the bound of the entries holds with that of the bytes.
#[derive(Clone)]
struct Weight {
    least: u64,
}

impl Weighter<KeptToken, Kept> for Weight {
    fn weight(&self, _token: &KeptToken, kept: &Kept) -> u64 {
        kept.bytes.max(self.least)
    }
}

/// A power of two. The library takes fewer where a shard would have hardly any entries.
const MAX_SHARDS: usize = 64;
/// What the library and the allocator take for an entry, whatever is in it.
const OWN_BYTES: usize = 512;
/// An element or a member in a collection of its own, with a text on the heap.
const VALUE_BYTES: usize = 160;
/// The first node of a map.
const OBJECT_BYTES: usize = 720;
/// An entry of a token with a few custom claims, for a guess of how many there will be.
const TYPICAL_ENTRY: usize = 4096;
