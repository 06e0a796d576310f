//! Rate limits, decided from the requests that a store counted.
//!
//! A window begins with the first request of its key and ends after its length; the next request begins
//! another one. A store counts (the crate `authx-store` has one in memory), and [`RateLimit::check`] decides.

use std::fmt;
use std::time::Duration;

use crate::error::Error;

pub use crate::client_address::{ClientAddress, subject_rate_limit_key};

/// The maximum number of requests in a window of time.
///
/// ```
/// use authx::Error;
/// use authx::rate_limit::{Counted, RateLimit};
/// use std::time::Duration;
///
/// let limit = RateLimit::new(2, Duration::from_secs(60))?;
/// let counted = |requests| Counted { requests, time_left: Some(Duration::from_secs(40)) };
/// assert_eq!(limit.check(counted(2)), Ok(()));
/// assert_eq!(limit.check(counted(3)), Err(Error::RateLimitExceeded { retry_after: 40 }));
/// # Ok::<(), authx::rate_limit::RateLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    max_requests: u64,
    window: Duration,
}

/// Why a [`RateLimit`] is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitError {
    /// A window of length 0, in which nothing would ever be counted.
    EmptyWindow,
}

/// What a store counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The requests of this window, the present one included.
    pub requests: u64,
    /// How much of the window is left, if the store knows.
    pub time_left: Option<Duration>,
}

impl RateLimit {
    /// At most `max_requests` in a window of this length. With 0 every request is refused.
    ///
    /// # Errors
    ///
    /// The window's length is 0.
    pub fn new(max_requests: u64, window: Duration) -> Result<Self, RateLimitError> {
        if window.is_zero() {
            return Err(RateLimitError::EmptyWindow);
        }
        Ok(Self { max_requests, window })
    }

    /// How many requests a window admits.
    #[must_use]
    pub fn max_requests(&self) -> u64 {
        self.max_requests
    }

    /// How long a window is.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Whether a request that was counted may pass.
    ///
    /// # Errors
    ///
    /// [`Error::RateLimitExceeded`]: it may not. `retry_after` is the time left in the window, rounded up to
    /// seconds; where the store does not know it, the length of the window.
    pub fn check(&self, counted: Counted) -> Result<(), Error> {
        if counted.requests <= self.max_requests {
            return Ok(());
        }
        let left = counted.time_left.unwrap_or(self.window);
        let retry_after = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Err(Error::RateLimitExceeded { retry_after: retry_after.max(1) })
    }
}

impl fmt::Display for RateLimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyWindow => formatter.write_str("window: it must be longer than 0 seconds"),
        }
    }
}

impl std::error::Error for RateLimitError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn without_the_time_left_a_client_waits_for_the_whole_window() {
        let limit = RateLimit::new(0, at(1.5)).expect("a limit");
        let refused = limit.check(Counted { requests: 1, time_left: None });
        assert_eq!(refused, Err(Error::RateLimitExceeded { retry_after: 2 }));
        let refused = limit.check(Counted { requests: 1, time_left: Some(Duration::ZERO) });
        assert_eq!(refused, Err(Error::RateLimitExceeded { retry_after: 1 }));
    }

    #[test]
    fn a_window_of_length_0_is_an_error_that_names_it() {
        let error = RateLimit::new(1, Duration::ZERO).expect_err("no window");
        assert!(error.to_string().starts_with("window: "), "{error}");
    }
}
