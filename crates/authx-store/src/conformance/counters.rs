//! The contract of [`CounterStore`].

use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::{RateLimit, Usage};
use futures_util::future::join_all;

use super::{AT_ONCE, Check, MINUTE, ODD_NAMES, run};
use crate::CounterStore;

/// Checks the contract of [`CounterStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn counters(store: &impl CounterStore, prefix: &str, now: Timestamp) {
    run!(store, prefix, now:
        requests_are_counted_up_to_the_limit
        keys_and_windows_are_separate
        the_window_slides
        a_request_that_is_given_back_was_never_made
        a_clock_that_is_set_back_forgets_nothing
        of_requests_at_once_as_many_pass_as_the_limit_says
        a_reset_forgets_a_key_in_every_window
        any_string_is_a_key
    );
}

impl<S: CounterStore> Check<'_, S> {
    async fn usage(&self, key: &str, limit: RateLimit, now: Timestamp) -> Usage {
        self.unwrap(self.store.count(&self.named(key), limit, now).await)
    }

    /// Whether one more request of at most `max_requests` in a minute is admitted.
    async fn passes(&self, key: &str, max_requests: u64, now: Timestamp) -> bool {
        self.usage(key, limit(max_requests, MINUTE), now).await.is_admitted()
    }

    /// Makes one request, of as many as can be counted one by one.
    async fn made(&self, key: &str, window: Duration, now: Timestamp) -> u64 {
        32 - self.usage(key, limit(32, window), now).await.remaining()
    }
}

fn limit(max_requests: u64, window: Duration) -> RateLimit {
    RateLimit::new(max_requests, window).expect("a window that is not empty")
}

async fn requests_are_counted_up_to_the_limit(check: &Check<'_, impl CounterStore>) {
    for remaining in [2, 1, 0] {
        let usage = check.usage("a", limit(3, MINUTE), check.now).await;
        let is_fitting = usage.is_admitted() && usage.remaining() == remaining;
        check.rule(is_fitting, "each request leaves one less");
    }
    for _ in 0..2 {
        check.rule(!check.passes("a", 3, check.now).await, "one beyond the limit is refused");
    }
    check.rule(check.passes("a", 4, check.now).await, "a request that was refused is not counted");
    check.rule(!check.passes("zero", 0, check.now).await, "a limit of 0 admits nothing");
}

async fn keys_and_windows_are_separate(check: &Check<'_, impl CounterStore>) {
    check.made("a", MINUTE, check.now).await;
    let made = check.made("b", MINUTE, check.now).await;
    check.rule(made == 1, "keys are counted separately");
    let made = check.made("a", MINUTE / 2, check.now).await;
    check.rule(made == 1, "windows of different lengths are counted separately");
    let made = check.made("a", MINUTE, check.now).await;
    check.rule(made == 2, "a window is not disturbed by others");
}

async fn the_window_slides(check: &Check<'_, impl CounterStore>) {
    let at = |seconds| check.now + Duration::from_secs(seconds);
    check.rule(check.passes("a", 2, at(0)).await, "the first request passes");
    check.rule(check.passes("a", 2, at(40)).await, "the second request passes");
    check.rule(!check.passes("a", 2, at(59)).await, "a window lasts to its end");
    check.rule(check.passes("a", 2, at(60)).await, "what is older than the window doesn't count");
    check.rule(!check.passes("a", 2, at(99)).await, "the window ends at the present request");
    check.rule(check.passes("a", 2, at(100)).await, "a request leaves the window by itself");
}

async fn a_request_that_is_given_back_was_never_made(check: &Check<'_, impl CounterStore>) {
    let (key, earlier) = (check.named("a"), check.now);
    let later = earlier + Duration::from_secs(1);
    for now in [earlier, later] {
        check.made("a", MINUTE, now).await;
    }
    check.unwrap(check.store.give_back(&key, limit(32, MINUTE), earlier).await);
    check.rule(check.made("a", MINUTE, later).await == 2, "one request is given back, not more");
    let unknown = check.store.give_back(&check.named("b"), limit(1, MINUTE), earlier).await;
    check.rule(unknown.is_ok(), "giving back what was never counted is no error");
    check.rule(check.made("b", MINUTE, later).await == 1, "and doesn't make room for more");
}

async fn a_clock_that_is_set_back_forgets_nothing(check: &Check<'_, impl CounterStore>) {
    check.made("a", MINUTE, check.now).await;
    let back = check.now - Duration::from_secs(3600);
    let made = check.made("a", MINUTE, back).await;
    check.rule(made == 2, "a request that was made later than now counts");
}

async fn of_requests_at_once_as_many_pass_as_the_limit_says(check: &Check<'_, impl CounterStore>) {
    let half = AT_ONCE / 2;
    let all = join_all((0..AT_ONCE).map(|_| check.passes("a", half, check.now))).await;
    let passed = all.into_iter().filter(|passed| *passed).count() as u64;
    check.rule(passed == half, "of many requests at once as many pass as the limit says");
}

async fn a_reset_forgets_a_key_in_every_window(check: &Check<'_, impl CounterStore>) {
    for window in [MINUTE, MINUTE / 2] {
        check.made("a", window, check.now).await;
        check.made("b", window, check.now).await;
    }
    check.unwrap(check.store.reset(&check.named("a")).await);
    for window in [MINUTE, MINUTE / 2] {
        let made = check.made("a", window, check.now).await;
        check.rule(made == 1, "a reset forgets the requests of a key");
        let made = check.made("b", window, check.now).await;
        check.rule(made == 2, "a reset forgets the requests of no other key");
    }
    let unknown = check.store.reset(&check.named("unknown")).await;
    check.rule(unknown.is_ok(), "resetting an unknown key is no error");
}

async fn any_string_is_a_key(check: &Check<'_, impl CounterStore>) {
    let long = "long ".repeat(1000);
    let longer = format!("{long}.");
    for key in ODD_NAMES.into_iter().chain([long.as_str(), longer.as_str()]) {
        for number in [1, 2] {
            let made = check.made(key, MINUTE, check.now).await;
            check.rule(made == number, "any string is a key, and keys are compared as a whole");
        }
    }
    // An error is allowed, a key that is cut at U+0000 is not.
    check.made("before", MINUTE, check.now).await;
    let nul = check.store.count(&check.named("before\0after"), limit(2, MINUTE), check.now).await;
    let is_separate = nul.is_ok_and(|usage| usage.remaining() != 1);
    check.rule(!is_separate, "a key with U+0000 is counted by itself, or refused with an error");
}
