//! The cache itself, with the feature `verification-cache`.

use std::any::{Any, TypeId};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

use super::{CacheStatistics, UnfitBounds};
use crate::time::Timestamp;
use crate::token::{Claims, CustomClaims};

/// The limits of a cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheBounds {
    entries: usize,
    bytes: usize,
}

impl CacheBounds {
    /// The limits by these settings, if there is to be a cache.
    pub(crate) fn of_settings(entries: usize, bytes: usize) -> Result<Option<Self>, UnfitBounds> {
        if entries == 0 {
            return Ok(None);
        }
        if bytes < LEAST_BYTES {
            return Err(UnfitBounds {
                setting: "JWT_VERIFICATION_CACHE_BYTES",
                reason: "it must be at least 65536, or hardly any token would fit",
            });
        }
        Ok(Some(Self { entries, bytes }))
    }
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
        // A multiple of the shards: the library rounds each shard's part up, and the parts must not exceed the limit.
        let bytes = bytes - bytes % MAX_SHARDS as u64;
        let options = OptionsBuilder::new()
            .estimated_items_capacity(expected)
            .shards(MAX_SHARDS)
            .weight_capacity(bytes)
            .build()
            .expect("a capacity was given");
        // The least weight of an entry, so that one entry more than the limit would not fit.
        let weight = Weight { least: bytes / entries.saturating_add(1) + 1 };
        let hasher = DefaultHashBuilder::default();
        let tokens = Cache::with_options(options, weight, hasher, DefaultLifecycle::default());
        Self { tokens, misses: AtomicU64::new(0) }
    }

    /// The claims of this token, if it is cached and neither it nor its key has expired since.
    pub(crate) fn claims<C: CustomClaims>(
        &self,
        token: &[u8],
        now: Timestamp,
    ) -> Option<Claims<C>> {
        let presented = PresentedToken { custom: TypeId::of::<C>(), string: token };
        if let Some(kept) = self.tokens.get(&presented) {
            if kept.until.is_none_or(|until| now < until) {
                return kept.claims.downcast_ref().cloned();
            }
            self.tokens.remove(&presented);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Caches the claims of a token that passed every check. `until` is when the token expires or its key is retired.
    pub(crate) fn keep<C: CustomClaims>(
        &self,
        token: &[u8],
        claims: &Claims<C>,
        until: Option<Timestamp>,
        payload: PayloadSize,
    ) {
        let token = KeptToken { custom: TypeId::of::<C>(), string: token.into() };
        let bytes = ENTRY_BYTES + token.string.len() + size_of::<Claims<C>>() + payload.on_heap();
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

/// Does not show the tokens.
impl fmt::Debug for VerificationCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statistics().fmt(formatter)
    }
}

/// What the size of a payload's claims in memory is estimated from.
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

    /// An upper bound of the heap bytes of the claims, in the collections of `std` and of `serde_json`.
    fn on_heap(self) -> usize {
        self.bytes + self.values * VALUE_BYTES + self.objects * OBJECT_BYTES
    }
}

/// The key of an entry. It includes the type of the custom claims, since the cached claims are of that type.
#[derive(Clone)]
struct KeptToken {
    custom: TypeId,
    string: Arc<[u8]>,
}

/// The key to look up: the token of a request.
struct PresentedToken<'t> {
    custom: TypeId,
    string: &'t [u8],
}

impl KeptToken {
    fn as_presented(&self) -> PresentedToken<'_> {
        PresentedToken { custom: self.custom, string: &self.string }
    }
}

impl Hash for PresentedToken<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.custom.hash(hasher);
        self.string.hash(hasher);
    }
}

impl Hash for KeptToken {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.as_presented().hash(hasher);
    }
}

impl Equivalent<KeptToken> for PresentedToken<'_> {
    fn equivalent(&self, kept: &KeptToken) -> bool {
        self.custom == kept.custom && verify_slices_are_equal(self.string, &kept.string).is_ok()
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
    /// [`Claims`] with the type of custom claims that the key names.
    claims: Arc<dyn Any + Send + Sync>,
    until: Option<Timestamp>,
    bytes: u64,
}

/// Weighs entries so that the library's one limit, the weight, enforces the limits of both bytes and entries.
#[derive(Clone)]
struct Weight {
    least: u64,
}

impl Weighter<KeptToken, Kept> for Weight {
    fn weight(&self, _token: &KeptToken, kept: &Kept) -> u64 {
        kept.bytes.max(self.least)
    }
}

/// Room for several tokens of the usual size.
const LEAST_BYTES: usize = 64 * 1024;
/// A power of two. The library uses fewer shards where each would have hardly any entries.
const MAX_SHARDS: usize = 64;
/// What the library and the allocator need for an entry, besides its contents.
const ENTRY_BYTES: usize = 512;
/// An element of an array or a field of an object, in its own collection, with a string on the heap.
const VALUE_BYTES: usize = 160;
/// The first node of a map.
const OBJECT_BYTES: usize = 720;
/// The size of an entry for a token with a few custom claims, to estimate how many entries there will be.
const TYPICAL_ENTRY: usize = 4096;
