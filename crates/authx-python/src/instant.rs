//! Instants and durations from Python's numbers of seconds.

use std::time::Duration;

use authx::Timestamp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The instant of these seconds since the Unix epoch; `argument` is their name in errors.
pub(crate) fn instant(argument: &str, seconds: f64) -> PyResult<Timestamp> {
    Timestamp::from_seconds_f64(seconds).ok_or_else(|| {
        PyValueError::new_err(format!(
            "{argument}: an instant between the years 1 and 9999 is expected"
        ))
    })
}

/// A number of seconds; `argument` is its name in errors.
pub(crate) fn duration(argument: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        PyValueError::new_err(format!("{argument}: a number of seconds, at least 0, is expected"))
    })
}
