//! Creating tokens.

use axum_authx::{AuthX, IssueError, NewToken};

pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
    pub fresh_token: String,
}

pub fn tokens(auth: &AuthX) -> Result<Tokens, IssueError> {
    Ok(Tokens {
        // An access token.
        access_token: auth.create_access_token("user123")?,
        // A refresh token.
        refresh_token: auth.create_refresh_token("user123")?,
        // A fresh token, for sensitive operations.
        fresh_token: auth.issue(&NewToken::access("user123").fresh())?,
    })
}
