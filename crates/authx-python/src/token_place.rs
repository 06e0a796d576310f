//! Where tokens travel, for descriptions of a service.

use authx::{Location, TokenPlace};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::errors::configuration_error;
use crate::requirement::{location, token_kind};
use crate::settings;

/// The settings that hold keys. A description needs none.
const KEY_SETTINGS: [&str; 5] = [
    "JWT_SECRET_KEY",
    "JWT_PREVIOUS_SECRET_KEY",
    "JWT_PRIVATE_KEY",
    "JWT_PUBLIC_KEY",
    "JWT_PREVIOUS_PUBLIC_KEY",
];

/// The kind of a place, its name, and the scheme of a header.
type Place = (&'static str, String, Option<String>);

/// See `token_places` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (settings, r#type, locations = None))]
pub(crate) fn token_places(
    settings: &Bound<'_, PyMapping>,
    r#type: &str,
    locations: Option<Vec<String>>,
) -> PyResult<Vec<Place>> {
    let py = settings.py();
    let kind = token_kind(r#type)?;
    // Routes are declared before an application has its keys, so a key that nobody uses stands in.
    let keyless = PyDict::new(py);
    for item in settings.items()?.iter() {
        let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
        let is_about_keys = KEY_SETTINGS.contains(&name.as_str())
            || name == "JWT_ALGORITHM"
            || name == "JWT_DECODE_ALGORITHMS";
        if !is_about_keys {
            keyless.set_item(name, value)?;
        }
    }
    keyless.set_item("JWT_SECRET_KEY", "stands in for the key of a description")?;
    let builder = settings::builder(keyless.as_mapping())?;
    let config = builder.build().map_err(|error| configuration_error(py, &error))?;
    match locations {
        Some(names) => names
            .iter()
            .filter_map(|name| {
                location(name)
                    .map(|location| described(config.token_place(kind, location)))
                    .transpose()
            })
            .collect(),
        None => Ok(config.token_places(kind).filter_map(described).collect()),
    }
}

fn described(place: TokenPlace<'_>) -> Option<Place> {
    Some(match place {
        TokenPlace::Header { name, scheme } => {
            (Location::Headers.as_str(), name.to_owned(), Some(scheme.to_owned()))
        }
        TokenPlace::Cookie { name } => (Location::Cookies.as_str(), name.to_owned(), None),
        TokenPlace::Query { name } => (Location::Query.as_str(), name.to_owned(), None),
        TokenPlace::Json { name } => (Location::Json.as_str(), name.to_owned(), None),
        // A kind of place that is newer than this module has no description.
        _ => return None,
    })
}
