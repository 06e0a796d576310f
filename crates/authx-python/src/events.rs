//! Events of a store on their way to Python.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use authx::answer::ErrorType;
use authx::event::{Event, EventKind, Observer, Severity};
use pyo3::prelude::*;

/// Events that Python has not taken yet. They happen on a thread that is never attached to Python, so they wait here.
#[derive(Default)]
pub(crate) struct EventQueue(Mutex<VecDeque<Event>>);

impl EventQueue {
    pub(crate) fn take(&self) -> Vec<EventFields> {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.drain(..).map(fields).collect()
    }
}

impl Observer for EventQueue {
    fn notice(&self, event: Event) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only where nobody takes them, such as after the event loop was closed.
        if events.len() == MOST_WAITING {
            events.pop_front();
        }
        events.push_back(event);
    }
}

const MOST_WAITING: usize = 10_000;

/// Kind, time, subject, login, reason and address.
pub(crate) type EventFields =
    (&'static str, f64, Option<String>, Option<String>, Option<String>, Option<String>);

fn fields(event: Event) -> EventFields {
    (
        event.kind.name(),
        event.at.as_seconds_f64(),
        event.subject,
        event.sid,
        event.reason,
        event.client_address,
    )
}

/// See `event_kinds` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn event_kinds() -> Vec<(&'static str, &'static str, &'static str)> {
    let kinds = EventKind::ALL.iter();
    kinds.map(|kind| (kind.name(), level(kind.severity()), kind.description())).collect()
}

/// The name of Python's level of logging.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Debug => "DEBUG",
        Severity::Info => "INFO",
        Severity::Warning => "WARNING",
        Severity::Error => "ERROR",
    }
}

/// See `events_of_errors` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn events_of_errors() -> HashMap<&'static str, &'static str> {
    let events = |error: ErrorType| Some((error.as_str(), EventKind::of_error(error)?.name()));
    ErrorType::ALL.into_iter().filter_map(events).collect()
}
