//! How fast look-ups and rotations are, through the threads. Run it alone on a machine that does nothing else:
//! `cargo test --release --package authx-store --all-features --test sqlite speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use authx::login::LoginState;
use authx::rate_limit::RateLimit;
use authx::revocation::EntryKey;
use authx_store::sqlite::SqliteStore;
use authx_store::{CounterStore as _, Login, LoginStore as _, RevocationStore as _};
use futures_util::future::join_all;

use crate::support::{Folder, MINUTE, block_on, entry, now, open};

const ENTRIES: u32 = 100_000;

#[expect(clippy::disallowed_methods, reason = "measures")]
fn instant() -> Instant {
    Instant::now()
}

/// Prints the calls per second, the median and the 99.9th percentile of calls that follow each other.
fn measure(what: &str, calls: u32, mut call: impl FnMut(u32)) {
    let began = instant();
    let mut times: Vec<Duration> = (0..calls)
        .map(|number| {
            let began = instant();
            call(number);
            began.elapsed()
        })
        .collect();
    let per_second = f64::from(calls) / began.elapsed().as_secs_f64();
    times.sort_unstable();
    let [median, high] = [times[times.len() / 2], times[times.len() * 999 / 1000]];
    println!("{what}: {per_second:.0} per second, median {median:.1?}, 99.9 % {high:.1?}");
}

fn state(generation: u32) -> LoginState {
    LoginState {
        generation,
        created_at: now(),
        rotated_at: now(),
        expires_at: Some(now() + MINUTE * 60),
        deadline: None,
        ended_for: None,
    }
}

async fn find(store: &SqliteStore, number: u32) {
    let names = [number, number + 1, number + 2];
    let keys = names.map(|number| EntryKey::of_token(&(number % (ENTRIES * 2)).to_string()));
    store.find(&keys, now()).await.expect("an answer");
}

#[test]
#[ignore = "measures, alone on a machine"]
fn look_ups_and_rotations() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let entries: Vec<_> = (0..ENTRIES).map(|number| entry(&number.to_string())).collect();
    block_on(store.revoke(&entries, now())).expect("revoked");
    let sids: Vec<_> = (0..50).map(|number| format!("s{number}")).collect();
    for sid in &sids {
        let login = Login::new(sid.clone(), "ada".to_owned(), state(0));
        assert!(block_on(store.insert(&login, now())).expect("added"));
    }
    measure("find of 3 keys", 50_000, |number| block_on(find(&store, number * 7919)));
    measure("50 times find at once", 2_000, |number| {
        block_on(join_all((0..50).map(|index| find(&store, number * 7919 + index))));
    });
    measure("advance", 5_000, |number| {
        let advanced = block_on(store.advance("s0", number, &state(number + 1), now()));
        assert!(advanced.expect("an answer"));
    });
    measure("50 times advance at once", 500, |number| {
        let to = state(number + 1);
        let advance = |sid| store.advance(sid, number, &to, now());
        let all = block_on(join_all(sids[1..].iter().map(|sid| advance(sid))));
        assert!(all.into_iter().all(|advanced| advanced.expect("an answer")));
    });
    let limit = RateLimit::new(1000, MINUTE).expect("a limit");
    measure("count", 20_000, |number| {
        let usage = block_on(store.count(&(number % 100).to_string(), limit, now()));
        assert!(usage.expect("counted").is_admitted());
    });
}
