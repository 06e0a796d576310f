//! What time it is, asked by the face because the engine never does.

use authx::Timestamp;

/// Says what time it is.
///
/// A closure is a clock, too:
///
/// ```
/// use axum_authx::{AuthX, Timestamp};
///
/// let auth = AuthX::ephemeral().with_clock(|| Timestamp::MIN);
/// assert_eq!(auth.now(), Timestamp::MIN);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the face's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from(std::time::SystemTime::now())
    }
}
