//! Checks that an implementation of the traits keeps their contracts.
//!
//! [`revocations`], [`logins`], [`counters`] and [`sessions`] each run a list of named checks. They take a store without entries
//! whose names begin with `prefix`, and the time of the first call; each check has names of its own below the
//! prefix. At the first rule that the store breaks they panic with the check's name and the rule. They need no
//! particular async runtime: await them in the one that the store needs.
//!
//! ```
//! use authx::Timestamp;
//! use authx_store::conformance;
//! use authx_store::memory::MemoryCounters;
//!
//! # let mut test = std::pin::pin!(async {
//! conformance::counters(&MemoryCounters::default(), "", Timestamp::MIN).await;
//! # });
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(test.as_mut().poll(&mut context).is_ready());
//! # use std::future::Future as _;
//! ```

mod counters;
mod logins;
mod revocations;
mod sessions;

use std::time::Duration;

pub use counters::counters;
pub use logins::logins;
pub use revocations::revocations;
pub use sessions::sessions;

use authx::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// How many calls the checks of concurrency make at once.
const AT_ONCE: u64 = 50;

/// Strings that a store must keep apart and give back as they are. Only a string with U+0000 may be refused, with an
/// error: PostgreSQL, for one, can't hold it.
const ODD_NAMES: [&str; 5] = ["é 💡", "%_*?[a]\\", "a:b:c/../d", "'; --", "\u{7f}\r\n"];

/// One check: its name, its own place in the store, and when it begins.
struct Check<'a, S> {
    name: &'static str,
    store: &'a S,
    prefix: String,
    now: Timestamp,
}

impl<'a, S> Check<'a, S> {
    fn new(name: &'static str, store: &'a S, prefix: &str, now: Timestamp) -> Self {
        Self { name, store, prefix: format!("{prefix}{name}: "), now }
    }

    /// A name in the store that belongs to this check.
    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// # Panics
    ///
    /// Where the rule doesn't hold.
    fn rule(&self, holds: bool, rule: &str) {
        assert!(holds, "{}: {rule}", self.name);
    }

    fn unwrap<T>(&self, result: Result<T, crate::StoreError>) -> T {
        result.unwrap_or_else(|error| panic!("{}: the store failed: {error}", self.name))
    }
}

/// Runs these checks one after the other.
macro_rules! run {
    ($store:ident, $prefix:ident, $now:ident: $($check:ident)*) => {$(
        $check(&$crate::conformance::Check::new(stringify!($check), $store, $prefix, $now)).await;
    )*};
}

use run;
