//! [`EventLog`]: logs and counts events, and passes them on.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use authx::event::{Event, EventCounts, Observer, Severity};

use crate::current_engine::Handle;

/// What happens to the events of an `AuthX` and its clones.
pub(crate) struct EventLog {
    engine: Handle,
    pub(crate) counts: EventCounts,
    pub(crate) observer: ArcSwapOption<Arc<dyn Observer>>,
}

impl EventLog {
    pub(crate) fn new(engine: Handle) -> Self {
        Self { engine, counts: EventCounts::default(), observer: ArcSwapOption::empty() }
    }
}

impl Observer for EventLog {
    fn notice(&self, event: Event) {
        self.counts.count(event.kind);
        self.log(&event);
        if let Some(observer) = &*self.observer.load() {
            observer.notice(event);
        }
    }
}

impl EventLog {
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

impl fmt::Debug for EventLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts.fmt(formatter)
    }
}
