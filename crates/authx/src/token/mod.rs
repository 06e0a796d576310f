//! The codec: claims to a compact JWS and back (RFC 7515 section 7.1, RFC 7519).

mod claims;
mod decode;
mod encode;
mod encode_error;
mod header;
mod json;
mod name_watch;
mod object_reader;
mod object_writer;
mod payload;
mod words;

pub use claims::{Audience, Claims, CsrfToken, CustomClaims, JsonClaims};
pub use decode::{decode_unverified_header, decode_unverified_payload, verify_signature};

pub use crate::token_kind::{CustomKind, UnfitTokenKind};

pub(crate) use claims::is_registered;
pub(crate) use decode::{PayloadBuffer, header_to_keep, open, payload_of, strict_object, twin};
pub(crate) use encode::{Payload, encode};
pub(crate) use encode_error::EncodeError;
pub(crate) use payload::{custom_from_json, from_json};
