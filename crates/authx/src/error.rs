//! Everything that can go wrong with a request's token, and what HTTP says about it.
//!
//! One table, [`Error::answer`], holds the status, the `error_type`, the message and the
//! `WWW-Authenticate` value (RFC 6750 section 3) of every error, for every face.

use std::fmt;

use crate::token_kind::TokenKind;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// None of the configured locations holds a token.
    MissingToken,
    /// The token is longer than the configured bound.
    TokenTooLarge,
    /// The text is no token, or one that says things in a way that is not allowed.
    Malformed(Malformed),
    /// No key of the ring has the token's algorithm.
    AlgorithmNotAllowed,
    /// No key of the ring signed this: an edited token, a wrong or an unknown key.
    InvalidSignature,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `iat` is in the future, beyond the leeway.
    IssuedInTheFuture,
    /// `iss` is not the configured issuer.
    InvalidIssuer,
    /// `aud` has none of the configured audiences, or is there though none is configured.
    InvalidAudience,
    /// A token of the other type.
    WrongTokenType {
        /// The type that is asked for.
        expected: TokenKind,
    },
    /// A token of another of the application's logins.
    LoginTypeMismatch {
        /// The login type of this engine.
        expected: String,
        /// The token's, if it has one.
        actual: Option<String>,
    },
    /// The token is not fresh.
    FreshTokenRequired,
    /// A cookie carries the token, and the request does not repeat its CSRF value.
    MissingCsrfToken,
    /// The request repeats another CSRF value than the token's.
    CsrfMismatch,
    /// A WebSocket's token is in a cookie, and the page that opens it is of a foreign origin.
    ForeignOrigin,
    /// The token does not allow this.
    InsufficientScope {
        /// The scopes that are asked for.
        required: Vec<String>,
        /// The scopes that the token has.
        provided: Vec<String>,
    },
    /// A policy forbids the action.
    PolicyDenied {
        /// Why, in the policy's words.
        reason: String,
    },
    /// The store says that the token was revoked.
    Revoked,
    /// The session that the token belongs to was revoked, or is not known to the store.
    SessionRevoked,
    /// The application knows nobody of the token's subject: the account was deleted, most likely. To the
    /// client it is a revoked token.
    UnknownSubject,
    /// More requests than a rate limit admits.
    RateLimitExceeded {
        /// After how many seconds another request may pass.
        retry_after: u64,
    },
}

/// What is wrong with a text that is no acceptable token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// Not three segments.
    Segments,
    /// A segment that is not strict base64url.
    Base64,
    /// A header that is no JSON object, has a member twice, or asks for an extension.
    Header,
    /// A signature longer than any.
    Signature,
    /// A payload that is no JSON object, or has a member twice.
    Payload,
    /// A claim that is missing or of another type than it must be.
    Claim(&'static str),
    /// Two different tokens in one location.
    Ambiguous,
    /// A value in the token's place that is no string.
    NotText,
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// How HTTP answers an error. The message of [`Error`]'s `Display` goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The error's name in the body, that of the exception class in Python.
    pub error_type: &'static str,
    /// The message in the body, where it is one for all errors of this type.
    pub message: Option<&'static str>,
    /// The value of the header `WWW-Authenticate`, where there is one.
    pub www_authenticate: Option<&'static str>,
}

const NO_CREDENTIALS: Option<&str> = Some("Bearer");
const INVALID_TOKEN: Option<&str> = Some("Bearer error=\"invalid_token\"");
const INSUFFICIENT_SCOPE: Option<&str> = Some("Bearer error=\"insufficient_scope\"");

/// Status 0 stands for the configured status of a token that can't be decoded.
const UNDECODABLE: u16 = 0;

/// Type, status, message and challenge of every answer there is.
const ANSWERS: [Answer; 20] = [
    answer("MissingTokenError", 401, Some("Token Error"), NO_CREDENTIALS),
    answer("TokenRequiredError", 401, Some("Token required"), NO_CREDENTIALS),
    answer("JWTDecodeError", UNDECODABLE, Some("Invalid Token"), INVALID_TOKEN),
    answer("TokenInvalidSignatureError", UNDECODABLE, None, INVALID_TOKEN),
    answer("TokenExpiredError", UNDECODABLE, None, INVALID_TOKEN),
    answer("TokenInvalidIssuerError", UNDECODABLE, None, INVALID_TOKEN),
    answer("TokenInvalidAudienceError", UNDECODABLE, None, INVALID_TOKEN),
    answer("TokenTypeError", 401, Some("Bad token type"), INVALID_TOKEN),
    answer("AccessTokenRequiredError", 401, Some("Access token required"), INVALID_TOKEN),
    answer("RefreshTokenRequiredError", 401, Some("Refresh token required"), INVALID_TOKEN),
    answer("LoginTypeMismatchError", 401, None, INVALID_TOKEN),
    answer("FreshTokenRequiredError", 401, Some("Fresh token required"), INVALID_TOKEN),
    answer("MissingCSRFTokenError", 401, None, INVALID_TOKEN),
    answer("CSRFError", 401, Some("CSRF double submit does not match"), INVALID_TOKEN),
    answer("RevokedTokenError", 401, Some("Invalid token"), INVALID_TOKEN),
    answer("SessionRevoked", 401, Some("Session has been revoked"), INVALID_TOKEN),
    answer("InsufficientScopeError", 403, None, INSUFFICIENT_SCOPE),
    answer("PolicyDeniedError", 403, None, None),
    answer("PolicyEvaluationError", 500, Some("Policy evaluation failed"), None),
    answer("RateLimitExceeded", 429, None, None),
];

const fn answer(
    error_type: &'static str,
    status: u16,
    message: Option<&'static str>,
    www_authenticate: Option<&'static str>,
) -> Answer {
    Answer { status, error_type, message, www_authenticate }
}

impl Answer {
    /// The answer to an error of this name. `undecodable_status` is the configured status of a token
    /// that can't be decoded; a challenge goes only with 401 and 403.
    #[must_use]
    pub fn of_type(error_type: &str, undecodable_status: u16) -> Option<Self> {
        let mut answer = ANSWERS.into_iter().find(|answer| answer.error_type == error_type)?;
        if answer.status == UNDECODABLE {
            answer.status = undecodable_status;
        }
        if !matches!(answer.status, 401 | 403) {
            answer.www_authenticate = None;
        }
        Some(answer)
    }

    /// Every answer, for the documentation.
    pub fn all(undecodable_status: u16) -> impl Iterator<Item = Self> {
        ANSWERS
            .into_iter()
            .filter_map(move |answer| Self::of_type(answer.error_type, undecodable_status))
    }
}

impl Error {
    /// The error's name: in the answer's body, and of the exception class in Python.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::MissingToken => "MissingTokenError",
            Self::TokenTooLarge
            | Self::Malformed(_)
            | Self::AlgorithmNotAllowed
            | Self::NotYetValid
            | Self::IssuedInTheFuture => "JWTDecodeError",
            Self::InvalidSignature => "TokenInvalidSignatureError",
            Self::Expired => "TokenExpiredError",
            Self::InvalidIssuer => "TokenInvalidIssuerError",
            Self::InvalidAudience => "TokenInvalidAudienceError",
            Self::WrongTokenType { expected: TokenKind::Access } => "AccessTokenRequiredError",
            Self::WrongTokenType { expected: TokenKind::Refresh } => "RefreshTokenRequiredError",
            Self::LoginTypeMismatch { .. } => "LoginTypeMismatchError",
            Self::FreshTokenRequired => "FreshTokenRequiredError",
            Self::MissingCsrfToken => "MissingCSRFTokenError",
            Self::CsrfMismatch | Self::ForeignOrigin => "CSRFError",
            Self::InsufficientScope { .. } => "InsufficientScopeError",
            Self::PolicyDenied { .. } => "PolicyDeniedError",
            Self::Revoked | Self::UnknownSubject => "RevokedTokenError",
            Self::SessionRevoked => "SessionRevoked",
            Self::RateLimitExceeded { .. } => "RateLimitExceeded",
        }
    }

    /// How HTTP answers this error; `undecodable_status` as in [`Answer::of_type`].
    #[must_use]
    pub fn answer(&self, undecodable_status: u16) -> Answer {
        Answer::of_type(self.error_type(), undecodable_status).unwrap_or(answer(
            self.error_type(),
            401,
            None,
            INVALID_TOKEN,
        ))
    }
}

/// For the log and the developer. Nothing of the token is in it, except scopes and the login type of a
/// token whose signature held. A policy's reason is the application's own text.
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingToken => formatter.write_str("The request carries no token"),
            Self::TokenTooLarge => {
                formatter.write_str("The token is larger than JWT_MAX_TOKEN_SIZE")
            }
            Self::Malformed(malformed) => malformed.fmt(formatter),
            Self::AlgorithmNotAllowed => {
                formatter.write_str("The token's algorithm is not one of the configured keys'")
            }
            Self::InvalidSignature => formatter.write_str("Signature verification failed"),
            Self::Expired => formatter.write_str("Token has expired"),
            Self::NotYetValid => formatter.write_str("The token is not valid yet"),
            Self::IssuedInTheFuture => formatter.write_str("The token was issued in the future"),
            Self::InvalidIssuer => {
                formatter.write_str("The token's issuer is not the expected one")
            }
            Self::InvalidAudience => formatter.write_str("The token is for another audience"),
            Self::WrongTokenType { expected: TokenKind::Access } => {
                formatter.write_str("Access token required")
            }
            Self::WrongTokenType { expected: TokenKind::Refresh } => {
                formatter.write_str("Refresh token required")
            }
            Self::LoginTypeMismatch { expected, actual } => {
                let actual = actual.as_deref().unwrap_or("unknown");
                write!(formatter, "Token type mismatch: expected '{expected}', got '{actual}'")
            }
            Self::FreshTokenRequired => formatter.write_str("Fresh token required"),
            Self::MissingCsrfToken => formatter
                .write_str("The token is in a cookie, and the request lacks its CSRF value"),
            Self::CsrfMismatch => formatter.write_str("CSRF double submit does not match"),
            Self::ForeignOrigin => {
                formatter.write_str("The WebSocket was opened by a page of a foreign origin")
            }
            Self::InsufficientScope { required, provided } => {
                formatter.write_str("Missing required scopes: ")?;
                write_list(formatter, required)?;
                formatter.write_str(". Provided: ")?;
                write_list(formatter, provided)
            }
            Self::PolicyDenied { reason } => formatter.write_str(reason),
            Self::Revoked => formatter.write_str("The token was revoked"),
            Self::SessionRevoked => formatter.write_str("Session has been revoked"),
            Self::UnknownSubject => {
                formatter.write_str("The token's subject is unknown to the application")
            }
            Self::RateLimitExceeded { retry_after } => {
                write!(formatter, "Rate limit exceeded. Retry after {retry_after} seconds.")
            }
        }
    }
}

/// As Python writes a list of plain strings, so that both faces say the same.
fn write_list(formatter: &mut fmt::Formatter<'_>, items: &[String]) -> fmt::Result {
    formatter.write_str("[")?;
    for (index, item) in items.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(formatter, "{separator}'{item}'")?;
    }
    formatter.write_str("]")
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Segments => "A token has three segments",
            Self::Base64 => "A segment of the token is not base64url without padding",
            Self::Header => "The token's header is not one that is understood",
            Self::Signature => "The token's signature is too long",
            Self::Payload => "The token's payload is not a JSON object without duplicate members",
            Self::Claim(claim) => {
                return write!(
                    formatter,
                    "The token's claim '{claim}' is missing or of a wrong type"
                );
            }
            Self::Ambiguous => "The request carries different tokens in one place",
            Self::NotText => "The request carries a value that is no token",
        })
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_row_of_its_own_in_the_table() {
        let errors = [
            Error::MissingToken,
            Error::TokenTooLarge,
            Error::Malformed(Malformed::Segments),
            Error::AlgorithmNotAllowed,
            Error::InvalidSignature,
            Error::Expired,
            Error::NotYetValid,
            Error::IssuedInTheFuture,
            Error::InvalidIssuer,
            Error::InvalidAudience,
            Error::WrongTokenType { expected: TokenKind::Access },
            Error::WrongTokenType { expected: TokenKind::Refresh },
            Error::LoginTypeMismatch { expected: "admin".into(), actual: None },
            Error::FreshTokenRequired,
            Error::MissingCsrfToken,
            Error::CsrfMismatch,
            Error::ForeignOrigin,
            Error::InsufficientScope { required: vec![], provided: vec![] },
            Error::Revoked,
            Error::SessionRevoked,
            Error::UnknownSubject,
            Error::RateLimitExceeded { retry_after: 7 },
        ];
        for error in errors {
            let rows = ANSWERS.iter().filter(|row| row.error_type == error.error_type()).count();
            assert_eq!(rows, 1, "{error:?}");
        }
    }

    #[test]
    fn an_undecodable_token_has_the_configured_status_and_a_challenge_only_with_401() {
        let in_rust = Error::Expired.answer(401);
        assert_eq!((in_rust.status, in_rust.www_authenticate), (401, INVALID_TOKEN));
        let in_python = Error::Expired.answer(422);
        assert_eq!((in_python.status, in_python.www_authenticate), (422, None));
        assert_eq!(Error::FreshTokenRequired.answer(422).status, 401);
    }

    #[test]
    fn scopes_are_listed_alike_in_both_faces() {
        let error =
            Error::InsufficientScope { required: vec!["a".into(), "b".into()], provided: vec![] };
        assert_eq!(error.to_string(), "Missing required scopes: ['a', 'b']. Provided: []");
    }
}
