//! When the token of an open WebSocket is verified again.

use std::time::Duration;

use crate::engine::Engine;
use crate::time::Timestamp;

impl Engine {
    /// How long an open socket may be used before its token, which expires at `exp`, has to be verified
    /// again: until it expires, leeway included, and no longer than `JWT_WEBSOCKET_CHECK_INTERVAL`,
    /// because the token may be revoked at any time.
    #[must_use]
    pub fn socket_check_in(&self, exp: Option<Timestamp>, now: Timestamp) -> Duration {
        let config = self.config();
        let left = exp.map_or(Duration::MAX, |exp| (exp + config.leeway).saturating_since(now));
        // Never zero, so that a caller whose timer fires a little early does not verify in a busy loop.
        left.min(config.websocket_check_interval).max(Duration::from_millis(1))
    }
}
