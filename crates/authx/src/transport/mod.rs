//! How tokens travel: found in requests, and set as cookies in responses.

mod body;
mod cookie;
mod csrf;
mod explain;
mod find;
mod header;
mod media_type;
mod origin;
mod oversized;
mod query;
mod remembered;
mod request;
mod request_token;
mod subprotocol;

pub use find::BodyWanted;
pub use oversized::oversized_cookie;
pub use request::{Headers, Request};
pub use request_token::{CsrfProof, RequestToken};
pub use subprotocol::{BEARER_SUBPROTOCOL, offered_subprotocols, selected_subprotocol};

pub use crate::location::UnknownLocation;

pub(crate) use csrf::check as check_csrf;
pub(crate) use find::effective_locations;
pub(crate) use media_type::is_of_type;
pub(crate) use remembered::remaining as remaining_cookie_age;
