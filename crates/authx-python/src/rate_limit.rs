//! Rate limits: counters in memory, and what a limit says of a request.

use authx::rate_limit::{Counted, LimitName, RateLimit, RateLimitError, Usage};
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

    fn count(&self, key: &str, max_requests: i64, window: f64, now: f64) -> PyResult<RateUsage> {
        let (limit, now) = (limit(max_requests, window)?, instant("now", now)?);
        Ok(RateUsage(self.inner.count_now(key, limit, now)))
    }

    fn increment(&self, key: &str, window: f64, now: f64) -> PyResult<u64> {
        let limit = RateLimit::new(u64::MAX, duration("window", window)?).map_err(bad)?;
        let usage = self.inner.count_now(key, limit, instant("now", now)?);
        Ok(u64::MAX - usage.remaining())
    }

    fn reset(&self, key: &str) {
        self.inner.forget(key);
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }
}

/// See `RateUsage` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct RateUsage(pub(crate) Usage);

#[pymethods]
impl RateUsage {
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        self.0.check().map_err(|error| authentication_error(py, &error, None))
    }

    fn headers(&self, name: &str) -> [(&'static str, String); 2] {
        self.0.headers(name)
    }
}

/// See `rate_usage` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (max_requests, window, requests, time_left = None))]
pub(crate) fn rate_usage(
    max_requests: i64,
    window: f64,
    requests: i64,
    time_left: Option<f64>,
) -> PyResult<RateUsage> {
    let limit = limit(max_requests, window)?;
    let requests = number("requests", requests)?;
    let time_left = time_left.map(|left| duration("time_left", left)).transpose()?;
    Ok(RateUsage(limit.usage(Counted { requests, time_left })))
}

/// See `rate_limit_key` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn rate_limit_key(name: &str, client: &str) -> PyResult<String> {
    Ok(LimitName::new(name).map_err(bad)?.key(client))
}

pub(crate) fn limit(max_requests: i64, window: f64) -> PyResult<RateLimit> {
    RateLimit::new(number("max_requests", max_requests)?, duration("window", window)?).map_err(bad)
}

fn bad(error: RateLimitError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn number(argument: &str, value: i64) -> PyResult<u64> {
    u64::try_from(value)
        .map_err(|_| PyValueError::new_err(format!("{argument}: at least 0 is expected")))
}
