//! The Python classes `Key` and `KeyRing`.

use authx::Algorithm;
use authx::key::{KeyError, KeyRingError};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::errors::bad_configuration;
use crate::instant::instant;

/// See `Key` in `_authx.pyi`.
#[pyclass(frozen, module = "authx.keys")]
pub(crate) struct Key {
    inner: authx::Key,
}

#[pymethods]
impl Key {
    #[staticmethod]
    #[pyo3(signature = (algorithm, secret, *, kid = None))]
    fn from_secret(
        algorithm: &Bound<'_, PyAny>,
        secret: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Self::of(algorithm, secret, "secret", kid, authx::Key::from_secret)
    }

    #[staticmethod]
    #[pyo3(signature = (algorithm, pem, *, kid = None))]
    fn from_private_pem(
        algorithm: &Bound<'_, PyAny>,
        pem: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Self::of(algorithm, pem, "pem", kid, authx::Key::from_private_pem)
    }

    #[staticmethod]
    #[pyo3(signature = (algorithm, pem, *, kid = None))]
    fn from_public_pem(
        algorithm: &Bound<'_, PyAny>,
        pem: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Self::of(algorithm, pem, "pem", kid, authx::Key::from_public_pem)
    }

    #[getter]
    fn algorithm(&self) -> String {
        self.inner.algorithm().to_string()
    }

    #[getter]
    fn kid(&self) -> Option<&str> {
        self.inner.kid().map(authx::key::Kid::as_str)
    }

    #[getter]
    fn can_sign(&self) -> bool {
        self.inner.can_sign()
    }

    fn __repr__(&self) -> String {
        let kid = self.kid().map(|kid| format!(", kid={kid:?}")).unwrap_or_default();
        format!("<Key algorithm={}{kid}>", self.algorithm())
    }
}

impl Key {
    fn of(
        algorithm: &Bound<'_, PyAny>,
        material: &Bound<'_, PyAny>,
        parameter: &str,
        kid: Option<&Bound<'_, PyAny>>,
        key: impl FnOnce(Algorithm, Vec<u8>) -> Result<authx::Key, KeyError>,
    ) -> PyResult<Self> {
        let bytes = bytes_of(parameter, material)?;
        let algorithm = string_of("algorithm", algorithm, "a string is")?
            .parse()
            .map_err(|error| PyValueError::new_err(format!("algorithm: {error}")))?;
        let key = key(algorithm, bytes)
            .map_err(|error| bad_configuration(material.py(), format!("{parameter}: {error}")))?;
        let inner = match kid {
            Some(kid) => key.with_kid(string_of("kid", kid, "a string is")?),
            None => key,
        };
        Ok(Self { inner })
    }
}

/// The bytes of a string, of bytes, or of one of pydantic's secrets. No error of Python's own is raised about them: it would quote the key.
fn bytes_of(parameter: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let secret = match value.getattr_opt("get_secret_value")? {
        Some(method) => method.call0()?,
        None => value.clone(),
    };
    if let Ok(bytes) = secret.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    string_of(parameter, &secret, "a string or bytes are").map(String::into_bytes)
}

/// A string argument, or an error that names it. Python's own error about a lone surrogate would quote the string.
fn string_of(parameter: &str, value: &Bound<'_, PyAny>, expected: &str) -> PyResult<String> {
    match value.cast::<PyString>().map(|string| string.to_str()) {
        Ok(Ok(string)) => Ok(string.to_owned()),
        Ok(Err(_)) => Err(PyValueError::new_err(format!(
            "{parameter}: a string of Unicode characters is expected, without lone surrogates"
        ))),
        Err(_) => {
            let kind = value.get_type();
            Err(PyTypeError::new_err(format!("{parameter}: {expected} expected, not {kind}")))
        }
    }
}

/// See `KeyRing` in `_authx.pyi`.
#[pyclass(frozen, module = "authx.keys")]
#[derive(Clone)]
pub(crate) struct KeyRing {
    pub(crate) inner: authx::KeyRing,
}

#[pymethods]
impl KeyRing {
    #[new]
    fn new(py: Python<'_>, keys: Vec<Bound<'_, Key>>) -> PyResult<Self> {
        Self::of(py, authx::KeyRing::new(keys.into_iter().map(|key| key.get().inner.clone())))
    }

    #[getter]
    fn keys(&self) -> Vec<Key> {
        self.inner.keys().map(|key| Key { inner: key.clone() }).collect()
    }

    #[getter]
    fn algorithm(&self) -> String {
        self.inner.algorithm().to_string()
    }

    fn signing_with(&self, key: &Bound<'_, Key>) -> PyResult<Self> {
        Self::of(key.py(), self.inner.signing_with(key.get().inner.clone()))
    }

    fn verifying_with(&self, key: &Bound<'_, Key>) -> PyResult<Self> {
        Self::of(key.py(), self.inner.verifying_with(key.get().inner.clone()))
    }

    fn retiring(
        &self,
        py: Python<'_>,
        kid: &Bound<'_, PyAny>,
        at: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let seconds = match at.extract::<f64>() {
            Ok(seconds) => seconds,
            Err(_) if at.hasattr("timestamp")? => at.call_method0("timestamp")?.extract()?,
            Err(_) => {
                let kind = at.get_type();
                return Err(PyTypeError::new_err(format!(
                    "at: a datetime or a number of seconds since 1970 is expected, not {kind}"
                )));
            }
        };
        let kid = string_of("kid", kid, "a string is")?;
        Self::of(py, self.inner.retiring(&kid, instant("at", seconds)?))
    }

    fn __len__(&self) -> usize {
        self.inner.keys().count()
    }

    fn __repr__(&self) -> String {
        let keys: Vec<_> = self.keys().iter().map(Key::__repr__).collect();
        format!("<KeyRing [{}]>", keys.join(", "))
    }
}

impl KeyRing {
    fn of(py: Python<'_>, ring: Result<authx::KeyRing, KeyRingError>) -> PyResult<Self> {
        let inner = ring.map_err(|error| bad_configuration(py, format!("keys: {error}")))?;
        Ok(Self { inner })
    }
}
