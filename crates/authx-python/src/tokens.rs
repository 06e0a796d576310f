//! Tokens that were found in a request, and tokens that are decoded without verification.

use authx::login::Credentials;
use authx::transport::CsrfProof;
use authx::{Location, RequestToken, TokenKind};
use pyo3::prelude::*;
use serde_json::value::RawValue;

use crate::errors::authentication_error;
use crate::instant::instant;
use crate::json;
use crate::requirement::{self, Requirement};

/// See `FoundToken` in `_authx.pyi`.
#[pyclass(frozen, get_all, module = "authx._authx")]
pub(crate) struct FoundToken {
    token: String,
    r#type: String,
    location: &'static str,
    csrf: Option<String>,
    csrf_required: bool,
}

impl FoundToken {
    pub(crate) fn new(found: &authx::RequestToken<'_>) -> Self {
        Self {
            token: match found.location() {
                Location::Headers | Location::Cookies | Location::Subprotocol => {
                    latin1(found.as_bytes())
                }
                // Starlette reads a query string and a JSON body as UTF-8.
                Location::Query | Location::Json => {
                    String::from_utf8_lossy(found.as_bytes()).into_owned()
                }
            },
            r#type: found.kind().as_str().to_owned(),
            location: found.location().as_str(),
            csrf: found.csrf().presented.as_deref().map(latin1),
            csrf_required: found.csrf().required,
        }
    }
}

/// See `read_credentials` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (content_type, body))]
pub(crate) fn read_credentials(
    py: Python<'_>,
    content_type: &[u8],
    body: Option<&[u8]>,
) -> PyResult<(String, String, Vec<String>)> {
    let read = Credentials::read(content_type, body);
    let read = read.map_err(|error| authentication_error(py, &error, None))?;
    let password = read.password().to_owned();
    Ok((read.username, password, read.scopes))
}

/// See `decode_unverified` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn decode_unverified<'py>(py: Python<'py>, token: &str) -> PyResult<Bound<'py, PyAny>> {
    unverified(py, authx::token::decode_unverified_payload(token))
}

/// See `check_unverified` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn check_unverified(
    py: Python<'_>,
    requirement: &Requirement,
    token: &str,
    location: &str,
    csrf: Option<&str>,
    csrf_required: bool,
    now: f64,
) -> PyResult<()> {
    let found = found(token, location, csrf, csrf_required)?;
    authx::verify::check_unverified(&found, &requirement.inner, instant("now", now)?)
        .map_err(|error| authentication_error(py, &error, None))
}

/// See `token_header` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn token_header<'py>(py: Python<'py>, token: &str) -> PyResult<Bound<'py, PyAny>> {
    unverified(py, authx::token::decode_unverified_header(token))
}

/// The bytes of a request decoded as ISO 8859-1, as ASGI servers and Starlette do.
pub(crate) fn latin1(bytes: impl AsRef<[u8]>) -> String {
    match std::str::from_utf8(bytes.as_ref()) {
        // The usual case: ASCII is the same in both encodings, and is copied in one piece.
        Ok(string) if string.is_ascii() => string.to_owned(),
        _ => bytes.as_ref().iter().copied().map(char::from).collect(),
    }
}

fn unverified(
    py: Python<'_>,
    value: Result<Box<RawValue>, authx::Error>,
) -> PyResult<Bound<'_, PyAny>> {
    let value = value.map_err(|error| authentication_error(py, &error, None))?;
    json::loads(py, value.get())
}

/// A token that was found before, or that came another way than in a request.
pub(crate) fn found<'t>(
    token: &'t str,
    location: &str,
    csrf: Option<&str>,
    csrf_required: bool,
) -> PyResult<RequestToken<'t>> {
    let presented = csrf.map(|csrf| latin1_bytes(csrf).into());
    let proof = CsrfProof { presented, required: csrf_required };
    Ok(RequestToken::new(token, TokenKind::Access, requirement::location(location)?)
        .with_csrf(proof))
}

/// The bytes that [`latin1`] decoded to this string. A string with other characters doesn't come from it; its
/// bytes are those of UTF-8.
pub(crate) fn latin1_bytes(string: &str) -> Vec<u8> {
    let bytes: Option<Vec<u8>> =
        string.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    bytes.unwrap_or_else(|| string.as_bytes().to_vec())
}
