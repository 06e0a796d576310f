//! How OpenAPI describes the locations of tokens.

use super::build::locations;
use super::{Config, ConfigBuilder, Transport};
use crate::location::Location;
use crate::token_kind::TokenKind;

/// A security scheme of OpenAPI (version 3.1, section 4.8.27): one location in which a token is looked for.
///
/// OpenAPI has no scheme for a token in a JSON body, and describes no WebSockets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecurityScheme {
    /// The scheme's name: `AuthXBearer`, or `AuthXHeader` for a header of another kind, `AuthXAccessCookie`,
    /// `AuthXRefreshCookie`, `AuthXQuery`.
    pub name: &'static str,
    /// Where the token is.
    pub place: SecuritySchemePlace,
    /// What to enter, for people.
    pub description: String,
}

/// Where a [`SecurityScheme`] has its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecuritySchemePlace {
    /// The header `Authorization: Bearer ...` (RFC 6750 section 2.1): the type `http`, the scheme `bearer`.
    Bearer,
    /// A header of this name, as it is spelt in the settings: the type `apiKey`.
    Header(String),
    /// A cookie of this name: the type `apiKey`.
    Cookie(String),
    /// A parameter of the query string: the type `apiKey`.
    Query(String),
}

impl Config {
    /// The security schemes of tokens of this type, in the order in which the locations are searched.
    ///
    /// ```
    /// use authx::{Config, Location, Secret, TokenKind};
    /// use authx::config::SecuritySchemePlace;
    ///
    /// let config = Config::builder()
    ///     .secret_key(Secret::from("a secret of at least thirty-two bytes"))
    ///     .token_location([Location::Cookies, Location::Json])
    ///     .build()?;
    /// let schemes = config.security_schemes(TokenKind::Access);
    /// assert_eq!(schemes.len(), 1);
    /// assert_eq!(schemes[0].name, "AuthXAccessCookie");
    /// assert_eq!(schemes[0].place, SecuritySchemePlace::Cookie("access_token_cookie".to_owned()));
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn security_schemes(&self, kind: TokenKind) -> Vec<SecurityScheme> {
        let names = Names {
            transport: self.transport(kind),
            header: &self.header_name_as_set,
            header_type: &self.header_type,
            query: &self.query_string_name,
        };
        names.schemes(kind, &names.transport.locations)
    }
}

impl ConfigBuilder {
    /// The security schemes of tokens of this type, or of these locations where there are some, by the settings so
    /// far. No key is needed: routes are described before an application has its keys.
    #[must_use]
    pub fn security_schemes(
        &self,
        kind: TokenKind,
        locations: Option<&[Location]>,
    ) -> Vec<SecurityScheme> {
        let names = Names {
            transport: &locations::of_kind(&self.settings, kind),
            header: &self.settings.header_name,
            header_type: &self.settings.header_type,
            query: &self.settings.query_string_name,
        };
        names.schemes(kind, locations.unwrap_or(&names.transport.locations))
    }
}

/// The names that tokens have in requests.
struct Names<'c> {
    transport: &'c Transport,
    header: &'c str,
    header_type: &'c str,
    query: &'c str,
}

impl Names<'_> {
    fn schemes(&self, kind: TokenKind, locations: &[Location]) -> Vec<SecurityScheme> {
        locations.iter().filter_map(|location| self.scheme(kind, *location)).collect()
    }

    fn scheme(&self, kind: TokenKind, location: Location) -> Option<SecurityScheme> {
        let (name, place, description) = match location {
            Location::Headers if self.is_bearer() => {
                let description = "A token, without `Bearer` before it.".to_owned();
                ("AuthXBearer", SecuritySchemePlace::Bearer, description)
            }
            Location::Headers => {
                let description = match self.header_type {
                    "" => "A token.".to_owned(),
                    scheme => format!("Enter `{scheme} ` and a token."),
                };
                ("AuthXHeader", SecuritySchemePlace::Header(self.header.to_owned()), description)
            }
            Location::Cookies => {
                let (name, description) = match kind {
                    TokenKind::Access => ("AuthXAccessCookie", "An access token."),
                    TokenKind::Refresh => ("AuthXRefreshCookie", "A refresh token."),
                    TokenKind::Custom(_) => return None,
                };
                let cookie = self.transport.cookie_name.clone();
                (name, SecuritySchemePlace::Cookie(cookie), description.to_owned())
            }
            Location::Query => {
                let parameter = SecuritySchemePlace::Query(self.query.to_owned());
                ("AuthXQuery", parameter, "A token.".to_owned())
            }
            Location::Json | Location::Subprotocol => return None,
        };
        Some(SecurityScheme { name, place, description })
    }

    fn is_bearer(&self) -> bool {
        self.header.eq_ignore_ascii_case("authorization")
            && self.header_type.eq_ignore_ascii_case("bearer")
    }
}
