//! Clients that ask about tokens.

use authx::oauth;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::authentication_error;

/// See `Clients` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Clients(oauth::Clients);

#[pymethods]
impl Clients {
    #[new]
    fn new(secrets: Vec<(String, String)>) -> PyResult<Self> {
        let clients = secrets
            .into_iter()
            .try_fold(oauth::Clients::default(), |clients, (id, secret)| clients.with(id, secret));
        Ok(Self(clients.map_err(|error| PyValueError::new_err(error.to_string()))?))
    }

    #[pyo3(signature = (authorization, content_type, body))]
    fn read(
        &self,
        py: Python<'_>,
        authorization: Option<&[u8]>,
        content_type: &[u8],
        body: Option<&[u8]>,
    ) -> PyResult<ClientRequest> {
        let read = self.0.read(authorization, content_type, body);
        Ok(ClientRequest(read.map_err(|error| authentication_error(py, &error, None))?))
    }
}

/// See `ClientRequest` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct ClientRequest(pub(crate) oauth::ClientRequest);

#[pymethods]
impl ClientRequest {
    #[getter]
    fn token(&self) -> &str {
        self.0.token()
    }
}
