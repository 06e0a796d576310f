//! Tells a developer why a request counts as one without a token, or without the token's CSRF value.
//!
//! The explanation consists of names from the settings: of headers, cookies, fields and of the settings themselves. It
//! never has a value that the request carries, because every one of them may be a token.

use std::borrow::Cow;

use crate::config::{Config, SameSite, Transport};
use crate::engine::Engine;
use crate::error::Error;
use crate::error_type::ErrorType;
use crate::location::Location;
use crate::requirement::Requirement;
use crate::token_kind::TokenKind;

use super::find::{effective_locations, is_handshake, read};
use super::media_type::is_json;
use super::request::{Headers, Request};
use super::subprotocol::BEARER_SUBPROTOCOL;
use super::{cookie, csrf, query};

impl Engine {
    /// Where the token or its CSRF value was looked for, and why what came did not count: for the developer of a
    /// client. `None` for an error that is about something else.
    ///
    /// It names headers, cookies, fields and settings, and has no value of the request. Faces make it only when it is
    /// logged or `JWT_EXPLAIN_ERRORS` is set, because it searches the request once more.
    ///
    /// ```
    /// use authx::{Config, Engine, Error, Request, Requirement, Secret};
    ///
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// let headers = [("authorization", "Basic YWRhOng=")];
    /// let request = Request::new("GET", headers.as_slice());
    /// let requirement = Requirement::access();
    ///
    /// let error = engine.find_token(&request, &requirement).unwrap_err();
    /// assert_eq!(
    ///     engine.explain(error.kind(), &request, &requirement).as_deref(),
    ///     Some(
    ///         "No access token was found. The header 'Authorization' does not begin with 'Bearer' \
    ///          and a space (JWT_HEADER_TYPE)."
    ///     )
    /// );
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn explain<H: Headers + ?Sized>(
        &self,
        error: ErrorType,
        request: &Request<'_, H>,
        requirement: &Requirement,
    ) -> Option<String> {
        let config = self.config();
        let view = View {
            config,
            request,
            requirement,
            kind: requirement.kind,
            transport: config.transport(requirement.kind),
        };
        let sentences = match error {
            ErrorType::MissingToken => view.missing_token(),
            ErrorType::MissingCsrfToken => view.missing_csrf(),
            ErrorType::Csrf => view.other_csrf(),
            ErrorType::ForeignOrigin => view.foreign_origin(),
            _ => return None,
        };
        Some(sentences.join(" "))
    }
}

/// A request, and what was looked for in it.
struct View<'v, 'r, H: Headers + ?Sized> {
    config: &'v Config,
    request: &'v Request<'r, H>,
    requirement: &'v Requirement,
    kind: TokenKind,
    transport: &'v Transport,
}

impl<H: Headers + ?Sized> View<'_, '_, H> {
    fn missing_token(&self) -> Vec<String> {
        let searched = effective_locations(self.config, self.request, self.requirement);
        let mut sentences = vec![format!("No {} token was found.", self.kind)];
        sentences.extend(searched.iter().map(|&location| self.nothing_in(location)));
        let all = [Location::Headers, Location::Cookies, Location::Query, Location::Json];
        for location in all {
            if searched.contains(&location) {
                sentences.extend(self.other_kind_in(location));
            } else if !matches!(self.read(self.kind, location), Ok(None)) {
                sentences.push(self.not_searched(location, searched));
            }
        }
        sentences
    }

    /// Why there is no token in a location that was searched.
    fn nothing_in(&self, location: Location) -> String {
        let place = self.place(self.kind, location);
        match location {
            Location::Headers => self.nothing_in_header(),
            Location::Cookies => {
                let name = &self.transport.cookie_name;
                if cookie::is_present(name, self.request.headers) {
                    return format!("The {place} is empty.");
                }
                format!("There is no {place}.{}", self.when_cookie_is_sent())
            }
            Location::Query => {
                if query::is_present(&self.config.query_string_name, self.request.query) {
                    return format!("The {place} is empty.");
                }
                format!("There is no {place}.")
            }
            Location::Subprotocol => {
                format!("The handshake offers no {place} with a token after it.")
            }
            Location::Json if !is_json(self.request.headers) => {
                format!("The content type is not application/json, so there is no {place}.")
            }
            Location::Json => format!(
                "The body is no JSON object with a string in the field '{}', or is larger than JWT_MAX_BODY_SIZE.",
                self.transport.json_key
            ),
        }
    }

    fn nothing_in_header(&self) -> String {
        let place = self.place(self.kind, Location::Headers);
        let scheme = self.config.header_type.as_str();
        let Some(value) = self.request.headers.values(&self.config.header_name).next() else {
            return format!("There is no {place}.");
        };
        let is_scheme = value.trim_ascii().eq_ignore_ascii_case(scheme.as_bytes());
        if scheme.is_empty() {
            format!("The {place} is empty.")
        } else if is_scheme {
            format!("The {place} has nothing after '{scheme}'.")
        } else {
            format!("The {place} does not begin with '{scheme}' and a space (JWT_HEADER_TYPE).")
        }
    }

    /// With which requests a browser sends the token's cookie.
    fn when_cookie_is_sent(&self) -> String {
        let attributes = &self.config.cookies;
        let mut conditions = Vec::new();
        if attributes.secure {
            conditions.push("over https (JWT_COOKIE_SECURE)".to_owned());
        }
        if self.transport.cookie_path != "/" {
            let (path, kind) = (&self.transport.cookie_path, self.kind.as_str());
            let kind = kind.to_ascii_uppercase();
            conditions.push(format!("to paths below '{path}' (JWT_{kind}_COOKIE_PATH)"));
        }
        if let Some(domain) = &attributes.domain {
            conditions.push(format!("to '{domain}' and its subdomains (JWT_COOKIE_DOMAIN)"));
        }
        match attributes.same_site {
            Some(SameSite::Strict) => {
                conditions.push("from pages of the same site (JWT_COOKIE_SAMESITE)".to_owned());
            }
            Some(SameSite::Lax) => conditions.push(
                "from pages of the same site or along a link (JWT_COOKIE_SAMESITE)".to_owned(),
            ),
            Some(SameSite::None) | None => {}
        }
        if conditions.is_empty() {
            return String::new();
        }
        format!(" A browser sends it only {}.", conditions.join(", "))
    }

    /// Says that there is something in a location that the route doesn't look in.
    fn not_searched(&self, location: Location, searched: &[Location]) -> String {
        let place = self.place(self.kind, location);
        let searched: Vec<_> = searched.iter().map(|location| location.as_str()).collect();
        let searched = searched.join(", ");
        if self.requirement.locations.is_some() {
            return format!("The {place} does not count: only {searched} is searched here.");
        }
        let kind = self.kind;
        let settings = match kind {
            _ if self.config.websocket_locations.is_some()
                && is_handshake(self.request, self.requirement) =>
            {
                return format!(
                    "The {place} does not count: tokens of WebSockets are looked for in {searched} \
                     (JWT_WEBSOCKET_TOKEN_LOCATION)."
                );
            }
            TokenKind::Access => "JWT_ACCESS_TOKEN_LOCATION",
            TokenKind::Refresh => "JWT_REFRESH_TOKEN_LOCATION",
            TokenKind::Custom(_) => "JWT_TOKEN_TYPES",
        };
        format!(
            "The {place} does not count: {kind} tokens are looked for in {searched} \
             (JWT_TOKEN_LOCATION, {settings})."
        )
    }

    /// Says that there is a token of the other type where this one was looked for, under its own name.
    fn other_kind_in(&self, location: Location) -> Option<String> {
        let other = match self.kind {
            TokenKind::Access => TokenKind::Refresh,
            TokenKind::Refresh => TokenKind::Access,
            TokenKind::Custom(_) => return None,
        };
        let place = self.place(other, location);
        if place == self.place(self.kind, location)
            || matches!(self.read(other, location), Ok(None))
        {
            return None;
        }
        Some(format!("The {place} does not count: it is that of the {other} token."))
    }

    fn missing_csrf(&self) -> Vec<String> {
        let field = self.csrf_field();
        let header = &self.transport.csrf_header_name_as_set;
        let mut sentences = vec![self.in_cookie("so the request must repeat its CSRF value")];
        sentences.push(match field {
            Some(field) => {
                format!("There is neither a header '{header}' nor a form field '{field}'.")
            }
            None => format!(
                "There is no header '{header}', and no form field counts (JWT_CSRF_CHECK_FORM)."
            ),
        });
        sentences.push(self.where_csrf_is());
        sentences
    }

    fn other_csrf(&self) -> Vec<String> {
        let header = &self.transport.csrf_header_name_as_set;
        let place = match (csrf::in_header(self.transport, self.request.headers), self.csrf_field())
        {
            (Ok(None), Some(field)) => format!("form field '{field}'"),
            _ => format!("header '{header}'"),
        };
        vec![
            self.in_cookie("so the request must repeat its CSRF value"),
            format!("The {place} has another value, perhaps that of an earlier token."),
            self.where_csrf_is(),
        ]
    }

    fn foreign_origin(&self) -> Vec<String> {
        let mut sentences = vec![self.in_cookie(
            "so the page that opens the WebSocket must be of the service's own origin or of one in \
             JWT_WEBSOCKET_ALLOWED_ORIGINS",
        )];
        sentences.push(match self.request.headers.values("origin").count() {
            0 => "There is no header 'Origin'.".to_owned(),
            1 => "The header 'Origin' has another one.".to_owned(),
            _ => "There are several headers 'Origin'.".to_owned(),
        });
        if self.config.cookies.secure {
            sentences
                .push("With JWT_COOKIE_SECURE, the service's own origin is on https.".to_owned());
        }
        sentences
    }

    fn in_cookie(&self, so: &str) -> String {
        format!("The {} token is in the cookie '{}', {so}.", self.kind, self.transport.cookie_name)
    }

    /// The form field that may have the CSRF value.
    fn csrf_field(&self) -> Option<&str> {
        self.config.csrf.check_form.then_some(self.transport.csrf_field_name.as_str())
    }

    /// Where a client gets the CSRF value from.
    fn where_csrf_is(&self) -> String {
        if !self.config.csrf.in_cookies {
            return "The value is the token's claim 'csrf' (JWT_CSRF_IN_COOKIES is off)."
                .to_owned();
        }
        let name = &self.transport.csrf_cookie_name;
        if cookie::is_present(name, self.request.headers) {
            return format!("The value is in the cookie '{name}', which came with the request.");
        }
        format!("The value is in the cookie '{name}', which did not come with the request.")
    }

    fn read(&self, kind: TokenKind, location: Location) -> Result<Option<Cow<'_, [u8]>>, Error> {
        read(self.config, self.request, &Requirement::of(kind), location)
    }

    /// A location by the name that a token of this type has there.
    fn place(&self, kind: TokenKind, location: Location) -> String {
        let transport = self.config.transport(kind);
        match location {
            Location::Headers => format!("header '{}'", self.config.header_name_as_set),
            Location::Cookies => format!("cookie '{}'", transport.cookie_name),
            Location::Query => format!("query parameter '{}'", self.config.query_string_name),
            Location::Subprotocol => format!("subprotocol '{BEARER_SUBPROTOCOL}'"),
            Location::Json => format!("JSON field '{}'", transport.json_key),
        }
    }
}
