//! Which pages may open a WebSocket with a token in a cookie. A browser sends the cookie,
//! whichever page opens the socket, and the handshake has no CSRF value (RFC 6455 section 10.2).

use super::request::{Headers, Request};
use crate::config::Config;

/// Whether the request has exactly one `Origin`, which is the service's own host or in the allow-list.
/// Clients other than browsers send no `Origin` and are refused: they can send the token elsewhere.
pub(super) fn is_trusted<H: Headers + ?Sized>(config: &Config, request: &Request<'_, H>) -> bool {
    let mut origins = request.headers.values("origin");
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let allowed = &config.websocket_allowed_origins;
    if allowed.iter().any(|item| item.as_bytes().eq_ignore_ascii_case(origin)) {
        return true;
    }
    let mut hosts = request.headers.values("host");
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    // With `Secure` cookies the service is on HTTPS, so a page on plain HTTP has another origin.
    let authority = match origin.strip_prefix(b"https://") {
        None if !config.cookies.secure => origin.strip_prefix(b"http://"),
        authority => authority,
    };
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}
