//! [`MemoryCounters`]: counts the requests of this process.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::ready;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::{RateLimit, RequestLog, Usage};

use super::{NameHash, hash};
use crate::locks::lock;
use crate::{BoxFuture, CounterStore, StoreError};

/// Counts the requests of this process.
///
/// A log that has ended is dropped at the next request. A key is stored as its SHA-256, so that a long key takes no
/// more memory than a short one. By default there are up to 100 000 logs at once, which take about 20 MB, and at most
/// 100 MB where limits are wide and all clients use them. When there is no room for another one, the log that ends
/// soonest is forgotten, or one that began while the clock ran ahead.
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
///     counters.count_now("192.0.2.1", limit, now).check()
/// };
/// assert!(request_at(0).is_ok() && request_at(10).is_ok());
/// assert_eq!(request_at(20), Err(authx::Error::RateLimitExceeded { retry_after: 40 }));
/// assert!(request_at(60).is_ok());
/// # Ok::<(), authx::rate_limit::RateLimitError>(())
/// ```
pub struct MemoryCounters {
    logs: Mutex<Logs>,
}

impl MemoryCounters {
    /// Counters with at most `capacity` logs at once.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { logs: Mutex::new(Logs::new(capacity)) }
    }

    /// Counts a request, as [`CounterStore::count`] does.
    pub fn count_now(&self, key: &str, limit: RateLimit, now: Timestamp) -> Usage {
        lock(&self.logs).count(key, limit, now)
    }

    /// Forgets the requests of a key, as [`CounterStore::reset`] does.
    pub fn forget(&self, key: &str) {
        lock(&self.logs).forget(key);
    }

    /// How many logs are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.logs).by_name.len()
    }

    /// Whether no log is kept.
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
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        Box::pin(ready(Ok(self.count_now(key, limit, now))))
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let change = |log: &mut RequestLog| log.give_back(counted_at);
        lock(&self.logs).change((hash(key), limit.window()), change);
        Box::pin(ready(Ok(())))
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

struct Logs {
    capacity: usize,
    by_name: BTreeMap<LogName, RequestLog>,
    by_end: BTreeSet<(Timestamp, LogName)>,
}

/// The length of the window is part of the name: limits with different windows are counted separately, even with the
/// same key.
type LogName = (NameHash, Duration);

impl Logs {
    fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), by_name: BTreeMap::new(), by_end: BTreeSet::new() }
    }

    fn count(&mut self, key: &str, limit: RateLimit, now: Timestamp) -> Usage {
        self.drop_ended(now);
        let name = (hash(key), limit.window());
        if !self.by_name.contains_key(&name) {
            while self.by_name.len() >= self.capacity {
                self.make_room(now);
            }
        }
        self.change(name, |log| log.count(limit, now))
    }

    /// Changes a log, which may be a new one. An empty log is not kept.
    fn change<T>(&mut self, name: LogName, change: impl FnOnce(&mut RequestLog) -> T) -> T {
        let mut log = self.remove(name).unwrap_or_default();
        let result = change(&mut log);
        if log != RequestLog::default() {
            self.by_end.insert((log.ends_at(name.1), name));
            self.by_name.insert(name, log);
        }
        result
    }

    fn remove(&mut self, name: LogName) -> Option<RequestLog> {
        let log = self.by_name.remove(&name)?;
        self.by_end.remove(&(log.ends_at(name.1), name));
        Some(log)
    }

    fn forget(&mut self, key: &str) {
        let key = hash(key);
        let of_key = (key, Duration::ZERO)..=(key, Duration::MAX);
        let names: Vec<_> = self.by_name.range(of_key).map(|(name, _)| *name).collect();
        for name in names {
            self.remove(name);
        }
    }

    fn drop_ended(&mut self, now: Timestamp) {
        while self.by_end.first().is_some_and(|(ends_at, _)| *ends_at <= now) {
            self.drop_first_to_end();
        }
    }

    /// A log that ends later than a new one would must have begun while the clock ran ahead. It is dropped
    /// first: otherwise new logs would only evict each other, and no client would ever reach a limit.
    fn make_room(&mut self, now: Timestamp) {
        match self.by_end.last().copied() {
            Some((ends_at, name)) if ends_at > now + name.1 => {
                self.by_end.pop_last();
                self.by_name.remove(&name);
            }
            _ => self.drop_first_to_end(),
        }
    }

    fn drop_first_to_end(&mut self) {
        if let Some((_, name)) = self.by_end.pop_first() {
            self.by_name.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn at(after: f64) -> Timestamp {
        Timestamp::from_seconds(1_893_499_200).expect("in range") + seconds(after)
    }

    fn limit(max_requests: u64, window: Duration) -> RateLimit {
        RateLimit::new(max_requests, window).expect("a limit")
    }

    impl MemoryCounters {
        /// How many requests a limit of 100 has left, from which follows how many there were.
        fn made(&self, key: &str, window: Duration, now: Timestamp) -> u64 {
            100 - self.count_now(key, limit(100, window), now).remaining()
        }
    }

    fn ends_kept(counters: &MemoryCounters) -> usize {
        lock(&counters.logs).by_end.len()
    }

    #[test]
    fn logs_that_ended_are_dropped() {
        let counters = MemoryCounters::default();
        for key in 0..1000 {
            counters.made(&key.to_string(), MINUTE, at(f64::from(key) / 100.0));
        }
        assert_eq!(counters.len(), 1000);
        counters.made("new", MINUTE, at(65.0));
        assert_eq!(counters.len(), 500, "499 that began after the fifth second, and the new one");
        counters.made("new", MINUTE, at(500.0));
        assert_eq!((counters.len(), ends_kept(&counters)), (1, 1));
    }

    #[test]
    fn a_limit_of_nothing_takes_no_room() {
        let counters = MemoryCounters::default();
        assert!(!counters.count_now("a", limit(0, MINUTE), at(0.0)).is_admitted());
        assert!(counters.is_empty());
    }

    #[test]
    fn a_full_store_forgets_the_log_that_ends_soonest() {
        let counters = MemoryCounters::with_capacity(NonZeroUsize::new(2).expect("not zero"));
        counters.made("long", MINUTE, at(0.0));
        counters.made("short", seconds(10.0), at(0.0));
        counters.made("new", MINUTE, at(1.0));
        assert_eq!((counters.len(), ends_kept(&counters)), (2, 2));
        assert_eq!(counters.made("long", MINUTE, at(2.0)), 2);
    }

    #[test]
    fn a_store_full_of_logs_from_a_clock_that_ran_ahead_still_limits() {
        let counters = MemoryCounters::with_capacity(NonZeroUsize::new(10).expect("not zero"));
        for key in 0..10 {
            counters.made(&key.to_string(), MINUTE, at(86_400.0));
        }
        for requests in 1..5 {
            assert_eq!(counters.made("a", MINUTE, at(0.0)), requests);
            assert_eq!(counters.made("b", MINUTE, at(0.0)), requests);
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
            let mut requests: BTreeMap<(String, u64), Vec<u64>> = BTreeMap::new();
            let mut now = 0;
            for (key, window, pause, what) in calls {
                now += pause;
                let key = key.to_string();
                let limit = limit(5, Duration::from_secs(window));
                let instant = at(0.0) + Duration::from_secs(now);
                if what == 0 {
                    small.forget(&key);
                    large.forget(&key);
                    requests.retain(|(known, _), _| *known != key);
                } else {
                    let _ = small.count_now(&key, limit, instant);
                    let usage = large.count_now(&key, limit, instant);
                    let made = requests.entry((key, window)).or_default();
                    made.retain(|earlier| earlier + window > now);
                    prop_assert_eq!(usage.is_admitted(), made.len() < 5);
                    if usage.is_admitted() {
                        made.push(now);
                    }
                    prop_assert_eq!(usage.remaining(), 5 - made.len() as u64);
                }
                prop_assert!(small.len() <= 3);
                for counters in [&small, &large] {
                    prop_assert_eq!(ends_kept(counters), counters.len());
                }
            }
        }
    }
}
