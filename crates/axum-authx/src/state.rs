//! Where extractors find the engine.

use axum::extract::FromRef;

use crate::auth::AuthX;

/// A router's state that holds an [`AuthX`].
///
/// Every state `S` with `AuthX: FromRef<S>` is one: [`AuthX`] itself, and a struct that derives
/// [`FromRef`] and has it as a field. There is no need to implement it.
#[diagnostic::on_unimplemented(
    message = "the router's state `{Self}` holds no `AuthX`, which this extractor needs",
    label = "no `AuthX` in this state",
    note = "give the router a state with it: `.with_state(auth)`, or a struct that derives `axum::extract::FromRef` and has a field of type `AuthX`"
)]
pub trait AuthState: Send + Sync {
    /// The engine with all that it asks for.
    fn auth(&self) -> AuthX;
}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync> AuthState for S
where
    AuthX: FromRef<S>,
{
    fn auth(&self) -> AuthX {
        AuthX::from_ref(self)
    }
}
