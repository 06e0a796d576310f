//! JSON between Python and the engine. Python's `json` module writes and reads all but simple values, so that
//! numbers of any size and errors are as Python users expect.

use std::fmt::Write as _;
use std::sync::OnceLock;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString};

use crate::forking::{created_once, interned};

/// A Python mapping as a JSON string; `argument` is its name in errors.
pub(crate) fn dumps(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut json = String::new();
    if write_trivial(value, &mut json, 0).is_some() {
        return Ok(json);
    }
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item("allow_nan", false)?;
    options.set_item("ensure_ascii", false)?;
    // Without spaces, as the engine writes the other claims.
    options.set_item("separators", (",", ":"))?;
    let named = |error: PyErr| PyTypeError::new_err(format!("{argument}: {}", error.value(py)));
    let json = module(py)?.getattr("dumps")?.call((value,), Some(&options)).map_err(named)?;
    json.cast_into::<PyString>()?
        .to_str()
        .map(str::to_owned)
        .map_err(|_| PyValueError::new_err(format!("{argument}: a string in it is not Unicode")))
}

/// How deep a value may be for [`write_trivial`].
const MAX_TRIVIAL_DEPTH: u32 = 8;

/// Writes a simple value as Python's `json` would, faster; `None` for all others. A subclass is never simple, because
/// `json` may write it differently.
fn write_trivial(value: &Bound<'_, PyAny>, json: &mut String, depth: u32) -> Option<()> {
    if let Ok(string) = value.cast_exact::<PyString>() {
        json.push_str(&serde_json::to_string(string.to_str().ok()?).ok()?);
    } else if let Ok(boolean) = value.cast_exact::<PyBool>() {
        json.push_str(if boolean.is_true() { "true" } else { "false" });
    } else if value.is_none() {
        json.push_str("null");
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        write!(json, "{}", number.extract::<i64>().ok()?).ok()?;
    } else if depth == MAX_TRIVIAL_DEPTH {
        return None;
    } else if let Ok(items) = value.cast_exact::<PyList>() {
        let mut separator = '[';
        for item in items {
            json.push(separator);
            write_trivial(&item, json, depth + 1)?;
            separator = ',';
        }
        json.push_str(if separator == '[' { "[]" } else { "]" });
    } else {
        let fields = value.cast_exact::<PyDict>().ok()?;
        let mut separator = '{';
        for (name, value) in fields {
            let name = name.cast_exact::<PyString>().ok()?;
            json.push(separator);
            write_trivial(name, json, depth + 1)?;
            json.push(':');
            write_trivial(&value, json, depth + 1)?;
            separator = ',';
        }
        json.push_str(if separator == '{' { "{}" } else { "}" });
    }
    Some(())
}

/// A JSON string as a Python value.
pub(crate) fn loads<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    module(py)?.getattr(interned!(py, "loads"))?.call1((json,))
}

/// The Python module `json`.
fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static MODULE: OnceLock<Py<PyAny>> = OnceLock::new();
    created_once(&MODULE, || py.import("json").map(|module| module.into_any().unbind()))
        .map(|module| module.bind(py))
}
