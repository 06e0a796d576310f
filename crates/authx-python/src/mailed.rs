//! Tokens that a service sends by mail.

use authx::SystemRandom;
use authx::login::MailedToken;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::engine::Engine;
use crate::errors::{authentication_error, issue_error};
use crate::instant::instant;

/// See `issue_mailed` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn issue_mailed(
    py: Python<'_>,
    engine: &Engine,
    purpose: &str,
    uid: &str,
    now: f64,
) -> PyResult<String> {
    let (purpose, now) = (named(purpose)?, instant("now", now)?);
    let issued = engine.inner.issue_mailed(purpose, uid, now, &SystemRandom);
    issued.map_err(|error| issue_error(py, &error))
}

/// See `read_mail_request` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (content_type, body))]
pub(crate) fn read_mail_request(
    py: Python<'_>,
    content_type: &[u8],
    body: Option<&[u8]>,
) -> PyResult<String> {
    let read = MailedToken::read_request(content_type, body);
    read.map_err(|error| authentication_error(py, &error, None))
}

/// See `read_mailed_use` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (purpose, content_type, body))]
pub(crate) fn read_mailed_use(
    py: Python<'_>,
    purpose: &str,
    content_type: &[u8],
    body: Option<&[u8]>,
) -> PyResult<(String, Option<String>)> {
    let read = named(purpose)?.read_use(content_type, body);
    let read = read.map_err(|error| authentication_error(py, &error, None))?;
    Ok((read.token, read.password))
}

fn named(purpose: &str) -> PyResult<MailedToken> {
    let all = [MailedToken::PasswordReset, MailedToken::Verification];
    let found = all.into_iter().find(|known| known.kind().as_str() == purpose);
    found.ok_or_else(|| PyValueError::new_err("purpose: password_reset or verification"))
}
