//! How extractors get the [`AuthX`] from the router's state.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::auth::AuthX;

/// A router's state that holds an [`AuthX`].
///
/// Implemented for every state `S` with `AuthX: FromRef<S>`: for [`AuthX`] itself, for a struct that
/// derives [`FromRef`] and has it as a field, and for an [`Arc`] of such a state:
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use axum::extract::{FromRef, State};
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX};
///
/// #[derive(FromRef)]
/// struct AppState {
///     auth: AuthX,
///     greeting: String,
/// }
///
/// async fn hello(State(state): State<Arc<AppState>>, token: AccessToken) -> String {
///     format!("{}, {}", state.greeting, token.sub)
/// }
///
/// let state = AppState { auth: AuthX::ephemeral(), greeting: "hello".to_owned() };
/// let app: Router = Router::new().route("/hello", get(hello)).with_state(Arc::new(state));
/// ```
///
/// A state with two fields of type `AuthX` can't derive [`FromRef`] for both ("conflicting implementations"). Keep it
/// for the main one, put `#[from_ref(skip)]` on the others, and extract those with [`Of`](crate::Of).
#[diagnostic::on_unimplemented(
    message = "the router's state `{Self}` holds no `AuthX`, which this extractor needs",
    label = "no `AuthX` in this state",
    note = "give the router a state with it: `.with_state(auth)`, or a struct that derives `axum::extract::FromRef` and has a field of type `AuthX`, or an `Arc` of it; `debug_handler` has to be told the state: `#[debug_handler(state = AppState)]`"
)]
pub trait AuthState: Send + Sync + 'static {
    /// The `AuthX` of this state.
    fn auth(&self) -> Cow<'_, AuthX>;
}

/// So that a state in an [`Arc`] works: an application can't write this, because neither type is its own.
impl<S> FromRef<Arc<S>> for AuthX
where
    AuthX: FromRef<S>,
{
    fn from_ref(state: &Arc<S>) -> Self {
        Self::from_ref(&**state)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync + 'static> AuthState for S
where
    AuthX: FromRef<S>,
{
    fn auth(&self) -> Cow<'_, AuthX> {
        // Borrowed if it is the whole state: a clone changes a reference count that all threads contend for.
        match (self as &dyn Any).downcast_ref() {
            Some(auth) => Cow::Borrowed(auth),
            None => Cow::Owned(AuthX::from_ref(self)),
        }
    }
}
