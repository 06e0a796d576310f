//! The throughput of several threads that call one service, each by its own clone of the router: it shows whether they
//! wait for each other. Each thread has its own token, as requests of different users do. One token for all threads is
//! the worst case for a cache.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use authx_benchmarks::harness::Clock;
use serde::Serialize;

use crate::contestant::{self, App};
use crate::{ours, request};

/// The nanoseconds per call of all threads together, for each round.
#[derive(Serialize)]
pub struct Scaling {
    contestant: &'static str,
    threads: usize,
    nanoseconds: Vec<f64>,
}

/// The name, the contestant whose router is called, and whether all threads use one token.
const CONTESTANTS: [(&str, &str, bool); 4] = [
    ("bare", "bare", false),
    ("authx", "authx", false),
    ("authx, verification cache", "authx, verification cache", false),
    ("authx, verification cache, one token", "authx, verification cache", true),
];

const PERIOD: Duration = Duration::from_millis(100);
/// How many calls are made between two readings of the clock.
const BATCH: u32 = 64;

pub fn scaling(rounds: u32) -> Vec<Scaling> {
    let all = thread::available_parallelism().map_or(1, NonZero::get);
    let different: Vec<String> = (0..all).map(|_| ours::token()).collect();
    let one = vec![ours::token(); all];
    let routers: Vec<_> = CONTESTANTS
        .into_iter()
        .map(|(contestant, router, shares_token)| {
            (contestant, router_of(router), if shares_token { &one } else { &different })
        })
        .collect();
    let mut measured: Vec<Scaling> = routers
        .iter()
        .flat_map(|(contestant, ..)| {
            [1, all].map(|threads| Scaling { contestant, threads, nanoseconds: Vec::new() })
        })
        .collect();
    for _ in 0..rounds {
        for (index, (_, router, tokens)) in routers.iter().enumerate() {
            for scaling in &mut measured[2 * index..2 * index + 2] {
                scaling.nanoseconds.push(time_per_call(router, &tokens[..scaling.threads]));
            }
        }
    }
    measured
}

fn router_of(name: &str) -> axum::Router {
    let contestant = contestant::all().into_iter().find(|one| one.name == name);
    match contestant.expect("a contestant").app {
        App::Axum08(router) => router,
        App::Axum07(_) => panic!("{name} is of another version of axum"),
    }
}

/// The nanoseconds per call with one thread for each token.
fn time_per_call(router: &axum::Router, tokens: &[String]) -> f64 {
    let start = Barrier::new(tokens.len());
    let calls_of_thread = |token: &str| {
        let mut call = App::Axum08(router.clone()).into_call();
        let request = request::built(token);
        let mut calls = |times| {
            for _ in 0..times {
                assert_eq!(black_box(call(request.clone())).status, 200);
            }
            times
        };
        calls(BATCH);
        start.wait();
        let clock = Clock::start();
        let mut made = 0;
        while clock.elapsed() < PERIOD {
            made += calls(BATCH);
        }
        f64::from(made) / clock.elapsed().as_nanos() as f64
    };
    let calls_per_nanosecond: f64 = thread::scope(|scope| {
        let calls_of_thread = &calls_of_thread;
        let threads: Vec<_> =
            tokens.iter().map(|token| scope.spawn(move || calls_of_thread(token))).collect();
        threads.into_iter().map(|thread| thread.join().expect("its calls")).sum()
    });
    1.0 / calls_per_nanosecond
}
