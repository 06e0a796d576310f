//! Finds the token in a request, and decides whether the body has to be read first.

use std::borrow::Cow;

use super::csrf;
use super::media_type::is_json;
use super::request::{Headers, Request};
use super::request_token::{CsrfProof, RequestToken};
use super::{body, cookie, header, origin, query, subprotocol};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::Error;
use crate::location::Location;
use crate::requirement::Requirement;
use crate::time::Timestamp;

impl Engine {
    /// The request's token for `requirement`: from the first location that has one, in the configured
    /// order. Later locations are not tried, even if that token turns out to be bad.
    ///
    /// Different cookies of one name are refused, even if exactly one of them has a token that verifies. The header
    /// doesn't tell which of them this service set, and by whichever order the browser sends them, a server should not
    /// choose (RFC 6265 sections 4.2.2 and 8.6). A sibling domain can set a cookie of the same name with the attacker's
    /// own valid token, and the user, whose own token has expired, would act in the attacker's account.
    ///
    /// # Errors
    ///
    /// [`Error::MissingToken`] where no location has one, [`Error::DuplicateCookie`] where cookies of the name differ,
    /// [`Error::Malformed`] where another location has two different ones or something that is no string,
    /// [`Error::ForeignOrigin`] for a cookie where a
    /// page of an origin that is not allowed opens a WebSocket.
    pub fn find_token<'r, H: Headers + ?Sized>(
        &self,
        request: &Request<'r, H>,
        requirement: &Requirement,
    ) -> Result<RequestToken<'r>, Error> {
        let config = self.config();
        let kind = requirement.kind;
        let transport = config.transport(kind);
        for &location in effective_locations(config, request, requirement) {
            let Some(text) = read(config, request, requirement, location)? else { continue };
            let mut csrf = CsrfProof::default();
            if location == Location::Cookies {
                if is_handshake(request, requirement) && !origin::is_trusted(config, request) {
                    return Err(Error::ForeignOrigin);
                }
                csrf = csrf::proof(config, transport, request);
            }
            return Ok(RequestToken { text, kind, location, csrf });
        }
        Err(Error::MissingToken)
    }
}

impl Engine {
    /// Whether the request is the handshake of a WebSocket whose subprotocols are searched for a token. The application
    /// then selects from [`offered_subprotocols`](super::offered_subprotocols), which leaves the token out.
    #[must_use]
    pub fn may_be_in_subprotocol<H: Headers + ?Sized>(
        &self,
        request: &Request<'_, H>,
        requirement: &Requirement,
    ) -> bool {
        effective_locations(self.config(), request, requirement).contains(&Location::Subprotocol)
            && is_handshake(request, requirement)
    }

    /// Whether the body has to be read for `requirement`: only when no earlier location has a token,
    /// or when a cookie's CSRF value can only be in a form. For a form the cookie's token must have a valid
    /// signature: otherwise anybody could have a service parse large forms.
    #[must_use]
    pub fn wants_body<H: Headers + ?Sized>(
        &self,
        request: &Request<'_, H>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Option<BodyWanted> {
        let config = self.config();
        let transport = config.transport(requirement.kind);
        for &location in effective_locations(config, request, requirement) {
            if location == Location::Json && is_json(request.headers) {
                return Some(BodyWanted::Json);
            }
            match read(config, request, requirement, location) {
                Ok(None) => {}
                Err(_) => return None,
                Ok(Some(token)) => {
                    let in_form = location == Location::Cookies
                        && csrf::may_be_in_form(config, transport, request, requirement)
                        && self.is_signed(&token, now);
                    return in_form.then_some(BodyWanted::Form);
                }
            }
        }
        None
    }

    /// Whether there are requests whose body has to be read for `requirement`. The handshake of a WebSocket has none.
    #[must_use]
    pub fn may_want_body(&self, requirement: &Requirement) -> bool {
        let config = self.config();
        requirement.http_locations(config).iter().any(|location| match location {
            Location::Json => true,
            Location::Cookies => config.csrf.check_form,
            Location::Headers | Location::Query | Location::Subprotocol => false,
        })
    }
}

/// How a request's body must be read before its token can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyWanted {
    /// As bytes, up to the configured size.
    Json,
    /// As the fields of a form.
    Form,
}

/// Where the token of this request is looked for, in order. Every face and every entry point comes through here.
pub(crate) fn effective_locations<'c, H: Headers + ?Sized>(
    config: &'c Config,
    request: &Request<'_, H>,
    requirement: &'c Requirement,
) -> &'c [Location] {
    match &config.websocket_locations {
        // The headers are searched for a handshake only where that makes a difference.
        Some(locations)
            if requirement.locations.is_none() && is_handshake(request, requirement) =>
        {
            locations
        }
        _ => requirement.http_locations(config),
    }
}

pub(super) fn is_handshake<H: Headers + ?Sized>(
    request: &Request<'_, H>,
    requirement: &Requirement,
) -> bool {
    requirement.websocket || request.is_websocket()
}

/// The token in one location.
pub(super) fn read<'r, H: Headers + ?Sized>(
    config: &Config,
    request: &Request<'r, H>,
    requirement: &Requirement,
    location: Location,
) -> Result<Option<Cow<'r, [u8]>>, Error> {
    let transport = config.transport(requirement.kind);
    let found = match location {
        Location::Headers => header::token(config, request.headers),
        // The application's own types of token have no cookie.
        Location::Cookies if transport.cookie_name.is_empty() => Ok(None),
        Location::Cookies => {
            let name = &transport.cookie_name;
            return cookie::value(name, request.headers)
                .map_err(|cookie::SeveralValues| Error::DuplicateCookie { name: name.clone() });
        }
        Location::Query => query::value(&config.query_string_name, request.query),
        Location::Json => match request.json {
            Some(json) if is_json(request.headers) => body::value(&transport.json_key, json),
            _ => Ok(None),
        },
        Location::Subprotocol if is_handshake(request, requirement) => {
            subprotocol::token(request.headers)
        }
        Location::Subprotocol => Ok(None),
    };
    Ok(found?)
}
