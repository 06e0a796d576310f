//! [`instant`]: the start and the end of what is measured.

use std::time::Instant;

/// How long something takes; never what time it is, which callers pass in.
#[expect(
    clippy::disallowed_methods,
    reason = "measures how long a call waits, or how old a look is"
)]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
