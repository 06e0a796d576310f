//! The stores in memory keep the contracts of their traits.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::RateLimit;
use authx_store::memory::{MemoryCounters, MemorySessions, MemoryStore};
use authx_store::{CounterStore, SessionInfo, SessionStore, conformance};

/// The result of a future of these stores, which is ready at once.
fn answer<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the future of a store in memory is pending"),
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_893_499_200).expect("in range")
}

#[test]
fn counters_in_memory_conform() {
    let store = MemoryCounters::default();
    for prefix in ["", "again "] {
        answer(conformance::counters(&store, prefix, now()));
    }
    answer(conformance::counters(&Arc::new(MemoryCounters::default()), "", now()));
}

#[test]
fn sessions_in_memory_conform() {
    for store in [MemorySessions::new(None), MemorySessions::new(Some(Duration::from_secs(3600)))] {
        for prefix in ["", "again "] {
            answer(conformance::sessions(&store, prefix, now()));
        }
    }
}

#[test]
fn the_store_in_memory_conforms() {
    for store in [MemoryStore::default(), MemoryStore::new(Some(Duration::from_secs(36_000)))] {
        for prefix in ["", "again "] {
            answer(conformance::revocations(&store, prefix, now()));
            answer(conformance::logins(&store, prefix, now()));
            answer(conformance::counters(&store, prefix, now()));
        }
    }
}

#[test]
#[should_panic(
    expected = "a_request_that_is_given_back_was_never_made: one request is given back, not more"
)]
fn a_store_that_breaks_the_contract_is_found() {
    use authx::rate_limit::Usage;
    use authx_store::{BoxFuture, StoreError};

    /// Gives everything back instead of one request.
    struct Forgetful(MemoryCounters);

    impl CounterStore for Forgetful {
        fn count<'a>(
            &'a self,
            key: &'a str,
            limit: RateLimit,
            now: Timestamp,
        ) -> BoxFuture<'a, Result<Usage, StoreError>> {
            self.0.count(key, limit, now)
        }

        fn give_back<'a>(
            &'a self,
            key: &'a str,
            _: RateLimit,
            _: Timestamp,
        ) -> BoxFuture<'a, Result<(), StoreError>> {
            self.0.reset(key)
        }

        fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
            self.0.reset(key)
        }
    }

    answer(conformance::counters(&Forgetful(MemoryCounters::default()), "", now()));
}

#[test]
fn requests_of_several_threads_are_all_counted() {
    let store = MemoryCounters::with_capacity(NonZeroUsize::MIN);
    let limit = RateLimit::new(5000, Duration::from_secs(60)).expect("a limit");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let usage = answer(store.count("a", limit, now())).expect("counted");
                    assert!(usage.is_admitted());
                }
            });
        }
    });
    let usage = answer(store.count("a", limit, now())).expect("counted");
    assert_eq!(usage.remaining(), 999);
}

#[test]
fn a_session_that_one_thread_deletes_is_not_created_again_by_another() {
    let store = MemorySessions::new(None);
    for round in 0..200 {
        let id = format!("s{round}");
        let session = SessionInfo::new(id.clone(), "ada".to_owned(), now());
        answer(store.create(&session, now())).expect("kept");
        std::thread::scope(|scope| {
            scope.spawn(|| answer(store.delete(&id)).expect("deleted"));
            scope.spawn(|| answer(store.update_last_active(&id, now())).expect("no error"));
        });
        assert_eq!(answer(store.get(&id, now())).expect("an answer"), None);
    }
}

#[test]
fn idle_sessions_expire_by_the_time_that_is_passed_in() {
    let idle = Duration::from_secs(100);
    let store = MemorySessions::new(Some(idle));
    for name in ["one", "two", "three"] {
        let session = SessionInfo::new(name.to_owned(), "ada".to_owned(), now());
        answer(store.create(&session, now())).expect("kept");
    }
    let get = |name, after| answer(store.get(name, now() + after)).expect("an answer");
    assert!(get("one", idle / 2).is_some());
    assert!(get("two", idle + Duration::from_millis(1)).is_none());
    let listed = answer(store.list_by_user("ada", now() + idle * 5 / 4)).expect("a list");
    let names: Vec<_> = listed.iter().map(|session| session.session_id.as_str()).collect();
    assert_eq!(names, ["one"]);
    assert!(get("one", idle * 5 / 2).is_none());
}
