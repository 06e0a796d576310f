//! Events of an [`AuthX`]: logged, counted, and passed to an observer of the application.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use authx::Error;
use authx::event::{Event, EventCounts, Observer, Severity};
use http::request::Parts;

use crate::auth::{AuthX, Handle};
use crate::client_address::client_address;

/// What happens to the events of an `AuthX` and its clones.
pub(crate) struct Events {
    engine: Handle,
    counts: EventCounts,
    observer: ArcSwapOption<Arc<dyn Observer>>,
}

impl Events {
    pub(crate) fn new(engine: Handle) -> Self {
        Self { engine, counts: EventCounts::default(), observer: ArcSwapOption::empty() }
    }
}

impl Observer for Events {
    fn notice(&self, event: Event) {
        self.counts.count(event.kind);
        self.log(&event);
        if let Some(observer) = &*self.observer.load() {
            observer.notice(event);
        }
    }
}

impl Events {
    fn log(&self, event: &Event) {
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    event = event.kind.name(),
                    user = event
                        .subject
                        .as_ref()
                        .map(|subject| self.engine.current().subject_hash(subject)),
                    sid = event.sid,
                    reason = event.reason,
                    client_address = event.client_address,
                    "{event}"
                )
            };
        }
        match event.kind.severity() {
            Severity::Debug => log!(debug),
            Severity::Info => log!(info),
            Severity::Warning => log!(warn),
            Severity::Error => log!(error),
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts.fmt(formatter)
    }
}

impl AuthX {
    /// Passes every event to this observer, in every clone and in the layers and states that hold one, from now on. It
    /// replaces an earlier one. Events are logged by `tracing` and counted without an observer too; the log has a hash
    /// of the subject.
    ///
    /// ```
    /// use axum_authx::event::{Event, EventKind};
    /// use axum_authx::AuthX;
    ///
    /// let auth = AuthX::ephemeral().with_observer(|event: Event| {
    ///     if event.kind == EventKind::Reused {
    ///         eprintln!("ask {:?} to change the password", event.subject);
    ///     }
    /// });
    /// ```
    pub fn with_observer(self, observer: impl Observer + 'static) -> Self {
        self.events().observer.store(Some(Arc::new(Arc::new(observer))));
        self
    }

    /// How often each kind of event happened in this `AuthX` and its clones, such as for a page of metrics.
    ///
    /// ```
    /// use axum_authx::AuthX;
    /// use axum_authx::event::EventKind;
    ///
    /// let auth = AuthX::ephemeral();
    /// assert_eq!(auth.event_counts().of(EventKind::Reused), 0);
    /// ```
    #[must_use]
    pub fn event_counts(&self) -> &EventCounts {
        &self.events().counts
    }

    pub(crate) fn notice(&self, event: Event) {
        self.events().notice(event);
    }

    /// The event of a token that was refused. A request without a token is none.
    pub(crate) fn notice_refusal(&self, error: &Error, parts: Option<&Parts>) {
        let Some(mut event) = Event::refused(error, self.now()) else { return };
        event.client_address = parts.and_then(client_address).map(|address| address.to_string());
        self.notice(event);
    }
}
