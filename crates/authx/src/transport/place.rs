//! The configured locations with their names, for descriptions of a service such as OpenAPI's.

use crate::config::Config;
use crate::location::Location;
use crate::token_kind::TokenKind;

/// A location that a token of one type may travel in, and its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPlace<'c> {
    /// A header.
    Header {
        /// The header's name, in lower case.
        name: &'c str,
        /// The scheme before the token; empty for a header that is only the token.
        scheme: &'c str,
    },
    /// A cookie.
    Cookie {
        /// The cookie's name.
        name: &'c str,
    },
    /// A member of the query string.
    Query {
        /// The member's name.
        name: &'c str,
    },
    /// A member of a JSON body.
    Json {
        /// The member's name.
        name: &'c str,
    },
}

impl Config {
    /// Where tokens of this type are looked for, in order, each place with its name.
    ///
    /// ```
    /// use authx::{Config, Location, Secret, TokenKind, TokenPlace};
    ///
    /// let config = Config::builder()
    ///     .secret_key(Secret::from("a secret of at least thirty-two bytes"))
    ///     .token_location([Location::Cookies, Location::Query])
    ///     .build()?;
    /// let places: Vec<_> = config.token_places(TokenKind::Access).collect();
    /// let cookie = TokenPlace::Cookie { name: "access_token_cookie" };
    /// assert_eq!(places, [cookie, TokenPlace::Query { name: "token" }]);
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    pub fn token_places(&self, kind: TokenKind) -> impl Iterator<Item = TokenPlace<'_>> {
        let transport = self.transport(kind);
        transport.locations.iter().map(|location| match location {
            Location::Headers => {
                TokenPlace::Header { name: &self.header_name, scheme: &self.header_type }
            }
            Location::Cookies => TokenPlace::Cookie { name: &transport.cookie_name },
            Location::Query => TokenPlace::Query { name: &self.query_string_name },
            Location::Json => TokenPlace::Json { name: &transport.json_key },
        })
    }
}
