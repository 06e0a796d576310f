//! JSON between Python and the engine: Python's own `json` writes and reads what is not trivial, so
//! that numbers of any size, and every error, are what Python users know.

use std::fmt::Write as _;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString};

/// A Python mapping as JSON text; `argument` is its name in errors.
pub(crate) fn dumps(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut text = String::new();
    if write_trivial(value, &mut text, 0).is_some() {
        return Ok(text);
    }
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

/// How deep a value may be for [`write_trivial`].
const MAX_TRIVIAL_DEPTH: u32 = 8;

/// Writes what Python's `json` would write, or `None` for what it shall write: only exact types, because a subclass
/// may say how it is written.
fn write_trivial(value: &Bound<'_, PyAny>, text: &mut String, depth: u32) -> Option<()> {
    if let Ok(string) = value.cast_exact::<PyString>() {
        text.push_str(&serde_json::to_string(string.to_str().ok()?).ok()?);
    } else if let Ok(boolean) = value.cast_exact::<PyBool>() {
        text.push_str(if boolean.is_true() { "true" } else { "false" });
    } else if value.is_none() {
        text.push_str("null");
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        write!(text, "{}", number.extract::<i64>().ok()?).ok()?;
    } else if depth == MAX_TRIVIAL_DEPTH {
        return None;
    } else if let Ok(items) = value.cast_exact::<PyList>() {
        let mut separator = '[';
        for item in items {
            text.push(separator);
            write_trivial(&item, text, depth + 1)?;
            separator = ',';
        }
        text.push_str(if separator == '[' { "[]" } else { "]" });
    } else {
        let members = value.cast_exact::<PyDict>().ok()?;
        let mut separator = '{';
        for (name, member) in members {
            let name = name.cast_exact::<PyString>().ok()?;
            text.push(separator);
            write_trivial(name, text, depth + 1)?;
            text.push(':');
            write_trivial(&member, text, depth + 1)?;
            separator = ',';
        }
        text.push_str(if separator == '{' { "{}" } else { "}" });
    }
    Some(())
}

/// A JSON text as a Python value.
pub(crate) fn loads<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    json(py)?.getattr(intern!(py, "loads"))?.call1((text,))
}

fn json(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static MODULE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    MODULE
        .get_or_try_init(py, || py.import("json").map(|module| module.into_any().unbind()))
        .map(|module| module.bind(py))
}
