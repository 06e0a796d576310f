//! The rule for a WebSocket that is open: when its token is verified again.

use std::time::Duration;

use crate::engine::Engine;
use crate::time::Timestamp;

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
