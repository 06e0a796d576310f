//! The names of errors in responses, with the status, message and challenge of each.

use std::fmt;
use std::str::FromStr;

/// The name of an error, in the field `error_type` of a response's body and as the exception class in Python.
///
/// Several errors share a name where the difference is of no use to a client. Some names belong to errors
/// that only an application raises.
///
/// ```
/// use authx::answer::ErrorType;
///
/// let expired: ErrorType = "TokenExpiredError".parse()?;
/// assert_eq!(expired, ErrorType::TokenExpired);
/// assert_eq!(expired.to_string(), "TokenExpiredError");
/// # Ok::<(), authx::answer::UnknownErrorType>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorType {
    /// The request carries no token.
    MissingToken,
    /// A token is required; only applications raise it.
    TokenRequired,
    /// The token can't be decoded, or what it contains is not acceptable.
    JwtDecode,
    /// The request has different cookies of the name that carries the token.
    DuplicateCookie,
    /// No configured key signed the token.
    InvalidSignature,
    /// The token has expired.
    TokenExpired,
    /// The token is of another issuer.
    InvalidIssuer,
    /// The token is for another audience.
    InvalidAudience,
    /// The token is of another type than the route's, which is one of the application's own.
    TokenType,
    /// An access token is required.
    AccessTokenRequired,
    /// A refresh token is required.
    RefreshTokenRequired,
    /// The token is of another login.
    LoginTypeMismatch,
    /// A fresh token is required.
    FreshTokenRequired,
    /// A cookie carries the token, and the request lacks the token's CSRF value.
    MissingCsrfToken,
    /// The request's CSRF value is not the token's.
    Csrf,
    /// A page of a foreign origin opens a WebSocket with a token in a cookie.
    ForeignOrigin,
    /// The token was revoked.
    RevokedToken,
    /// The token's session was revoked.
    SessionRevoked,
    /// The login of a refresh token is not known to the store.
    LoginUnknown,
    /// The login of a refresh token has ended.
    LoginEnded,
    /// The body of a login can't be read.
    LoginRequest,
    /// The name or the password of a login is wrong.
    LoginFailed,
    /// A client that asks about a token is unknown, or its secret is wrong.
    ClientRefused,
    /// A client's request about a token can't be read.
    ClientRequest,
    /// The application refused to refresh a login.
    RefreshRefused,
    /// The login of a refresh token is too old.
    LoginExpired,
    /// A refresh token was used before.
    RefreshReused,
    /// A store gives no answer.
    StoreUnavailable,
    /// The application has no user with the token's subject.
    UnknownSubject,
    /// The token does not allow this.
    InsufficientScope,
    /// A policy forbids this.
    PolicyDenied,
    /// A policy could not be evaluated.
    PolicyEvaluation,
    /// A rate limit admits no more requests for now.
    RateLimitExceeded,
}

impl ErrorType {
    /// Every error type.
    pub const ALL: [Self; 33] = [
        Self::MissingToken,
        Self::TokenRequired,
        Self::JwtDecode,
        Self::DuplicateCookie,
        Self::InvalidSignature,
        Self::TokenExpired,
        Self::InvalidIssuer,
        Self::InvalidAudience,
        Self::TokenType,
        Self::AccessTokenRequired,
        Self::RefreshTokenRequired,
        Self::LoginTypeMismatch,
        Self::FreshTokenRequired,
        Self::MissingCsrfToken,
        Self::Csrf,
        Self::ForeignOrigin,
        Self::RevokedToken,
        Self::SessionRevoked,
        Self::LoginUnknown,
        Self::LoginEnded,
        Self::LoginRequest,
        Self::LoginFailed,
        Self::ClientRefused,
        Self::ClientRequest,
        Self::RefreshRefused,
        Self::LoginExpired,
        Self::RefreshReused,
        Self::StoreUnavailable,
        Self::UnknownSubject,
        Self::InsufficientScope,
        Self::PolicyDenied,
        Self::PolicyEvaluation,
        Self::RateLimitExceeded,
    ];

    /// The name itself.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingToken => "MissingTokenError",
            Self::TokenRequired => "TokenRequiredError",
            Self::JwtDecode => "JWTDecodeError",
            Self::DuplicateCookie => "DuplicateCookieError",
            Self::InvalidSignature => "TokenInvalidSignatureError",
            Self::TokenExpired => "TokenExpiredError",
            Self::InvalidIssuer => "TokenInvalidIssuerError",
            Self::InvalidAudience => "TokenInvalidAudienceError",
            Self::TokenType => "TokenTypeError",
            Self::AccessTokenRequired => "AccessTokenRequiredError",
            Self::RefreshTokenRequired => "RefreshTokenRequiredError",
            Self::LoginTypeMismatch => "LoginTypeMismatchError",
            Self::FreshTokenRequired => "FreshTokenRequiredError",
            Self::MissingCsrfToken => "MissingCSRFTokenError",
            Self::Csrf => "CSRFError",
            Self::ForeignOrigin => "ForeignOriginError",
            Self::RevokedToken => "RevokedTokenError",
            Self::SessionRevoked => "SessionRevoked",
            Self::LoginUnknown => "LoginUnknownError",
            Self::LoginEnded => "LoginEndedError",
            Self::LoginRequest => "LoginRequestError",
            Self::LoginFailed => "LoginFailedError",
            Self::ClientRefused => "ClientRefusedError",
            Self::ClientRequest => "ClientRequestError",
            Self::RefreshRefused => "RefreshRefusedError",
            Self::LoginExpired => "LoginExpiredError",
            Self::RefreshReused => "RefreshReusedError",
            Self::StoreUnavailable => "StoreUnavailableError",
            Self::UnknownSubject => "UnknownSubjectError",
            Self::InsufficientScope => "InsufficientScopeError",
            Self::PolicyDenied => "PolicyDeniedError",
            Self::PolicyEvaluation => "PolicyEvaluationError",
            Self::RateLimitExceeded => "RateLimitExceeded",
        }
    }

    /// The HTTP status. `undecodable` is the configured status for tokens that can't be decoded.
    #[must_use]
    pub fn status(self, undecodable: u16) -> u16 {
        match self {
            Self::JwtDecode
            | Self::DuplicateCookie
            | Self::InvalidSignature
            | Self::TokenExpired
            | Self::InvalidIssuer
            | Self::InvalidAudience => undecodable,
            Self::MissingToken
            | Self::TokenRequired
            | Self::TokenType
            | Self::AccessTokenRequired
            | Self::RefreshTokenRequired
            | Self::LoginTypeMismatch
            | Self::FreshTokenRequired
            | Self::MissingCsrfToken
            | Self::Csrf
            | Self::ForeignOrigin
            | Self::RevokedToken
            | Self::SessionRevoked
            | Self::LoginUnknown
            | Self::LoginEnded
            | Self::RefreshRefused
            | Self::LoginExpired
            | Self::RefreshReused
            | Self::LoginFailed
            | Self::ClientRefused
            | Self::UnknownSubject => 401,
            Self::LoginRequest | Self::ClientRequest => 400,
            Self::InsufficientScope | Self::PolicyDenied => 403,
            Self::RateLimitExceeded => 429,
            Self::PolicyEvaluation => 500,
            Self::StoreUnavailable => 503,
        }
    }

    /// The body's message, where all errors of this name share one. `None` stands for the error's `Display`
    /// message.
    #[must_use]
    pub fn message(self) -> Option<&'static str> {
        match self {
            Self::MissingToken => Some("Token Error"),
            Self::TokenRequired => Some("Token required"),
            Self::JwtDecode => Some("Invalid Token"),
            Self::TokenType => Some("Bad token type"),
            Self::AccessTokenRequired => Some("Access token required"),
            Self::RefreshTokenRequired => Some("Refresh token required"),
            Self::FreshTokenRequired => Some("Fresh token required"),
            Self::Csrf => Some("CSRF double submit does not match"),
            Self::ForeignOrigin => Some("The WebSocket was opened by a page of a foreign origin"),
            Self::RevokedToken => Some("Invalid token"),
            Self::SessionRevoked => Some("Session has been revoked"),
            Self::LoginUnknown => Some("The login is unknown"),
            Self::LoginEnded => Some("The login has ended"),
            Self::LoginFailed => Some("The user name or the password is wrong"),
            Self::ClientRefused => Some("The client is unknown, or its secret is wrong"),
            Self::RefreshRefused => Some("The login is not refreshed, and has ended"),
            Self::LoginExpired => Some("The login is too old"),
            Self::RefreshReused => {
                Some("The refresh token was used before, and its login has ended")
            }
            Self::StoreUnavailable => Some("Service unavailable"),
            Self::UnknownSubject => Some("The token's subject is unknown to the application"),
            Self::PolicyEvaluation => Some("Policy evaluation failed"),
            Self::LoginRequest
            | Self::ClientRequest
            | Self::DuplicateCookie
            | Self::InvalidSignature
            | Self::TokenExpired
            | Self::InvalidIssuer
            | Self::InvalidAudience
            | Self::LoginTypeMismatch
            | Self::MissingCsrfToken
            | Self::InsufficientScope
            | Self::PolicyDenied
            | Self::RateLimitExceeded => None,
        }
    }

    /// The value of the header `WWW-Authenticate` (RFC 6750 section 3), where the name has one.
    #[must_use]
    pub fn challenge(self) -> Option<&'static str> {
        match self {
            // RFC 6750 section 3.1: the response to a request without credentials has no error code.
            Self::MissingToken | Self::TokenRequired | Self::LoginFailed => Some("Bearer"),
            Self::JwtDecode
            | Self::DuplicateCookie
            | Self::InvalidSignature
            | Self::TokenExpired
            | Self::InvalidIssuer
            | Self::InvalidAudience
            | Self::TokenType
            | Self::AccessTokenRequired
            | Self::RefreshTokenRequired
            | Self::LoginTypeMismatch
            | Self::FreshTokenRequired
            | Self::MissingCsrfToken
            | Self::Csrf
            | Self::ForeignOrigin
            | Self::RevokedToken
            | Self::SessionRevoked
            | Self::LoginUnknown
            | Self::LoginEnded
            | Self::RefreshRefused
            | Self::LoginExpired
            | Self::RefreshReused
            | Self::UnknownSubject => Some("Bearer error=\"invalid_token\""),
            Self::InsufficientScope => Some("Bearer error=\"insufficient_scope\""),
            // RFC 6749 section 5.2: the way in which clients authenticate.
            Self::ClientRefused => Some("Basic realm=\"clients\""),
            Self::LoginRequest
            | Self::ClientRequest
            | Self::PolicyDenied
            | Self::PolicyEvaluation
            | Self::RateLimitExceeded
            | Self::StoreUnavailable => None,
        }
    }
}

impl ErrorType {
    /// The code of the error in OAuth 2.0, for its clients (RFC 6749 section 5.2).
    #[must_use]
    pub fn oauth_code(self) -> Option<&'static str> {
        match self {
            Self::LoginFailed => Some("invalid_grant"),
            Self::LoginRequest | Self::ClientRequest => Some("invalid_request"),
            Self::ClientRefused => Some("invalid_client"),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A string that is not the name of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownErrorType;

impl fmt::Display for UnknownErrorType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no error has this name")
    }
}

impl std::error::Error for UnknownErrorType {}

impl FromStr for ErrorType {
    type Err = UnknownErrorType;

    fn from_str(name: &str) -> Result<Self, UnknownErrorType> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or(UnknownErrorType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_as_its_error_type() {
        for error_type in ErrorType::ALL {
            assert_eq!(error_type.as_str().parse(), Ok(error_type));
        }
        assert_eq!("TokenError".parse::<ErrorType>(), Err(UnknownErrorType));
    }
}
