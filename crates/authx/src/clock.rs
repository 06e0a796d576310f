//! What time it is, asked by whoever calls the engine, which never asks by itself.

use crate::time::Timestamp;

/// Says what time it is. Every part of a service that depends on time goes by one clock, so that tests can
/// stop it for all of them.
///
/// A closure is a clock, too:
///
/// ```
/// use authx::{Clock, Timestamp};
///
/// let stopped = || Timestamp::MIN;
/// assert_eq!(stopped.now(), Timestamp::MIN);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
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
        reason = "whoever passes this clock in asks for the system's"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from(std::time::SystemTime::now())
    }
}
