//! [`CounterStore`]: counts requests for rate limits.

use std::sync::Arc;
use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::Counted;

use crate::{BoxFuture, StoreError};

/// Counts requests by key, in windows of time. [`RateLimit::check`](authx::rate_limit::RateLimit::check) decides whether a
/// request may pass.
pub trait CounterStore: Send + Sync + 'static {
    /// Counts a request of this key, and returns the number of requests in the key's window, this one included.
    ///
    /// A window begins with the first request of the key and lasts for `window`; the first request after that
    /// begins a new one. Windows of different lengths are counted separately. Concurrent requests get different
    /// numbers. A clock that is set back does not begin a new window: a key that was counted while the clock ran
    /// ahead stays in that window until it ends.
    ///
    /// Any string is a key. A store may return an error for one with U+0000.
    ///
    /// # Errors
    ///
    /// The request could not be counted; it is then refused.
    fn increment<'a>(
        &'a self,
        key: &'a str,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Counted, StoreError>>;

    /// Forgets the requests of this key, in windows of every length.
    ///
    /// # Errors
    ///
    /// They could not be forgotten.
    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl<T: CounterStore + ?Sized> CounterStore for Arc<T> {
    fn increment<'a>(
        &'a self,
        key: &'a str,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Counted, StoreError>> {
        (**self).increment(key, window, now)
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).reset(key)
    }
}
