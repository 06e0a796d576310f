//! Measures a protected axum route, ours and those of the peers, and a bare one, and prints every round as
//! JSON: `run.py` writes the table.
//!
//! Usage:
//!   authx-axum-benchmarks calls ROUNDS            the call of the service alone, on one thread
//!   authx-axum-benchmarks loopback ROUNDS         requests to a server, on one thread each
//!   authx-axum-benchmarks scaling ROUNDS          that call on one thread, and on as many as there are processors
//!   authx-axum-benchmarks copy ENTRIES ROUNDS     questions to a copy of a store with so many entries
//!   authx-axum-benchmarks load ROUNDS BATCH       requests to the servers that the standard input names
//!   authx-axum-benchmarks repeat CONTESTANT TIMES only the call of the service, for a profiler
//!   authx-axum-benchmarks serve                   the server of `loopback`

mod bare;
mod contestant;
mod copy_of_store;
mod jsonwebtoken_extractor;
mod jwt_authorizer_layer;
mod load;
mod ours;
mod request;
mod scaling;
mod server;
mod signature_alone;

use std::hint::black_box;

use authx_benchmarks::backend::Backend;
use authx_benchmarks::harness::{self, Batch, measure};
use serde::Serialize;

use contestant::Contestant;

/// How long one call or request of a contestant took, in nanoseconds, round by round.
#[derive(Serialize)]
struct Measurement {
    contestant: &'static str,
    nanoseconds: Vec<f64>,
    /// The share of the time in which the server's thread ran, if the system reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_busy: Option<f64>,
}

fn main() {
    Backend::install_switch();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["calls", rounds] => print(&calls(number(rounds))),
        ["loopback", rounds] => print(&load::loopback(number(rounds))),
        ["scaling", rounds] => print(&scaling::scaling(number(rounds))),
        ["copy", entries, rounds] => {
            print(&copy_of_store::measured(number(entries), number(rounds)));
        }
        ["load", rounds, batch] => {
            let targets = serde_json::from_reader(std::io::stdin()).expect("targets");
            print(&load::load(targets, number(rounds), number(batch)));
        }
        ["repeat", name, times] => repeat(name, number(times)),
        ["serve"] => server::serve(),
        _ => panic!("the usage is in main.rs"),
    }
}

fn number(argument: &str) -> u32 {
    argument.parse().unwrap_or_else(|_| panic!("'{argument}' should be a number"))
}

fn print(measurements: &impl Serialize) {
    println!("{}", serde_json::to_string(measurements).expect("numbers and names"));
}

fn calls(rounds: u32) -> Vec<Measurement> {
    let token = ours::token();
    let contestants = contestant::all()
        .into_iter()
        .map(|Contestant { name, app, is_protected }| {
            let mut call = app.into_call();
            contestant::check(name, is_protected, &token, |token| call(request::built(token)));
            let request = request::built(&token);
            harness::Contestant::with_input(name, move || request.clone(), call)
        })
        .collect();
    measure(contestants, rounds, Batch::SHORT)
        .into_iter()
        .map(|(contestant, nanoseconds)| Measurement { contestant, nanoseconds, server_busy: None })
        .collect()
}

fn repeat(name: &str, times: u32) {
    let contestant = contestant::all().into_iter().find(|one| one.name == name);
    let mut call =
        contestant.unwrap_or_else(|| panic!("there is no contestant '{name}'")).app.into_call();
    let request = request::built(&ours::token());
    for _ in 0..times {
        assert_eq!(black_box(call(request.clone())).status, 200);
    }
}
