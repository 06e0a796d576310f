//! Everything that can go wrong with a request's token.
//!
//! [`Error::kind`] gives the [`ErrorType`] of each error, and `error_type.rs` what the response to it contains.

use std::fmt;

use crate::error_type::ErrorType;
use crate::token_kind::TokenKind;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// None of the configured locations holds a token.
    MissingToken,
    /// The body of a login can't be read: which part, and what is expected.
    LoginRequest(&'static str),
    /// The name or the password of a login is wrong.
    LoginFailed,
    /// The client that asks about a token is unknown, or its secret is wrong.
    ClientRefused,
    /// A client's request about a token can't be read: which part, and what is expected.
    ClientRequest(&'static str),
    /// The token is longer than the configured limit.
    TokenTooLarge,
    /// The string is not a token, or is encoded in a way that is not allowed.
    Malformed(Malformed),
    /// The token is sound, and its custom claims don't fit the type that the service has for them.
    UnexpectedClaims {
        /// What doesn't fit, in the words of the type's `Deserialize`. It is for the log of a developer, and may show
        /// the value of a claim.
        reason: String,
    },
    /// The request has different cookies of the name that carries the token, see
    /// [`Engine::find_token`](crate::Engine::find_token).
    DuplicateCookie {
        /// The cookie's name, which is that of a setting.
        name: String,
    },
    /// No key of the ring has the token's algorithm.
    AlgorithmNotAllowed,
    /// The caller requires a claim that the token lacks, see [`Engine::verify_any`](crate::Engine::verify_any).
    MissingClaim {
        /// The claim.
        name: String,
    },
    /// No key of the ring signed the token: it was edited, or its key is unknown.
    InvalidSignature,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `iat` is in the future, beyond the leeway.
    IssuedInTheFuture,
    /// `iss` is not the configured issuer.
    InvalidIssuer,
    /// `aud` has none of the configured audiences, or is present although none is configured.
    InvalidAudience,
    /// A token of another type.
    WrongTokenType {
        /// The required type.
        expected: TokenKind,
    },
    /// A token of another of the application's logins.
    LoginTypeMismatch {
        /// The login type of this engine, if it has one.
        expected: Option<String>,
        /// The token's, if it has one.
        actual: Option<String>,
    },
    /// The token is not fresh.
    FreshTokenRequired,
    /// A cookie carries the token, and the request does not repeat the token's CSRF value.
    MissingCsrfToken,
    /// The request's CSRF value is not the token's.
    CsrfMismatch,
    /// A WebSocket's token is in a cookie, and the page that opens it is of a foreign origin.
    ForeignOrigin,
    /// The token does not allow this.
    InsufficientScope {
        /// The required scopes.
        required: Vec<String>,
        /// The scopes that the token has.
        provided: Vec<String>,
    },
    /// A policy forbids the action.
    PolicyDenied {
        /// Why, in the policy's words.
        reason: String,
    },
    /// A policy could not be evaluated. The cause is for the log, and no part of the message.
    PolicyEvaluation(PolicyFault),
    /// The store says that the token was revoked.
    Revoked,
    /// The session that the token belongs to was revoked, or is not known to the store.
    SessionRevoked,
    /// The login that the refresh token belongs to is not known to the store.
    LoginUnknown,
    /// The login that the refresh token belongs to has ended.
    LoginEnded,
    /// The application refused to go on with the login, which has ended, see [`Renewal`](crate::login::Renewal).
    RefreshRefused,
    /// The login that the refresh token belongs to is older than `JWT_LOGIN_MAX_AGE`.
    LoginExpired,
    /// The refresh token was used before (RFC 9700 section 4.14.2): it, or its successor, was stolen.
    RefreshReused,
    /// A store gives no answer, so the token can't be accepted now.
    StoreUnavailable,
    /// The application has no user with the token's subject, most likely because the account was deleted.
    UnknownSubject,
    /// More requests than a rate limit admits.
    RateLimitExceeded {
        /// After how many seconds another request may pass.
        retry_after: u64,
    },
}

/// Why a string is not an acceptable token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// Not three segments.
    Segments,
    /// A segment that is not strict base64url.
    Base64,
    /// A header that is not a JSON object, has a duplicate key, or requires an extension.
    Header,
    /// A signature longer than any algorithm's.
    Signature,
    /// A payload that is not a JSON object, or has a duplicate key.
    Payload,
    /// A claim that is missing or has the wrong type.
    Claim(&'static str),
    /// Two different tokens in one location, other than a cookie.
    Ambiguous,
    /// A value in the place of the token that is not a string.
    NotText,
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Error {
    /// Which error type the response has.
    #[must_use]
    pub fn kind(&self) -> ErrorType {
        match self {
            Self::MissingToken => ErrorType::MissingToken,
            Self::TokenTooLarge
            | Self::Malformed(_)
            | Self::UnexpectedClaims { .. }
            | Self::MissingClaim { .. }
            | Self::AlgorithmNotAllowed
            | Self::NotYetValid
            | Self::IssuedInTheFuture => ErrorType::JwtDecode,
            Self::DuplicateCookie { .. } => ErrorType::DuplicateCookie,
            Self::InvalidSignature => ErrorType::InvalidSignature,
            Self::Expired => ErrorType::TokenExpired,
            Self::InvalidIssuer => ErrorType::InvalidIssuer,
            Self::InvalidAudience => ErrorType::InvalidAudience,
            Self::WrongTokenType { expected: TokenKind::Access } => ErrorType::AccessTokenRequired,
            Self::WrongTokenType { expected: TokenKind::Refresh } => {
                ErrorType::RefreshTokenRequired
            }
            Self::WrongTokenType { expected: TokenKind::Custom(_) } => ErrorType::TokenType,
            Self::LoginTypeMismatch { .. } => ErrorType::LoginTypeMismatch,
            Self::FreshTokenRequired => ErrorType::FreshTokenRequired,
            Self::MissingCsrfToken => ErrorType::MissingCsrfToken,
            Self::CsrfMismatch => ErrorType::Csrf,
            Self::ForeignOrigin => ErrorType::ForeignOrigin,
            Self::InsufficientScope { .. } => ErrorType::InsufficientScope,
            Self::PolicyDenied { .. } => ErrorType::PolicyDenied,
            Self::PolicyEvaluation(_) => ErrorType::PolicyEvaluation,
            Self::Revoked => ErrorType::RevokedToken,
            Self::UnknownSubject => ErrorType::UnknownSubject,
            Self::SessionRevoked => ErrorType::SessionRevoked,
            Self::LoginUnknown => ErrorType::LoginUnknown,
            Self::LoginEnded => ErrorType::LoginEnded,
            Self::LoginRequest(_) => ErrorType::LoginRequest,
            Self::LoginFailed => ErrorType::LoginFailed,
            Self::ClientRefused => ErrorType::ClientRefused,
            Self::ClientRequest(_) => ErrorType::ClientRequest,
            Self::RefreshRefused => ErrorType::RefreshRefused,
            Self::LoginExpired => ErrorType::LoginExpired,
            Self::RefreshReused => ErrorType::RefreshReused,
            Self::StoreUnavailable => ErrorType::StoreUnavailable,
            Self::RateLimitExceeded { .. } => ErrorType::RateLimitExceeded,
        }
    }

    /// Whether the request is that of a client who isn't logged in, or no longer: it has no token, or one that has
    /// expired. For pages that everybody may see. Forged and revoked tokens are something else.
    ///
    /// ```
    /// use authx::Error;
    ///
    /// assert!(Error::Expired.is_logged_out());
    /// assert!(!Error::InvalidSignature.is_logged_out());
    /// ```
    #[must_use]
    pub fn is_logged_out(&self) -> bool {
        matches!(self, Self::MissingToken | Self::Expired)
    }

    /// The error's name, in the response's body and as the exception class in Python.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        self.kind().as_str()
    }
}

/// For logs and developers. It shows nothing of the token, except scopes and login type once the signature is
/// verified. A policy's reason is text of the application.
impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingToken => formatter.write_str("The request carries no token"),
            Self::TokenTooLarge => {
                formatter.write_str("The token is larger than JWT_MAX_TOKEN_SIZE")
            }
            Self::Malformed(malformed) => malformed.fmt(formatter),
            Self::UnexpectedClaims { .. } => {
                formatter.write_str("The token's claims are not what this service expects")
            }
            Self::MissingClaim { name } => write!(formatter, "The token has no claim '{name}'"),
            Self::DuplicateCookie { name } => write!(
                formatter,
                "The request has different cookies named '{name}'. Delete the one that was set with another path or \
                domain, by Set-Cookie with Max-Age=0 and that path and domain"
            ),
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
            Self::WrongTokenType { expected: TokenKind::Custom(name) } => {
                write!(formatter, "Token of type '{}' required", name.as_str())
            }
            Self::LoginTypeMismatch { expected, actual } => {
                let actual = actual.as_deref().unwrap_or("unknown");
                match expected {
                    Some(expected) => write!(
                        formatter,
                        "Token type mismatch: expected '{expected}', got '{actual}'"
                    ),
                    None => {
                        write!(formatter, "Token type mismatch: expected none, got '{actual}'")
                    }
                }
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
            Self::PolicyEvaluation(_) => formatter.write_str("Policy evaluation failed"),
            Self::Revoked => formatter.write_str("The token was revoked"),
            Self::SessionRevoked => formatter.write_str("Session has been revoked"),
            Self::LoginUnknown => formatter.write_str("The store doesn't know the token's login"),
            Self::LoginRequest(problem) | Self::ClientRequest(problem) => {
                formatter.write_str(problem)
            }
            Self::ClientRefused => {
                formatter.write_str("The client is unknown, or its secret is wrong")
            }
            Self::LoginFailed => formatter.write_str("The user name or the password is wrong"),
            Self::LoginEnded => formatter.write_str("The token's login has ended"),
            Self::RefreshRefused => {
                formatter.write_str("The application refused to refresh the login, which has ended")
            }
            Self::LoginExpired => {
                formatter.write_str("The token's login is older than JWT_LOGIN_MAX_AGE")
            }
            Self::RefreshReused => formatter.write_str(
                "The refresh token was used before, so it may be stolen; its login has ended",
            ),
            Self::StoreUnavailable => formatter.write_str("The store gives no answer"),
            Self::UnknownSubject => {
                formatter.write_str("The token's subject is unknown to the application")
            }
            Self::RateLimitExceeded { retry_after } => {
                write!(formatter, "Rate limit exceeded. Retry after {retry_after} seconds.")
            }
        }
    }
}

/// Formats a list of strings as Python does, so that both faces give the same message.
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
            Self::Header => "The token's header is not valid or not supported",
            Self::Signature => "The token's signature is too long",
            Self::Payload => "The token's payload is not a JSON object without duplicate keys",
            Self::Claim(claim) => {
                return write!(
                    formatter,
                    "The token's claim '{claim}' is missing or of a wrong type"
                );
            }
            Self::Ambiguous => "The request carries different tokens in one place",
            Self::NotText => "The request carries a value that is not a string as its token",
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(malformed) => Some(malformed),
            _ => None,
        }
    }
}

/// Why a policy can't decide. The action is denied then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyFault {
    /// The index of the rule.
    pub rule: usize,
    /// The attribute, such as `token.account`, which is no value that conditions compare, or is compared with none: an
    /// integer of more than 64 bits, or an object of a programming language.
    pub attribute: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, attribute } = self;
        write!(
            formatter,
            "rules[{rule}]: {attribute}, or what it is compared with, has no value that conditions can compare, such as an \
             integer of more than 64 bits"
        )
    }
}

impl std::error::Error for PolicyFault {}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_listed_alike_in_both_faces() {
        let error =
            Error::InsufficientScope { required: vec!["a".into(), "b".into()], provided: vec![] };
        assert_eq!(error.to_string(), "Missing required scopes: ['a', 'b']. Provided: []");
    }
}
