//! [`Authorized`] and [`Permission`].

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use authx::Claims;
use authx::policy::Policy;
use authx::token::JsonClaims;
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::auth::AuthX;
use crate::login::FromLogin;
use crate::policy::PolicyRequest;
use crate::rejection::Rejection;
use crate::state::AuthState;

/// Names an action on a resource; the type parameter of [`Authorized`].
#[diagnostic::on_unimplemented(
    message = "`Authorized<{Self}>` requires that `{Self}` names an action on a resource",
    label = "names no action on a resource",
    note = "implement `Permission` for `{Self}`"
)]
pub trait Permission: 'static {
    /// The action and resource to ask about, which may depend on the request's path.
    fn asked(parts: &Parts) -> PolicyRequest;
}

/// The claims of the request's access token, which is valid and not revoked. The policy in the router's
/// state allows the action that `P` names.
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// use axum::http::request::Parts;
/// use axum::routing::delete;
/// use axum_authx::{Authorized, AuthX, Permission, Policy, PolicyRequest};
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     auth: AuthX,
///     policy: Policy,
/// }
///
/// struct DeleteReports;
///
/// impl Permission for DeleteReports {
///     fn asked(_: &Parts) -> PolicyRequest {
///         PolicyRequest::new("delete", "reports")
///     }
/// }
///
/// async fn delete_reports(token: Authorized<DeleteReports>) -> String {
///     format!("{} deleted the reports", token.sub)
/// }
///
/// let state = AppState { auth: AuthX::ephemeral(), policy: Policy::new([]) };
/// let app: Router = Router::new().route("/reports", delete(delete_reports)).with_state(state);
/// ```
pub struct Authorized<P> {
    claims: Claims<JsonClaims>,
    permission: PhantomData<fn() -> P>,
}

impl<P> Authorized<P> {
    /// The claims.
    #[must_use]
    pub fn into_claims(self) -> Claims<JsonClaims> {
        self.claims
    }
}

impl<P> Deref for Authorized<P> {
    type Target = Claims<JsonClaims>;

    fn deref(&self) -> &Claims<JsonClaims> {
        &self.claims
    }
}

impl<S, P> FromRequestParts<S> for Authorized<P>
where
    S: AuthState,
    Policy: FromRef<S>,
    P: Permission,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Self::from_login(parts, &state.auth(), state).await
    }
}

impl<S, P> FromLogin<S> for Authorized<P>
where
    S: Send + Sync,
    Policy: FromRef<S>,
    P: Permission,
{
    async fn from_login(parts: &mut Parts, auth: &AuthX, state: &S) -> Result<Self, Rejection> {
        let policy = Policy::from_ref(state);
        let asked = P::asked(parts);
        let claims = auth.authorize_once(parts, &policy, &asked).await?;
        Ok(Self { claims, permission: PhantomData })
    }
}

impl<P> fmt::Debug for Authorized<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Authorized").field(&self.claims).finish()
    }
}

#[cfg(test)]
mod tests {
    use authx::policy::{PolicyEffect, PolicyRule};
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::AuthX;
    use crate::testing::{self, answer_to, bearer};

    #[derive(Clone, FromRef)]
    struct AppState {
        auth: AuthX,
        policy: Policy,
    }

    struct ReadReport;

    impl Permission for ReadReport {
        fn asked(parts: &Parts) -> PolicyRequest {
            let id = parts.uri.path().rsplit('/').next().unwrap_or_default();
            PolicyRequest::new("read", format!("reports:{id}"))
        }
    }

    #[tokio::test]
    async fn an_extractor_asks_about_the_resource_of_the_path() {
        let (auth, _) = testing::auth();
        let state = AppState {
            auth: auth.clone(),
            policy: Policy::new([PolicyRule::new(PolicyEffect::Allow, ["read"], ["reports:1"])]),
        };
        let handler = |token: Authorized<ReadReport>| async move { token.into_claims().sub };
        let app = Router::new().route("/reports/{id}", get(handler)).with_state(state);
        let token = auth.create_access_token("ada").expect("a token");

        let answer = answer_to(&app, bearer(testing::get("/reports/1"), &token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ada"));
        let answer = answer_to(&app, bearer(testing::get("/reports/2"), &token)).await;
        assert_eq!((answer.status, answer.error_type()), (403, Some("PolicyDeniedError")));
        let answer = answer_to(&app, testing::get("/reports/1")).await;
        assert_eq!(answer.error_type(), Some("MissingTokenError"));
    }
}
