//! [`CounterStore`]: counts requests for rate limits.

use std::sync::Arc;

use authx::Timestamp;
use authx::rate_limit::{RateLimit, Usage};

use crate::{BoxFuture, StoreError};

/// Keeps a [`RequestLog`](authx::rate_limit::RequestLog) for each key and length of window, which decides about requests.
///
/// A call reads the log, changes it, and writes it back in one step, that no other call for the same log can come
/// between: under a lock, in a transaction, or by writing it only where it is still the one that was read. A log that
/// has not changed need not be written. It may be forgotten when it
/// [ends](authx::rate_limit::RequestLog::ends_at), and earlier only where a store is full.
///
/// Any string is a key. A store may return an error for one with U+0000.
pub trait CounterStore: Send + Sync + 'static {
    /// Counts a request of this key, if the limit admits it
    /// ([`RequestLog::count`](authx::rate_limit::RequestLog::count)).
    ///
    /// # Errors
    ///
    /// The request could not be counted; it is then refused.
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>>;

    /// Forgets one request of this key that was counted at this instant
    /// ([`RequestLog::give_back`](authx::rate_limit::RequestLog::give_back)). Where there is none, nothing happens.
    ///
    /// # Errors
    ///
    /// It could not be forgotten.
    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets the requests of this key, in windows of every length.
    ///
    /// # Errors
    ///
    /// They could not be forgotten.
    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl<T: CounterStore + ?Sized> CounterStore for Arc<T> {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        (**self).count(key, limit, now)
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).give_back(key, limit, counted_at)
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).reset(key)
    }
}
