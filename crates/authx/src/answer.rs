//! The HTTP response to an error (status, headers and body), and how an open WebSocket is closed.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::engine::Engine;
use crate::error::Error;

pub use crate::error_type::{ErrorType, UnknownErrorType};

/// The response to a request that is refused.
///
/// ```
/// use authx::{Config, Engine, Error, Secret};
///
/// let secret = Secret::from("a secret of at least thirty-two bytes");
/// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
/// let answer = engine.answer(&Error::MissingToken);
/// assert_eq!(answer.status, 401);
/// assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
/// assert_eq!(answer.body, r#"{"message":"Token Error","error_type":"MissingTokenError"}"#);
/// # Ok::<(), authx::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The error's name, that of the body's field `error_type`.
    pub error_type: String,
    /// The body's message.
    pub message: String,
    /// The headers, with names in lower case: `content-type`, and `www-authenticate` and `retry-after` where
    /// the answer has them.
    pub headers: Vec<(&'static str, String)>,
    /// The body, a JSON object.
    pub body: String,
    /// How an open WebSocket is closed for this error.
    pub close: SocketClose,
}

impl Answer {
    /// The value of a header; `name` is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(key, _)| *key == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// How a server closes a WebSocket (RFC 6455 section 7.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketClose {
    /// The status code (RFC 6455 section 7.4.1).
    pub code: u16,
    /// What the client is told, in ASCII and short enough for a control frame.
    pub reason: &'static str,
}

impl SocketClose {
    /// For a failure of the service: a store has no answer, so the token can't be accepted.
    pub const FAILED: Self = Self { code: 1011, reason: "Internal Server Error" };

    /// For a token that is no longer accepted: code 1008 (policy violation), with the error's name as reason. For a store
    /// without an answer the code is 1011 (internal error).
    #[must_use]
    pub fn of(error_type: ErrorType) -> Self {
        let code = if error_type == ErrorType::StoreUnavailable { 1011 } else { 1008 };
        Self { code, reason: error_type.as_str() }
    }
}

/// An error raised outside the engine, for instance by a Python application, which
/// [`Engine::answer_reported`] makes an [`Answer`] of.
#[derive(Clone, Copy, Debug)]
pub struct ReportedError<'a> {
    /// Decides status and challenge of the answer.
    pub error_type: ErrorType,
    /// The error's name, which may be that of a subclass.
    pub name: &'a str,
    /// The message of the body.
    pub message: &'a str,
    /// What else the body and the headers contain.
    pub details: ErrorDetails<'a>,
    /// The text of [`Engine::explain`], for the developer of a client. The body has it only with
    /// `JWT_EXPLAIN_ERRORS`.
    pub explanation: Option<&'a str>,
}

/// What an answer contains beside message and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorDetails<'a> {
    /// Nothing.
    #[default]
    None,
    /// The expected login type, and the token's.
    LoginTypes {
        /// The login type of the engine that refuses the token, if it has one.
        expected: Option<&'a str>,
        /// The token's, if it has one.
        actual: Option<&'a str>,
    },
    /// After how many seconds another request may pass (RFC 9110 section 10.2.3).
    RetryAfter(u64),
}

impl<'a> ErrorDetails<'a> {
    fn of(error: &'a Error) -> Self {
        match error {
            Error::LoginTypeMismatch { expected, actual } => {
                Self::LoginTypes { expected: expected.as_deref(), actual: actual.as_deref() }
            }
            Error::RateLimitExceeded { retry_after } => Self::RetryAfter(*retry_after),
            _ => Self::None,
        }
    }
}

/// After how many seconds a store that gave no answer may be asked again: less than the grace period of a refresh token,
/// which the failed request may have used up.
const STORE_RETRY_AFTER: u64 = 2;

impl Engine {
    /// The response to an error. The status for tokens that can't be decoded and the name of the body's
    /// message field are configured.
    #[must_use]
    pub fn answer(&self, error: &Error) -> Answer {
        self.answer_explained(error, None)
    }

    /// As [`Engine::answer`], with the text of [`Engine::explain`] in the body's field `explanation` if
    /// `JWT_EXPLAIN_ERRORS` is set.
    ///
    /// ```
    /// use authx::{Config, Engine, Error, Secret};
    ///
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).explain_errors(true).build()?);
    /// let answer = engine.answer_explained(&Error::MissingToken, Some("No access token was found."));
    /// assert!(answer.body.ends_with(r#","explanation":"No access token was found."}"#));
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn answer_explained(&self, error: &Error, explanation: Option<&str>) -> Answer {
        let error_type = error.kind();
        let specific;
        let message = match error_type.message() {
            // Its own message, because neither the token nor its issuer need be at fault.
            Some(message) if !matches!(error, Error::UnexpectedClaims { .. }) => message,
            _ => {
                specific = error.to_string();
                &specific
            }
        };
        let details = ErrorDetails::of(error);
        self.answer_reported(&ReportedError {
            error_type,
            name: error_type.as_str(),
            message,
            details,
            explanation,
        })
    }

    /// The response to an error that was raised outside of the engine.
    #[must_use]
    pub fn answer_reported(&self, error: &ReportedError<'_>) -> Answer {
        let config = self.config();
        let details = match error.details {
            ErrorDetails::None if error.error_type == ErrorType::StoreUnavailable => {
                ErrorDetails::RetryAfter(STORE_RETRY_AFTER)
            }
            given => given,
        };
        let error = &ReportedError { details, ..*error };
        let status = error.error_type.status(config.invalid_token_status());
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if let Some(challenge) = error.error_type.challenge() {
            headers.push(("www-authenticate", with_scheme(challenge, &config.header_type)));
        }
        if let ErrorDetails::RetryAfter(seconds) = error.details {
            headers.push(("retry-after", seconds.to_string()));
        }
        let explanation = error.explanation.filter(|_| config.explains_errors());
        let body = Body { message_key: config.error_message_key(), error, explanation };
        Answer {
            status,
            error_type: error.name.to_owned(),
            message: error.message.to_owned(),
            headers,
            // It has only strings and numbers, under string keys, so this can't fail.
            body: serde_json::to_string(&body).unwrap_or_default(),
            close: SocketClose::of(error.error_type),
        }
    }
}

/// The challenge with the scheme that the header of a token has (`JWT_HEADER_TYPE`). A challenge needs a scheme (RFC
/// 9110 section 11.6.1), so it stays `Bearer` where tokens come without one.
fn with_scheme(challenge: &str, scheme: &str) -> String {
    match challenge.strip_prefix(DEFAULT_SCHEME) {
        Some(parameters) if !scheme.is_empty() => format!("{scheme}{parameters}"),
        _ => challenge.to_owned(),
    }
}

const DEFAULT_SCHEME: &str = "Bearer";

const OAUTH_CODE: &str = "error";

struct Body<'a> {
    message_key: &'a str,
    error: &'a ReportedError<'a>,
    explanation: Option<&'a str>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry(self.message_key, self.error.message)?;
        fields.serialize_entry("error_type", self.error.name)?;
        if let Some(code) = self.error.error_type.oauth_code()
            && self.message_key != OAUTH_CODE
        {
            fields.serialize_entry(OAUTH_CODE, code)?;
        }
        match self.error.details {
            ErrorDetails::None => {}
            ErrorDetails::LoginTypes { expected, actual } => {
                fields.serialize_entry("expected_type", &expected)?;
                fields.serialize_entry("actual_type", &actual)?;
            }
            ErrorDetails::RetryAfter(seconds) => fields.serialize_entry("retry_after", &seconds)?,
        }
        if let Some(explanation) = self.explanation {
            fields.serialize_entry("explanation", explanation)?;
        }
        fields.end()
    }
}

impl fmt::Display for SocketClose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::key::Secret;

    fn engine(invalid_token_status: u16) -> Engine {
        let secret = Secret::from("a secret of at least thirty-two bytes");
        let builder = Config::builder().secret_key(secret).error_message_key("detail");
        let config = builder.invalid_token_status(invalid_token_status).build();
        Engine::new(config.expect("settings"))
    }

    #[test]
    fn an_undecodable_token_has_the_configured_status_and_a_challenge_with_each() {
        for status in [401, 422] {
            let answer = engine(status).answer(&Error::Expired);
            let challenge = answer.header("www-authenticate");
            let expected = (status, Some("Bearer error=\"invalid_token\""));
            assert_eq!((answer.status, challenge), expected);
        }
        assert_eq!(engine(422).answer(&Error::FreshTokenRequired).status, 401);
    }

    #[test]
    fn a_challenge_names_the_configured_scheme() {
        for (scheme, challenge) in
            [("JWT", "JWT error=\"invalid_token\""), ("", "Bearer error=\"invalid_token\"")]
        {
            let secret = Secret::from("a secret of at least thirty-two bytes");
            let config = Config::builder().secret_key(secret).header_type(scheme).build();
            let answer = Engine::new(config.expect("settings")).answer(&Error::Revoked);
            assert_eq!(answer.header("www-authenticate"), Some(challenge), "{scheme:?}");
        }
    }

    #[test]
    fn an_exceeded_rate_limit_says_in_header_and_body_when_to_retry() {
        let answer = engine(401).answer(&Error::RateLimitExceeded { retry_after: 7 });
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
        let body = concat!(
            r#"{"detail":"Rate limit exceeded. Retry after 7 seconds.","#,
            r#""error_type":"RateLimitExceeded","retry_after":7}"#
        );
        assert_eq!(answer.body, body);
    }

    #[test]
    fn a_login_type_mismatch_names_both_login_types() {
        for (expected, actual, end) in [
            (Some("admin"), None, r#""expected_type":"admin","actual_type":null}"#),
            (None, Some("admin"), r#""expected_type":null,"actual_type":"admin"}"#),
        ] {
            let error = Error::LoginTypeMismatch {
                expected: expected.map(str::to_owned),
                actual: actual.map(str::to_owned),
            };
            let body = engine(401).answer(&error).body;
            assert!(body.ends_with(end), "{body}");
        }
    }

    #[test]
    fn a_reported_error_keeps_its_name_and_message() {
        let reported = ReportedError {
            error_type: ErrorType::PolicyDenied,
            name: "EmbargoError",
            message: "not \"yet\"",
            details: ErrorDetails::None,
            explanation: Some("with the setting only"),
        };
        let answer = engine(401).answer_reported(&reported);
        assert_eq!(answer.status, 403);
        assert_eq!(answer.body, r#"{"detail":"not \"yet\"","error_type":"EmbargoError"}"#);
        assert_eq!(answer.close, SocketClose { code: 1008, reason: "PolicyDeniedError" });
    }
}
