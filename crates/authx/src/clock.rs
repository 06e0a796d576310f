//! Clocks, for callers of the engine: it reads no clock itself.

use crate::time::Timestamp;

/// Gives the current time. All parts of a service should use the same clock, so that tests can stop the
/// time for all of them.
///
/// A closure is a clock too:
///
/// ```
/// use authx::{Clock, Timestamp};
///
/// let stopped = || Timestamp::MIN;
/// assert_eq!(stopped.now(), Timestamp::MIN);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "callers that pass this clock want the system's time"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from(std::time::SystemTime::now())
    }
}
