//! Repeats one operation; `test_budget.py` counts its instructions.
//!
//! `authx-budget OPERATION ALGORITHM TIMES`. Clock and random bytes are fixed, so that each repetition is the same.

#![forbid(unsafe_code)]

use std::error::Error;
use std::hint::black_box;

use authx::random::{Random, RandomUnavailable};
use authx::token::{CustomClaims, JsonClaims};
use authx::{
    Algorithm, Config, Engine, Key, KeyRing, Location, NewToken, RequestToken, Requirement, Stores,
    Timestamp, TokenKind,
};
use serde::{Deserialize, Serialize};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [operation, algorithm, times] = arguments.as_slice() else {
        return Err("usage: authx-budget OPERATION ALGORITHM TIMES".into());
    };
    // The first verification, which is not counted, fills the cache.
    let cache_entries = if operation == "verify-again" { 1000 } else { 0 };
    let (engine, times) = (engine(algorithm.parse()?, cache_entries)?, times.parse()?);
    let plain = NewToken::access("user123");
    let rich = NewToken::access("user123").scopes(["users:read", "users:write"]).claims(account());
    match operation.as_str() {
        "create" => create(&engine, &plain, times),
        "create-with-claims" => create(&engine, &rich, times),
        "verify" => verify::<()>(&engine, &issued(&engine, &plain)?, times),
        "verify-with-claims" | "verify-again" => {
            verify::<Account>(&engine, &issued(&engine, &rich)?, times)
        }
        "verify-as-json" => verify::<JsonClaims>(&engine, &issued(&engine, &rich)?, times),
        _ => Err(format!("no operation is called '{operation}'").into()),
    }
}

fn create<C: Serialize>(
    engine: &Engine,
    token: &NewToken<'_, C>,
    times: u32,
) -> Result<(), Box<dyn Error>> {
    repeat(times, || issued(black_box(engine), black_box(token)))
}

fn verify<C: CustomClaims>(engine: &Engine, token: &str, times: u32) -> Result<(), Box<dyn Error>> {
    let (requirement, now) = (Requirement::access(), now()?);
    repeat(times, || {
        let token = RequestToken::new(black_box(token), TokenKind::Access, Location::Headers);
        Ok(black_box(engine).verify::<C>(&token, &requirement, now)?.ask(Stores::default()))
    })
}

/// Runs the operation once uncounted, because of what happens only the first time, such as seeding a generator.
fn repeat<T>(
    times: u32,
    operation: impl Fn() -> Result<T, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    black_box(operation()?);
    counted(times, operation)
}

/// callgrind finds this function by its name, and counts the instructions inside it.
#[inline(never)]
fn counted<T>(
    times: u32,
    operation: impl Fn() -> Result<T, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..times {
        black_box(operation()?);
    }
    Ok(())
}

fn issued<C: Serialize>(
    engine: &Engine,
    token: &NewToken<'_, C>,
) -> Result<String, Box<dyn Error>> {
    Ok(engine.issue(token, now()?, &SameBytes)?)
}

fn engine(algorithm: Algorithm, cache_entries: usize) -> Result<Engine, Box<dyn Error>> {
    let key = match algorithm {
        Algorithm::Hs256 => Key::from_secret(algorithm, "a secret of at least thirty-two bytes")?,
        Algorithm::Es256 => Key::from_private_pem(algorithm, P256)?,
        Algorithm::EdDsa => Key::from_private_pem(algorithm, ED25519)?,
        _ => Key::from_private_pem(algorithm, RSA)?,
    };
    let config = Config::builder().keys(KeyRing::new([key])?);
    Ok(Engine::new(config.verification_cache_entries(cache_entries).build()?))
}

#[derive(Clone, Serialize, Deserialize)]
struct Account {
    tenant: String,
    plan: u32,
    beta: bool,
}

fn account() -> Account {
    Account { tenant: "north".to_owned(), plan: 3, beta: true }
}

/// 2027-01-15T08:00:00Z.
fn now() -> Result<Timestamp, Box<dyn Error>> {
    Ok(Timestamp::from_seconds(1_800_000_000).ok_or("an instant in range")?)
}

struct SameBytes;

impl Random for SameBytes {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomUnavailable> {
        bytes.fill(0x5a);
        Ok(())
    }
}

const RSA: &str = include_str!("../../keys/rsa.pkcs8.pem");
const P256: &str = include_str!("../../keys/p256.pkcs8.pem");
const ED25519: &str = include_str!("../../keys/ed25519.pkcs8.pem");
