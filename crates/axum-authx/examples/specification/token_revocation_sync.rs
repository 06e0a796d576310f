//! Token revocation with a callback that is not async.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use axum_authx::{AuthX, revocation};

pub type RevokedTokens = Arc<RwLock<HashSet<String>>>;

pub fn with_revocation(auth: AuthX, revoked_tokens: RevokedTokens) -> AuthX {
    auth.with_revocation(revocation::from_sync_fn(move |token| {
        // Look up the token in your cache here.
        let revoked = revoked_tokens.read().unwrap_or_else(PoisonError::into_inner);
        token.spellings().iter().any(|spelling| revoked.contains(spelling))
    }))
}
