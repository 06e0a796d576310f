//! The corpus, replayed and mutated at random: like libFuzzer, but without coverage feedback and on any toolchain.
//!
//! `FUZZ_SECONDS` says for how long each target gets mutated inputs, from another seed in each run. Without it, each
//! target gets 2,000 inputs from a fixed seed.

#![expect(clippy::disallowed_methods, reason = "FUZZ_SECONDS is measured in real time")]

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuzz_targets::{TARGETS, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

#[test]
fn each_input_of_the_corpus_holds() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for (path, data) in &corpus {
            println!("{}", path.display());
            target(data);
        }
        println!("{name}: {} inputs", corpus.len());
    }
}

#[test]
fn mutations_of_the_corpus_hold() {
    let budget = std::env::var("FUZZ_SECONDS")
        .ok()
        .map(|seconds| seconds.parse().expect("FUZZ_SECONDS: a number"));
    for (name, target) in TARGETS {
        let inputs: Vec<_> = corpus(name).into_iter().map(|(_, data)| data).collect();
        let mutated = mutated(inputs);
        let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
        let mut ran = 0;
        match budget {
            None => {
                let mut runner = TestRunner::new_with_rng(config.clone(), deterministic());
                check(name, &mut runner, &mutated, target);
                ran += config.cases;
            }
            Some(seconds) => {
                let end = Instant::now() + Duration::from_secs(seconds);
                while Instant::now() < end {
                    check(name, &mut TestRunner::new(config.clone()), &mutated, target);
                    ran += config.cases;
                }
            }
        }
        println!("{name}: {ran} mutated inputs");
    }
}

#[test]
fn each_folder_of_the_corpus_has_its_target() {
    let mut folders: Vec<_> = std::fs::read_dir(folder())
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    folders.sort();
    let mut names = TARGETS.map(|(name, _)| name.to_owned());
    names.sort();
    assert_eq!(folders, names);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder().join(name))
        .expect("the target's corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("an input"))).collect()
}

fn deterministic() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

/// Bytes whose `Debug` is an escaped byte string.
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

fn check(
    name: &str,
    runner: &mut TestRunner,
    mutated: &impl Strategy<Value = Input>,
    target: Target,
) {
    let result = runner.run(mutated, |data| {
        target(&data.0);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{name}: {error}");
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Replace(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// Inserts a part of another input.
    Splice(Index, Vec<u8>),
    Repeat(Index, usize, usize),
}

/// Inputs that are hard for parsers.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"=",
    b"&",
    b";",
    b".",
    b"\n",
    b"\0",
    b"\xff",
    b"\xc3\x28",
    b"\\ud800",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"99999999999999999999",
    b"%00",
    b"*",
];

fn mutated(inputs: Vec<Vec<u8>>) -> impl Strategy<Value = Input> {
    let piece =
        || prop_oneof![select(&PIECES[..]).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 1..4),];
    let others = inputs.clone();
    let mutation = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (any::<Index>(), piece()).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<Index>(), 1..8_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (any::<Index>(), select(others), any::<Index>(), 1..64_usize).prop_map(
            |(at, other, from, length)| {
                let from = from.index(other.len() + 1);
                Mutation::Splice(at, other[from..other.len().min(from + length)].to_vec())
            }
        ),
        (any::<Index>(), 1..16_usize, 2..64_usize)
            .prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
    ];
    (select(inputs), vec(mutation, 0..8))
        .prop_map(|(data, mutations)| Input(mutations.into_iter().fold(data, apply)))
}

fn apply(mut data: Vec<u8>, mutation: Mutation) -> Vec<u8> {
    let part = |data: &[u8], at: Index, length: usize| {
        let from = at.index(data.len() + 1);
        from..data.len().min(from + length)
    };
    match mutation {
        Mutation::Replace(at, byte) if !data.is_empty() => {
            let at = at.index(data.len());
            data[at] = byte;
        }
        Mutation::Replace(_, byte) => data.push(byte),
        Mutation::Insert(at, bytes) | Mutation::Splice(at, bytes) => {
            let at = at.index(data.len() + 1);
            data.splice(at..at, bytes);
        }
        Mutation::Remove(at, length) => {
            let part = part(&data, at, length);
            data.drain(part);
        }
        Mutation::Repeat(at, length, times) => {
            let part = part(&data, at, length);
            let repeated = data[part.clone()].repeat(times);
            data.splice(part, repeated);
        }
    }
    data
}
