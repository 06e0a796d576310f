//! [`IssueError`]: why no token is issued.

use std::fmt;

use crate::random::RandomUnavailable;
use crate::token::EncodeError;
use crate::token_kind::UnfitTokenKind;

/// Why no token was issued.
#[derive(Debug)]
#[non_exhaustive]
pub enum IssueError {
    /// The subject is empty.
    EmptySubject,
    /// The session's identifier is empty.
    EmptySession,
    /// The token would belong to a session, and `JWT_SESSION_TRACKING` is off.
    SessionNotTracked,
    /// A custom claim has the name of a claim that the engine writes.
    ReservedClaim(String),
    /// A header has the name of one that the engine writes.
    ReservedHeader(String),
    /// The custom claims are not a JSON object.
    CustomClaims(serde_json::Error),
    /// Only an access token can be fresh.
    FreshWithoutAccess,
    /// A one-off token is a refresh token, or never expires.
    UnfitForOneUse(&'static str),
    /// The name can't be a token type.
    TokenKind(UnfitTokenKind),
    /// The header `typ` or `kid` is not a string.
    HeaderNotString(&'static str),
    /// The token would expire after the year 9999.
    ExpiryOutOfRange,
    /// The token is longer than the configured limit, so verification would refuse it.
    TooLarge {
        /// Its length in bytes.
        actual: usize,
        /// The limit in bytes.
        allowed: usize,
    },
    /// The configuration has a public key only.
    NoSigningKey,
    /// The source of randomness failed.
    Random(RandomUnavailable),
    /// The cryptography library could not sign.
    Sign,
}

impl fmt::Display for IssueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptySubject => formatter.write_str("subject: it must not be empty"),
            Self::EmptySession => formatter.write_str("session: its identifier must not be empty"),
            Self::SessionNotTracked => formatter.write_str(
                "session: JWT_SESSION_TRACKING is off, so the token would outlive its session",
            ),
            Self::ReservedClaim(name) if name == "auth_time" => formatter.write_str(
                "claims: 'auth_time' is reserved: it is the time of the login, which implicit refresh writes",
            ),
            Self::ReservedClaim(name) => write!(
                formatter,
                "claims: '{name}' is reserved and can't be a custom claim; use its parameter or setting instead"
            ),
            Self::ReservedHeader(name) => {
                write!(
                    formatter,
                    "headers: '{name}' is reserved and can't be set; the engine decides it"
                )
            }
            Self::CustomClaims(error) => write!(formatter, "claims: not a JSON object: {error}"),
            Self::UnfitForOneUse(problem) => write!(formatter, "once: {problem}"),
            Self::FreshWithoutAccess => {
                formatter.write_str("fresh: only an access token can be fresh")
            }
            Self::TokenKind(error) => write!(formatter, "type: {error}"),
            Self::HeaderNotString(name) => write!(formatter, "headers: '{name}' must be a string"),
            Self::TooLarge { actual, allowed } => write!(
                formatter,
                "claims: the token is {actual} bytes long, and JWT_MAX_TOKEN_SIZE allows {allowed}"
            ),
            Self::ExpiryOutOfRange => {
                formatter.write_str("expiry: it must be before the year 10000")
            }
            Self::NoSigningKey => formatter.write_str(
                "JWT_PRIVATE_KEY: it is not set, so tokens can be verified but not issued",
            ),
            Self::Random(error) => error.fmt(formatter),
            Self::Sign => formatter.write_str("the cryptography library could not sign"),
        }
    }
}

impl std::error::Error for IssueError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CustomClaims(error) => Some(error),
            Self::Random(error) => Some(error),
            Self::TokenKind(error) => Some(error),
            Self::EmptySubject
            | Self::EmptySession
            | Self::SessionNotTracked
            | Self::ReservedClaim(_)
            | Self::ReservedHeader(_)
            | Self::FreshWithoutAccess
            | Self::UnfitForOneUse(_)
            | Self::HeaderNotString(_)
            | Self::ExpiryOutOfRange
            | Self::TooLarge { .. }
            | Self::NoSigningKey
            | Self::Sign => None,
        }
    }
}

impl From<RandomUnavailable> for IssueError {
    fn from(error: RandomUnavailable) -> Self {
        Self::Random(error)
    }
}

impl From<EncodeError> for IssueError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::CustomClaims(error) => Self::CustomClaims(error),
            EncodeError::ReservedClaim(name) => Self::ReservedClaim(name),
            EncodeError::NoSigningKey => Self::NoSigningKey,
            EncodeError::Sign(_) => Self::Sign,
        }
    }
}
