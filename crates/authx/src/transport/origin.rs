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
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host,
        (None, _) if !request.authority.is_empty() => request.authority,
        _ => return false,
    };
    let is_of_host = |scheme: &[u8], default_port: &[u8]| {
        let without_port = |authority| without_suffix(authority, default_port);
        origin.strip_prefix(scheme).is_some_and(|authority| {
            !authority.is_empty()
                && without_port(authority).eq_ignore_ascii_case(without_port(host))
        })
    };
    // With `Secure` cookies the service is on HTTPS, so a page on plain HTTP has another origin.
    is_of_host(b"https://", b":443") || (!config.cookies.secure && is_of_host(b"http://", b":80"))
}

fn without_suffix<'b>(bytes: &'b [u8], suffix: &[u8]) -> &'b [u8] {
    bytes.strip_suffix(suffix).unwrap_or(bytes)
}
