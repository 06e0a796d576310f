//! Without the feature `verification-cache`: a cache that can't exist, so that its callers need no condition.

use super::{CacheStatistics, UnfitBounds};
use crate::time::Timestamp;
use crate::token::{Claims, CustomClaims};

#[derive(Clone, Copy, Debug)]
pub(crate) enum CacheBounds {}

impl CacheBounds {
    pub(crate) fn of_settings(entries: usize, _bytes: usize) -> Result<Option<Self>, UnfitBounds> {
        if entries == 0 {
            return Ok(None);
        }
        Err(UnfitBounds {
            setting: "JWT_VERIFICATION_CACHE_ENTRIES",
            reason: "this program was built without the feature `verification-cache`",
        })
    }
}

#[derive(Debug)]
pub(crate) enum VerificationCache {}

impl VerificationCache {
    pub(crate) fn new(bounds: CacheBounds) -> Self {
        match bounds {}
    }

    pub(crate) fn claims<C: CustomClaims>(&self, _: &[u8], _: Timestamp) -> Option<Claims<C>> {
        match *self {}
    }

    pub(crate) fn keep<C: CustomClaims>(
        &self,
        _: &[u8],
        _: &Claims<C>,
        _: Option<Timestamp>,
        _: PayloadSize,
    ) {
        match *self {}
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        match *self {}
    }
}

pub(crate) struct PayloadSize;

impl PayloadSize {
    pub(crate) fn of(_: &[u8]) -> Self {
        Self
    }
}
