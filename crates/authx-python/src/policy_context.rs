//! The default subject and environment of a policy decision.

use authx::policy::Circumstances;
use authx::rate_limit::ClientAddress;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::instant::instant;

/// See `default_subject` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn default_subject<'py>(
    custom: &Bound<'py, PyDict>,
    sub: Bound<'py, PyAny>,
    scopes: Bound<'py, PyAny>,
    login_type: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let custom = custom
        .iter()
        .map(|(name, value)| Ok((name.extract()?, value)))
        .collect::<PyResult<Vec<(String, _)>>>()?;
    let subject = PyDict::new(sub.py());
    for (name, value) in authx::policy::default_subject(custom, sub, scopes, login_type) {
        subject.set_item(name, value)?;
    }
    Ok(subject)
}

/// See `circumstances` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (now, host = None))]
pub(crate) fn circumstances(now: f64, host: Option<&str>) -> PyResult<(u8, u8, Option<String>)> {
    let moment = Circumstances::at(instant("now", now)?);
    let client_ip = host.and_then(ClientAddress::of_host).map(|address| address.to_string());
    Ok((moment.hour(), moment.weekday(), client_ip))
}
