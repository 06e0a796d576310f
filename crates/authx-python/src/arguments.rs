//! Arguments of Python that several classes take.

use authx::token::Audience;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::value::RawValue;

use crate::json;

/// An audience, from a string or a sequence of strings.
pub(crate) fn recipients(names: &Bound<'_, PyAny>) -> PyResult<Audience> {
    Ok(match names.extract::<String>() {
        Ok(name) => Audience::One(name),
        Err(_) => Audience::Many(names.extract().map_err(|_| {
            PyValueError::new_err("audience: a string or a sequence of strings is expected")
        })?),
    })
}

/// Custom claims, from a mapping.
pub(crate) fn custom_claims(data: &Bound<'_, PyAny>) -> PyResult<Box<RawValue>> {
    RawValue::from_string(json::dumps("data", data)?)
        .map_err(|_| PyValueError::new_err("data: a mapping is expected"))
}
