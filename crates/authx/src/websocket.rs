//! The rules for a WebSocket that is open: when its token is looked at again, and how the socket is
//! closed when the token is good no longer.

use std::time::Duration;

use crate::engine::Engine;
use crate::error::Answer;
use crate::time::Timestamp;

/// How a server closes a WebSocket (RFC 6455 section 7.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketClose {
    /// The status code (RFC 6455 section 7.4.1).
    pub code: u16,
    /// What the client is told, in ASCII and short enough for a control frame.
    pub reason: &'static str,
}

impl SocketClose {
    /// For a failure of the service's own: the store has no answer, so the token counts for nothing.
    pub const FAILED: Self = Self { code: 1011, reason: "Internal Server Error" };
}

impl Answer {
    /// The same answer for a socket that is open already: code 1008, a violation of policy, with the
    /// `error_type` as its reason.
    ///
    /// ```
    /// use authx::{Config, Engine, Error, Secret};
    ///
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// let close = engine.answer(&Error::Revoked).socket_close();
    /// assert_eq!((close.code, close.reason), (1008, "RevokedTokenError"));
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn socket_close(&self) -> SocketClose {
        SocketClose { code: 1008, reason: self.error_type }
    }
}

impl Engine {
    /// How long a socket that was opened with these claims may go on before its token has to be verified
    /// again: until it expires, leeway included, and no longer than `JWT_WEBSOCKET_CHECK_INTERVAL`,
    /// because the store may learn of a revocation at any time.
    #[must_use]
    pub fn socket_check_in(&self, exp: Option<Timestamp>, now: Timestamp) -> Duration {
        let config = self.config();
        let left = exp.map_or(Duration::MAX, |exp| (exp + config.leeway).saturating_since(now));
        // Never zero: whose timer is a little early would ask without a pause.
        left.min(config.websocket_check_interval).max(Duration::from_millis(1))
    }
}
