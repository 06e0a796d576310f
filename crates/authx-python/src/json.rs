//! JSON between Python and the engine: Python's own `json` writes and reads what is not trivial, so
//! that numbers of any size, and every error, are what Python users know.

use std::borrow::Cow;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};
use serde_json::value::RawValue;

/// A Python mapping as JSON text; `argument` is its name in errors.
pub(crate) fn dumps(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item("allow_nan", false)?;
    options.set_item("ensure_ascii", false)?;
    // As compact as the engine writes the rest.
    options.set_item("separators", (",", ":"))?;
    let named = |error: PyErr| PyTypeError::new_err(format!("{argument}: {}", error.value(py)));
    let text = json(py)?.getattr("dumps")?.call((value,), Some(&options)).map_err(named)?;
    text.cast_into::<PyString>()?
        .to_str()
        .map(str::to_owned)
        .map_err(|_| PyValueError::new_err(format!("{argument}: a text in it is not Unicode")))
}

/// A JSON text as a Python value.
pub(crate) fn loads<'py>(py: Python<'py>, raw: &RawValue) -> PyResult<Bound<'py, PyAny>> {
    let text = raw.get();
    match text {
        "true" => return Ok(true.into_pyobject(py)?.to_owned().into_any()),
        "false" => return Ok(false.into_pyobject(py)?.to_owned().into_any()),
        "null" => return Ok(py.None().into_bound(py)),
        _ => {}
    }
    if text.starts_with('"')
        && let Ok(string) = serde_json::from_str::<Cow<'_, str>>(text)
    {
        return Ok(PyString::new(py, &string).into_any());
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number.into_pyobject(py)?.into_any());
    }
    json(py)?.getattr("loads")?.call1((text,))
}

fn json(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static MODULE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    MODULE
        .get_or_try_init(py, || py.import("json").map(|module| module.into_any().unbind()))
        .map(|module| module.bind(py))
}
