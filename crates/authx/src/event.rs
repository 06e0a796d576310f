//! Events: what happened to logins and tokens, for logs, alarms and counters. An event never has a token in it.
//!
//! A face, or the flow of logins of a store, passes each event to an [`Observer`].
//!
//! ```
//! use authx::event::{Event, EventKind};
//!
//! let event = Event::new(EventKind::Reused, authx::Timestamp::from_seconds(1_893_499_200).expect("in range"))
//!     .subject("ada")
//!     .sid("0f8fad5b-d9cb-469f-a165-70867728950e");
//! assert_eq!(event.kind.name(), "reused");
//! assert_eq!(event.to_string(), "a refresh token was used again, so its login has ended");
//! ```

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::error_type::ErrorType;
use crate::time::Timestamp;

/// Something that happened to a login or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Whose login or token, where that is known.
    pub subject: Option<String>,
    /// The login, by its `sid`.
    pub sid: Option<String>,
    /// Why: the caller's reason of a revocation, the `error_type` of a refusal, or the error of a store.
    pub reason: Option<String>,
    /// The address of the client whose request it was.
    pub client_address: Option<String>,
}

impl Event {
    /// An event of which nothing else is known.
    #[must_use]
    pub fn new(kind: EventKind, at: Timestamp) -> Self {
        Self { kind, at, subject: None, sid: None, reason: None, client_address: None }
    }

    /// The event of a request that is refused with this error; `None` where no token was refused, such as for a
    /// request without one.
    #[must_use]
    pub fn refused(error: &Error, at: Timestamp) -> Option<Self> {
        let kind = EventKind::of_error(error.kind())?;
        Some(Self::new(kind, at).reason(error.error_type()))
    }

    /// Whose login or token.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Which login.
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.sid = Some(sid.into());
        self
    }

    /// Why.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Whose request.
    #[must_use]
    pub fn client_address(mut self, address: impl Into<String>) -> Self {
        self.client_address = Some(address.into());
        self
    }
}

/// What happened, in words, without the values.
impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.description())
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal, $severity:ident, $description:literal;)+) => {
        /// What can happen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl EventKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// Its name, for logs and counters.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// How much it matters to whoever runs the service.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$kind => Severity::$severity,)+
                }
            }

            /// What happened, in words.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$kind => $description,)+
                }
            }
        }
    };
}

kinds! {
    /// A login began.
    LoggedIn = "logged_in", Info, "a login began";
    /// A login failed, because its user name or password is wrong.
    LoginFailed = "login_failed", Info, "a login failed";
    /// A refresh token was used up, and its successor issued.
    Rotated = "rotated", Debug, "a refresh token was exchanged";
    /// A refresh token was used after it had been used up, and not just now: most likely it was stolen. Its login has
    /// ended (RFC 9700 section 4.14.2).
    Reused = "reused", Warning, "a refresh token was used again, so its login has ended";
    /// A refresh token was newer than the store knew: the store lost a rotation, most likely with the server that it was
    /// written to.
    Behind = "behind", Warning, "the store had lost a rotation, which its refresh token proves";
    /// A token, a login or everything of a subject was revoked.
    Revoked = "revoked", Info, "a token or a login was revoked";
    /// The token of a request was refused.
    Refused = "refused", Debug, "a token was refused";
    /// A request was over a limit of rate.
    Limited = "limited", Info, "a request was over its limit";
    /// A process's copy of the revocations was too old, and answered all the same (`JWT_STORE_STALE=accept`). Told once a
    /// second at most.
    Stale = "stale", Warning, "an old copy of the revocations answered";
    /// A store gave no answer.
    StoreFailed = "store_failed", Error, "a store failed";
}

impl EventKind {
    /// Which kind the refusal of a request with such an error is; `None` where no token was refused.
    #[must_use]
    pub fn of_error(error_type: ErrorType) -> Option<Self> {
        match error_type {
            ErrorType::LoginFailed => Some(Self::LoginFailed),
            ErrorType::RateLimitExceeded => Some(Self::Limited),
            // Not that there is none.
            ErrorType::MissingToken | ErrorType::TokenRequired => None,
            _ => error_type.challenge().map(|_| Self::Refused),
        }
    }
}

/// How much an event matters to whoever runs the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Part of normal use.
    Debug,
    /// To be found in a log.
    Info,
    /// Somebody should look.
    Warning,
    /// The service can't do its work.
    Error,
}

/// Gets the events.
pub trait Observer: Send + Sync {
    /// Is called once with each event. It must not block.
    fn notice(&self, event: Event);
}

/// Ignores events.
impl Observer for () {
    fn notice(&self, _: Event) {}
}

impl<F: Fn(Event) + Send + Sync> Observer for F {
    fn notice(&self, event: Event) {
        self(event);
    }
}

/// How often each kind of event happened.
///
/// ```
/// use authx::event::{EventCounts, EventKind};
///
/// let counts = EventCounts::default();
/// counts.count(EventKind::Rotated);
/// assert_eq!(counts.of(EventKind::Rotated), 1);
/// ```
#[derive(Debug, Default)]
pub struct EventCounts([AtomicU64; EventKind::ALL.len()]);

impl EventCounts {
    /// Adds one.
    pub fn count(&self, kind: EventKind) {
        self.0[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often, since the beginning.
    #[must_use]
    pub fn of(&self, kind: EventKind) -> u64 {
        self.0[kind as usize].load(Ordering::Relaxed)
    }

    /// Every kind with how often it happened.
    pub fn iter(&self) -> impl Iterator<Item = (EventKind, u64)> + '_ {
        EventKind::ALL.iter().map(|kind| (*kind, self.of(*kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_counter_and_a_name_of_its_own() {
        let counts = EventCounts::default();
        for kind in EventKind::ALL {
            counts.count(*kind);
        }
        assert!(counts.iter().all(|(_, count)| count == 1));
        let mut names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), EventKind::ALL.len());
    }
}
