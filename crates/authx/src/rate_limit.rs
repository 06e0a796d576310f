//! How many requests in how long a time, decided from counters and the time that has passed.
//!
//! A window begins with the first request of its key and ends after its length; the next request begins
//! another one. [`RateCounters`] keeps the counters of one process. A store that several processes share
//! counts by itself, and [`RateLimit::check`] decides on what it counted.
//!
//! Time is a [`Duration`] since an instant of the caller's choice, by a clock that never goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

use crate::error::Error;

/// So many requests in so long a window.
///
/// ```
/// use authx::{Error, RateCounters, RateLimit};
/// use std::time::Duration;
///
/// let limit = RateLimit::new(2, Duration::from_secs(60))?;
/// let mut counters = RateCounters::default();
/// let mut request_at = |seconds| {
///     limit.check(counters.increment("192.0.2.1", limit.window(), Duration::from_secs(seconds)))
/// };
///
/// assert_eq!(request_at(0), Ok(()));
/// assert_eq!(request_at(10), Ok(()));
/// assert_eq!(request_at(20), Err(Error::RateLimitExceeded { retry_after: 40 }));
/// assert_eq!(request_at(60), Ok(()));
/// # Ok::<(), authx::RateLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    max_requests: u64,
    window: Duration,
}

/// Why there is no such [`RateLimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitError {
    /// A window without length, in which nothing would ever be counted.
    EmptyWindow,
}

/// What a store counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The requests of this window, the present one included.
    pub requests: u64,
    /// How long the window still lasts, where the store knows it.
    pub time_left: Option<Duration>,
}

impl RateLimit {
    /// At most `max_requests` in a window of this length. With 0 every request is refused.
    ///
    /// # Errors
    ///
    /// The window has no length.
    pub fn new(max_requests: u64, window: Duration) -> Result<Self, RateLimitError> {
        if window.is_zero() {
            return Err(RateLimitError::EmptyWindow);
        }
        Ok(Self { max_requests, window })
    }

    /// How many requests a window admits.
    #[must_use]
    pub fn max_requests(&self) -> u64 {
        self.max_requests
    }

    /// How long a window is.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Whether a request that was counted may go on.
    ///
    /// # Errors
    ///
    /// [`Error::RateLimitExceeded`]: it may not, and after so many whole seconds another one may. Where the
    /// store does not know how long the window lasts, that is the whole window.
    pub fn check(&self, counted: Counted) -> Result<(), Error> {
        if counted.requests <= self.max_requests {
            return Ok(());
        }
        let left = counted.time_left.unwrap_or(self.window);
        let retry_after = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Err(Error::RateLimitExceeded { retry_after: retry_after.max(1) })
    }
}

/// Counters in memory, by key.
///
/// Windows that have ended are dropped with the next increment. A key is kept as its SHA-256, so that a
/// long one costs no more than a short one. When there is no room, the window that ends soonest makes it.
#[derive(Debug)]
pub struct RateCounters {
    capacity: usize,
    counters: BTreeMap<CounterName, Counter>,
    by_end: BTreeSet<(Duration, CounterName)>,
}

/// Limits with other windows count by themselves, though they have the same key.
type CounterName = ([u8; 32], Duration);

#[derive(Debug)]
struct Counter {
    requests: u64,
    ends_at: Duration,
}

impl RateCounters {
    /// Counters for so many keys at once.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), counters: BTreeMap::new(), by_end: BTreeSet::new() }
    }

    /// Counts a request.
    pub fn increment(&mut self, key: &str, window: Duration, now: Duration) -> Counted {
        self.drop_ended(now);
        let name = (hash(key), window);
        let ends_at = now.saturating_add(window);
        if !self.counters.contains_key(&name) {
            while self.counters.len() >= self.capacity {
                self.drop_first_to_end();
            }
            self.by_end.insert((ends_at, name));
        }
        let counter = self.counters.entry(name).or_insert(Counter { requests: 0, ends_at });
        counter.requests = counter.requests.saturating_add(1);
        let time_left = Some(counter.ends_at.saturating_sub(now));
        Counted { requests: counter.requests, time_left }
    }

    /// How long the window of a key still lasts; `None` where none has begun.
    #[must_use]
    pub fn time_left(&self, key: &str, window: Duration, now: Duration) -> Option<Duration> {
        let counter = self.counters.get(&(hash(key), window))?;
        counter.ends_at.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Forgets the requests of a key.
    pub fn reset(&mut self, key: &str) {
        let key = hash(key);
        let of_key = (key, Duration::ZERO)..=(key, Duration::MAX);
        let names: Vec<_> = self.counters.range(of_key).map(|(name, _)| *name).collect();
        for name in names {
            if let Some(counter) = self.counters.remove(&name) {
                self.by_end.remove(&(counter.ends_at, name));
            }
        }
    }

    /// How many windows are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counters.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counters.is_empty()
    }

    fn drop_ended(&mut self, now: Duration) {
        while self.by_end.first().is_some_and(|(ends_at, _)| *ends_at <= now) {
            self.drop_first_to_end();
        }
    }

    fn drop_first_to_end(&mut self) {
        if let Some((_, name)) = self.by_end.pop_first() {
            self.counters.remove(&name);
        }
    }
}

/// Room for 100 000 keys.
impl Default for RateCounters {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

/// About 20 MB when full.
const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

fn hash(key: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    bytes
}

impl fmt::Display for RateLimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyWindow => formatter.write_str("window: it must be longer than 0 seconds"),
        }
    }
}

impl std::error::Error for RateLimitError {}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_window_begins_with_the_first_request_and_admits_the_limit() {
        let limit = RateLimit::new(2, MINUTE).expect("a limit");
        let mut counters = RateCounters::default();
        let mut request = |seconds| limit.check(counters.increment("a", MINUTE, at(seconds)));
        assert_eq!(request(100.0), Ok(()));
        assert_eq!(request(159.9), Ok(()));
        assert_eq!(request(159.9), Err(Error::RateLimitExceeded { retry_after: 1 }));
        assert_eq!(request(160.0), Ok(()));
        assert_eq!(request(161.0), Ok(()));
        assert_eq!(request(161.5), Err(Error::RateLimitExceeded { retry_after: 59 }));
    }

    #[test]
    fn keys_and_windows_count_by_themselves() {
        let mut counters = RateCounters::default();
        let second = Duration::from_secs(1);
        assert_eq!(counters.increment("a", MINUTE, at(0.0)).requests, 1);
        assert_eq!(counters.increment("a", MINUTE, at(0.0)).requests, 2);
        assert_eq!(counters.increment("b", MINUTE, at(0.0)).requests, 1);
        assert_eq!(counters.increment("a", second, at(0.0)).requests, 1);
        assert_eq!(counters.increment("a", second, at(1.0)).requests, 1);
        assert_eq!(counters.increment("a", MINUTE, at(1.0)).requests, 3);
        assert_eq!(counters.time_left("a", MINUTE, at(1.0)), Some(at(59.0)));
        assert_eq!(counters.time_left("a", MINUTE, at(60.0)), None);
    }

    #[test]
    fn windows_that_ended_are_dropped() {
        let mut counters = RateCounters::default();
        for key in 0..1000 {
            counters.increment(&key.to_string(), MINUTE, at(f64::from(key) / 100.0));
        }
        assert_eq!(counters.len(), 1000);
        counters.increment("new", MINUTE, at(65.0));
        assert_eq!(counters.len(), 500, "499 that began after the fifth second, and the new one");
        counters.increment("new", MINUTE, at(500.0));
        assert_eq!((counters.len(), counters.by_end.len()), (1, 1));
    }

    #[test]
    fn a_full_memory_forgets_the_window_that_ends_soonest() {
        let mut counters = RateCounters::with_capacity(NonZeroUsize::new(2).expect("not zero"));
        counters.increment("long", MINUTE, at(0.0));
        counters.increment("short", at(10.0), at(0.0));
        counters.increment("new", MINUTE, at(1.0));
        assert_eq!((counters.len(), counters.by_end.len()), (2, 2));
        assert_eq!(counters.increment("long", MINUTE, at(2.0)).requests, 2);
    }

    #[test]
    fn a_reset_forgets_every_window_of_the_key_and_no_other() {
        let mut counters = RateCounters::default();
        for window in [MINUTE, at(1.0), Duration::MAX] {
            counters.increment("a", window, at(0.0));
        }
        counters.increment("b", MINUTE, at(0.0));
        counters.reset("a");
        assert_eq!((counters.len(), counters.by_end.len()), (1, 1));
        assert_eq!(counters.increment("b", MINUTE, at(0.0)).requests, 2);
    }

    #[test]
    fn a_store_that_does_not_know_the_time_left_refuses_for_the_window() {
        let limit = RateLimit::new(0, at(1.5)).expect("a limit");
        let refused = limit.check(Counted { requests: 1, time_left: None });
        assert_eq!(refused, Err(Error::RateLimitExceeded { retry_after: 2 }));
        let refused = limit.check(Counted { requests: 1, time_left: Some(Duration::ZERO) });
        assert_eq!(refused, Err(Error::RateLimitExceeded { retry_after: 1 }));
    }

    #[test]
    fn a_window_without_length_is_an_error_that_names_it() {
        let error = RateLimit::new(1, Duration::ZERO).expect_err("no window");
        assert!(error.to_string().starts_with("window: "), "{error}");
    }
}
