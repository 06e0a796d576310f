//! Interleaved batches of calibrated sizes: A B C, B C A, C A B, ..., so that a machine that gets
//! slower for a while does so for all of them. A round is several turns of everybody, of which the
//! first quartile counts: in the slowest ones other processes had the processor.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// An operation under somebody's name.
pub struct Contestant {
    name: &'static str,
    repeat: Box<dyn FnMut(u32)>,
}

impl Contestant {
    pub fn new<T>(name: &'static str, mut operation: impl FnMut() -> T + 'static) -> Self {
        let repeat = Box::new(move |times| {
            for _ in 0..times {
                black_box(operation());
            }
        });
        Self { name, repeat }
    }

    fn time(&mut self, times: u32) -> Duration {
        #[expect(clippy::disallowed_methods, reason = "a benchmark is what a clock is for")]
        let start = Instant::now();
        (self.repeat)(times);
        start.elapsed()
    }

    /// How many repetitions fill a batch, at least one.
    fn calibrate(&mut self) -> u32 {
        let mut times = 1;
        loop {
            let elapsed = self.time(times);
            if elapsed * 4 >= BATCH {
                let fitting = f64::from(times) * BATCH.as_secs_f64() / elapsed.as_secs_f64();
                return (fitting as u32).max(1);
            }
            times *= 2;
        }
    }
}

/// The nanoseconds of one operation, for each contestant and each round.
pub fn measure(mut contestants: Vec<Contestant>, rounds: u32) -> Vec<(&'static str, Vec<f64>)> {
    let sizes: Vec<u32> = contestants.iter_mut().map(Contestant::calibrate).collect();
    let mut results: Vec<(&'static str, Vec<f64>)> =
        contestants.iter().map(|one| (one.name, Vec::new())).collect();
    for _ in 0..rounds {
        let mut turns = vec![Vec::new(); contestants.len()];
        for turn in 0..TURNS {
            for place in 0..contestants.len() {
                let next = (turn + place) % contestants.len();
                let elapsed = contestants[next].time(sizes[next]);
                turns[next].push(elapsed.as_secs_f64() * 1e9 / f64::from(sizes[next]));
            }
        }
        for ((_, result), mut times) in results.iter_mut().zip(turns) {
            times.sort_by(f64::total_cmp);
            result.push(times[TURNS / 4]);
        }
    }
    results
}

/// How many batches of each contestant make a round.
const TURNS: usize = 12;
/// How long a batch takes at least: far less than what a process gets from a busy system at once.
const BATCH: Duration = Duration::from_micros(250);
