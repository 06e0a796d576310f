//! Converts between Python objects and the JSON values that conditions compare.

use std::sync::OnceLock;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyMapping,
    PySet, PyString, PyTime, PyTuple,
};
use serde_json::{Map, Number, Value};

use crate::forking::{created_once, interned};

/// Deeper objects are not converted, so that an object that contains itself can't recurse without end.
const MAX_DEPTH: usize = 16;

/// The value, or `None` for an object that JSON can't express.
///
/// A `datetime` is a string in UTC with microseconds, as the engine writes them, so that the strings compare
/// as the instants do; without a time zone it is local time. A `timedelta` is its seconds, an `Enum` its
/// value, a `UUID` a string, and a `Decimal` a number.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    convert(object, MAX_DEPTH)
}

fn convert(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Option<Value>> {
    let py = object.py();
    if depth == 0 {
        return Ok(None);
    }
    if object.is_none() {
        return Ok(Some(Value::Null));
    }
    if let Ok(boolean) = object.cast::<PyBool>() {
        return Ok(Some(boolean.is_true().into()));
    }
    if object.is_instance(classes(py)?.enumeration.bind(py))? {
        return convert(&object.getattr(interned!(py, "value"))?, depth - 1);
    }
    if let Ok(string) = object.cast::<PyString>() {
        // JSON strings can't have lone surrogates.
        return Ok(string.to_str().ok().map(Value::from));
    }
    if object.is_instance_of::<PyInt>() {
        let signed = object.extract::<i64>().map(Value::from);
        if let Ok(integer) = signed.or_else(|_| object.extract::<u64>().map(Value::from)) {
            return Ok(Some(integer));
        }
        // As a float it could equal other integers.
        return Ok(None);
    }
    if object.is_instance_of::<PyFloat>() || object.is_instance(classes(py)?.decimal.bind(py))? {
        return exact_number(object);
    }
    if object.is_instance_of::<PyDateTime>() {
        return instant(object);
    }
    if object.is_instance_of::<PyDate>() || object.is_instance_of::<PyTime>() {
        let written: String = object.call_method0(interned!(py, "isoformat"))?.extract()?;
        return Ok(Some(written.into()));
    }
    if object.is_instance_of::<PyDelta>() {
        let seconds: f64 = object.call_method0(interned!(py, "total_seconds"))?.extract()?;
        return Ok(Number::from_f64(seconds).map(Value::Number));
    }
    if object.is_instance(classes(py)?.uuid.bind(py))? {
        return Ok(Some(object.str()?.to_str()?.into()));
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        return json_object(mapping, depth);
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return array(object, depth);
    }
    if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
        // Sorted, so that equal sets give equal arrays.
        let Some(Value::Array(mut values)) = array(object, depth)? else { return Ok(None) };
        values.sort_by_cached_key(Value::to_string);
        return Ok(Some(Value::Array(values)));
    }
    Ok(None)
}

/// The number as a float; `None` if no float equals it, because a rounded number would compare equal to others.
fn exact_number(object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    let float = object.call_method0(interned!(object.py(), "__float__"));
    // Python raises an exception for a number that is greater than all floats.
    let Ok(float) = float.and_then(|float| float.extract::<f64>()) else { return Ok(None) };
    let is_exact = object.eq(float)?;
    Ok(Number::from_f64(float).filter(|_| is_exact).map(Value::Number))
}

fn instant(object: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    let py = object.py();
    let utc = classes(py)?.utc.bind(py);
    // Near the years 1 and 9999, an instant may be out of range in UTC.
    let Ok(instant) = object.call_method1(interned!(py, "astimezone"), (utc,)) else {
        return Ok(None);
    };
    let written: String = instant.call_method1("isoformat", ("T", "microseconds"))?.extract()?;
    Ok(Some(written.replace("+00:00", "Z").into()))
}

fn array(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Option<Value>> {
    let mut array = Vec::new();
    for item in object.try_iter()? {
        let Some(value) = convert(&item?, depth - 1)? else { return Ok(None) };
        array.push(value);
    }
    Ok(Some(Value::Array(array)))
}

fn json_object(mapping: &Bound<'_, PyMapping>, depth: usize) -> PyResult<Option<Value>> {
    let mut object = Map::new();
    for item in mapping.items()?.iter() {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let Ok(name) = name.extract::<String>() else { return Ok(None) };
        let Some(value) = convert(&value, depth - 1)? else { return Ok(None) };
        object.insert(name, value);
    }
    Ok(Some(Value::Object(object)))
}

/// The value as Python's `json` would read it.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_bound_py_any(py),
            (None, Some(integer)) => integer.into_bound_py_any(py),
            (None, None) => number.as_f64().into_bound_py_any(py),
        },
        Value::String(string) => string.into_bound_py_any(py),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(to_python(py, value)?)?;
            }
            Ok(list.into_any())
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (name, value) in fields {
                dict.set_item(name, to_python(py, value)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

struct Classes {
    enumeration: Py<PyAny>,
    decimal: Py<PyAny>,
    uuid: Py<PyAny>,
    utc: Py<PyAny>,
}

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    static CLASSES: OnceLock<Classes> = OnceLock::new();
    created_once(&CLASSES, || {
        let datetime = py.import("datetime")?;
        Ok(Classes {
            enumeration: py.import("enum")?.getattr("Enum")?.unbind(),
            decimal: py.import("decimal")?.getattr("Decimal")?.unbind(),
            uuid: py.import("uuid")?.getattr("UUID")?.unbind(),
            utc: datetime.getattr("timezone")?.getattr("utc")?.unbind(),
        })
    })
}
