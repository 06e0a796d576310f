//! The verification cache's hit ratio for a mix of requests like that of a busy service.
//!
//! Users send requests with very different frequency: the user of rank n sends 1/n times as many as the first (Zipf's
//! law). A token is valid for 15 minutes; a user whose token has expired gets a new one before the next request.

use std::time::{Duration, SystemTime};

use authx::{
    Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, SystemRandom, Timestamp,
    TokenKind,
};
use serde::Serialize;

use crate::token::{Account, LIFETIME_SECONDS, SECRET};

const USERS: usize = 20_000;
const REQUESTS_PER_SECOND: u64 = 500;
/// An hour of requests, so that active users get several tokens.
const REQUESTS: u64 = 3600 * REQUESTS_PER_SECOND;

#[derive(Serialize)]
pub struct Served {
    /// The maximum number of entries in the cache.
    entries_allowed: usize,
    hit_ratio: f64,
    entries: usize,
    bytes_per_entry: f64,
    token_length: usize,
    /// The highest possible hit ratio: the share of requests whose token was used in an earlier request.
    repeated: f64,
}

pub fn served() -> Vec<Served> {
    [500, 2_000, 10_000, 50_000].into_iter().map(with_cache_of).collect()
}

fn with_cache_of(entries_allowed: usize) -> Served {
    let config = Config::builder()
        .secret_key(Secret::from(SECRET))
        .verification_cache_entries(entries_allowed);
    let engine = Engine::new(config.build().expect("a configuration"));
    let requirement = Requirement::access();
    let account = Account::example();
    let start = whole_second();
    let mut users: Vec<Option<(String, Timestamp)>> = vec![None; USERS];
    let mut random = Random(1);
    let frequencies = cumulative_frequencies();
    let mut repeated = 0;
    for request in 0..REQUESTS {
        let now = start + Duration::from_micros(request * 1_000_000 / REQUESTS_PER_SECOND);
        let place = random.fraction() * frequencies[USERS - 1];
        let user = frequencies.partition_point(|below| *below <= place).min(USERS - 1);
        match &users[user] {
            Some((_, end)) if now < *end => repeated += 1,
            _ => {
                let token = NewToken::access(format!("user {user}")).claims(&account);
                let encoded = engine.issue(&token, now, &SystemRandom).expect("a token");
                users[user] = Some((encoded, now + Duration::from_secs(LIFETIME_SECONDS)));
            }
        }
        let (encoded, _) = users[user].as_ref().expect("a token");
        let token = RequestToken::new(encoded, TokenKind::Access, Location::Headers);
        let verified = engine.verify::<Account>(&token, &requirement, now);
        drop(verified.expect("a valid token"));
    }
    let statistics = engine.cache_statistics().expect("a cache");
    Served {
        entries_allowed,
        hit_ratio: 1.0 - statistics.misses as f64 / REQUESTS as f64,
        entries: statistics.entries,
        bytes_per_entry: statistics.bytes as f64 / statistics.entries as f64,
        token_length: users.iter().flatten().map(|(jwt, _)| jwt.len()).max().unwrap_or_default(),
        repeated: f64::from(repeated) / REQUESTS as f64,
    }
}

fn cumulative_frequencies() -> Vec<f64> {
    let mut sum = 0.0;
    (1..=USERS)
        .map(|place| {
            sum += 1.0 / place as f64;
            sum
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "the mix may begin at any instant")]
fn whole_second() -> Timestamp {
    Timestamp::from(SystemTime::now()).floor_to_second()
}

/// `SplitMix64` with a fixed seed, so that the mix is the same each time.
struct Random(u64);

impl Random {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
