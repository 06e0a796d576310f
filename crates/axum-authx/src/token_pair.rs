//! The tokens of a login.

use std::fmt;

use serde::Serialize;

/// An access and a refresh token, in the shape of an OAuth 2 token response (RFC 6749 section 5.1).
///
/// ```
/// use axum::Json;
/// use axum::extract::State;
/// use axum_authx::{AuthX, NewToken, Rejection, TokenPair};
///
/// async fn login(State(auth): State<AuthX>) -> Result<Json<TokenPair>, Rejection> {
///     let access = auth.issue(&NewToken::access("user123").fresh())?;
///     let refresh = auth.create_refresh_token("user123")?;
///     Ok(Json(TokenPair::new(access, refresh)))
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenPair {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// `bearer`.
    pub token_type: &'static str,
}

impl TokenPair {
    /// A pair of these tokens.
    #[must_use]
    pub fn new(access_token: String, refresh_token: String) -> Self {
        Self { access_token, refresh_token, token_type: "bearer" }
    }
}

/// Shows no tokens.
impl fmt::Debug for TokenPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenPair").finish_non_exhaustive()
    }
}
