//! The fields in the bodies of the ready routes, as JSON or as a form.

use serde::Deserialize;

use crate::error::Error;
use crate::form::{TOO_LARGE, read_fields};
use crate::transport::is_of_type;

/// A field that occurs twice is an error, in JSON as in a form (RFC 6749 section 3.2).
#[derive(Default, Deserialize)]
pub(super) struct Fields {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    scope: Option<String>,
    token: Option<String>,
}

impl Fields {
    /// Reads the body of a request with this `Content-Type`; `None` for one that is larger than allowed. `expected` is
    /// the problem with JSON that has no such fields.
    pub(super) fn read(
        content_type: &[u8],
        body: Option<&[u8]>,
        expected: &'static str,
    ) -> Result<Self, Error> {
        let body = body.ok_or(Error::LoginRequest(TOO_LARGE))?;
        if is_of_type(content_type, "application/json") {
            serde_json::from_slice(body).map_err(|_| Error::LoginRequest(expected))
        } else if is_of_type(content_type, "application/x-www-form-urlencoded") {
            Self::of_form(body)
        } else {
            Err(Error::LoginRequest(MEDIA_TYPE))
        }
    }

    fn of_form(body: &[u8]) -> Result<Self, Error> {
        let mut fields = Self::default();
        let Self { grant_type, username, password, scope, token } = &mut fields;
        let slots = [
            ("grant_type", grant_type),
            ("username", username),
            ("password", password),
            ("scope", scope),
            ("token", token),
        ];
        read_fields(body, slots).map_err(Error::LoginRequest)?;
        Ok(fields)
    }

    /// A login by another grant is none that the ready routes have.
    pub(super) fn check_grant_type(&self) -> Result<(), Error> {
        match self.grant_type.as_deref() {
            None | Some("password") => Ok(()),
            Some(_) => Err(Error::LoginRequest(GRANT_TYPE)),
        }
    }

    pub(super) fn username(&mut self) -> Result<String, Error> {
        let username = self.username.take().filter(|username| !username.is_empty());
        let username = username.ok_or(Error::LoginRequest(NO_USERNAME))?;
        if username.len() > LONGEST_USERNAME {
            return Err(Error::LoginRequest(LONG_USERNAME));
        }
        Ok(username)
    }

    pub(super) fn password(&mut self) -> Result<String, Error> {
        let password = self.password.take().filter(|password| !password.is_empty());
        let password = password.ok_or(Error::LoginRequest(NO_PASSWORD))?;
        if password.len() > LONGEST_PASSWORD {
            return Err(Error::LoginRequest(LONG_PASSWORD));
        }
        Ok(password)
    }

    pub(super) fn token(&mut self) -> Result<String, Error> {
        let token = self.token.take().filter(|token| !token.is_empty());
        token.ok_or(Error::LoginRequest(NO_TOKEN))
    }

    pub(super) fn scopes(&mut self) -> Vec<String> {
        let scope = self.scope.take().unwrap_or_default();
        scope.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}

/// In bytes. A name goes into logs, and the hash of a password takes longer the longer it is.
const LONGEST_USERNAME: usize = 1024;
const LONGEST_PASSWORD: usize = 4096;

pub(super) const MEDIA_TYPE: &str =
    "Content-Type: application/json or application/x-www-form-urlencoded is expected";
pub(super) const GRANT_TYPE: &str = "grant_type: password is expected";
pub(super) const NO_USERNAME: &str = "username: it is missing or empty";
pub(super) const LONG_USERNAME: &str = "username: at most 1024 bytes are allowed";
pub(super) const LONG_PASSWORD: &str = "password: at most 4096 bytes are allowed";
pub(super) const NO_PASSWORD: &str = "password: it is missing or empty";
pub(super) const NO_TOKEN: &str = "token: it is missing or empty";
