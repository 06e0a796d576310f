//! [`FlowError`]: why a step in the life of a login failed.

use std::fmt;

use authx::event::{Event, EventKind};
use authx::random::RandomUnavailable;
use authx::{Error, IssueError, Timestamp};

use crate::StoreError;

/// Why a step in the life of a login failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum FlowError {
    /// The engine refuses the token.
    Refused(Error),
    /// The store failed. What was asked of it may have happened or not.
    Store(StoreError),
    /// No tokens were issued.
    Issue(IssueError),
}

impl FlowError {
    /// The error itself if the flow failed, nothing if it refused a token.
    pub(super) fn or_failed(self) -> Result<(), Self> {
        match self {
            Self::Refused(_) => Ok(()),
            error => Err(error),
        }
    }

    /// What observers have to know of it. `None`: it is a mistake of the service, or they know it already.
    #[must_use]
    pub fn event(&self, now: Timestamp) -> Option<Event> {
        match self {
            Self::Refused(Error::RefreshReused | Error::RateLimitExceeded { .. })
            | Self::Issue(_) => None,
            Self::Refused(error) => Event::refused(error, now),
            Self::Store(error) => {
                Some(Event::new(EventKind::StoreFailed, now).reason(error.to_string()))
            }
        }
    }
}

impl fmt::Display for FlowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(formatter),
            Self::Store(error) => write!(formatter, "the store of logins failed: {error}"),
            Self::Issue(error) => write!(formatter, "no token was issued: {error}"),
        }
    }
}

impl std::error::Error for FlowError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Store(error) => Some(&**error),
            Self::Issue(error) => Some(error),
        }
    }
}

impl From<Error> for FlowError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IssueError> for FlowError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}

impl From<RandomUnavailable> for FlowError {
    fn from(error: RandomUnavailable) -> Self {
        Self::Issue(error.into())
    }
}
