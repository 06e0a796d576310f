//! The demo's `auth` object, and its lookups of revoked tokens and of users.

use std::convert::Infallible;

use authx::SystemRandom;
use authx::random::{Random as _, RandomUnavailable};
use axum_authx::{AuthX, Claims, Error, FromSubject, JsonClaims, Rejection, revocation};
use serde::{Deserialize, Serialize};

use crate::AppState;
use crate::blocklist::Blocklist;
use crate::users::{User, Users};

/// A custom claim in all of the demo's tokens: the id of the login that the token belongs to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LoginClaim {
    #[serde(default)]
    pub(crate) login: String,
}

impl LoginClaim {
    pub(crate) fn new() -> Result<Self, RandomUnavailable> {
        let id = random_bytes::<12>()?;
        Ok(Self { login: base64_simd::URL_SAFE_NO_PAD.encode_to_string(id) })
    }
}

/// Refuses a token if the token itself, or the login that it belongs to, is revoked.
pub(crate) fn with_blocklist(auth: AuthX, blocklist: Blocklist) -> AuthX {
    auth.with_revocation(revocation::from_fn(move |token| {
        let blocklist = blocklist.clone();
        async move {
            let LoginClaim { login } = token.custom_claims()?;
            blocklist.holds_either(token.jti().unwrap_or_default().to_owned(), login).await
        }
    }))
}

/// The lookup for the extractor `CurrentSubject`.
impl FromSubject<AppState> for User {
    type Error = Infallible;

    async fn from_subject(
        claims: &Claims<JsonClaims>,
        state: &AppState,
    ) -> Result<Option<Self>, Infallible> {
        Ok(state.users.find(&claims.sub))
    }
}

/// The user of a verified token. If the user no longer exists, the request is refused.
pub(crate) fn find_user(users: &Users, subject: &str, auth: &AuthX) -> Result<User, Rejection> {
    users.find(subject).ok_or_else(|| auth.reject(Error::UnknownSubject))
}

pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], RandomUnavailable> {
    let mut bytes = [0; N];
    SystemRandom.fill(&mut bytes)?;
    Ok(bytes)
}
