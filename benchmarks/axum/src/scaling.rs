//! How many calls of a service several threads make at once, each with a handle of its own to one router: what one
//! thread makes them wait for shows here.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use authx_benchmarks::harness::Clock;
use serde::Serialize;

use crate::contestant::{self, App};
use crate::{ours, request};

/// How long all threads together took for a call, in nanoseconds, round by round.
#[derive(Serialize)]
pub struct Scaling {
    contestant: &'static str,
    threads: usize,
    nanoseconds: Vec<f64>,
}

const PERIOD: Duration = Duration::from_millis(100);
/// How many calls follow each other without a look at the clock.
const BATCH: u32 = 64;

pub fn scaling(rounds: u32) -> Vec<Scaling> {
    let all = thread::available_parallelism().map_or(1, NonZero::get);
    let routers: Vec<_> = contestant::all()
        .into_iter()
        .filter(|one| ["bare", "authx", "authx, verification cache"].contains(&one.name))
        .filter_map(|one| match one.app {
            App::Axum08(router) => Some((one.name, router)),
            App::Axum07(_) => None,
        })
        .collect();
    let mut measured: Vec<Scaling> = routers
        .iter()
        .flat_map(|(contestant, _)| {
            [1, all].map(|threads| Scaling { contestant, threads, nanoseconds: Vec::new() })
        })
        .collect();
    for _ in 0..rounds {
        for (index, (_, router)) in routers.iter().enumerate() {
            for scaling in &mut measured[2 * index..2 * index + 2] {
                scaling.nanoseconds.push(time_per_call(router, scaling.threads));
            }
        }
    }
    measured
}

fn time_per_call(router: &axum::Router, threads: usize) -> f64 {
    let token = ours::token();
    let start = Barrier::new(threads);
    let calls_of_thread = || {
        let mut call = App::Axum08(router.clone()).into_call();
        let request = request::built(&token);
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
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(calls_of_thread)).collect();
        threads.into_iter().map(|thread| thread.join().expect("its calls")).sum()
    });
    1.0 / calls_per_nanosecond
}
