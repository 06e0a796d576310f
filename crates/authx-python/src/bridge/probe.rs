//! A store that keeps nothing: with it the tests and the benchmark use the bridge of the module as it is published.
//!
//! A feature would build another module than the one that is published.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::{PyRuntimeError, PyStopIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::{PerProcess, call};
use crate::instant::duration;

/// See `BridgeProbe` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct BridgeProbe {
    ended: PerProcess<Arc<AtomicU64>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Text,
    Error,
    Panic,
    StopIteration,
    PanicOfConversion,
}

impl FromStr for Ending {
    type Err = PyErr;

    fn from_str(name: &str) -> PyResult<Self> {
        match name {
            "text" => Ok(Self::Text),
            "error" => Ok(Self::Error),
            "panic" => Ok(Self::Panic),
            "StopIteration" => Ok(Self::StopIteration),
            "panic of conversion" => Ok(Self::PanicOfConversion),
            _ => Err(PyValueError::new_err("ending: there is no such ending")),
        }
    }
}

#[pymethods]
impl BridgeProbe {
    #[new]
    fn new() -> Self {
        Self { ended: PerProcess::new() }
    }

    #[pyo3(signature = (text, delay=None, ending="text"))]
    fn echo(
        &self,
        py: Python<'_>,
        text: String,
        delay: Option<f64>,
        ending: &str,
    ) -> PyResult<Py<PyAny>> {
        let delay = delay.map(|seconds| duration("delay", seconds)).transpose()?;
        let ending: Ending = ending.parse()?;
        let ended = self.counter()?;
        let future = async move {
            match delay {
                None => {}
                Some(delay) if delay.is_zero() => tokio::task::yield_now().await,
                Some(delay) => tokio::time::sleep(delay).await,
            }
            ended.fetch_add(1, Ordering::SeqCst);
            #[expect(clippy::panic, reason = "that is what is tested")]
            match ending {
                Ending::Panic => panic!("{text}"),
                Ending::Error => Err(text),
                _ => Ok(text),
            }
        };
        call(py, future, move |py, echoed: Result<String, String>| {
            #[expect(clippy::panic, reason = "that is what is tested")]
            match ending {
                Ending::StopIteration => Err(PyStopIteration::new_err(())),
                Ending::PanicOfConversion => panic!("{echoed:?}"),
                _ => {
                    let text = echoed.map_err(PyRuntimeError::new_err)?;
                    Ok(PyString::new(py, &text).into_any().unbind())
                }
            }
        })
    }

    #[getter]
    fn ended(&self) -> PyResult<u64> {
        Ok(self.counter()?.load(Ordering::SeqCst))
    }
}

impl BridgeProbe {
    /// As a store gets its connections, which a forked child has to make anew.
    fn counter(&self) -> PyResult<Arc<AtomicU64>> {
        self.ended.get_or_create(|| Ok(Arc::default()))
    }
}
