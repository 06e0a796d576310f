//! Asks the application, when a login is refreshed, what the new tokens say.

use std::future::Future;

use authx::Claims;
use authx::login::{CarriedOn, Renewal};
use authx_store::BoxFuture;
use axum::BoxError;

use crate::auth::AuthX;
use crate::renew::{Renew, RenewalAnswer, RenewalRequest};

struct Renewing<F>(F);

impl<F, A> Renew for Renewing<F>
where
    F: Fn(RenewalRequest) -> A + Send + Sync + 'static,
    A: Future<Output = RenewalAnswer> + Send + 'static,
{
    fn renew(&self, claims: RenewalRequest) -> BoxFuture<'_, RenewalAnswer> {
        Box::pin((self.0)(claims))
    }
}

impl AuthX {
    /// Asks `renew` at each refresh what the new tokens say: at a rotation of refresh tokens, and at an implicit
    /// refresh. Rights change while a login goes on, and accounts are closed. It is used in every clone, and replaces an
    /// earlier one.
    ///
    /// `Some` goes on, with what the [`Renewal`] changes; `None` refuses and ends the login; after an error the request
    /// fails with status 500, and the client may try again. Clients that ask within `JWT_REFRESH_GRACE` get the same
    /// refresh token as far as its answers are the same.
    ///
    /// ```
    /// use axum_authx::memory::MemoryStore;
    /// use axum_authx::{AuthX, Renewal, RenewalRequest};
    ///
    /// async fn renew(claims: RenewalRequest) -> Result<Option<Renewal>, axum::BoxError> {
    ///     let is_closed = claims.sub == "mallory";
    ///     Ok((!is_closed).then(|| Renewal::unchanged().scopes(["notes:read"])))
    /// }
    ///
    /// let auth = AuthX::ephemeral().with_store(MemoryStore::default()).with_renewal(renew);
    /// ```
    pub fn with_renewal<F, A>(self, renew: F) -> Self
    where
        F: Fn(RenewalRequest) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Option<Renewal>, BoxError>> + Send + 'static,
    {
        self.set_renewal(std::sync::Arc::new(Renewing(renew)));
        self
    }

    /// Whether the application goes on with the login of this token. Its changes are in the claims afterwards.
    pub(crate) async fn renewed<C: CarriedOn + Send + Sync>(
        &self,
        claims: &mut Claims<C>,
    ) -> Result<bool, BoxError> {
        let Some(renewal) = self.renewal() else { return Ok(true) };
        let request = claims.clone().map_custom(|carried| carried.custom().clone());
        let answer = renewal.renew(request).await?;
        let goes_on = answer.is_some();
        answer.unwrap_or_default().apply(claims);
        Ok(goes_on)
    }
}
