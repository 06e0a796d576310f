//! Rate limits: how many requests of a client are allowed in any period of a given length.
//!
//! A store keeps a [`RequestLog`] for each client, and changes it in one step with [`RequestLog::count`], which decides;
//! the crate `authx-store` has such stores. The window slides: it is the time before the present request, so that no two
//! bursts fit side by side around its end.

mod log;

use std::fmt;
use std::time::Duration;

use crate::error::Error;

pub use crate::client_address::{ClientAddress, subject_rate_limit_key};
pub use log::{DamagedLog, RequestLog};

/// The maximum number of requests in a window of time.
///
/// ```
/// use authx::rate_limit::{RateLimit, RequestLog};
/// use authx::{Error, Timestamp};
/// use std::time::Duration;
///
/// let limit = RateLimit::new(2, Duration::from_secs(60))?;
/// let mut log = RequestLog::default();
/// let mut request_after = |seconds| log.count(limit, Timestamp::MIN + Duration::from_secs(seconds)).check();
/// assert!(request_after(0).is_ok() && request_after(30).is_ok());
/// assert_eq!(request_after(50), Err(Error::RateLimitExceeded { retry_after: 10 }));
/// assert!(request_after(60).is_ok());
/// assert_eq!(request_after(60), Err(Error::RateLimitExceeded { retry_after: 30 }));
/// # Ok::<(), authx::rate_limit::RateLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    max_requests: u64,
    window: Duration,
}

/// Why a rate limit is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimitError {
    /// A window of length 0, in which nothing would ever be counted.
    EmptyWindow,
    /// A name that is empty, longer than 64 characters, or has others than printable ones of ASCII without `"` and `\`.
    BadName,
}

/// What a backend counted that has windows of its own instead of a [`RequestLog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The requests of this window, the present one included.
    pub requests: u64,
    /// How much of the window is left, if the backend knows.
    pub time_left: Option<Duration>,
}

/// What a limit says of a request.
///
/// ```
/// use authx::rate_limit::{Counted, RateLimit};
/// use std::time::Duration;
///
/// let limit = RateLimit::new(10, Duration::from_secs(60))?;
/// let usage = limit.usage(Counted { requests: 3, time_left: Some(Duration::from_secs(40)) });
/// assert!(usage.check().is_ok());
/// assert_eq!(
///     usage.headers("reports"),
///     [
///         ("ratelimit-policy", r#""reports";q=10;w=60"#.to_owned()),
///         ("ratelimit", r#""reports";r=7;t=40"#.to_owned()),
///     ]
/// );
/// # Ok::<(), authx::rate_limit::RateLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Usage {
    limit: RateLimit,
    is_admitted: bool,
    remaining: u64,
    wait: Duration,
}

impl RateLimit {
    /// At most `max_requests` in any period of the length `window`. With 0 every request is refused.
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

    /// As many times more in the same window.
    #[must_use]
    pub(crate) fn times(self, factor: u64) -> Self {
        Self { max_requests: self.max_requests.saturating_mul(factor), ..self }
    }

    /// What this limit says of a request that a backend with windows of its own has counted.
    pub fn usage(self, counted: Counted) -> Usage {
        Usage {
            limit: self,
            is_admitted: counted.requests <= self.max_requests,
            remaining: self.max_requests.saturating_sub(counted.requests),
            wait: counted.time_left.unwrap_or(self.window),
        }
    }
}

impl Usage {
    /// Whether the request may pass.
    #[must_use]
    pub fn is_admitted(&self) -> bool {
        self.is_admitted
    }

    /// How many further requests may pass now.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Whether the request may pass.
    ///
    /// # Errors
    ///
    /// [`Error::RateLimitExceeded`]: it may not. `retry_after` is the time until another one may, rounded up to seconds;
    /// where that is not known, the length of the window.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_admitted {
            return Ok(());
        }
        Err(Error::RateLimitExceeded { retry_after: whole_seconds(self.wait).max(1) })
    }

    /// The headers `RateLimit-Policy` and `RateLimit` of the response, for a limit of this name
    /// (draft-ietf-httpapi-ratelimit-headers): the quota `q` in a window of `w` seconds; the requests that remain, `r`,
    /// and the seconds until more are available, `t`.
    #[must_use]
    pub fn headers(&self, name: &str) -> [(&'static str, String); 2] {
        let quota = self.limit.max_requests.min(MAX_INTEGER);
        let window = whole_seconds(self.limit.window).min(MAX_INTEGER);
        let remaining = self.remaining.min(MAX_INTEGER);
        let wait = whole_seconds(self.wait).min(MAX_INTEGER);
        [
            ("ratelimit-policy", format!("\"{name}\";q={quota};w={window}")),
            ("ratelimit", format!("\"{name}\";r={remaining};t={wait}")),
        ]
    }
}

/// The largest integer of a structured field (RFC 9651 section 3.3.1).
const MAX_INTEGER: u64 = 999_999_999_999_999;

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// The name of a limit whose requests are counted in a store, and of its policy in the headers of a response. Limits of
/// one name count together.
///
/// ```
/// use authx::rate_limit::{LimitName, RateLimitError};
///
/// let name = LimitName::new("reports")?;
/// assert_eq!(name.as_str(), "reports");
/// assert_eq!(LimitName::new(""), Err(RateLimitError::BadName));
/// # Ok::<(), RateLimitError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LimitName(String);

impl LimitName {
    /// Checks the name.
    ///
    /// # Errors
    ///
    /// It is empty, longer than 64 characters, or has others than printable ones of ASCII without `"` and `\`.
    pub fn new(name: impl Into<String>) -> Result<Self, RateLimitError> {
        let name = name.into();
        let is_fitting = |byte: u8| (b' '..=b'~').contains(&byte) && !b"\"\\".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_fitting) {
            return Err(RateLimitError::BadName);
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a store counts a client's requests under, so that the limits of a store don't disturb each other.
    #[must_use]
    pub fn key(&self, client: &str) -> String {
        // No name contains a line break, so two different pairs never give the same key.
        format!("limit\n{}\n{client}", self.0)
    }
}

impl fmt::Display for RateLimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EmptyWindow => "window: it must be longer than 0 seconds",
            Self::BadName => {
                r#"name: 1 to 64 printable characters of ASCII are expected, without " and \"#
            }
        })
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
        let refused = limit.usage(Counted { requests: 1, time_left: None }).check();
        assert_eq!(refused, Err(Error::RateLimitExceeded { retry_after: 2 }));
        let refused = limit.usage(Counted { requests: 1, time_left: Some(Duration::ZERO) }).check();
        assert_eq!(refused, Err(Error::RateLimitExceeded { retry_after: 1 }));
    }

    #[test]
    fn what_is_wrong_with_a_limit_is_named() {
        let error = RateLimit::new(1, Duration::ZERO).expect_err("no window");
        assert!(error.to_string().starts_with("window: "), "{error}");
        for name in ["", "a\"b", "a\\b", "a\nb", "é", &"a".repeat(65)] {
            let error = LimitName::new(name).expect_err("a bad name");
            assert!(error.to_string().starts_with("name: "), "{error}");
        }
    }

    #[test]
    fn headers_have_no_integer_that_a_structured_field_has_not() {
        let limit = RateLimit::new(u64::MAX, Duration::MAX).expect("a limit");
        let usage = limit.usage(Counted { requests: 0, time_left: None });
        let [(_, policy), (_, left)] = usage.headers("default");
        assert_eq!(policy, r#""default";q=999999999999999;w=999999999999999"#);
        assert_eq!(left, r#""default";r=999999999999999;t=999999999999999"#);
    }
}
