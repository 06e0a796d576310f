//! The Python class `Renewal`: what an application changes in a login's tokens at a refresh.

use pyo3::prelude::*;

use crate::arguments::{custom_claims, recipients};
use crate::errors::issue_error;

/// See `Renewal` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Renewal {
    inner: authx::login::Renewal,
}

#[pymethods]
impl Renewal {
    #[new]
    #[pyo3(signature = (*, scopes = None, audience = None, data = None))]
    fn new(
        py: Python<'_>,
        scopes: Option<Vec<String>>,
        audience: Option<&Bound<'_, PyAny>>,
        data: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut inner = authx::login::Renewal::unchanged();
        if let Some(scopes) = scopes {
            inner = inner.scopes(scopes);
        }
        if let Some(names) = audience {
            inner = inner.audience(recipients(names)?);
        }
        if let Some(data) = data {
            let claims = custom_claims(data)?;
            inner = inner.claims(&claims).map_err(|error| issue_error(py, &error))?;
        }
        Ok(Self { inner })
    }
}

impl Renewal {
    pub(crate) fn of(renewal: Option<&Self>) -> authx::login::Renewal {
        renewal.map(|renewal| renewal.inner.clone()).unwrap_or_default()
    }
}
