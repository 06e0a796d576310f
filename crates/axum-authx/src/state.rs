//! How extractors get the [`AuthX`] from the router's state.

use std::any::Any;
use std::borrow::Cow;

use axum::extract::FromRef;

use crate::auth::AuthX;

/// A router's state that holds an [`AuthX`].
///
/// Implemented for every state `S` with `AuthX: FromRef<S>`: for [`AuthX`] itself, and for a struct that
/// derives [`FromRef`] and has it as a field.
#[diagnostic::on_unimplemented(
    message = "the router's state `{Self}` holds no `AuthX`, which this extractor needs",
    label = "no `AuthX` in this state",
    note = "give the router a state with it: `.with_state(auth)`, or a struct that derives `axum::extract::FromRef` and has a field of type `AuthX`"
)]
pub trait AuthState: Send + Sync + 'static {
    /// The `AuthX` of this state.
    fn auth(&self) -> Cow<'_, AuthX>;
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
