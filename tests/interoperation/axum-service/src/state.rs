//! What the routes of one configuration share: `AuthX`, the revoked tokens and the users.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::FromRef;
use axum_authx::{AuthX, Claims, FromSubject, JsonClaims, VerifiedToken, revocation};
use serde::Serialize;

#[derive(Clone, FromRef)]
pub(crate) struct Service {
    pub(crate) auth: AuthX,
    pub(crate) revoked: Revoked,
}

impl Service {
    pub(crate) fn new(auth: AuthX) -> Self {
        let revoked = Revoked::default();
        let auth = auth.with_revocation(revocation::from_sync_fn({
            let revoked = revoked.clone();
            move |token| revoked.holds(token)
        }));
        Self { auth, revoked }
    }
}

/// The tokens that a logout revoked. For the user `unlucky` the store fails.
#[derive(Clone, Default)]
pub(crate) struct Revoked(Arc<RwLock<HashSet<String>>>);

impl Revoked {
    pub(crate) fn insert<C>(&self, claims: &Claims<C>) {
        let mut revoked = self.0.write().unwrap_or_else(PoisonError::into_inner);
        revoked.extend(claims.jti.clone());
    }

    fn holds(&self, token: &VerifiedToken) -> Result<bool, &'static str> {
        if token.sub() == "unlucky" {
            return Err("the store is down");
        }
        let revoked = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(token.jti().is_none_or(|jti| revoked.contains(jti)))
    }
}

#[derive(Serialize)]
pub(crate) struct User {
    name: &'static str,
}

impl FromSubject<Service> for User {
    type Error = &'static str;

    async fn from_subject(
        claims: &Claims<JsonClaims>,
        _: &Service,
    ) -> Result<Option<Self>, &'static str> {
        match claims.sub.as_str() {
            "ada" => Ok(Some(Self { name: "Ada Lovelace" })),
            "homeless" => Err("the database is down"),
            _ => Ok(None),
        }
    }
}
