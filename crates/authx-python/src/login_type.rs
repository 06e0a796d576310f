//! Several logins of one application.

use pyo3::prelude::*;

use crate::errors::authentication_error;

/// See `check_login_type` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (expected, actual))]
pub(crate) fn check_login_type(
    py: Python<'_>,
    expected: &str,
    actual: Option<&str>,
) -> PyResult<()> {
    authx::verify::check_login_type(Some(expected), actual)
        .map_err(|error| authentication_error(py, &error, Some(expected)))
}
