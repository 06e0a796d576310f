//! The result of verification for Python: the payload, or a question that a store has to answer first.

use std::sync::{Mutex, PoisonError};

use authx::login::{LoginState, PresentedLogin, Rotatable};
use authx::refresh::Renewable;
use authx::session::SessionState;
use authx::token::JsonClaims;
use authx::verify::VerifiedToken;
use authx::{Claims, Step, Timestamp};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use serde::{Deserialize, Deserializer};

use crate::claim_value::{ClaimValue, ClaimValues};
use crate::claims::token_payload;
use crate::errors::authentication_error;
use crate::instant::instant;
use crate::json;

/// Custom claims as Python values. For a token that is due for refresh also what the new token takes over.
#[derive(Clone)]
pub(crate) struct Custom {
    values: ClaimValues,
    carried: Carried,
}

/// What a token that replaces this one takes over.
#[derive(Clone)]
enum Carried {
    Nothing,
    Renewable(Renewable),
    Rotatable(Rotatable),
}

impl<'de> Deserialize<'de> for Custom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { values: ClaimValues::deserialize(deserializer)?, carried: Carried::Nothing })
    }
}

impl From<Renewable> for Custom {
    fn from(renewable: Renewable) -> Self {
        Self { values: read(&renewable.custom), carried: Carried::Renewable(renewable) }
    }
}

impl From<Rotatable> for Custom {
    fn from(rotatable: Rotatable) -> Self {
        Self { values: read(&rotatable.custom), carried: Carried::Rotatable(rotatable) }
    }
}

fn read(claims: &JsonClaims) -> ClaimValues {
    // Never fails, because the engine has parsed the JSON before.
    let read = |raw| ClaimValue::read(raw).unwrap_or(ClaimValue::Null);
    claims.iter().map(|(name, raw)| (name.clone(), read(raw))).collect()
}

/// The engine that verified a token, and its payload, kept until all questions are answered.
pub(crate) struct Origin {
    pub(crate) engine: authx::Engine,
    /// The payload's JSON, if the application builds its own model from it.
    pub(crate) json: Option<String>,
}

/// See `Admitted` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Admitted {
    #[pyo3(get)]
    payload: Py<PyAny>,
    exp: Option<Timestamp>,
    origin: Origin,
    renewable: Option<Claims<Renewable>>,
    rotatable: Option<Claims<Rotatable>>,
}

#[pymethods]
impl Admitted {
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let json = self.origin.json.as_ref().ok_or_else(|| {
            PyRuntimeError::new_err("the claims were not requested when the token was verified")
        })?;
        json::loads(py, json)
    }

    fn socket_check_in(&self, now: f64) -> PyResult<f64> {
        let now = instant("now", now)?;
        Ok(self.origin.engine.socket_check_in(self.exp, now).as_secs_f64())
    }
}

impl Admitted {
    /// The claims of a token that is due for refresh.
    pub(crate) fn renewable(&self) -> Option<&Claims<Renewable>> {
        self.renewable.as_ref()
    }

    /// The claims of a refresh token that can be rotated.
    pub(crate) fn rotatable(&self) -> Option<&Claims<Rotatable>> {
        self.rotatable.as_ref()
    }
}

/// See `RevocationQuestion` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct RevocationQuestion {
    spellings: Vec<String>,
    open: Open<authx::verify::RevocationQuestion<Custom>>,
}

#[pymethods]
impl RevocationQuestion {
    #[getter]
    fn spellings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.spellings.iter().map(|spelling| PyString::new(py, spelling)))
    }

    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.open.look(|question| {
            let claims = question.claims_in_question();
            token_payload(py, claims, &claims.custom.values)
        })
    }

    fn answer<'py>(&self, py: Python<'py>, is_revoked: bool) -> PyResult<Bound<'py, PyAny>> {
        let (question, origin) = self.open.take()?;
        next(py, question.answer(is_revoked), origin)
    }
}

impl RevocationQuestion {
    /// The token and the engine that verified it.
    pub(crate) fn token(&self) -> PyResult<(VerifiedToken, authx::Engine)> {
        self.open.look_with_origin(|question, origin| {
            Ok((question.token().clone(), origin.engine.clone()))
        })
    }
}

/// See `LoginQuestion` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct LoginQuestion {
    open: Open<authx::verify::LoginQuestion<Custom>>,
}

impl LoginQuestion {
    /// The login and the engine that verified its token.
    pub(crate) fn presented(&self, py: Python<'_>) -> PyResult<(PresentedLogin, authx::Engine)> {
        self.open.look_with_origin(|question, origin| {
            let presented = question.presented().map_err(|error| {
                authentication_error(py, &error, origin.engine.config().login_type())
            });
            Ok((presented?, origin.engine.clone()))
        })
    }

    /// The next step, with the state of the login that a store has.
    pub(crate) fn answer<'py>(
        &self,
        py: Python<'py>,
        state: Option<&LoginState>,
        now: Timestamp,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (question, origin) = self.open.take()?;
        next(py, question.answer(state, now), origin)
    }
}

/// See `SessionQuestion` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct SessionQuestion {
    #[pyo3(get)]
    session: String,
    open: Open<authx::verify::SessionQuestion<Custom>>,
}

#[pymethods]
impl SessionQuestion {
    #[pyo3(signature = (is_active))]
    fn answer<'py>(&self, py: Python<'py>, is_active: Option<bool>) -> PyResult<Bound<'py, PyAny>> {
        let state = match is_active {
            Some(true) => SessionState::Active,
            Some(false) => SessionState::Revoked,
            None => SessionState::Unknown,
        };
        let (question, origin) = self.open.take()?;
        next(py, question.answer(state), origin)
    }
}

/// See `FirstUseQuestion` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct FirstUseQuestion {
    #[pyo3(get)]
    jti: String,
    open: Open<authx::verify::FirstUseQuestion<Custom>>,
}

#[pymethods]
impl FirstUseQuestion {
    fn answer<'py>(&self, py: Python<'py>, is_first: bool) -> PyResult<Bound<'py, PyAny>> {
        let (question, origin) = self.open.take()?;
        next(py, question.answer(is_first), origin)
    }
}

impl FirstUseQuestion {
    /// The `jti` and the end of the token, and the engine that verified it.
    pub(crate) fn token(&self) -> PyResult<(String, Option<Timestamp>, authx::Engine)> {
        self.open.look_with_origin(|question, origin| {
            Ok((question.jti().to_owned(), question.exp(), origin.engine.clone()))
        })
    }
}

/// The Python object for a step.
pub(crate) fn step(
    py: Python<'_>,
    step: Step<Custom>,
    origin: Origin,
) -> PyResult<Bound<'_, PyAny>> {
    match step {
        Step::Admitted(claims) => admitted(py, claims, origin),
        Step::AskRevocation(question) => {
            let spellings = question.token().spellings().to_vec();
            let question = RevocationQuestion { spellings, open: Open::new(question, origin) };
            Ok(Bound::new(py, question)?.into_any())
        }
        Step::AskLogin(question) => {
            Ok(Bound::new(py, LoginQuestion { open: Open::new(question, origin) })?.into_any())
        }
        Step::AskSession(question) => {
            let session = question.session_id().to_owned();
            let question = SessionQuestion { session, open: Open::new(question, origin) };
            Ok(Bound::new(py, question)?.into_any())
        }
        Step::AskFirstUse(question) => {
            let jti = question.jti().to_owned();
            let question = FirstUseQuestion { jti, open: Open::new(question, origin) };
            Ok(Bound::new(py, question)?.into_any())
        }
    }
}

/// The step after an answer, or the error that refuses the token.
fn next(
    py: Python<'_>,
    answered: Result<Step<Custom>, authx::Error>,
    origin: Origin,
) -> PyResult<Bound<'_, PyAny>> {
    match answered {
        Ok(next) => step(py, next, origin),
        Err(error) => Err(authentication_error(py, &error, origin.engine.config().login_type())),
    }
}

/// A token whose questions are all answered, or that is verified without asking the stores.
pub(crate) fn admitted(
    py: Python<'_>,
    claims: Claims<Custom>,
    origin: Origin,
) -> PyResult<Bound<'_, PyAny>> {
    let payload = token_payload(py, &claims, &claims.custom.values)?.unbind();
    let exp = claims.exp;
    let mut claims = claims;
    let carried = std::mem::replace(&mut claims.custom.carried, Carried::Nothing);
    let (renewable, rotatable) = match carried {
        Carried::Nothing => (None, None),
        Carried::Renewable(renewable) => (Some(claims.map_custom(|_| renewable)), None),
        Carried::Rotatable(rotatable) => (None, Some(claims.map_custom(|_| rotatable))),
    };
    Ok(Bound::new(py, Admitted { payload, exp, origin, renewable, rotatable })?.into_any())
}

/// A question until it is answered; it can be answered once.
pub(crate) struct Open<T>(Mutex<Option<(T, Origin)>>);

impl<T> Open<T> {
    pub(crate) fn new(question: T, origin: Origin) -> Self {
        Self(Mutex::new(Some((question, origin))))
    }

    pub(crate) fn take(&self) -> PyResult<(T, Origin)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(answered_before)
    }

    fn look<R>(&self, look: impl FnOnce(&T) -> PyResult<R>) -> PyResult<R> {
        self.look_with_origin(|question, _| look(question))
    }

    fn look_with_origin<R>(&self, look: impl FnOnce(&T, &Origin) -> PyResult<R>) -> PyResult<R> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (question, origin) = open.as_ref().ok_or_else(answered_before)?;
        look(question, origin)
    }
}

fn answered_before() -> PyErr {
    PyRuntimeError::new_err("this question was answered before")
}
