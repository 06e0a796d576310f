//! Several logins of one application.

use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::claim_value::ClaimValues;
use crate::engine::{Engine, instant};
use crate::errors::authentication_error;
use crate::requirement::Requirement;

/// See `verify_among` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (engine, others, requirement, scope, now, body = None, form = None))]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts owned lists")]
pub(crate) fn verify_among(
    engine: &Engine,
    others: Vec<PyRef<'_, Engine>>,
    requirement: &Requirement,
    scope: &Bound<'_, PyMapping>,
    now: f64,
    body: Option<&[u8]>,
    form: Option<Vec<(String, String)>>,
) -> PyResult<()> {
    let now = instant("now", now)?;
    engine.with_token(requirement, scope, body, form, |found| {
        let others = others.iter().map(|other| &other.inner);
        let verified =
            engine.inner.verify_among::<ClaimValues>(&found, &requirement.inner, others, now);
        verified.map(drop).map_err(|error| engine.error(scope.py(), &error))
    })
}

/// See `check_login_type` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (expected, actual))]
pub(crate) fn check_login_type(
    py: Python<'_>,
    expected: &str,
    actual: Option<&str>,
) -> PyResult<()> {
    authx::check_login_type(expected, actual)
        .map_err(|error| authentication_error(py, &error, Some(expected)))
}
