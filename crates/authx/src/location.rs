//! Where in a request a token travels.

use std::fmt;
use std::str::FromStr;

/// A place in a request that can carry a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A header, usually `Authorization: Bearer …` (RFC 6750 section 2.1).
    Headers,
    /// A cookie, with CSRF protection.
    Cookies,
    /// A field of a JSON body.
    Json,
    /// A parameter of the query string, which ends up in logs (RFC 6750 section 2.3).
    Query,
    /// The subprotocol after `bearer` in the handshake of a WebSocket, which a page can set (RFC 6455 section 11.3.4).
    /// Other requests have none.
    Subprotocol,
}

impl Location {
    /// The name, as in `JWT_TOKEN_LOCATION` and `JWT_WEBSOCKET_TOKEN_LOCATION`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Cookies => "cookies",
            Self::Json => "json",
            Self::Query => "query",
            Self::Subprotocol => "subprotocol",
        }
    }
}

/// Why a type of token of the application's own is not looked for in cookies.
pub(crate) const NO_COOKIES_OF_OWN_TYPES: &str =
    "cookies carry access and refresh tokens only: use headers, json or query";

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A name that is not one of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLocation;

impl fmt::Display for UnknownLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a location is one of 'headers', 'cookies', 'json', 'query', and for WebSockets 'subprotocol'",
        )
    }
}

impl std::error::Error for UnknownLocation {}

impl FromStr for Location {
    type Err = UnknownLocation;

    fn from_str(name: &str) -> Result<Self, UnknownLocation> {
        match name {
            "headers" => Ok(Self::Headers),
            "cookies" => Ok(Self::Cookies),
            "json" => Ok(Self::Json),
            "query" => Ok(Self::Query),
            "subprotocol" => Ok(Self::Subprotocol),
            _ => Err(UnknownLocation),
        }
    }
}
