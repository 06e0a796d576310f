//! [`OptionalToken`]: for pages that everybody may see.

use std::ops::Deref;

use authx::Error;
use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::auth::AuthX;
use crate::login::FromLogin;
use crate::rejection::Rejection;
use crate::state::AuthState;

/// What the extractor `E` gives, or `None` for somebody who isn't logged in, or no longer: the request has no token or
/// an expired one. Every other bad token is refused, such as a forged or a revoked one.
///
/// `Option<E>` differs for expired tokens, which it refuses. A browser keeps sending a cookie whose token has expired
/// until the cookie expires too, so a public page takes this extractor.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX, OptionalToken};
///
/// async fn front_page(OptionalToken(token): OptionalToken<AccessToken>) -> String {
///     match token {
///         Some(token) => format!("welcome back, {}", token.sub),
///         None => "welcome".to_owned(),
///     }
/// }
///
/// let app: Router = Router::new().route("/", get(front_page)).with_state(AuthX::ephemeral());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionalToken<E>(pub Option<E>);

impl<E> Deref for OptionalToken<E> {
    type Target = Option<E>;

    fn deref(&self) -> &Option<E> {
        &self.0
    }
}

impl<S, E> FromRequestParts<S> for OptionalToken<E>
where
    S: AuthState,
    E: FromLogin<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Self::from_login(parts, &state.auth(), state).await
    }
}

impl<S, E> FromLogin<S> for OptionalToken<E>
where
    S: Sync,
    E: FromLogin<S>,
{
    async fn from_login(parts: &mut Parts, auth: &AuthX, state: &S) -> Result<Self, Rejection> {
        match E::from_login(parts, auth, state).await {
            Ok(extracted) => Ok(Self(Some(extracted))),
            Err(rejection) if rejection.error().is_some_and(Error::is_logged_out) => Ok(Self(None)),
            Err(rejection) => Err(rejection),
        }
    }
}
