//! [`Credentials`]: the name and the password in the body of a login.

use std::fmt;

use super::body::Fields;
use crate::error::Error;

/// What a login's request contains, as JSON or as the form of OAuth 2.0 (RFC 6749 section 4.3.2).
///
/// ```
/// use authx::login::Credentials;
///
/// let json = br#"{"username": "ada", "password": "engine"}"#;
/// let json = Credentials::read(b"application/json", Some(json))?;
/// assert_eq!((json.username.as_str(), json.password()), ("ada", "engine"));
///
/// let form = b"grant_type=password&username=ada&password=engine&scope=notes%3Aread";
/// let form = Credentials::read(b"application/x-www-form-urlencoded", Some(form))?;
/// assert_eq!(form.scopes, ["notes:read"]);
/// # Ok::<(), authx::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// Who wants to log in. It is not empty.
    pub username: String,
    password: String,
    /// The scopes that the client asks for. The application decides which of them it gets.
    pub scopes: Vec<String>,
}

impl Credentials {
    /// Reads the body of a request with this `Content-Type`; `None` for a body that is larger than allowed.
    ///
    /// # Errors
    ///
    /// [`Error::LoginRequest`] says what is wrong with the body, and shows nothing of it.
    pub fn read(content_type: &[u8], body: Option<&[u8]>) -> Result<Self, Error> {
        let mut fields = Fields::read(content_type, body, NO_OBJECT)?;
        fields.check_grant_type()?;
        let (username, password) = (fields.username()?, fields.password()?);
        Ok(Self { username, password, scopes: fields.scopes() })
    }

    /// The password. `Debug` doesn't show it.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("username", &self.username)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

const NO_OBJECT: &str = "body: a JSON object with the strings username and password is expected";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::TWICE;
    use crate::login::body::{
        GRANT_TYPE, LONG_PASSWORD, LONG_USERNAME, MEDIA_TYPE, NO_PASSWORD, NO_USERNAME,
    };

    const FORM: &[u8] = b"application/x-www-form-urlencoded; charset=utf-8";
    const JSON: &[u8] = b"Application/JSON";

    #[test]
    fn what_is_wrong_is_named_and_not_shown() {
        let cases: [(&[u8], &str, &str); 14] = [
            (b"", "username=ada&password=secret", MEDIA_TYPE),
            (b"text/plain", "username=ada&password=secret", MEDIA_TYPE),
            (b"multipart/form-data", "username=ada&password=secret", MEDIA_TYPE),
            (JSON, "", NO_OBJECT),
            (JSON, "secret", NO_OBJECT),
            (JSON, r#"["ada", "secret"#, NO_OBJECT),
            (JSON, r#"{"username": "ada", "password": 7}"#, NO_OBJECT),
            (JSON, r#"{"username": "ada", "username": "eve", "password": "secret"}"#, NO_OBJECT),
            (JSON, r#"{"username": "", "password": "secret"}"#, NO_USERNAME),
            (JSON, r#"{"username": "ada"}"#, NO_PASSWORD),
            (FORM, "password=secret", NO_USERNAME),
            (FORM, "username=ada&password=", NO_PASSWORD),
            (FORM, "username=ada&password=secret&password=other", TWICE),
            (FORM, "grant_type=refresh_token&username=ada&password=secret", GRANT_TYPE),
        ];
        for (content_type, body, expected) in cases {
            let error = Credentials::read(content_type, Some(body.as_bytes())).expect_err(body);
            assert_eq!(error, Error::LoginRequest(expected), "{body}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn names_and_passwords_are_bounded() {
        let form = |username: usize, password: usize| {
            let body =
                format!("username={}&password={}", "a".repeat(username), "p".repeat(password));
            Credentials::read(FORM, Some(body.as_bytes())).map(|_| ())
        };
        assert_eq!(form(1024, 4096), Ok(()));
        assert_eq!(form(1025, 1), Err(Error::LoginRequest(LONG_USERNAME)));
        assert_eq!(form(1, 4097), Err(Error::LoginRequest(LONG_PASSWORD)));
    }

    #[test]
    fn other_fields_do_not_matter_and_blanks_separate_scopes() {
        let body = "client_id=x&username=a%20b&password=p%2Bq+r&scope=one++two&remember=1";
        let read = Credentials::read(FORM, Some(body.as_bytes())).expect("credentials");
        assert_eq!((read.username.as_str(), read.password()), ("a b", "p+q r"));
        assert_eq!(read.scopes, ["one", "two"]);
        assert!(!format!("{read:?}").contains("p+q"));
    }
}
