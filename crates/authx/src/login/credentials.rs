//! [`Credentials`]: the name and the password in the body of a login.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::error::Error;
use crate::transport::is_of_type;

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
        let body = body.ok_or(Error::LoginRequest(TOO_LARGE))?;
        let fields = if is_of_type(content_type, "application/json") {
            serde_json::from_slice(body).map_err(|_| Error::LoginRequest(NO_OBJECT))?
        } else if is_of_type(content_type, "application/x-www-form-urlencoded") {
            Fields::of_form(body)?
        } else {
            return Err(Error::LoginRequest(MEDIA_TYPE));
        };
        fields.check()
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

/// A field that occurs twice is an error, in JSON as in a form (RFC 6749 section 3.2).
#[derive(Default, Deserialize)]
struct Fields {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    scope: Option<String>,
}

impl Fields {
    fn of_form(body: &[u8]) -> Result<Self, Error> {
        let mut fields = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let slot = match &*name {
                "grant_type" => &mut fields.grant_type,
                "username" => &mut fields.username,
                "password" => &mut fields.password,
                "scope" => &mut fields.scope,
                _ => continue,
            };
            if slot.replace(Cow::into_owned(value)).is_some() {
                return Err(Error::LoginRequest(TWICE));
            }
        }
        Ok(fields)
    }

    fn check(self) -> Result<Credentials, Error> {
        if self.grant_type.is_some_and(|grant_type| grant_type != "password") {
            return Err(Error::LoginRequest(GRANT_TYPE));
        }
        let username = self.username.filter(|username| !username.is_empty());
        let username = username.ok_or(Error::LoginRequest(NO_USERNAME))?;
        if username.len() > LONGEST_USERNAME {
            return Err(Error::LoginRequest(LONG_USERNAME));
        }
        let password = self.password.filter(|password| !password.is_empty());
        let password = password.ok_or(Error::LoginRequest(NO_PASSWORD))?;
        if password.len() > LONGEST_PASSWORD {
            return Err(Error::LoginRequest(LONG_PASSWORD));
        }
        let scope = self.scope.unwrap_or_default();
        let scopes = scope.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Credentials { username, password, scopes })
    }
}

/// In bytes. A name goes into logs, and the hash of a password takes longer the longer it is.
const LONGEST_USERNAME: usize = 1024;
const LONGEST_PASSWORD: usize = 4096;

const TOO_LARGE: &str = "body: it is larger than JWT_MAX_BODY_SIZE";
const MEDIA_TYPE: &str =
    "Content-Type: application/json or application/x-www-form-urlencoded is expected";
const NO_OBJECT: &str = "body: a JSON object with the strings username and password is expected";
const TWICE: &str = "body: a field occurs twice";
const GRANT_TYPE: &str = "grant_type: password is expected";
const NO_USERNAME: &str = "username: it is missing or empty";
const LONG_USERNAME: &str = "username: at most 1024 bytes are allowed";
const LONG_PASSWORD: &str = "password: at most 4096 bytes are allowed";
const NO_PASSWORD: &str = "password: it is missing or empty";

#[cfg(test)]
mod tests {
    use super::*;

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
