//! The calls of one event loop whose results have arrived.

use std::mem;
use std::sync::{Mutex, PoisonError, Weak};

#[cfg(unix)]
use super::descriptor::Descriptor;
use super::thread_safe::ThreadSafe;

/// The numbers of these calls, and how the loop learns of them: once for all that it hasn't taken.
pub(super) struct Arrivals {
    numbers: Mutex<Vec<u64>>,
    pub(super) wake: Wake,
}

/// How an event loop is woken from the room's thread.
pub(super) enum Wake {
    #[cfg(unix)]
    Descriptor(Descriptor),
    ThreadSafe(ThreadSafe),
}

impl Arrivals {
    pub(super) fn new(wake: Wake) -> Self {
        Self { numbers: Mutex::default(), wake }
    }

    /// All that have arrived since the last time.
    pub(super) fn take(&self) -> Vec<u64> {
        // Cleared first: what arrives between the two lines then wakes the loop once too often, not too seldom.
        #[cfg(unix)]
        if let Wake::Descriptor(descriptor) = &self.wake {
            descriptor.clear();
        }
        self.with(mem::take)
    }

    fn add(&self, number: u64) {
        let is_first = self.with(|numbers| {
            numbers.push(number);
            numbers.len() == 1
        });
        if is_first {
            match &self.wake {
                #[cfg(unix)]
                Wake::Descriptor(descriptor) => descriptor.wake(),
                Wake::ThreadSafe(event_loop) => event_loop.wake(),
            }
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<u64>) -> T) -> T {
        work(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call that will arrive when this is dropped, if its event loop is still open.
pub(super) struct Arrival {
    pub(super) number: u64,
    pub(super) arrivals: Weak<Arrivals>,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if let Some(arrivals) = self.arrivals.upgrade() {
            arrivals.add(self.number);
        }
    }
}
