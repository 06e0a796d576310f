//! Finds the token in a request, and decides whether the body has to be read first.

use std::borrow::Cow;

use super::csrf;
use super::media_type::is_json;
use super::request::{Headers, Request};
use super::request_token::{CsrfProof, RequestToken};
use super::{body, cookie, header, origin, query};
use crate::config::{Config, Transport};
use crate::engine::Engine;
use crate::error::{Error, Malformed};
use crate::location::Location;
use crate::requirement::Requirement;
use crate::time::Timestamp;

impl Engine {
    /// The request's token for `requirement`: from the first location that has one, in the configured
    /// order. Later locations are not tried, even if that token turns out to be bad.
    ///
    /// # Errors
    ///
    /// [`Error::MissingToken`] where no location has one, [`Error::Malformed`] where a location has
    /// two different ones or something that is no string, [`Error::ForeignOrigin`] for a cookie where a
    /// page of an origin that is not allowed opens a WebSocket.
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
                let is_websocket = requirement.websocket || request.is_websocket();
                if is_websocket && !origin::is_trusted(config, request) {
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
        for &location in requirement.effective_locations(config) {
            if location == Location::Json && is_json(request.headers) {
                return Some(BodyWanted::Json);
            }
            match read(config, transport, request, location) {
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

    /// Whether there are requests whose body has to be read for `requirement`.
    #[must_use]
    pub fn may_want_body(&self, requirement: &Requirement) -> bool {
        let config = self.config();
        requirement.effective_locations(config).iter().any(|location| match location {
            Location::Json => true,
            Location::Cookies => config.csrf.check_form,
            Location::Headers | Location::Query => false,
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

/// The token in one location.
pub(super) fn read<'r, H: Headers + ?Sized>(
    config: &Config,
    transport: &Transport,
    request: &Request<'r, H>,
    location: Location,
) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    match location {
        Location::Headers => header::token(config, request.headers),
        // The application's own types of token have no cookie.
        Location::Cookies if transport.cookie_name.is_empty() => Ok(None),
        Location::Cookies => cookie::value(&transport.cookie_name, request.headers),
        Location::Query => query::value(&config.query_string_name, request.query),
        Location::Json => match request.json {
            Some(json) if is_json(request.headers) => body::value(&transport.json_key, json),
            _ => Ok(None),
        },
    }
}
