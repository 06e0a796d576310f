//! What an application is asked at a refresh, and what it answers.

use authx::Claims;
use authx::login::Renewal;
use authx::token::JsonClaims;
use authx_store::BoxFuture;
use axum::BoxError;

/// The claims of the token that is about to be replaced, with all its custom claims.
pub type RenewalRequest = Claims<JsonClaims>;

/// The application's answer to a [`RenewalRequest`], or why it has none.
pub(crate) type RenewalAnswer = Result<Option<Renewal>, BoxError>;

/// Is asked at each refresh.
pub(crate) trait Renew: Send + Sync + 'static {
    fn renew(&self, claims: RenewalRequest) -> BoxFuture<'_, RenewalAnswer>;
}
