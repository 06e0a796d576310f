//! What a route requires of a token.

use authx::{CsrfCheck, Location, RequiredScopes, TokenKind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// See `Requirement` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Requirement {
    pub(crate) inner: authx::Requirement,
}

#[pymethods]
impl Requirement {
    #[new]
    #[pyo3(signature = (
        *,
        r#type = "access",
        verify_type = true,
        verify_fresh = false,
        verify_csrf = None,
        locations = None,
        scopes = None,
        all_scopes_required = true,
        websocket = false,
    ))]
    #[expect(
        clippy::too_many_arguments,
        clippy::fn_params_excessive_bools,
        reason = "Python's keywords"
    )]
    fn new(
        r#type: &str,
        verify_type: bool,
        verify_fresh: bool,
        verify_csrf: Option<bool>,
        locations: Option<Vec<String>>,
        scopes: Option<Vec<String>>,
        all_scopes_required: bool,
        websocket: bool,
    ) -> PyResult<Self> {
        let scopes = scopes.unwrap_or_default();
        let mut inner = authx::Requirement::of(token_kind(r#type)?)
            .freshness(verify_fresh)
            .csrf(match verify_csrf {
                None => CsrfCheck::AsConfigured,
                Some(true) => CsrfCheck::Always,
                Some(false) => CsrfCheck::Never,
            })
            .scopes(if all_scopes_required {
                RequiredScopes::all(scopes)
            } else {
                RequiredScopes::any(scopes)
            });
        if !verify_type {
            inner = inner.any_kind();
        }
        if let Some(names) = locations {
            let locations =
                names.iter().map(|name| location(name)).collect::<PyResult<Vec<_>>>()?;
            inner = inner.locations(locations);
        }
        if let Some(fault) = inner.fault() {
            return Err(PyValueError::new_err(format!("locations: {fault}")));
        }
        if websocket {
            inner = inner.websocket();
        }
        Ok(Self { inner })
    }

    /// See `of_every_type` in `_authx.pyi`.
    #[staticmethod]
    fn of_every_type() -> Self {
        Self { inner: authx::Requirement::access().every_kind().csrf(CsrfCheck::Never) }
    }

    fn with_scopes(&self, scopes: Vec<String>) -> Self {
        Self { inner: self.inner.clone().more_scopes(RequiredScopes::all(scopes)) }
    }
}

/// See `has_scopes` in `_authx.pyi`.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts owned lists")]
pub(crate) fn has_scopes(granted: Vec<String>, required: Vec<String>, all_required: bool) -> bool {
    let required =
        if all_required { RequiredScopes::all(required) } else { RequiredScopes::any(required) };
    required.are_met_by(&granted)
}

pub(crate) fn token_kind(name: &str) -> PyResult<TokenKind> {
    name.parse().map_err(|error| PyValueError::new_err(format!("type: {error}, not '{name}'")))
}

pub(crate) fn location(name: &str) -> PyResult<Location> {
    name.parse().map_err(|error| PyValueError::new_err(format!("locations: {error}, not '{name}'")))
}
