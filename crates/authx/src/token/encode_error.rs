//! Why claims were not encoded.

use crate::key::SignError;

/// Why a token could not be written.
#[derive(Debug)]
pub(crate) enum EncodeError {
    CustomClaims(serde_json::Error),
    ReservedClaim(String),
    NoSigningKey,
    Sign(SignError),
}
