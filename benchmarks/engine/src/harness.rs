//! Interleaved batches: A B C, B C A, C A B, ..., so that all contestants are affected if the machine is
//! slower for a while. A round is several turns of each contestant. The first quartile of the turns counts,
//! because the slowest ones were interrupted by other processes.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A named operation to measure.
pub struct Contestant {
    name: &'static str,
    repeat: Box<dyn FnMut(u32) -> Duration>,
}

/// How many operations a contestant makes per turn.
#[derive(Clone, Copy)]
pub enum Batch {
    /// As many as take this long; the number is measured for each contestant beforehand.
    Lasting(Duration),
    Of(u32),
}

impl Batch {
    /// Far less than the scheduler's time slice, so that most batches are not interrupted.
    pub const SHORT: Self = Self::Lasting(Duration::from_micros(250));
}

impl Contestant {
    pub fn new<T>(name: &'static str, mut operation: impl FnMut() -> T + 'static) -> Self {
        let repeat = move |times| {
            let clock = Clock::start();
            for _ in 0..times {
                black_box(operation());
            }
            clock.elapsed()
        };
        Self::timed(name, repeat)
    }

    /// An operation that consumes an input. The time to make the inputs is not measured.
    pub fn with_input<I: 'static, T>(
        name: &'static str,
        mut input: impl FnMut() -> I + 'static,
        mut operation: impl FnMut(I) -> T + 'static,
    ) -> Self {
        let mut inputs = Vec::with_capacity(INPUTS as usize);
        let repeat = move |times: u32| {
            let mut elapsed = Duration::ZERO;
            let mut left = times;
            while left > 0 {
                let next = left.min(INPUTS);
                inputs.extend((0..next).map(|_| input()));
                let clock = Clock::start();
                for input in inputs.drain(..) {
                    black_box(operation(black_box(input)));
                }
                elapsed += clock.elapsed();
                left -= next;
            }
            elapsed
        };
        Self::timed(name, repeat)
    }

    /// An operation that measures itself: `repeat` gets the number of repetitions and returns their time.
    pub fn timed(name: &'static str, repeat: impl FnMut(u32) -> Duration + 'static) -> Self {
        Self { name, repeat: Box::new(repeat) }
    }

    fn batch_size(&mut self, batch: Batch) -> u32 {
        let duration = match batch {
            Batch::Of(times) => return times,
            Batch::Lasting(duration) => duration,
        };
        // The largest of several trials, because an interrupted one gives too small a number.
        (0..TRIALS).map(|_| self.fitting(duration)).max().unwrap_or(1)
    }

    fn fitting(&mut self, duration: Duration) -> u32 {
        let mut times = 1;
        loop {
            let elapsed = (self.repeat)(times);
            if elapsed * 4 >= duration {
                let fitting = f64::from(times) * duration.as_secs_f64() / elapsed.as_secs_f64();
                return (fitting as u32).max(1);
            }
            times *= 2;
        }
    }
}

/// The nanoseconds of one operation, for each contestant and each round.
pub fn measure(
    mut contestants: Vec<Contestant>,
    rounds: u32,
    batch: Batch,
) -> Vec<(&'static str, Vec<f64>)> {
    let sizes: Vec<u32> = contestants.iter_mut().map(|one| one.batch_size(batch)).collect();
    let mut results: Vec<(&'static str, Vec<f64>)> =
        contestants.iter().map(|one| (one.name, Vec::new())).collect();
    for _ in 0..rounds {
        let mut turns = vec![Vec::new(); contestants.len()];
        for turn in 0..TURNS {
            for place in 0..contestants.len() {
                let next = (turn + place) % contestants.len();
                let elapsed = (contestants[next].repeat)(sizes[next]);
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

/// Measures elapsed time.
pub struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a benchmark has to measure time")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How many batches of each contestant make a round.
const TURNS: usize = 12;
/// How many trials determine the size of a batch.
const TRIALS: usize = 5;
/// How many inputs are made at once: few, so that they are still in the processor's cache when used.
const INPUTS: u32 = 16;
