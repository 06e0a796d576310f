//! Tokens on their way: found, verified, due for refresh, or only looked at.

use std::borrow::Cow;

use authx::{Answer, Claims, Location, SocketClose, Timestamp};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use serde_json::value::RawValue;

use crate::claim_value::ClaimValues;
use crate::claims::token_payload;
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

/// See `Verified` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Verified {
    #[pyo3(get)]
    payload: Py<PyAny>,
    /// The session that has to be asked about.
    #[pyo3(get)]
    session: Option<String>,
    token: String,
    exp: Option<Timestamp>,
    engine: authx::Engine,
}

impl Verified {
    pub(crate) fn new(
        py: Python<'_>,
        engine: &authx::Engine,
        token: String,
        claims: &Claims<ClaimValues>,
    ) -> PyResult<Self> {
        let payload = token_payload(py, claims)?.unbind();
        let session = engine.session_in_question(claims).map(str::to_owned);
        Ok(Self { payload, session, token, exp: claims.exp, engine: engine.clone() })
    }
}

#[pymethods]
impl Verified {
    #[getter]
    fn spellings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        spellings(py, &self.engine, &self.token)
    }

    /// Read anew, because only a payload model of the application's asks for them.
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decode_unverified(py, &self.token)
    }

    fn socket_check_in(&self, now: f64) -> PyResult<f64> {
        let now = crate::engine::instant("now", now)?;
        Ok(self.engine.socket_check_in(self.exp, now).as_secs_f64())
    }
}

/// See `socket_close` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (error_type))]
pub(crate) fn socket_close(error_type: Option<&str>) -> (u16, &'static str) {
    let answer = error_type.and_then(|name| Answer::of_type(name, 401));
    let close = answer.map_or(SocketClose::FAILED, |answer| answer.socket_close());
    (close.code, close.reason)
}

/// See `RefreshCandidate` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct RefreshCandidate {
    pub(crate) inner: authx::RefreshCandidate,
    pub(crate) engine: authx::Engine,
}

#[pymethods]
impl RefreshCandidate {
    #[getter]
    fn spellings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        spellings(py, &self.engine, self.inner.token())
    }

    #[getter]
    fn session(&self) -> Option<&str> {
        self.engine.session_in_question(self.inner.claims())
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
    json::loads(py, &value)
}

fn spellings<'py>(
    py: Python<'py>,
    engine: &authx::Engine,
    token: &str,
) -> PyResult<Bound<'py, PyTuple>> {
    let spellings = engine.spellings(token);
    PyTuple::new(py, spellings.iter().map(|text: &Cow<'_, str>| PyString::new(py, text)))
}
