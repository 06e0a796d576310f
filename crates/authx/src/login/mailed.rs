//! Tokens that a service sends to a user by mail: for a forgotten password, and to verify an address.

use std::fmt;
use std::time::Duration;

use super::body::Fields;
use crate::engine::Engine;
use crate::error::Error;
use crate::issue::NewToken;
use crate::issue_error::IssueError;
use crate::random::Random;
use crate::time::Timestamp;
use crate::token_kind::TokenKind;

/// What a token is for that a service sends by mail. It is used once, so it needs a store.
///
/// ```
/// use authx::login::MailedToken;
/// # use authx::{Config, Engine, SystemRandom, Timestamp};
/// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
/// # let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
///
/// let token = engine.issue_mailed(MailedToken::PasswordReset, "ada", now, &SystemRandom)?;
/// assert_eq!(MailedToken::PasswordReset.kind().as_str(), "password_reset");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailedToken {
    /// Who has it may set a new password.
    PasswordReset,
    /// Who has it reads the mail of that address.
    Verification,
}

impl MailedToken {
    /// The type of the token, for `JWT_TOKEN_TYPES`.
    #[must_use]
    pub const fn kind(self) -> TokenKind {
        match self {
            Self::PasswordReset => PASSWORD_RESET,
            Self::Verification => VERIFICATION,
        }
    }

    /// How long it is valid, unless `JWT_TOKEN_TYPES` says so.
    const fn lifetime(self) -> Duration {
        match self {
            Self::PasswordReset => Duration::from_secs(60 * 60),
            Self::Verification => Duration::from_secs(24 * 60 * 60),
        }
    }

    /// Reads the body of a request for such a token: the field `username`, as JSON or as a form.
    ///
    /// # Errors
    ///
    /// [`Error::LoginRequest`] says what is wrong with the body.
    pub fn read_request(content_type: &[u8], body: Option<&[u8]>) -> Result<String, Error> {
        Fields::read(content_type, body, NO_USERNAME_OBJECT)?.username()
    }

    /// Reads the body of a request that uses such a token: the field `token`, and for a reset `password`.
    ///
    /// # Errors
    ///
    /// [`Error::LoginRequest`] says what is wrong with the body.
    pub fn read_use(
        self,
        content_type: &[u8],
        body: Option<&[u8]>,
    ) -> Result<MailedTokenUse, Error> {
        let needs_password = self == Self::PasswordReset;
        let expected = if needs_password { NO_RESET_OBJECT } else { NO_TOKEN_OBJECT };
        let mut fields = Fields::read(content_type, body, expected)?;
        let token = fields.token()?;
        let password = if needs_password { Some(fields.password()?) } else { None };
        Ok(MailedTokenUse { token, password })
    }
}

const PASSWORD_RESET: TokenKind = match TokenKind::named("password_reset") {
    Ok(kind) => kind,
    Err(_) => panic!("a name"),
};
const VERIFICATION: TokenKind = match TokenKind::named("verification") {
    Ok(kind) => kind,
    Err(_) => panic!("a name"),
};

/// A token from a mail, and the new password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailedTokenUse {
    /// The token, which nobody has verified.
    pub token: String,
    /// The new password, of a reset. It is not empty.
    pub password: Option<String>,
}

impl fmt::Debug for MailedTokenUse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MailedTokenUse").finish_non_exhaustive()
    }
}

impl Engine {
    /// A token to be sent by mail, for one use.
    ///
    /// # Errors
    ///
    /// As [`Engine::issue`].
    pub fn issue_mailed(
        &self,
        purpose: MailedToken,
        subject: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<String, IssueError> {
        let token = NewToken::new(purpose.kind(), subject).once();
        let is_listed = self.config().lists(purpose.kind());
        let token = if is_listed { token } else { token.expires_in(purpose.lifetime()) };
        self.issue(&token, now, random)
    }
}

const NO_USERNAME_OBJECT: &str = "body: a JSON object with the string username is expected";
const NO_RESET_OBJECT: &str = "body: a JSON object with the strings token and password is expected";
const NO_TOKEN_OBJECT: &str = "body: a JSON object with the string token is expected";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{TokenTypeSettings, TokenTypes};
    use crate::form::TWICE;
    use crate::login::body::{NO_PASSWORD, NO_TOKEN, NO_USERNAME};
    use crate::{Config, Location, RequestToken, Requirement, SystemRandom};

    const JSON: &[u8] = b"application/json";
    const FORM: &[u8] = b"application/x-www-form-urlencoded";

    fn lifetime(types: TokenTypes, purpose: MailedToken) -> Duration {
        let config = Config::builder().secret_key("a secret of at least thirty-two bytes");
        let engine = Engine::new(config.token_types(types).build().expect("settings"));
        let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
        let token = engine.issue_mailed(purpose, "ada", now, &SystemRandom).expect("a token");
        let found = RequestToken::new(&token, purpose.kind(), Location::Headers);
        let verified = engine.verify::<()>(&found, &Requirement::of(purpose.kind()), now);
        let token = verified.expect("a token").token();
        assert!(token.jti().is_some_and(|jti| jti.starts_with("once:")));
        token.exp().expect("an end").saturating_since(now)
    }

    #[test]
    fn a_mailed_token_has_a_lifetime_of_its_own_unless_it_is_set() {
        let hour = Duration::from_secs(3600);
        assert_eq!(lifetime(TokenTypes::default(), MailedToken::PasswordReset), hour);
        assert_eq!(lifetime(TokenTypes::default(), MailedToken::Verification), hour * 24);
        let settings = TokenTypeSettings::default().expires(Duration::from_secs(60));
        let types = TokenTypes::default().with("password_reset", settings);
        assert_eq!(lifetime(types, MailedToken::PasswordReset), hour / 60);
    }

    #[test]
    fn bodies_are_read_and_what_is_wrong_is_named() {
        let request = |kind, body: &str| MailedToken::read_request(kind, Some(body.as_bytes()));
        assert_eq!(request(JSON, r#"{"username": "ada"}"#), Ok("ada".to_owned()));
        assert_eq!(request(FORM, "username=ada"), Ok("ada".to_owned()));
        assert_eq!(request(FORM, ""), Err(Error::LoginRequest(NO_USERNAME)));
        assert_eq!(request(JSON, "[]"), Err(Error::LoginRequest(NO_USERNAME_OBJECT)));

        let reset = |kind, body: &str| {
            let read = MailedToken::PasswordReset.read_use(kind, Some(body.as_bytes()));
            read.map(|read| (read.token, read.password))
        };
        let expected = Ok(("t".to_owned(), Some("p".to_owned())));
        assert_eq!(reset(JSON, r#"{"token": "t", "password": "p"}"#), expected);
        assert_eq!(reset(FORM, "token=t&password=p"), expected);
        assert_eq!(reset(FORM, "token=t"), Err(Error::LoginRequest(NO_PASSWORD)));
        assert_eq!(reset(FORM, "password=p"), Err(Error::LoginRequest(NO_TOKEN)));
        assert_eq!(reset(FORM, "token=t&token=t"), Err(Error::LoginRequest(TWICE)));
        assert_eq!(reset(JSON, "{"), Err(Error::LoginRequest(NO_RESET_OBJECT)));

        let verified = MailedToken::Verification.read_use(JSON, Some(br#"{"token": "t"}"#));
        assert_eq!(verified.map(|read| (read.token, read.password)), Ok(("t".to_owned(), None)));
        let verified = MailedToken::Verification.read_use(JSON, Some(b"7"));
        assert_eq!(verified.err(), Some(Error::LoginRequest(NO_TOKEN_OBJECT)));
    }

    #[test]
    fn debug_shows_neither_token_nor_password() {
        let body = b"token=never-to-be-seen&password=never-to-be-seen";
        let read = MailedToken::PasswordReset.read_use(FORM, Some(body)).expect("a use");
        assert!(!format!("{read:?}").contains("never"));
    }
}
