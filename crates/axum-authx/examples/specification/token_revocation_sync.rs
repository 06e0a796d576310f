//! Token revocation with a callback that has the answer at hand.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use axum_authx::{AuthX, revocation};

pub type RevokedTokens = Arc<RwLock<HashSet<String>>>;

pub fn with_revocation(auth: AuthX, revoked_tokens: RevokedTokens) -> AuthX {
    auth.with_revocation(revocation::from_sync_fn(move |token| {
        // Look into your cache.
        let revoked = revoked_tokens.read().unwrap_or_else(PoisonError::into_inner);
        token.spellings().iter().any(|text| revoked.contains(text))
    }))
}
