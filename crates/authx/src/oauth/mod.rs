//! What clients of a service ask about tokens: introspection (RFC 7662) and revocation (RFC 7009).
//!
//! A client is another program, such as a gateway, which authenticates with a secret of its own (RFC 6749 section 2.3.1).
//! [`Clients::read`] reads its request; a face and the crate `authx-store` make the calls.

mod clients;
mod introspection;

pub use clients::{ClientError, ClientRequest, Clients};
pub use introspection::INACTIVE;
