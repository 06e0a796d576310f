//! The security schemes of OpenAPI.

use authx::config::SecuritySchemePlace;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::requirement::{location, token_kind};
use crate::settings;

/// The scheme's name, where its token is, the name that it has there, and the description.
type Scheme = (&'static str, &'static str, Option<String>, String);

/// See `security_schemes` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (settings, r#type, locations = None))]
pub(crate) fn security_schemes(
    settings: &Bound<'_, PyMapping>,
    r#type: &str,
    locations: Option<Vec<String>>,
) -> PyResult<Vec<Scheme>> {
    let kind = token_kind(r#type)?;
    let locations = locations
        .map(|names| names.iter().map(|name| location(name)).collect::<PyResult<Vec<_>>>())
        .transpose()?;
    let schemes = settings::builder(settings, false)?.security_schemes(kind, locations.as_deref());
    let described = schemes.into_iter().map(|scheme| {
        let (place, parameter) = match scheme.place {
            SecuritySchemePlace::Bearer => ("bearer", None),
            SecuritySchemePlace::Header(name) => ("header", Some(name)),
            SecuritySchemePlace::Cookie(name) => ("cookie", Some(name)),
            SecuritySchemePlace::Query(name) => ("query", Some(name)),
        };
        (scheme.name, place, parameter, scheme.description)
    });
    Ok(described.collect())
}
