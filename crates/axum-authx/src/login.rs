//! [`Of`]: an extractor of another `AuthX` than the state's main one.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::auth::AuthX;
use crate::rejection::Rejection;
use crate::rejection::optional;

/// Names one of several `AuthX` in the state `S`; the type parameter of [`Of`].
///
/// An implementation for `S` is also one for `Arc<S>`.
#[diagnostic::on_unimplemented(
    message = "`Of<{Self}, _>` requires that `{Self}` names an `AuthX` of the state `{S}`",
    label = "names no `AuthX` of this state",
    note = "implement `Login<{S}>` for `{Self}`"
)]
pub trait Login<S>: 'static {
    /// The `AuthX` of this login.
    fn auth(state: &S) -> &AuthX;
}

impl<S, L: Login<S>> Login<Arc<S>> for L {
    fn auth(state: &Arc<S>) -> &AuthX {
        L::auth(&**state)
    }
}

/// An extractor that can be asked of any `AuthX`: all those of this crate, such as
/// [`AccessToken`](crate::AccessToken) and [`CurrentSubject`](crate::CurrentSubject). Implement it for an extractor
/// of yours to use that with [`Of`] too.
pub trait FromLogin<S>: Sized {
    /// Extracts the value with this `AuthX`.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails.
    fn from_login(
        parts: &mut Parts,
        auth: &AuthX,
        state: &S,
    ) -> impl Future<Output = Result<Self, Rejection>> + Send;
}

/// What the extractor `E` gives for the login `L`, where a state has several `AuthX`, such as one for users and one
/// for admins.
///
/// Give each `AuthX` its own login type or keys, so that one login's tokens are refused by the other. `Option<Of<L, E>>`
/// is `None` for a request without a token.
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX, FreshToken, Login, Of};
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     /// For the extractors without `Of`.
///     users: AuthX,
///     #[from_ref(skip)]
///     admins: AuthX,
/// }
///
/// struct Admins;
///
/// impl Login<AppState> for Admins {
///     fn auth(state: &AppState) -> &AuthX {
///         &state.admins
///     }
/// }
///
/// async fn profile(token: AccessToken) -> String {
///     format!("the profile of {}", token.sub)
/// }
///
/// async fn panel(token: Of<Admins, AccessToken>) -> String {
///     format!("the panel, for {}", token.sub)
/// }
///
/// async fn shut_down(token: Of<Admins, FreshToken>) -> String {
///     format!("{} shut the service down", token.sub)
/// }
///
/// let state = AppState { users: AuthX::ephemeral(), admins: AuthX::ephemeral() };
/// let app: Router = Router::new()
///     .route("/profile", get(profile))
///     .route("/panel", get(panel))
///     .route("/shut-down", get(shut_down))
///     .with_state(state);
/// ```
#[derive(Debug)]
pub struct Of<L, E> {
    extracted: E,
    login: PhantomData<fn() -> L>,
}

impl<L, E> Of<L, E> {
    /// What was extracted.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.extracted
    }
}

impl<L, E> Deref for Of<L, E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.extracted
    }
}

impl<S, L, E> FromRequestParts<S> for Of<L, E>
where
    S: Send + Sync,
    L: Login<S>,
    E: FromLogin<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let extracted = E::from_login(parts, L::auth(state), state).await?;
        Ok(Self { extracted, login: PhantomData })
    }
}

/// `None` without a token. A bad token is refused all the same.
impl<S, L, E> OptionalFromRequestParts<S> for Of<L, E>
where
    S: Send + Sync,
    L: Login<S>,
    E: FromLogin<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        let required = <Self as FromRequestParts<S>>::from_request_parts;
        optional(required(parts, state).await)
    }
}
