//! The tokens of a login.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// An access and a refresh token, in the shape of an OAuth 2 token response (RFC 6749 section 5.1).
///
/// [`AuthX::token_pair`](crate::AuthX::token_pair) makes one of two tokens, with `expires_in`. A client can deserialize it.
///
/// ```
/// use axum::Json;
/// use axum::extract::State;
/// use axum_authx::{AuthX, NewToken, Rejection, TokenPair};
///
/// async fn login(State(auth): State<AuthX>) -> Result<Json<TokenPair>, Rejection> {
///     let access = auth.issue(&NewToken::access("user123").fresh())?;
///     let refresh = auth.create_refresh_token("user123")?;
///     Ok(Json(auth.token_pair(access, refresh)))
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenPair {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// `bearer`.
    pub token_type: Cow<'static, str>,
    /// In how many seconds the access token expires; `None` if that is not known, or it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

impl TokenPair {
    /// A pair of these tokens, without `expires_in`.
    #[must_use]
    pub fn new(access_token: String, refresh_token: String) -> Self {
        Self { access_token, refresh_token, token_type: Cow::Borrowed("bearer"), expires_in: None }
    }
}

/// Shows no tokens.
impl fmt::Debug for TokenPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenPair").finish_non_exhaustive()
    }
}
