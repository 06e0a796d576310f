//! Custom claims as Python values.

use std::collections::BTreeMap;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyString;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

use crate::json;

/// Custom claims by name.
pub(crate) type ClaimValues = BTreeMap<String, ClaimValue>;

/// A claim's value. Simple values are parsed with the token, others only when Python reads the claims.
#[derive(Clone)]
pub(crate) enum ClaimValue {
    Null,
    Bool(bool),
    Whole(i64),
    String(Box<str>),
    /// An array, an object, or a number other than an `i64`: parsed by Python's `json`, whose results Python
    /// users expect.
    Json(Box<RawValue>),
}

impl ClaimValue {
    pub(crate) fn read(raw: &RawValue) -> serde_json::Result<Self> {
        Ok(match raw.get() {
            "null" => Self::Null,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            json if json.starts_with('"') => Self::String(serde_json::from_str(json)?),
            json => json.parse().map_or_else(|_| Self::Json(raw.to_owned()), Self::Whole),
        })
    }

    pub(crate) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Null => Ok(py.None().into_bound(py)),
            Self::Bool(value) => value.into_bound_py_any(py),
            Self::Whole(number) => number.into_bound_py_any(py),
            Self::String(string) => Ok(PyString::new(py, string).into_any()),
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
