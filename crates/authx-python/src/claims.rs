//! Verified claims as an instance of `authx.schema.TokenPayload`.
//!
//! The engine has validated every claim, so the model is built without validating again, as pydantic's
//! `model_construct` does: by setting its four slots.

use std::sync::OnceLock;

use authx::token::Audience;
use authx::{Claims, Timestamp, TokenKind};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet, PyString};

use crate::claim_value::ClaimValues;
use crate::forking::{created_once, interned};

/// The Python objects that building a payload needs, looked up once.
struct Model {
    class: Py<PyAny>,
    new: Py<PyAny>,
    set_attribute: Py<PyAny>,
    from_timestamp: Py<PyAny>,
    utc: Py<PyAny>,
    /// A dict of all fields in order, each with the value `None`; copied for each payload.
    no_values: Py<PyDict>,
}

/// Builds a `TokenPayload`; `custom` are the custom claims.
pub(crate) fn token_payload<'py, C>(
    py: Python<'py>,
    claims: &Claims<C>,
    custom: &ClaimValues,
) -> PyResult<Bound<'py, PyAny>> {
    let model = model(py)?;
    let fields = model.no_values.bind(py).copy()?;
    let set = PySet::empty(py)?;
    let put = |name: &Bound<'py, PyString>, value: Option<Bound<'py, PyAny>>| -> PyResult<()> {
        let Some(value) = value else { return Ok(()) };
        fields.set_item(name, value)?;
        set.add(name)
    };
    let string = |string: &str| PyString::new(py, string).into_any();
    let optional_string = |value: &Option<String>| value.as_deref().map(string);

    put(interned!(py, "jti"), optional_string(&claims.jti))?;
    put(interned!(py, "iss"), optional_string(&claims.iss))?;
    put(interned!(py, "sub"), Some(string(&claims.sub)))?;
    let audience = match &claims.aud {
        None => None,
        Some(Audience::One(name)) => Some(string(name)),
        Some(Audience::Many(names)) => Some(names.into_bound_py_any(py)?),
    };
    put(interned!(py, "aud"), audience)?;
    let exp = claims.exp.map(|exp| model.datetime(py, exp)).transpose()?;
    put(interned!(py, "exp"), exp)?;
    put(interned!(py, "nbf"), claims.nbf.map(|nbf| number(py, nbf)).transpose()?)?;
    put(interned!(py, "iat"), claims.iat.map(|iat| number(py, iat)).transpose()?)?;
    let kind = match claims.kind {
        TokenKind::Access => interned!(py, "access").clone().into_any(),
        TokenKind::Refresh => interned!(py, "refresh").clone().into_any(),
        kind => string(kind.as_str()),
    };
    put(interned!(py, "type"), Some(kind))?;
    put(interned!(py, "csrf"), claims.csrf.as_ref().map(|csrf| string(csrf.as_str())))?;
    let scopes = claims.scopes.as_ref().map(|scopes| scopes.into_bound_py_any(py)).transpose()?;
    put(interned!(py, "scopes"), scopes)?;
    put(interned!(py, "fresh"), Some(claims.fresh.into_bound_py_any(py)?))?;
    put(interned!(py, "login_type"), optional_string(&claims.login_type))?;
    put(interned!(py, "sid"), optional_string(&claims.sid))?;

    let extra = PyDict::new(py);
    let put_extra = |name: &Bound<'py, PyString>, value: Bound<'py, PyAny>| -> PyResult<()> {
        extra.set_item(name, value)?;
        set.add(name)
    };
    if let Some(auth_time) = claims.auth_time {
        put_extra(interned!(py, "auth_time"), number(py, auth_time)?)?;
    }
    // Where another claim names the user, a claim `sub` would hide the field of that name.
    for (name, value) in custom.iter().filter(|(name, _)| *name != "sub") {
        put_extra(&PyString::new(py, name), value.to_python(py)?)?;
    }

    let payload = model.new.bind(py).call1((&model.class,))?;
    let set_attribute = model.set_attribute.bind(py);
    set_attribute.call1((&payload, interned!(py, "__dict__"), fields))?;
    set_attribute.call1((&payload, interned!(py, "__pydantic_fields_set__"), set))?;
    set_attribute.call1((&payload, interned!(py, "__pydantic_extra__"), extra))?;
    set_attribute.call1((&payload, interned!(py, "__pydantic_private__"), py.None()))?;
    Ok(payload)
}

impl Model {
    fn datetime<'py>(&self, py: Python<'py>, instant: Timestamp) -> PyResult<Bound<'py, PyAny>> {
        self.from_timestamp.bind(py).call1((instant.as_seconds_f64(), &self.utc))
    }
}

/// An `int` for whole seconds, else a `float`.
fn number(py: Python<'_>, instant: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    match instant.as_whole_seconds() {
        Some(seconds) => seconds.into_bound_py_any(py),
        None => instant.as_seconds_f64().into_bound_py_any(py),
    }
}

fn model(py: Python<'_>) -> PyResult<&Model> {
    static MODEL: OnceLock<Model> = OnceLock::new();
    created_once(&MODEL, || {
        let class = py.import("authx.schema")?.getattr("TokenPayload")?;
        let object = py.import("builtins")?.getattr("object")?;
        let datetime = py.import("datetime")?;
        let no_values = PyDict::new(py);
        for name in class.getattr("model_fields")?.try_iter()? {
            no_values.set_item(name?, py.None())?;
        }
        Ok(Model {
            class: class.unbind(),
            new: object.getattr("__new__")?.unbind(),
            set_attribute: object.getattr("__setattr__")?.unbind(),
            from_timestamp: datetime.getattr("datetime")?.getattr("fromtimestamp")?.unbind(),
            utc: datetime.getattr("timezone")?.getattr("utc")?.unbind(),
            no_values: no_values.unbind(),
        })
    })
}
