//! Token revocation with an async callback.

use std::collections::HashSet;
use std::sync::{Arc, RwLock};

use axum_authx::VerifiedToken;
use axum_authx::{AuthX, revocation};

pub type RevokedTokens = Arc<RwLock<HashSet<String>>>;

pub fn with_revocation(auth: AuthX, revoked_tokens: RevokedTokens) -> AuthX {
    auth.with_revocation(revocation::from_fn(move |token| {
        let revoked_tokens = revoked_tokens.clone();
        // Query your database here.
        async move { is_token_revoked(&revoked_tokens, &token).await }
    }))
}

async fn is_token_revoked(
    revoked_tokens: &RevokedTokens,
    token: &VerifiedToken,
) -> Result<bool, &'static str> {
    let revoked = revoked_tokens.read().map_err(|_| "the database is broken")?;
    Ok(token.spellings().iter().any(|spelling| revoked.contains(spelling)))
}
