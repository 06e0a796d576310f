//! The contract of [`CounterStore`].

use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::Counted;
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
        requests_of_a_window_are_added_up
        keys_and_windows_are_separate
        a_window_begins_with_its_first_request_and_ends
        a_clock_that_is_set_back_begins_no_new_window
        requests_at_once_get_numbers_of_their_own
        a_reset_forgets_a_key_in_every_window
        any_string_is_a_key
    );
}

impl<S: CounterStore> Check<'_, S> {
    async fn count(&self, key: &str, window: Duration, now: Timestamp) -> Counted {
        self.unwrap(self.store.increment(&self.named(key), window, now).await)
    }

    async fn requests(&self, key: &str, window: Duration, now: Timestamp) -> u64 {
        self.count(key, window, now).await.requests
    }
}

async fn requests_of_a_window_are_added_up(check: &Check<'_, impl CounterStore>) {
    let counted = check.count("a", MINUTE, check.now).await;
    check.rule(counted.requests == 1, "the first request of a window has the number 1");
    let is_fitting = counted.time_left.is_none_or(|left| left <= MINUTE && !left.is_zero());
    check.rule(is_fitting, "the time left is that of the window, or unknown");
    for number in 2..=5 {
        let requests = check.requests("a", MINUTE, check.now).await;
        check.rule(requests == number, "each request has the next number");
    }
}

async fn keys_and_windows_are_separate(check: &Check<'_, impl CounterStore>) {
    check.count("a", MINUTE, check.now).await;
    let requests = check.requests("b", MINUTE, check.now).await;
    check.rule(requests == 1, "keys are counted separately");
    let requests = check.requests("a", MINUTE / 2, check.now).await;
    check.rule(requests == 1, "windows of different lengths are counted separately");
    let requests = check.requests("a", MINUTE, check.now).await;
    check.rule(requests == 2, "a window is not disturbed by others");
}

async fn a_window_begins_with_its_first_request_and_ends(check: &Check<'_, impl CounterStore>) {
    check.count("a", MINUTE, check.now).await;
    let last = check.now + MINUTE - Duration::from_millis(1);
    let counted = check.count("a", MINUTE, last).await;
    check.rule(counted.requests == 2, "a window lasts to its end");
    let is_short = counted.time_left.is_none_or(|left| left <= Duration::from_secs(1));
    check.rule(is_short, "the time left shrinks while the window lasts");
    let requests = check.requests("a", MINUTE, check.now + MINUTE).await;
    check.rule(requests == 1, "the first request after a window begins a new one");
}

async fn a_clock_that_is_set_back_begins_no_new_window(check: &Check<'_, impl CounterStore>) {
    check.count("a", MINUTE, check.now).await;
    let back = check.now - Duration::from_secs(3600);
    let requests = check.requests("a", MINUTE, back).await;
    check.rule(requests == 2, "a request of an earlier time counts in the window that there is");
}

async fn requests_at_once_get_numbers_of_their_own(check: &Check<'_, impl CounterStore>) {
    let all = (0..AT_ONCE).map(|_| check.requests("a", MINUTE, check.now));
    let mut numbers = join_all(all).await;
    numbers.sort_unstable();
    check.rule(numbers.into_iter().eq(1..=AT_ONCE), "each of many requests at once has its number");
}

async fn a_reset_forgets_a_key_in_every_window(check: &Check<'_, impl CounterStore>) {
    for window in [MINUTE, MINUTE / 2] {
        check.count("a", window, check.now).await;
        check.count("b", window, check.now).await;
    }
    check.unwrap(check.store.reset(&check.named("a")).await);
    for window in [MINUTE, MINUTE / 2] {
        let requests = check.requests("a", window, check.now).await;
        check.rule(requests == 1, "a reset forgets the requests of a key");
        let requests = check.requests("b", window, check.now).await;
        check.rule(requests == 2, "a reset forgets the requests of no other key");
    }
    let unknown = check.store.reset(&check.named("unknown")).await;
    check.rule(unknown.is_ok(), "resetting an unknown key is no error");
}

async fn any_string_is_a_key(check: &Check<'_, impl CounterStore>) {
    let long = "long ".repeat(1000);
    let longer = format!("{long}.");
    for key in ODD_NAMES.into_iter().chain([long.as_str(), longer.as_str()]) {
        for number in [1, 2] {
            let requests = check.requests(key, MINUTE, check.now).await;
            check.rule(requests == number, "any string is a key, and keys are compared as a whole");
        }
    }
    // An error is allowed, a key that is cut at U+0000 is not.
    check.count("before", MINUTE, check.now).await;
    let nul = check.store.increment(&check.named("before\0after"), MINUTE, check.now).await;
    let is_separate = nul.is_ok_and(|counted| counted.requests != 1);
    check.rule(!is_separate, "a key with U+0000 is counted by itself, or refused with an error");
}
