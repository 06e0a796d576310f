//! An application's own claims between the token and Python.

use std::collections::BTreeMap;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyString;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

use crate::json;

/// Custom claims by name.
pub(crate) type ClaimValues = BTreeMap<String, ClaimValue>;

/// A claim's value: what is plain is read with the token, anything else when Python gets it.
#[derive(Clone)]
pub(crate) enum ClaimValue {
    Null,
    Bool(bool),
    Whole(i64),
    Text(Box<str>),
    /// An array, an object, or a number that only Python's `json` reads as Python users know it.
    Json(Box<RawValue>),
}

impl ClaimValue {
    pub(crate) fn read(raw: &RawValue) -> serde_json::Result<Self> {
        Ok(match raw.get() {
            "null" => Self::Null,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            text if text.starts_with('"') => Self::Text(serde_json::from_str(text)?),
            text => text.parse().map_or_else(|_| Self::Json(raw.to_owned()), Self::Whole),
        })
    }

    pub(crate) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Null => Ok(py.None().into_bound(py)),
            Self::Bool(value) => value.into_bound_py_any(py),
            Self::Whole(number) => number.into_bound_py_any(py),
            Self::Text(text) => Ok(PyString::new(py, text).into_any()),
            Self::Json(raw) => json::loads(py, raw.get()),
        }
    }
}

impl<'de> Deserialize<'de> for ClaimValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Self::read(raw).map_err(D::Error::custom)
    }
}
