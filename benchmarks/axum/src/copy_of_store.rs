//! The copy of a store's revocations, with very many entries: the memory of one, and how long a question takes.

use std::hint::black_box;
use std::time::Duration;

use authx_benchmarks::harness::Clock;
use axum_authx::Timestamp;
use axum_authx::authx::revocation::{Entry, EntryKey, Revocable};
use axum_authx::authx_store::Replica;
use axum_authx::authx_store::sqlite::SqliteStore;
use serde::Serialize;

#[derive(Serialize)]
pub struct Measured {
    entries: u32,
    /// What the process grew by; `None` where the system doesn't say.
    bytes_per_entry: Option<f64>,
    /// Nanoseconds of a question about a token that is revoked, round by round.
    revoked: Vec<f64>,
    /// About one that is not.
    not_revoked: Vec<f64>,
}

const BOUND: Duration = Duration::from_secs(3600);
const QUESTIONS: u32 = 200_000;
const CHUNK: u32 = 10_000;

pub fn measured(entries: u32, rounds: u32) -> Measured {
    let folder = std::env::temp_dir().join(format!("authx-copy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let replica = Replica::of(SqliteStore::open(folder.join("auth.db")).expect("a store"));
    let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
    let ask = |jti: &str| {
        let token = Revocable { sub: "ada", jti: Some(jti), sid: None, iat: Some(now) };
        replica.is_revoked(token, now, BOUND)
    };
    // The first look.
    while ask("none").is_none() {
        std::thread::sleep(Duration::from_millis(10));
    }
    // It stays open, and goes away with the process.
    let _ = std::fs::remove_dir_all(&folder);

    let before = resident();
    for chunk in (0..entries).step_by(CHUNK as usize) {
        let numbers = chunk..entries.min(chunk + CHUNK);
        let entry = |number| Entry {
            key: EntryKey::of_token(&jti(number)),
            until: Some(now + BOUND),
            cut: None,
            reason: String::new(),
        };
        replica.add(&numbers.map(entry).collect::<Vec<_>>());
    }
    let grown = before.zip(resident()).map(|(before, after)| after - before);

    let numbers = (0..QUESTIONS).map(|number| u64::from(number) * 7_919 % u64::from(entries));
    let revoked: Vec<_> = numbers.map(|number| jti(number as u32)).collect();
    let others: Vec<_> = (0..QUESTIONS).map(|number| jti(entries + number)).collect();
    let per_question = |jtis: &[String], expected: bool| {
        let clock = Clock::start();
        for jti in jtis {
            assert_eq!(black_box(ask(black_box(jti))), Some(expected));
        }
        clock.elapsed().as_nanos() as f64 / f64::from(QUESTIONS)
    };
    let times: Vec<_> =
        (0..rounds).map(|_| (per_question(&revoked, true), per_question(&others, false))).collect();
    let (revoked, not_revoked) = times.into_iter().unzip();
    let bytes_per_entry = grown.map(|grown| grown / f64::from(entries));
    Measured { entries, bytes_per_entry, revoked, not_revoked }
}

/// An identifier in the form of a UUID, as tokens have it.
fn jti(number: u32) -> String {
    let mixed = number.wrapping_mul(0x9e37_79b9);
    format!("{mixed:08x}-0000-4000-8000-{number:012x}")
}

/// The memory of this process, in bytes.
fn resident() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096.0)
}
