//! What a route requires of a token.

use crate::config::Config;
use crate::location::{Location, NO_COOKIES_OF_OWN_TYPES};
use crate::scope::RequiredScopes;
use crate::token_kind::TokenKind;

/// What a route requires of a token.
///
/// ```
/// use authx::{RequiredScopes, Requirement};
///
/// let change_password = Requirement::fresh();
/// let delete_users = Requirement::access().scopes(RequiredScopes::all(["users:delete"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Requirement {
    pub(crate) kind: TokenKind,
    pub(crate) kinds: Kinds,
    pub(crate) fresh: bool,
    pub(crate) csrf: CsrfCheck,
    pub(crate) locations: Option<Vec<Location>>,
    pub(crate) scopes: Vec<RequiredScopes>,
    pub(crate) websocket: bool,
}

/// The types of token that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// The requirement's type.
    One,
    /// Also the two that open routes.
    AccessAndRefresh,
    All,
}

/// When a route requires the CSRF double submit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrfCheck {
    /// Where a cookie carries the token and the configuration protects the request's method.
    #[default]
    AsConfigured,
    /// Where a cookie carries the token, for every method.
    Always,
    /// Never.
    Never,
}

impl Requirement {
    /// A valid access token.
    pub fn access() -> Self {
        Self::of(TokenKind::Access)
    }

    /// A valid refresh token.
    pub fn refresh() -> Self {
        Self::of(TokenKind::Refresh)
    }

    /// A valid and fresh access token.
    pub fn fresh() -> Self {
        Self { fresh: true, ..Self::access() }
    }

    /// A valid token of this type.
    pub fn of(kind: TokenKind) -> Self {
        Self {
            kind,
            kinds: Kinds::One,
            fresh: false,
            csrf: CsrfCheck::AsConfigured,
            locations: None,
            scopes: Vec::new(),
            websocket: false,
        }
    }

    /// Accepts access and refresh tokens as well, in the configured locations of this type. Rarely right: a refresh
    /// token then opens every route that an access token opens. Tokens of the application's own types stay refused.
    pub fn any_kind(mut self) -> Self {
        self.kinds = Kinds::AccessAndRefresh;
        self
    }

    /// Accepts tokens of every type: for code that looks at the type itself, never for a route.
    pub fn every_kind(mut self) -> Self {
        self.kinds = Kinds::All;
        self
    }

    /// Whether the token must be fresh.
    pub fn freshness(mut self, required: bool) -> Self {
        self.fresh = required;
        self
    }

    /// When the CSRF double submit is required.
    pub fn csrf(mut self, check: CsrfCheck) -> Self {
        self.csrf = check;
        self
    }

    /// Looks in these locations, instead of the configured ones; in a WebSocket's handshake too.
    pub fn locations(mut self, locations: impl IntoIterator<Item = Location>) -> Self {
        self.locations = Some(locations.into_iter().collect());
        self
    }

    /// Why no request can meet this requirement, for an error where a route is declared: no cookie carries a type of
    /// token of the application's own.
    ///
    /// ```
    /// use authx::{Location, Requirement};
    ///
    /// let reset = Requirement::of("password_reset".parse()?);
    /// assert_eq!(reset.clone().locations([Location::Query]).fault(), None);
    /// let fault = reset.locations([Location::Cookies]).fault();
    /// assert_eq!(fault, Some("cookies carry access and refresh tokens only: use headers, json or query"));
    /// # Ok::<(), authx::token::UnfitTokenKind>(())
    /// ```
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let is_own = matches!(self.kind, TokenKind::Custom(_));
        let in_cookies =
            self.locations.as_ref().is_some_and(|given| given.contains(&Location::Cookies));
        (is_own && in_cookies).then_some(NO_COOKIES_OF_OWN_TYPES)
    }

    /// Requires scopes.
    pub fn scopes(mut self, scopes: RequiredScopes) -> Self {
        self.scopes = vec![scopes];
        self
    }

    /// Requires these scopes as well as those that are required already.
    ///
    /// ```
    /// use authx::{RequiredScopes, Requirement};
    ///
    /// let staff = Requirement::access().scopes(RequiredScopes::any(["admin", "support"]));
    /// let staff_who_delete = staff.more_scopes(RequiredScopes::all(["users:delete"]));
    /// ```
    pub fn more_scopes(mut self, scopes: RequiredScopes) -> Self {
        self.scopes.push(scopes);
        self
    }

    /// For the handshake of a WebSocket: its token is looked for in `JWT_WEBSOCKET_TOKEN_LOCATION`, and a cookie counts
    /// only when the page that opens the socket is of the service's own origin or an allowed one.
    pub fn websocket(mut self) -> Self {
        self.websocket = true;
        self
    }

    /// Where the token of a request is looked for that is no handshake of a WebSocket.
    pub(crate) fn http_locations<'c>(&'c self, config: &'c Config) -> &'c [Location] {
        self.locations.as_deref().unwrap_or_else(|| config.locations(self.kind))
    }
}
