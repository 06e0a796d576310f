//! Settings from Python values, and the reference of settings.

use authx::config::{KEY_SETTINGS, SettingValue};
use authx::{Config, ConfigBuilder};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyInt, PyMapping, PyString};

use crate::errors::configuration_error;

#[pyclass(frozen, get_all, module = "authx._authx")]
pub(crate) struct SettingReference {
    name: &'static str,
    takes: &'static str,
    default: &'static str,
    doc: &'static str,
}

#[pyfunction]
pub(crate) fn setting_reference() -> Vec<SettingReference> {
    authx::config::setting_reference()
        .iter()
        .map(|row| SettingReference {
            name: row.name,
            takes: &row.takes,
            default: row.python_default.unwrap_or(&row.default),
            doc: row.doc,
        })
        .collect()
}

/// These settings, and Python's defaults for those that are not set. Where a ring `replaces_keys`, the settings that
/// contain keys are left out.
pub(crate) fn builder(
    settings: &Bound<'_, PyMapping>,
    replaces_keys: bool,
) -> PyResult<ConfigBuilder> {
    let py = settings.py();
    let defaults = authx::config::setting_reference()
        .iter()
        .filter_map(|row| row.python_default.map(|default| (row.name, default)));
    let mut builder =
        Config::builder().variables(defaults).map_err(|error| configuration_error(py, &error))?;
    for item in settings.items()?.iter() {
        let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
        if replaces_keys && KEY_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let value = setting_value(&name, &value)?;
        builder = builder.set(&name, &value).map_err(|error| configuration_error(py, &error))?;
    }
    Ok(builder)
}

fn setting_value(name: &str, value: &Bound<'_, PyAny>) -> PyResult<SettingValue> {
    if value.is_none() {
        Ok(SettingValue::None)
    } else if let Ok(value) = value.cast::<PyBool>() {
        Ok(SettingValue::Bool(value.is_true()))
    } else if let Ok(value) = value.cast::<PyInt>() {
        Ok(SettingValue::Integer(value.extract()?))
    } else if let Ok(value) = value.cast::<PyFloat>() {
        Ok(SettingValue::Seconds(value.extract()?))
    } else if let Ok(value) = value.cast::<PyString>() {
        Ok(SettingValue::string(value.to_str()?))
    } else if value.cast::<PyDelta>().is_ok() {
        Ok(SettingValue::Seconds(value.call_method0("total_seconds")?.extract()?))
    } else if let Ok(items) = value.extract::<Vec<String>>() {
        Ok(SettingValue::List(items))
    } else {
        let kind = value.get_type();
        Err(PyTypeError::new_err(format!("{name}: a value of the type {kind} is not allowed")))
    }
}

/// See `duration_seconds` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn duration_seconds(string: &str) -> Option<f64> {
    authx::config::parse_duration(string).map(|duration| duration.as_secs_f64())
}

/// See `read_variable` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn read_variable<'py>(
    py: Python<'py>,
    name: &str,
    text: &str,
) -> PyResult<Option<(Bound<'py, PyAny>,)>> {
    let read = authx::config::read_variable(name, text);
    let value = read.map_err(|error| configuration_error(py, &error))?;
    value.map(|value| Ok((python_value(py, &value)?,))).transpose()
}

/// See `read_setting` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn read_setting<'py>(
    name: &str,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let read = authx::config::read_setting(name, &setting_value(name, value)?);
    python_value(py, &read.map_err(|error| configuration_error(py, &error))?)
}

/// See `misspelt_setting` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn misspelt_setting(name: &str) -> Option<String> {
    authx::config::misspelt(name)
}

fn python_value<'py>(py: Python<'py>, value: &SettingValue) -> PyResult<Bound<'py, PyAny>> {
    match value {
        SettingValue::Bool(value) => value.into_bound_py_any(py),
        SettingValue::Integer(number) => number.into_bound_py_any(py),
        SettingValue::Seconds(seconds) => seconds.into_bound_py_any(py),
        SettingValue::Text(_) => value.as_str().into_bound_py_any(py),
        SettingValue::List(items) => items.into_bound_py_any(py),
        // `None`, and what may be added.
        _ => Ok(py.None().into_bound(py)),
    }
}
