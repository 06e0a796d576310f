//! The HTTP answer to an exception.

use authx::answer::{ErrorType, SocketClose};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Status, headers, body, and the code and reason to close an open WebSocket with.
pub(crate) type Answer<'py> =
    (u16, Vec<(&'static str, String)>, Bound<'py, PyBytes>, (u16, &'static str));

pub(crate) fn to_python(py: Python<'_>, answer: authx::answer::Answer) -> Answer<'_> {
    let close = (answer.close.code, answer.close.reason);
    (answer.status, answer.headers, PyBytes::new(py, answer.body.as_bytes()), close)
}

/// See `failed_close` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn failed_close() -> (u16, &'static str) {
    (SocketClose::FAILED.code, SocketClose::FAILED.reason)
}

/// See `error_types` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn error_types() -> Vec<&'static str> {
    ErrorType::ALL.into_iter().map(ErrorType::as_str).collect()
}

/// See `error_message` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn error_message(error_type: &str) -> PyResult<Option<&'static str>> {
    Ok(known(error_type)?.message())
}

/// The error of this name.
pub(crate) fn known(error_type: &str) -> PyResult<ErrorType> {
    error_type.parse().map_err(|_| PyKeyError::new_err(error_type.to_owned()))
}

/// See `oversized_cookie` in `_authx.pyi`.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 converts a list into a vector")]
pub(crate) fn oversized_cookie(cookies: Vec<String>) -> Option<String> {
    authx::transport::oversized_cookie(&cookies)
}
