//! Rate limits: counters in memory, and whether a request exceeds its limit.

use authx::rate_limit::{Counted, RateLimit};
use authx_store::memory::MemoryCounters;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::authentication_error;
use crate::instant::{duration, instant};

/// See `RateCounters` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct RateCounters {
    inner: MemoryCounters,
}

#[pymethods]
impl RateCounters {
    #[new]
    fn new(capacity: i64) -> PyResult<Self> {
        let capacity = usize::try_from(capacity).ok().and_then(|capacity| capacity.try_into().ok());
        let capacity =
            capacity.ok_or_else(|| PyValueError::new_err("capacity: at least 1 is expected"))?;
        Ok(Self { inner: MemoryCounters::with_capacity(capacity) })
    }

    fn increment(&self, key: &str, window: f64, now: f64) -> PyResult<u64> {
        let (window, now) = (duration("window", window)?, instant("now", now)?);
        Ok(self.inner.count(key, window, now).requests)
    }

    fn time_left(&self, key: &str, window: f64, now: f64) -> PyResult<Option<f64>> {
        let (window, now) = (duration("window", window)?, instant("now", now)?);
        Ok(self.inner.time_left(key, window, now).map(|left| left.as_secs_f64()))
    }

    fn reset(&self, key: &str) {
        self.inner.forget(key);
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }
}

/// See `check_rate` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (max_requests, window, requests, time_left = None))]
pub(crate) fn check_rate(
    py: Python<'_>,
    max_requests: i64,
    window: f64,
    requests: i64,
    time_left: Option<f64>,
) -> PyResult<()> {
    let limit = RateLimit::new(count("max_requests", max_requests)?, duration("window", window)?)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let requests = count("requests", requests)?;
    let time_left = time_left.map(|left| duration("time_left", left)).transpose()?;
    limit
        .check(Counted { requests, time_left })
        .map_err(|error| authentication_error(py, &error, None))
}

fn count(argument: &str, value: i64) -> PyResult<u64> {
    u64::try_from(value)
        .map_err(|_| PyValueError::new_err(format!("{argument}: at least 0 is expected")))
}
