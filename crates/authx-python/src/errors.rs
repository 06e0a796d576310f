//! The engine's errors as the exception classes of `authx.exceptions`.

use std::sync::OnceLock;

use authx::{ConfigError, Error, IssueError};
use authx_store::FlowError;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyModule;

use crate::forking::created_once;

/// The exception for an error, as an instance of the class that its type names.
pub(crate) fn authentication_error(
    py: Python<'_>,
    error: &Error,
    login_type: Option<&str>,
) -> PyErr {
    match exception(py, error, login_type) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

/// `BadConfigurationError`, naming the setting.
pub(crate) fn configuration_error(py: Python<'_>, error: &ConfigError) -> PyErr {
    bad_configuration(py, error.to_string())
}

/// `PolicyEvaluationError`, naming the rule and the field.
pub(crate) fn policy_evaluation_error(py: Python<'_>, problem: &str) -> PyErr {
    let class = exceptions(py).and_then(|module| module.getattr("PolicyEvaluationError"));
    match class.and_then(|class| class.call1((problem,))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

/// `StoreUnavailableError`, with the reason for the log.
pub(crate) fn store_error(py: Python<'_>, error: &FlowError) -> PyErr {
    let class = exceptions(py).and_then(|module| module.getattr("StoreUnavailableError"));
    match class.and_then(|class| class.call1((error.to_string(),))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

/// `ValueError` that names the argument, or `BadConfigurationError` if the configuration is at fault.
pub(crate) fn issue_error(py: Python<'_>, error: &IssueError) -> PyErr {
    match error {
        IssueError::NoSigningKey => bad_configuration(py, error.to_string()),
        IssueError::Random(_) | IssueError::Sign => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(in_words_of_python(&error.to_string())),
    }
}

/// The message with the name of the argument of `create_access_token` that the engine calls otherwise.
fn in_words_of_python(message: &str) -> String {
    let names = [("subject: ", "uid: "), ("session: ", "session_id: "), ("claims: ", "data: ")];
    names
        .into_iter()
        .find_map(|(ours, pythons)| Some(format!("{pythons}{}", message.strip_prefix(ours)?)))
        .unwrap_or_else(|| message.to_owned())
}

fn exception<'py>(
    py: Python<'py>,
    error: &Error,
    login_type: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let class = exceptions(py)?.getattr(error.error_type())?;
    // The engine's message, so that all packages have the same.
    let message = error.to_string();
    let exception = match error {
        Error::InsufficientScope { required, provided } => {
            class.call1((required, provided, message))?
        }
        Error::LoginTypeMismatch { expected, actual } => {
            class.call1((expected, actual, message))?
        }
        Error::RateLimitExceeded { retry_after } => class.call1((retry_after, message))?,
        _ => class.call1((message,))?,
    };
    if let Some(login_type) = login_type {
        exception.setattr("login_type", login_type)?;
    }
    Ok(exception)
}

/// `BadConfigurationError` with this message.
pub(crate) fn bad_configuration(py: Python<'_>, message: String) -> PyErr {
    let class = exceptions(py).and_then(|module| module.getattr("BadConfigurationError"));
    match class.and_then(|class| class.call1((message,))) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

fn exceptions(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: OnceLock<Py<PyModule>> = OnceLock::new();
    created_once(&MODULE, || py.import("authx.exceptions").map(Bound::unbind))
        .map(|module| module.bind(py))
}
