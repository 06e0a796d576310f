//! [`CounterStore`]: how many requests there were.

use std::sync::Arc;
use std::time::Duration;

use authx::{Counted, Timestamp};

use crate::{BoxFuture, StoreError};

/// Counts requests by key, in windows of time. Whether a request passes is decided by
/// [`RateLimit::check`](authx::RateLimit::check).
pub trait CounterStore: Send + Sync + 'static {
    /// Counts a request of this key, and gives the number of requests in the key's window, the present one
    /// included.
    ///
    /// The window begins with the first request of the key and lasts that long; the first request after it
    /// begins another one. Windows of other lengths count by themselves. Of requests at the same time, each
    /// gets a number of its own. A clock that goes back begins no new window.
    ///
    /// # Errors
    ///
    /// The request could not be counted; it is refused.
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
