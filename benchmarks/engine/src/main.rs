//! Measures create and verify on one thread, and prints every round as JSON: `run.py` writes the table.
//!
//! Usage:
//!   authx-benchmarks [ROUNDS]   create and verify
//!   authx-benchmarks mix        the verification cache's hit ratio for a mix of requests

mod bare;
mod jwt_simple;
mod mix;
mod ours;
mod peer;
mod token;

use authx_benchmarks::backend::Backend;
use authx_benchmarks::harness::{Batch, Contestant, measure};
use serde::Serialize;

use token::Algorithm;

/// How long each operation of each contestant took, in nanoseconds, round by round.
#[derive(Serialize)]
struct Measurement {
    algorithm: Algorithm,
    operation: &'static str,
    contestant: &'static str,
    nanoseconds: Vec<f64>,
}

#[derive(Serialize)]
struct Report {
    /// The length of the HS256 token, in bytes.
    token_length: usize,
    measurements: Vec<Measurement>,
}

fn main() {
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some("mix") {
        println!("{}", serde_json::to_string(&mix::served()).expect("numbers"));
        return;
    }
    let rounds = argument.map_or(31, |rounds| rounds.parse().expect("a number"));

    Backend::install_switch();
    let mut measurements = Vec::new();
    for algorithm in Algorithm::ALL {
        let token = ours::create(algorithm)();
        let (signing_input, _) = token.rsplit_once('.').expect("a token has dots");
        let mut operations = vec![
            (
                "create",
                vec![
                    Contestant::new("authx", ours::create(algorithm)),
                    Contestant::new("aws_lc_rs", peer::create(algorithm, Backend::AwsLc)),
                    Contestant::new("rust_crypto", peer::create(algorithm, Backend::RustCrypto)),
                    Contestant::new("jwt_simple", jwt_simple::create(algorithm)),
                    Contestant::new("bare", bare::sign(algorithm, signing_input)),
                ],
            ),
            ("verify", {
                let mut contestants = verifiers(algorithm, &token);
                contestants.push(Contestant::new("bare", bare::verify(algorithm, signing_input)));
                contestants
            }),
        ];
        operations.push(("verify again", verifiers_again(algorithm, &token)));
        if algorithm == Algorithm::Hs256 {
            // The engine compares a header with that of its own tokens, and only parses it if it differs.
            let peer_token = peer::create(algorithm, Backend::AwsLc)();
            operations.push(("verify the peer's token", verifiers(algorithm, &peer_token)));
        }
        for (operation, contestants) in operations {
            for (contestant, nanoseconds) in measure(contestants, rounds, Batch::SHORT) {
                measurements.push(Measurement { algorithm, operation, contestant, nanoseconds });
            }
        }
    }

    let token_length = ours::create(Algorithm::Hs256)().len();
    let report = Report { token_length, measurements };
    println!("{}", serde_json::to_string(&report).expect("numbers and names"));
}

/// Verifies a cached token, the same token without a cache, and an HS256 token without one.
fn verifiers_again(algorithm: Algorithm, token: &str) -> Vec<Contestant> {
    let hs256 = ours::create(Algorithm::Hs256)();
    vec![
        Contestant::new("authx", ours::verify_again(algorithm, token)),
        Contestant::new("uncached", ours::verify(algorithm, token)),
        Contestant::new("HS256 uncached", ours::verify(Algorithm::Hs256, &hs256)),
    ]
}

fn verifiers(algorithm: Algorithm, token: &str) -> Vec<Contestant> {
    vec![
        Contestant::new("authx", ours::verify(algorithm, token)),
        Contestant::new("aws_lc_rs", peer::verify(algorithm, Backend::AwsLc, token)),
        Contestant::new("rust_crypto", peer::verify(algorithm, Backend::RustCrypto, token)),
        Contestant::new("jwt_simple", jwt_simple::verify(algorithm, token)),
    ]
}
