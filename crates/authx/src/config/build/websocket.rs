//! Where the token of a WebSocket is, who may open one, and how often its token is verified again.

use super::{is_http_token, require, require_within_calendar};
use crate::config::ConfigError;
use crate::config::settings::Settings;
use crate::location::Location;

pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    if let Some(locations) = &settings.websocket_token_location {
        let setting = "JWT_WEBSOCKET_TOKEN_LOCATION";
        let reason = "it must list at least one of headers, cookies, query, subprotocol";
        require(!locations.is_empty(), setting, reason)?;
        let reason = "json is no location of WebSockets, because their handshake has no body";
        require(!locations.contains(&Location::Json), setting, reason)?;
    }
    require(
        settings.websocket_allowed_origins.iter().all(|origin| is_origin(origin)),
        "JWT_WEBSOCKET_ALLOWED_ORIGINS",
        "it must list origins such as https://example.com, without a path",
    )?;
    let interval = settings.websocket_check_interval;
    require_within_calendar("JWT_WEBSOCKET_CHECK_INTERVAL", interval)?;
    require(!interval.is_zero(), "JWT_WEBSOCKET_CHECK_INTERVAL", "it must be longer than 0")
}

/// Checks for an origin as browsers write it (RFC 6454 section 6.2): scheme, host and optional port.
fn is_origin(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, host)| {
        is_http_token(scheme)
            && !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#*".contains(&byte))
    })
}
