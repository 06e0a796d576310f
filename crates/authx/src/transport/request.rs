//! The parts of a request that the engine reads.

use std::borrow::Cow;
use std::fmt;

use crate::error::Malformed;

/// The headers of a request, in whatever type a framework stores them.
pub trait Headers {
    /// The values of the headers of this name, in order. `name` is in lower case; header names are
    /// compared without regard to case (RFC 9110 section 5.1).
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]>;
}

/// A list of names and values, as in ASGI.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.iter()
            .filter(move |(key, _)| key.as_ref().eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_ref())
    }
}

/// The header map of hyper and of the frameworks built on it.
#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        // The header that is looked up in almost every request: the constant saves parsing its name.
        let values = match name {
            "authorization" => self.get_all(http::header::AUTHORIZATION),
            name => self.get_all(name),
        };
        values.iter().map(http::HeaderValue::as_bytes)
    }
}

/// The parts of a request that can carry a token or its CSRF value.
///
/// ```
/// use authx::Request;
///
/// let headers = [("authorization", "Bearer abc")];
/// let request = Request::new("GET", headers.as_slice()).query(b"page=2");
/// ```
pub struct Request<'r, H: Headers + ?Sized> {
    pub(crate) method: &'r str,
    pub(crate) headers: &'r H,
    pub(crate) query: &'r [u8],
    pub(crate) json: Option<&'r [u8]>,
    pub(crate) form: &'r [(&'r str, &'r str)],
    pub(crate) authority: &'r [u8],
    websocket: bool,
}

impl<'r, H: Headers + ?Sized> Request<'r, H> {
    /// A request with this method and these headers.
    #[must_use]
    pub fn new(method: &'r str, headers: &'r H) -> Self {
        Self {
            method,
            headers,
            query: b"",
            json: None,
            form: &[],
            authority: b"",
            websocket: false,
        }
    }

    /// The raw query string, without its question mark.
    #[must_use]
    pub fn query(mut self, query: &'r [u8]) -> Self {
        self.query = query;
        self
    }

    /// The host and port that the request is for, where it has no `Host`: the `:authority` of HTTP/2 and HTTP/3.
    #[must_use]
    pub fn authority(mut self, authority: &'r [u8]) -> Self {
        self.authority = authority;
        self
    }

    /// Says that the request is the handshake of a WebSocket. A handshake with the header `Upgrade` (RFC 6455 section
    /// 4.1), and one with the method `CONNECT` (RFC 8441), is recognised without it.
    #[must_use]
    pub fn websocket(mut self) -> Self {
        self.websocket = true;
        self
    }

    /// Whether the request is the handshake of a WebSocket.
    pub(super) fn is_websocket(&self) -> bool {
        let is_named = |value: &[u8]| {
            value
                .split(|byte| *byte == b',')
                .any(|name| name.trim_ascii().eq_ignore_ascii_case(b"websocket"))
        };
        self.websocket || self.method == "CONNECT" || self.headers.values("upgrade").any(is_named)
    }

    /// The body's bytes, where [`Engine::wants_body`](crate::Engine::wants_body) asks for JSON.
    #[must_use]
    pub fn json(mut self, body: &'r [u8]) -> Self {
        self.json = Some(body);
        self
    }

    /// The body's fields, where [`Engine::wants_body`](crate::Engine::wants_body) asks for a form.
    #[must_use]
    pub fn form(mut self, fields: &'r [(&'r str, &'r str)]) -> Self {
        self.form = fields;
        self
    }
}

/// Leaves out what may contain a token: headers, query and body.
impl<H: Headers + ?Sized> fmt::Debug for Request<'_, H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The value that all `values` are equal to, or `None` if there are none. Different values are an error.
pub(super) fn only<'r>(
    values: impl IntoIterator<Item = Cow<'r, [u8]>>,
) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    let mut only: Option<Cow<'r, [u8]>> = None;
    for value in values {
        match &only {
            Some(first) if *first != value => return Err(Malformed::Ambiguous),
            Some(_) => {}
            None => only = Some(value),
        }
    }
    Ok(only)
}

/// Removes the spaces and tabs around the bytes, but no other white space (RFC 9110 section 5.6.3):
/// otherwise a name could pass for another.
pub(super) fn trimmed(bytes: &[u8]) -> &[u8] {
    let is_kept = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(is_kept).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(is_kept).map_or(start, |last| last + 1);
    &bytes[start..end]
}
