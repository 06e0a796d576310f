//! [`MemoryCounters`]: counts the requests of this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::ready;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::Counted;

use super::{NameHash, hash, lock};
use crate::{BoxFuture, CounterStore, StoreError};

/// Counts the requests of this process.
///
/// Windows that have ended are dropped at the next request. A key is stored as its SHA-256, so that a long key
/// takes no more memory than a short one. By default there are up to 100 000 windows at once, which take about
/// 20 MB. When there is no room for another one, the window that ends soonest is forgotten, or one that began
/// while the clock ran ahead.
///
/// ```
/// use authx::Timestamp;
/// use authx::rate_limit::RateLimit;
/// use authx_store::memory::MemoryCounters;
/// use std::time::Duration;
///
/// let limit = RateLimit::new(2, Duration::from_secs(60))?;
/// let counters = MemoryCounters::default();
/// let request_at = |seconds| {
///     let now = Timestamp::MIN + Duration::from_secs(seconds);
///     limit.check(counters.count("192.0.2.1", limit.window(), now))
/// };
/// assert!(request_at(0).is_ok() && request_at(10).is_ok());
/// assert_eq!(request_at(20), Err(authx::Error::RateLimitExceeded { retry_after: 40 }));
/// assert!(request_at(60).is_ok());
/// # Ok::<(), authx::rate_limit::RateLimitError>(())
/// ```
pub struct MemoryCounters {
    windows: Mutex<Windows>,
}

impl MemoryCounters {
    /// Counters for at most `capacity` windows at once.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { windows: Mutex::new(Windows::new(capacity)) }
    }

    /// Counts a request, as [`CounterStore::increment`] does.
    pub fn count(&self, key: &str, window: Duration, now: Timestamp) -> Counted {
        lock(&self.windows).count(key, window, now)
    }

    /// How much is left of the window of a key; `None` if there is no such window.
    #[must_use]
    pub fn time_left(&self, key: &str, window: Duration, now: Timestamp) -> Option<Duration> {
        let windows = lock(&self.windows);
        let counter = windows.counters.get(&(hash(key), window))?;
        Some(counter.ends_at.saturating_since(now)).filter(|left| !left.is_zero())
    }

    /// Forgets the requests of a key.
    pub fn forget(&self, key: &str) {
        lock(&self.windows).forget(key);
    }

    /// How many windows are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.windows).counters.len()
    }

    /// Whether no window is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemoryCounters {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

impl CounterStore for MemoryCounters {
    fn increment<'a>(
        &'a self,
        key: &'a str,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Counted, StoreError>> {
        Box::pin(ready(Ok(self.count(key, window, now))))
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.forget(key);
        Box::pin(ready(Ok(())))
    }
}

impl fmt::Debug for MemoryCounters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryCounters").field("len", &self.len()).finish_non_exhaustive()
    }
}

struct Windows {
    capacity: usize,
    counters: BTreeMap<WindowName, Counter>,
    by_end: BTreeSet<(Timestamp, WindowName)>,
}

/// The length is part of the name: limits with different windows are counted separately, even with the same key.
type WindowName = (NameHash, Duration);

struct Counter {
    requests: u64,
    ends_at: Timestamp,
}

impl Windows {
    fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), counters: BTreeMap::new(), by_end: BTreeSet::new() }
    }

    fn count(&mut self, key: &str, window: Duration, now: Timestamp) -> Counted {
        self.drop_ended(now);
        let name = (hash(key), window);
        let ends_at = now + window;
        if !self.counters.contains_key(&name) {
            while self.counters.len() >= self.capacity {
                self.make_room(now);
            }
            self.by_end.insert((ends_at, name));
        }
        let counter = self.counters.entry(name).or_insert(Counter { requests: 0, ends_at });
        counter.requests = counter.requests.saturating_add(1);
        let time_left = Some(counter.ends_at.saturating_since(now));
        Counted { requests: counter.requests, time_left }
    }

    fn forget(&mut self, key: &str) {
        let key = hash(key);
        let of_key = (key, Duration::ZERO)..=(key, Duration::MAX);
        let names: Vec<_> = self.counters.range(of_key).map(|(name, _)| *name).collect();
        for name in names {
            if let Some(counter) = self.counters.remove(&name) {
                self.by_end.remove(&(counter.ends_at, name));
            }
        }
    }

    fn drop_ended(&mut self, now: Timestamp) {
        while self.by_end.first().is_some_and(|(ends_at, _)| *ends_at <= now) {
            self.drop_first_to_end();
        }
    }

    /// A window that ends later than a new one would must have begun while the clock ran ahead. It is dropped
    /// first: otherwise new windows would only evict each other, and no client would ever reach a limit.
    fn make_room(&mut self, now: Timestamp) {
        match self.by_end.last().copied() {
            Some((ends_at, name)) if ends_at > now + name.1 => {
                self.by_end.pop_last();
                self.counters.remove(&name);
            }
            _ => self.drop_first_to_end(),
        }
    }

    fn drop_first_to_end(&mut self) {
        if let Some((_, name)) = self.by_end.pop_first() {
            self.counters.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use authx::Error;
    use authx::rate_limit::RateLimit;
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn at(after: f64) -> Timestamp {
        Timestamp::from_seconds(1_893_499_200).expect("in range") + seconds(after)
    }

    fn ends_kept(counters: &MemoryCounters) -> usize {
        lock(&counters.windows).by_end.len()
    }

    #[test]
    fn a_window_begins_with_the_first_request_and_admits_the_limit() {
        let limit = RateLimit::new(2, MINUTE).expect("a limit");
        let counters = MemoryCounters::default();
        let request = |seconds| limit.check(counters.count("a", MINUTE, at(seconds)));
        assert_eq!(request(100.0), Ok(()));
        assert_eq!(request(159.9), Ok(()));
        assert_eq!(request(159.9), Err(Error::RateLimitExceeded { retry_after: 1 }));
        assert_eq!(request(160.0), Ok(()));
        assert_eq!(request(161.0), Ok(()));
        assert_eq!(request(161.5), Err(Error::RateLimitExceeded { retry_after: 59 }));
    }

    #[test]
    fn keys_and_windows_are_counted_separately() {
        let counters = MemoryCounters::default();
        let second = Duration::from_secs(1);
        assert_eq!(counters.count("a", MINUTE, at(0.0)).requests, 1);
        assert_eq!(counters.count("a", MINUTE, at(0.0)).requests, 2);
        assert_eq!(counters.count("b", MINUTE, at(0.0)).requests, 1);
        assert_eq!(counters.count("a", second, at(0.0)).requests, 1);
        assert_eq!(counters.count("a", second, at(1.0)).requests, 1);
        assert_eq!(counters.count("a", MINUTE, at(1.0)).requests, 3);
        assert_eq!(counters.time_left("a", MINUTE, at(1.0)), Some(seconds(59.0)));
        assert_eq!(counters.time_left("a", MINUTE, at(60.0)), None);
    }

    #[test]
    fn windows_that_ended_are_dropped() {
        let counters = MemoryCounters::default();
        for key in 0..1000 {
            counters.count(&key.to_string(), MINUTE, at(f64::from(key) / 100.0));
        }
        assert_eq!(counters.len(), 1000);
        counters.count("new", MINUTE, at(65.0));
        assert_eq!(counters.len(), 500, "499 that began after the fifth second, and the new one");
        counters.count("new", MINUTE, at(500.0));
        assert_eq!((counters.len(), ends_kept(&counters)), (1, 1));
    }

    #[test]
    fn a_full_store_forgets_the_window_that_ends_soonest() {
        let counters = MemoryCounters::with_capacity(NonZeroUsize::new(2).expect("not zero"));
        counters.count("long", MINUTE, at(0.0));
        counters.count("short", seconds(10.0), at(0.0));
        counters.count("new", MINUTE, at(1.0));
        assert_eq!((counters.len(), ends_kept(&counters)), (2, 2));
        assert_eq!(counters.count("long", MINUTE, at(2.0)).requests, 2);
    }

    #[test]
    fn a_reset_forgets_every_window_of_the_key_and_no_other() {
        let counters = MemoryCounters::default();
        for window in [MINUTE, seconds(1.0), Duration::MAX] {
            counters.count("a", window, at(0.0));
        }
        counters.count("b", MINUTE, at(0.0));
        counters.forget("a");
        assert_eq!((counters.len(), ends_kept(&counters)), (1, 1));
        assert_eq!(counters.count("b", MINUTE, at(0.0)).requests, 2);
    }

    #[test]
    fn a_store_full_of_windows_from_a_clock_that_ran_ahead_still_limits() {
        let counters = MemoryCounters::with_capacity(NonZeroUsize::new(10).expect("not zero"));
        for key in 0..10 {
            counters.count(&key.to_string(), MINUTE, at(86_400.0));
        }
        for requests in 1..5 {
            assert_eq!(counters.count("a", MINUTE, at(0.0)).requests, requests);
            assert_eq!(counters.count("b", MINUTE, at(0.0)).requests, requests);
        }
        assert_eq!((counters.len(), ends_kept(&counters)), (10, 10));
    }

    proptest! {
        /// After any sequence of calls the maps are consistent and the bound holds, and with room to spare each
        /// request has the number that it has in a plain list of all requests.
        #[test]
        fn the_bound_holds_and_requests_are_numbered(
            calls in prop::collection::vec((0_u8..6, 1_u64..4, 0_u64..5, 0_u8..10), 1..100),
        ) {
            let small = MemoryCounters::with_capacity(NonZeroUsize::new(3).expect("not zero"));
            let large = MemoryCounters::default();
            let mut windows: BTreeMap<(String, u64), (u64, u64)> = BTreeMap::new();
            let mut now = 0;
            for (key, window, pause, what) in calls {
                now += pause;
                let key = key.to_string();
                let (length, instant) = (Duration::from_secs(window), at(0.0) + Duration::from_secs(now));
                if what == 0 {
                    small.forget(&key);
                    large.forget(&key);
                    windows.retain(|(known, _), _| *known != key);
                } else {
                    small.count(&key, length, instant);
                    let counted = large.count(&key, length, instant);
                    let (began, requests) = windows.entry((key, window)).or_insert((now, 0));
                    if now >= *began + window {
                        (*began, *requests) = (now, 0);
                    }
                    *requests += 1;
                    prop_assert_eq!(counted.requests, *requests);
                    let left = Duration::from_secs(*began + window - now);
                    prop_assert_eq!(counted.time_left, Some(left));
                }
                prop_assert!(small.len() <= 3);
                for counters in [&small, &large] {
                    prop_assert_eq!(ends_kept(counters), counters.len());
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_begins_no_new_window() {
        let counters = MemoryCounters::default();
        counters.count("a", MINUTE, at(30.0));
        let counted = counters.count("a", MINUTE, at(0.0) - Duration::from_secs(1_000_000));
        assert_eq!(counted.requests, 2);
        assert!(counted.time_left > Some(MINUTE));
        assert_eq!(counters.count("a", MINUTE, at(89.0)).requests, 3);
        assert_eq!(counters.count("a", MINUTE, at(90.0)).requests, 1);
    }
}
