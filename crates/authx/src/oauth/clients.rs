//! [`Clients`]: who may ask about tokens, and the request that they send.

use std::fmt;

use base64_simd::STANDARD;

use crate::error::Error;
use crate::form::{TOO_LARGE, read_fields};
use crate::key::Secret;
use crate::transport::is_of_type;

/// The clients that may introspect and revoke tokens, each with its secret.
///
/// ```
/// use authx::oauth::Clients;
///
/// let clients = Clients::default().with("gateway", "a long secret of the gateway, in its settings too")?;
/// let form = b"token=e30.e30.&client_id=gateway&client_secret=a+long+secret+of+the+gateway%2C+in+its+settings+too";
/// let request = clients.read(None, b"application/x-www-form-urlencoded", Some(form))?;
/// assert_eq!((request.client_id.as_str(), request.token()), ("gateway", "e30.e30."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Clients(Vec<(String, Secret)>);

/// Why a client can't be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    /// Its identifier is empty, or has characters that a client can't send (RFC 6749 appendix A.1).
    BadId,
    /// Its secret has less than 16 bytes, so that it can be guessed.
    ShortSecret,
    /// There is one of this identifier already.
    Twice,
}

/// A client's request about a token. `Debug` doesn't show the token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientRequest {
    /// Which client asks.
    pub client_id: String,
    token: String,
}

impl Clients {
    /// With one more client.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub fn with(
        mut self,
        id: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> Result<Self, ClientError> {
        let (id, secret) = (id.into(), secret.into());
        if id.is_empty() || !id.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(ClientError::BadId);
        }
        if secret.expose().len() < SHORTEST_SECRET {
            return Err(ClientError::ShortSecret);
        }
        if self.0.iter().any(|(known, _)| *known == id) {
            return Err(ClientError::Twice);
        }
        self.0.push((id, secret));
        Ok(self)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a request of introspection (RFC 7662 section 2.1) or revocation (RFC 7009 section 2.1), and authenticates its
    /// client: by the header `Authorization` with `Basic`, or by the fields `client_id` and `client_secret`. `body` is
    /// `None` for one that is larger than allowed.
    ///
    /// # Errors
    ///
    /// [`Error::ClientRefused`] for a client that is unknown or has another secret. [`Error::ClientRequest`] says what
    /// else is wrong, and shows nothing of the request.
    pub fn read(
        &self,
        authorization: Option<&[u8]>,
        content_type: &[u8],
        body: Option<&[u8]>,
    ) -> Result<ClientRequest, Error> {
        let body = body.ok_or(Error::ClientRequest(TOO_LARGE))?;
        if !is_of_type(content_type, "application/x-www-form-urlencoded") {
            return Err(Error::ClientRequest(MEDIA_TYPE));
        }
        let form = Form::read(body)?;
        // RFC 6749 section 2.3: a client must not use two ways in one request.
        let (id, secret) = match (authorization, form.client_id, form.client_secret) {
            (Some(header), _, None) => basic(header).ok_or(Error::ClientRefused)?,
            (Some(_), _, Some(_)) => return Err(Error::ClientRequest(TWO_WAYS)),
            (None, Some(id), Some(secret)) => (id, secret),
            (None, ..) => return Err(Error::ClientRefused),
        };
        if !self.is_known(&id, secret.as_bytes()) {
            return Err(Error::ClientRefused);
        }
        let token = form.token.filter(|token| !token.is_empty());
        let token = token.ok_or(Error::ClientRequest(NO_TOKEN))?;
        Ok(ClientRequest { client_id: id, token })
    }

    /// An unknown client takes as long as a wrong secret.
    fn is_known(&self, id: &str, secret: &[u8]) -> bool {
        let given = Secret::from(secret);
        let known = self.0.iter().find(|(known, _)| known == id);
        match known {
            Some((_, known)) => *known == given,
            None => {
                let _ = std::hint::black_box(given == Secret::from(vec![0; secret.len()]));
                false
            }
        }
    }
}

impl ClientRequest {
    /// The token that the request is about, which nobody has verified.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// In bytes. Secrets are made by programs, so a short one is a placeholder.
const SHORTEST_SECRET: usize = 16;

#[derive(Default)]
struct Form {
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Form {
    /// `token_type_hint` and others don't matter: the token says what it is.
    fn read(body: &[u8]) -> Result<Self, Error> {
        let mut form = Self::default();
        let Self { token, client_id, client_secret } = &mut form;
        let slots = [("token", token), ("client_id", client_id), ("client_secret", client_secret)];
        read_fields(body, slots).map_err(Error::ClientRequest)?;
        Ok(form)
    }
}

/// Identifier and secret, each in the encoding of forms (RFC 6749 section 2.3.1, RFC 7617).
fn basic(header: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = STANDARD.decode_to_vec(encoded.trim_ascii()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let part = |part: &[u8]| {
        // The rule of forms for one value: a form of one field.
        let form = [b"v=", part].concat();
        form_urlencoded::parse(&form).next().map(|(_, value)| value.into_owned())
    };
    // An unencoded `&` would end the value.
    let is_plain = !decoded.contains(&b'&');
    is_plain.then(|| Some((part(&decoded[..colon])?, part(&decoded[colon + 1..])?))).flatten()
}

const MEDIA_TYPE: &str = "Content-Type: application/x-www-form-urlencoded is expected";
const TWO_WAYS: &str = "client_secret: the header Authorization authenticates the client already";
const NO_TOKEN: &str = "token: it is missing or empty";

impl fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

impl fmt::Debug for ClientRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = formatter.debug_struct("ClientRequest");
        fields.field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BadId => "clients: an identifier is printable ASCII, and not empty",
            Self::ShortSecret => "clients: a secret has at least 16 bytes",
            Self::Twice => "clients: an identifier occurs twice",
        })
    }
}

impl std::error::Error for ClientError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::TWICE;

    const FORM: &[u8] = b"application/x-www-form-urlencoded; charset=utf-8";
    const SECRET: &str = "a secret: 100% + more";

    fn clients() -> Clients {
        let clients = Clients::default().with("gate way", SECRET).expect("a client");
        clients.with("other", "sixteen bytes is").expect("a client")
    }

    fn header(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode_to_string(credentials))
    }

    fn read(authorization: Option<&str>, body: &str) -> Result<(String, String), Error> {
        let read = clients().read(authorization.map(str::as_bytes), FORM, Some(body.as_bytes()));
        read.map(|request| (request.client_id.clone(), request.token().to_owned()))
    }

    #[test]
    fn a_client_authenticates_by_header_or_by_form() {
        let expected = Ok(("gate way".to_owned(), "a.b.c".to_owned()));
        let encoded = "gate+way:a+secret%3A+100%25+%2B+more";
        for scheme in [header(encoded), header(encoded).replace("Basic", "bASIC")] {
            assert_eq!(read(Some(&scheme), "token=a.b.c&token_type_hint=none"), expected);
        }
        let secret = "client_secret=a+secret%3A+100%25+%2B+more";
        assert_eq!(read(None, &format!("token=a.b.c&client_id=gate%20way&{secret}")), expected);
    }

    #[test]
    fn a_client_that_is_unknown_or_has_another_secret_is_refused() {
        let other = header("other:sixteen bytes is");
        assert!(read(Some(&other), "token=t").is_ok());
        for refused in [
            header("other:sixteen bytes iS"),
            header("other:sixteen bytes"),
            header("other:"),
            header("another:sixteen bytes is"),
            header("other"),
            header(":sixteen bytes is"),
            header("other:sixteen bytes is&v=other"),
            "Basic".to_owned(),
            "Basic %%%".to_owned(),
            "Bearer a.b.c".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(Some(&refused), "token=t"), Err(Error::ClientRefused), "{refused}");
        }
        for body in ["token=t", "token=t&client_id=other", "token=t&client_secret=sixteen+bytes+is"]
        {
            assert_eq!(read(None, body), Err(Error::ClientRefused), "{body}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_is_named() {
        let other = header("other:sixteen bytes is");
        let cases = [
            ("token=", NO_TOKEN),
            ("", NO_TOKEN),
            ("token=t&token=u", TWICE),
            ("token=t&client_secret=sixteen+bytes+is", TWO_WAYS),
        ];
        for (body, problem) in cases {
            assert_eq!(read(Some(&other), body), Err(Error::ClientRequest(problem)), "{body}");
        }
        let read = |content_type: &[u8], body| clients().read(None, content_type, body);
        assert_eq!(read(FORM, None).err(), Some(Error::ClientRequest(TOO_LARGE)));
        let json = read(b"application/json", Some(b"{}"));
        assert_eq!(json.err(), Some(Error::ClientRequest(MEDIA_TYPE)));
    }

    #[test]
    fn a_client_that_nobody_could_be_is_an_error() {
        let with = |id: &str, secret: &str| clients().with(id, secret).err();
        assert_eq!(with("", SECRET), Some(ClientError::BadId));
        assert_eq!(with("é", SECRET), Some(ClientError::BadId));
        assert_eq!(with("new", "too short"), Some(ClientError::ShortSecret));
        assert_eq!(with("other", SECRET), Some(ClientError::Twice));
    }

    #[test]
    fn debug_shows_neither_secrets_nor_tokens() {
        assert_eq!(format!("{:?}", clients()), r#"["gate way", "other"]"#);
        let header = header("other:sixteen bytes is");
        let read = clients().read(Some(header.as_bytes()), FORM, Some(b"token=a.b.c"));
        assert!(!format!("{read:?}").contains("a.b.c"));
    }
}
