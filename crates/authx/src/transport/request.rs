//! A request as the engine sees it, and the token that it carries.

use std::borrow::Cow;
use std::fmt;

use super::{Location, body, cookie, csrf, header, query};
use crate::config::{Config, Transport};
use crate::engine::Engine;
use crate::error::{Error, Malformed};
use crate::token::TokenKind;
use crate::verify::Requirement;

/// The headers of a request, however a framework keeps them.
pub trait Headers {
    /// The values of the headers of this name, in order. `name` is in lower case; header names are
    /// compared without regard to case (RFC 9110 section 5.1).
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]>;
}

/// Names and values in a list, as ASGI has them.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.iter()
            .filter(move |(own, _)| own.as_ref().eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_ref())
    }
}

/// The header map of hyper and of what is built on it.
#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        // The name that almost every request is asked for need not be parsed.
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
}

impl<'r, H: Headers + ?Sized> Request<'r, H> {
    /// A request with this method and these headers.
    #[must_use]
    pub fn new(method: &'r str, headers: &'r H) -> Self {
        Self { method, headers, query: b"", json: None, form: &[] }
    }

    /// The raw query string, without its question mark.
    #[must_use]
    pub fn query(mut self, query: &'r [u8]) -> Self {
        self.query = query;
        self
    }

    /// The body's bytes, where [`Engine::wants_body`] asks for JSON.
    #[must_use]
    pub fn json(mut self, body: &'r [u8]) -> Self {
        self.json = Some(body);
        self
    }

    /// The body's fields, where [`Engine::wants_body`] asks for a form.
    #[must_use]
    pub fn form(mut self, fields: &'r [(&'r str, &'r str)]) -> Self {
        self.form = fields;
        self
    }
}

/// Without what may hold a token: headers, query and body.
impl<H: Headers + ?Sized> fmt::Debug for Request<'_, H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A token as a request carries it: a claim that nobody has verified.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestToken<'r> {
    pub(crate) text: Cow<'r, [u8]>,
    pub(crate) kind: TokenKind,
    pub(crate) location: Location,
    pub(crate) csrf: CsrfProof<'r>,
}

/// What a request shows of its token's CSRF value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CsrfProof<'r> {
    /// The value that the request repeats.
    pub presented: Option<Cow<'r, [u8]>>,
    /// Whether location, method and configuration ask for it.
    pub required: bool,
}

impl<'r> RequestToken<'r> {
    /// A token from somewhere else than a [`Request`], such as a WebSocket's first message. In a
    /// cookie, it must prove its CSRF value.
    pub fn new(text: impl Into<Cow<'r, str>>, kind: TokenKind, location: Location) -> Self {
        let text = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        let csrf = CsrfProof { presented: None, required: location == Location::Cookies };
        Self { text, kind, location, csrf }
    }

    /// The token with what the request shows of its CSRF value.
    #[must_use]
    pub fn with_csrf(mut self, csrf: CsrfProof<'r>) -> Self {
        self.csrf = csrf;
        self
    }

    /// The token apart from its request, to keep it while the request goes on.
    #[must_use]
    pub fn into_owned(self) -> RequestToken<'static> {
        let owned = |text: Cow<'r, [u8]>| Cow::Owned(text.into_owned());
        RequestToken {
            text: owned(self.text),
            kind: self.kind,
            location: self.location,
            csrf: CsrfProof {
                presented: self.csrf.presented.map(owned),
                required: self.csrf.required,
            },
        }
    }

    /// The text, whatever bytes the request has there.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The type that was looked for; the token itself may say otherwise.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Where the token was found.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location
    }

    /// What the request shows of the CSRF value.
    #[must_use]
    pub fn csrf(&self) -> &CsrfProof<'r> {
        &self.csrf
    }
}

/// Without the token and the CSRF value.
impl fmt::Debug for RequestToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestToken")
            .field("kind", &self.kind)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CsrfProof<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CsrfProof")
            .field("presented", &self.presented.is_some())
            .field("required", &self.required)
            .finish()
    }
}

impl Engine {
    /// The request's token for `requirement`: from the first location that has one, in the configured
    /// order. A bad token in an earlier location is not passed over for one in a later location.
    ///
    /// # Errors
    ///
    /// [`Error::MissingToken`] where no location has one, [`Error::Malformed`] where a location has
    /// two different ones or something that is no text, [`Error::ForeignOrigin`] for the cookie of a
    /// WebSocket that a foreign page opens.
    pub fn find_token<'r, H: Headers + ?Sized>(
        &self,
        request: &Request<'r, H>,
        requirement: &Requirement,
    ) -> Result<RequestToken<'r>, Error> {
        let config = self.config();
        let kind = requirement.kind;
        let transport = config.transport(kind);
        for &location in requirement.effective_locations(config) {
            let Some(text) = read(config, transport, request, location)? else { continue };
            let mut csrf = CsrfProof::default();
            if location == Location::Cookies {
                if requirement.websocket && !super::origin::is_trusted(config, request) {
                    return Err(Error::ForeignOrigin);
                }
                csrf = csrf::proof(config, transport, request);
            }
            return Ok(RequestToken { text, kind, location, csrf });
        }
        Err(Error::MissingToken)
    }
}

/// The token in one location.
pub(super) fn read<'r, H: Headers + ?Sized>(
    config: &Config,
    transport: &Transport,
    request: &Request<'r, H>,
    location: Location,
) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    match location {
        Location::Headers => header::token(config, request.headers),
        Location::Cookies => cookie::value(&transport.cookie_name, request.headers),
        Location::Query => query::value(&config.query_string_name, request.query),
        Location::Json => match request.json {
            Some(json) if body::is_json(request.headers) => body::value(&transport.json_key, json),
            _ => Ok(None),
        },
    }
}

/// The one value of several spellings of the same thing; two different ones are none.
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
