//! Settings from Python values.

use authx::{Config, ConfigBuilder, SettingValue};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyInt, PyMapping, PyString};

use crate::errors::configuration_error;

/// The engine's defaults, except the two that Python's users know otherwise: a short secret is a
/// warning, and an undecodable token answers 422.
pub(crate) fn builder(settings: &Bound<'_, PyMapping>) -> PyResult<ConfigBuilder> {
    let py = settings.py();
    let mut builder = Config::builder().strict_keys(false).invalid_token_status(422_u16);
    for item in settings.items()?.iter() {
        let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
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
        Ok(SettingValue::text(value.to_str()?))
    } else if value.cast::<PyDelta>().is_ok() {
        Ok(SettingValue::Seconds(value.call_method0("total_seconds")?.extract()?))
    } else if let Ok(items) = value.extract::<Vec<String>>() {
        Ok(SettingValue::List(items))
    } else {
        let kind = value.get_type();
        Err(PyTypeError::new_err(format!("{name}: a value of the type {kind} is not allowed")))
    }
}
