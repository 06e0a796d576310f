//! An ASGI scope as the engine's request, borrowed without copying.

use authx::transport::{Headers, offered_subprotocols, selected_subprotocol as select};
use authx::{Config, Request};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyMapping, PySequence, PyString, PyTuple};

use crate::forking::interned;
use crate::tokens::{latin1, latin1_bytes};

/// The parts of a scope that can carry a token; holds references to the Python objects that the engine borrows.
pub(crate) struct Scope<'py> {
    headers: CapturedHeaders<'py>,
    method: Option<Bound<'py, PyString>>,
    query: Option<Bound<'py, PyBytes>>,
}

impl<'py> Scope<'py> {
    pub(crate) fn capture(scope: &Bound<'py, PyMapping>, config: &Config) -> PyResult<Self> {
        let py = scope.py();
        let headers = scope.get_item(interned!(py, "headers"))?;
        let mut headers = CapturedHeaders::of(&headers, |name| config.reads_header(name))?;
        // A WebSocket's handshake is a GET, and its scope has no method.
        let method = optional(scope, interned!(py, "method"))?;
        if method.is_none() {
            headers.complete_subprotocols(scope)?;
        }
        Ok(Self { headers, method, query: optional(scope, interned!(py, "query_string"))? })
    }

    pub(crate) fn request(&self) -> PyResult<Request<'_, CapturedHeaders<'py>>> {
        let method = match &self.method {
            Some(method) => method.to_str()?,
            None => "GET",
        };
        let query = self.query.as_ref().map_or(b"".as_slice(), |query| query.as_bytes());
        let request = Request::new(method, &self.headers).query(query);
        Ok(if self.method.is_none() { request.websocket() } else { request })
    }
}

impl Scope<'_> {
    /// Takes the token out of the scope's own list of subprotocols. An application that accepts one of them by its place
    /// would otherwise send the token back.
    pub(crate) fn hide_subprotocol_token(&self, scope: &Bound<'_, PyMapping>) -> PyResult<()> {
        let py = scope.py();
        let name = interned!(py, "subprotocols");
        if !scope.contains(name)? {
            return Ok(());
        }
        let kept = interned!(py, "authx.subprotocols");
        if !scope.contains(kept)? {
            scope.set_item(kept, scope.get_item(name)?)?;
        }
        let offered = offered_subprotocols(&self.headers).into_iter().map(latin1);
        scope.set_item(name, PyList::new(py, offered)?)
    }
}

/// See `selected_subprotocol` in `_authx.pyi`.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts owned lists")]
pub(crate) fn selected_subprotocol(
    scope: &Bound<'_, PyMapping>,
    own: Vec<String>,
) -> PyResult<Option<String>> {
    let headers = scope.get_item(interned!(scope.py(), "headers"))?;
    let mut headers =
        CapturedHeaders::of(&headers, |name| name.eq_ignore_ascii_case(SUBPROTOCOLS.as_bytes()))?;
    headers.complete_subprotocols(scope)?;
    let selected = select(&headers, own.iter().map(String::as_str));
    Ok(selected.map(str::to_owned))
}

/// The path of a scope, without the query string.
pub(crate) fn path(scope: &Bound<'_, PyMapping>) -> PyResult<String> {
    scope.get_item(interned!(scope.py(), "path"))?.extract()
}

/// The relevant headers of a list of pairs, borrowed from Python.
pub(crate) struct CapturedHeaders<'py> {
    pairs: Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)>,
}

impl<'py> CapturedHeaders<'py> {
    pub(crate) fn of(
        headers: &Bound<'py, PyAny>,
        matters: impl Fn(&[u8]) -> bool,
    ) -> PyResult<Self> {
        let mut pairs = Vec::new();
        let mut keep = |pair: &Bound<'py, PyAny>| -> PyResult<()> {
            let (name, value) = match pair.cast::<PyTuple>() {
                Ok(pair) => (pair.get_item(0)?, pair.get_item(1)?),
                Err(_) => {
                    let pair = pair.cast::<PySequence>()?;
                    (pair.get_item(0)?, pair.get_item(1)?)
                }
            };
            let name = name.cast_into::<PyBytes>()?;
            if matters(name.as_bytes()) {
                pairs.push((name, value.cast_into::<PyBytes>()?));
            }
            Ok(())
        };
        match headers.cast::<PyList>() {
            Ok(headers) => headers.iter().try_for_each(|pair| keep(&pair))?,
            Err(_) => headers.try_iter()?.try_for_each(|pair| keep(&pair?))?,
        }
        Ok(Self { pairs })
    }
}

impl<'py> CapturedHeaders<'py> {
    /// Adds the header of subprotocols where the server has it only as the scope's list, as uvicorn with wsproto does.
    fn complete_subprotocols(&mut self, scope: &Bound<'py, PyMapping>) -> PyResult<()> {
        let py = scope.py();
        if self.values(SUBPROTOCOLS).next().is_some() {
            return Ok(());
        }
        // The first is the list as it was before the token was hidden.
        for name in [interned!(py, "authx.subprotocols"), interned!(py, "subprotocols")] {
            if !scope.contains(name)? {
                continue;
            }
            let offered = scope.get_item(name)?.try_iter()?;
            let offered: Vec<String> =
                offered.map(|name| name?.extract()).collect::<PyResult<_>>()?;
            if !offered.is_empty() {
                let line = PyBytes::new(py, &latin1_bytes(&offered.join(",")));
                self.pairs.push((PyBytes::new(py, SUBPROTOCOLS.as_bytes()), line));
            }
            break;
        }
        Ok(())
    }
}

const SUBPROTOCOLS: &str = "sec-websocket-protocol";

impl Headers for CapturedHeaders<'_> {
    fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.pairs
            .iter()
            .filter(move |(header, _)| header.as_bytes().eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_bytes())
    }
}

fn optional<'py, T: pyo3::type_object::PyTypeInfo>(
    scope: &Bound<'py, PyMapping>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, T>>> {
    if !scope.contains(name)? {
        return Ok(None);
    }
    Ok(Some(scope.get_item(name)?.cast_into::<T>()?))
}
