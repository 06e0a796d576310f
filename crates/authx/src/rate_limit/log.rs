//! [`RequestLog`]: when a client's requests were.

use std::fmt;
use std::time::Duration;

use super::{RateLimit, Usage};
use crate::time::Timestamp;

/// A limit of more requests counts them in slices of the window, of which there are as many as this.
const SLICES: u64 = 32;

/// The slices of one limit, and as many single requests of another one with the same window.
const MAX_SLICES: usize = 66;

/// An instant and a number.
const SLICE_BYTES: usize = 12;

/// When a client's requests were, as far as a limit needs it. Requests that were refused are not in it.
///
/// A limit of up to 32 requests knows each of them. One of more knows how many there were in each 32nd part of its
/// window, and takes all of a part as made at its last one; so it never admits too many, and may refuse a request for at
/// most a 32nd part of the window too long. A log takes at most 792 bytes.
///
/// A log is for limits of one window. A request that was counted by a clock that ran ahead, and has been set back since,
/// counts as made now, so that it is never held against a client for longer than a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestLog {
    /// The oldest first.
    slices: Vec<Slice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    last: Timestamp,
    requests: u32,
}

/// What a store has is not a [`RequestLog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedLog;

impl RequestLog {
    /// Counts a request, if the limit admits it.
    pub fn count(&mut self, limit: RateLimit, now: Timestamp) -> Usage {
        self.forget_outside(limit.window, now);
        let made: u64 = self.slices.iter().map(|slice| u64::from(slice.requests)).sum();
        let is_admitted = made < limit.max_requests;
        if is_admitted {
            self.add(limit, now);
        }
        let made = made + u64::from(is_admitted);
        let wait = self.wait(limit, made, now);
        Usage { limit, is_admitted, remaining: limit.max_requests.saturating_sub(made), wait }
    }

    /// Forgets one request that was counted at this instant, such as a login that has not failed after all.
    pub fn give_back(&mut self, counted_at: Timestamp) {
        let position = self.slices.iter().position(|slice| slice.last >= counted_at);
        let Some(slice) = (match position {
            Some(position) => self.slices.get_mut(position),
            None => self.slices.last_mut(),
        }) else {
            return;
        };
        slice.requests -= 1;
        self.slices.retain(|slice| slice.requests > 0);
    }

    /// When all of it is outside a window of this length, so that a store may forget it.
    #[must_use]
    pub fn ends_at(&self, window: Duration) -> Timestamp {
        self.slices.last().map_or(Timestamp::MIN, |slice| slice.last + window)
    }

    /// For a store: 12 bytes for each slice.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.slices.len() * SLICE_BYTES);
        for slice in &self.slices {
            bytes.extend_from_slice(&slice.last.as_micros().to_be_bytes());
            bytes.extend_from_slice(&slice.requests.to_be_bytes());
        }
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) returned.
    ///
    /// # Errors
    ///
    /// These bytes are no log. A store must fail then: to begin an empty one would lift the limit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedLog> {
        let (chunks, rest) = bytes.as_chunks::<SLICE_BYTES>();
        if !rest.is_empty() || chunks.len() > MAX_SLICES {
            return Err(DamagedLog);
        }
        let slices = chunks.iter().map(Slice::from_bytes).collect::<Result<Vec<_>, _>>()?;
        if !slices.is_sorted_by_key(|slice| slice.last) {
            return Err(DamagedLog);
        }
        Ok(Self { slices })
    }

    fn forget_outside(&mut self, window: Duration, now: Timestamp) {
        self.slices.retain(|slice| slice.last + window > now);
        let of_the_future = self.slices.partition_point(|slice| slice.last <= now);
        let requests = self.slices.drain(of_the_future..).map(|slice| slice.requests);
        let requests = requests.reduce(u32::saturating_add);
        self.slices.extend(requests.map(|requests| Slice { last: now, requests }));
    }

    fn add(&mut self, limit: RateLimit, now: Timestamp) {
        if let Some(last) = self.slices.last_mut()
            && limit.takes_together(last.last, now)
        {
            *last = Slice { last: now, requests: last.requests.saturating_add(1) };
            return;
        }
        self.slices.push(Slice { last: now, requests: 1 });
    }

    /// How long it takes until one request more than now may pass.
    fn wait(&self, limit: RateLimit, made: u64, now: Timestamp) -> Duration {
        let mut left = made;
        for slice in &self.slices {
            left -= u64::from(slice.requests);
            if left < made.min(limit.max_requests) {
                return (slice.last + limit.window).saturating_since(now);
            }
        }
        limit.window
    }
}

impl RateLimit {
    /// Whether requests of these instants are one slice.
    fn takes_together(self, earlier: Timestamp, later: Timestamp) -> bool {
        let part = self.window.as_micros() / u128::from(SLICES);
        let part = i64::try_from(part).unwrap_or(i64::MAX).max(1);
        let of = |instant: Timestamp| instant.as_micros().div_euclid(part);
        earlier == later || (self.max_requests > SLICES && of(earlier) == of(later))
    }
}

impl Slice {
    fn from_bytes(bytes: &[u8; SLICE_BYTES]) -> Result<Self, DamagedLog> {
        let [a, b, c, d, e, f, g, h, requests @ ..] = *bytes;
        let micros = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let last = Timestamp::from_micros(micros).ok_or(DamagedLog)?;
        let requests = u32::from_be_bytes(requests);
        if requests == 0 { Err(DamagedLog) } else { Ok(Self { last, requests }) }
    }
}

impl fmt::Display for DamagedLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the log of a rate limit is damaged")
    }
}

impl std::error::Error for DamagedLog {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_893_499_200).expect("in range") + Duration::from_secs(seconds)
    }

    fn limit(max_requests: u64) -> RateLimit {
        RateLimit::new(max_requests, MINUTE).expect("a limit")
    }

    #[test]
    fn no_two_bursts_fit_around_the_end_of_a_window() {
        let mut log = RequestLog::default();
        let mut admitted =
            |instant| (0..10).filter(|_| log.count(limit(5), instant).is_admitted()).count();
        assert_eq!(admitted(at(59)), 5);
        assert_eq!(admitted(at(61)), 0);
        assert_eq!(admitted(at(118)), 0);
        assert_eq!(admitted(at(119)), 5);
    }

    #[test]
    fn the_wait_is_until_another_request_passes() {
        let mut log = RequestLog::default();
        for second in [0, 10, 20] {
            assert!(log.count(limit(3), at(second)).is_admitted());
        }
        assert_eq!(log.count(limit(3), at(25)).wait, Duration::from_secs(35));
        // A stricter limit of the same window: all but one have to be outside.
        assert_eq!(log.count(limit(2), at(25)).wait, Duration::from_secs(45));
        assert_eq!(log.count(limit(1), at(25)).wait, Duration::from_secs(55));
        assert_eq!(log.count(limit(0), at(25)).wait, MINUTE);
        let usage = log.count(limit(10), at(25));
        assert_eq!((usage.remaining, usage.wait), (6, Duration::from_secs(35)));
    }

    #[test]
    fn what_is_given_back_was_never_made() {
        let mut log = RequestLog::default();
        for second in [0, 10, 10, 20] {
            assert!(log.count(limit(4), at(second)).is_admitted());
        }
        log.give_back(at(10));
        assert!(log.count(limit(4), at(30)).is_admitted());
        assert!(!log.count(limit(4), at(31)).is_admitted());
        for _ in 0..10 {
            log.give_back(at(40));
        }
        assert_eq!(log, RequestLog::default());
    }

    #[test]
    fn a_clock_that_ran_ahead_holds_requests_for_one_window_at_most() {
        let day = 86_400;
        let mut log = RequestLog::default();
        for _ in 0..3 {
            assert!(log.count(limit(3), at(day)).is_admitted());
        }
        let usage = log.count(limit(3), at(0));
        assert_eq!((usage.is_admitted, usage.wait), (false, MINUTE));
        assert!(!log.count(limit(3), at(59)).is_admitted());
        assert!(log.count(limit(3), at(60)).is_admitted());
    }

    #[test]
    fn bytes_that_are_no_log_are_an_error() {
        let mut log = RequestLog::default();
        let _ = log.count(limit(3), at(1));
        let _ = log.count(limit(3), at(2));
        let bytes = log.to_bytes();
        assert_eq!(RequestLog::from_bytes(&bytes), Ok(log));
        let reversed = [&bytes[12..], &bytes[..12]].concat();
        let too_long = bytes.repeat(34);
        for damaged in
            [&bytes[..23], &[0; 12], &[127; 24], reversed.as_slice(), too_long.as_slice()]
        {
            assert_eq!(RequestLog::from_bytes(damaged), Err(DamagedLog), "{damaged:?}");
        }
    }

    proptest! {
        /// No window has more requests than the limit, and a request is refused only if there were enough of them in a
        /// window and its 32nd part.
        #[test]
        fn a_limit_is_kept_and_not_exceeded(
            max_requests in 1_u64..80,
            pauses in prop::collection::vec(0_u64..4_000, 1..400),
        ) {
            let limit = limit(max_requests);
            let mut log = RequestLog::default();
            let mut admitted = Vec::<Timestamp>::new();
            let mut now = at(0);
            for pause in pauses {
                now = now + Duration::from_millis(pause);
                let made_since = |period: Duration| {
                    admitted.iter().filter(|instant| **instant + period > now).count() as u64
                };
                let surely = made_since(MINUTE);
                let at_most = made_since(MINUTE + MINUTE / 32);
                let usage = log.count(limit, now);
                prop_assert!(usage.is_admitted == (surely < max_requests) || max_requests > 32);
                prop_assert!(!usage.is_admitted || surely < max_requests);
                prop_assert!(usage.is_admitted || at_most >= max_requests);
                if usage.is_admitted {
                    admitted.push(now);
                } else {
                    let mut later = log.clone();
                    prop_assert!(later.count(limit, now + usage.wait).is_admitted());
                }
                prop_assert!(log.slices.len() <= MAX_SLICES);
                prop_assert_eq!(RequestLog::from_bytes(&log.to_bytes()), Ok(log.clone()));
            }
        }

        /// Limits of different numbers share a log, and none lets too many through.
        #[test]
        fn limits_of_one_window_share_a_log(
            requests in prop::collection::vec((0_u64..3_000, 0_u64..70), 1..400),
        ) {
            let mut log = RequestLog::default();
            let mut admitted = Vec::<Timestamp>::new();
            let mut now = at(0);
            for (pause, max_requests) in requests {
                now = now + Duration::from_millis(pause);
                let made = admitted.iter().filter(|instant| **instant + MINUTE > now).count() as u64;
                let usage = log.count(limit(max_requests), now);
                prop_assert!(!usage.is_admitted || made < max_requests);
                if usage.is_admitted {
                    admitted.push(now);
                }
                prop_assert!(log.slices.len() <= MAX_SLICES);
            }
        }
    }
}
