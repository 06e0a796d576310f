//! Tokens that are found in a request, or only looked at.

use authx::Location;
use pyo3::prelude::*;
use serde_json::value::RawValue;

use crate::errors::authentication_error;
use crate::json;

/// See `FoundToken` in `_authx.pyi`.
#[pyclass(frozen, get_all, module = "authx._authx")]
pub(crate) struct FoundToken {
    token: String,
    r#type: &'static str,
    location: &'static str,
    csrf: Option<String>,
    csrf_required: bool,
}

impl FoundToken {
    pub(crate) fn new(found: &authx::RequestToken<'_>) -> Self {
        Self {
            token: match found.location() {
                Location::Headers | Location::Cookies => latin1(found.text()),
                // Starlette reads a query string and a JSON body as UTF-8.
                Location::Query | Location::Json => {
                    String::from_utf8_lossy(found.text()).into_owned()
                }
            },
            r#type: found.kind().as_str(),
            location: found.location().as_str(),
            csrf: found.csrf().presented.as_deref().map(latin1),
            csrf_required: found.csrf().required,
        }
    }
}

/// See `decode_unverified` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn decode_unverified<'py>(py: Python<'py>, token: &str) -> PyResult<Bound<'py, PyAny>> {
    unverified(py, authx::decode_unverified_payload(token))
}

/// See `token_header` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn token_header<'py>(py: Python<'py>, token: &str) -> PyResult<Bound<'py, PyAny>> {
    unverified(py, authx::decode_unverified_header(token))
}

/// The bytes that a request has, as the text that ASGI servers and Starlette make of them.
pub(crate) fn latin1(bytes: impl AsRef<[u8]>) -> String {
    match std::str::from_utf8(bytes.as_ref()) {
        // As a token is that verified: the same text in both encodings, and copied at once.
        Ok(text) if text.is_ascii() => text.to_owned(),
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

/// The bytes that [`latin1`] made a text of; a text of other origin is compared as UTF-8.
pub(crate) fn latin1_bytes(text: &str) -> Vec<u8> {
    let bytes: Option<Vec<u8>> =
        text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    bytes.unwrap_or_else(|| text.as_bytes().to_vec())
}
