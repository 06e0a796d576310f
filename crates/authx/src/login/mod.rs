//! Logins whose refresh tokens rotate (RFC 9700 section 4.14.2), and what a refresh token that was used before means.
//!
//! A login is one row in a store, and its refresh tokens have generations: the claim `gen` counts them. Each use of
//! the newest one makes the next. Who uses the same token again within a grace period, because an answer was lost or
//! because several tabs refresh at once, gets the same successor. Who uses an older one, or comes later, has a stolen
//! token or is its victim, which nobody can tell apart: the login ends.
//!
//! The successor is a function of its predecessor's claims and of the row, so nothing of a token is stored. A
//! generation beyond the stored one proves that the store lost a rotation, since only this service signs tokens; the
//! login goes on from there.
//!
//! | presented | what happens |
//! | --- | --- |
//! | the newest generation | the next one |
//! | one that the store does not know yet | the next one after it ([`Rotation::Advance`] says so) |
//! | the one before, within `JWT_REFRESH_GRACE` | the newest one again |
//! | any other | [`Error::RefreshReused`](crate::Error::RefreshReused), and the login ends |
//! | the login is unknown, has ended, or is too old | [`Error`](crate::Error) of its own |
//!
//! A store keeps [`LoginState`] and changes it only from a state that it had before (compare and swap). The decisions
//! are here: [`Engine::rotation`](crate::Engine::rotation), and [`LoginQuestion`](crate::verify::LoginQuestion) for a refresh
//! token that is only verified.

mod attempts;
mod body;
mod credentials;
mod mailed;
mod renewal;
mod state;
mod tokens;

pub use attempts::{Attempt, AttemptLimit};
pub use credentials::Credentials;
pub use mailed::{MailedToken, MailedTokenUse};
pub use renewal::{CarriedOn, Renewal};
pub(crate) use state::check;
pub use state::{LoginState, PresentedLogin, Rotation};
pub use tokens::{NewLogin, Rotatable};
