//! Events of an [`AuthX`]: logged, counted, and passed to an observer of the application.

use std::sync::Arc;

use authx::Error;
use authx::event::{Event, EventCounts, Observer};
use http::request::Parts;

use crate::auth::AuthX;
use crate::client_address::client_address;

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
