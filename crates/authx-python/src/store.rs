//! The Python class `Store`: what the flow of logins does with a store, awaited by asyncio.

use std::sync::Arc;

use authx::login::NewLogin;
use authx::{SystemRandom, Timestamp};
use authx_store::{ClientInfo, Flow, FlowError, IssuedPair, SessionInfo};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use serde_json::value::RawValue;

use crate::bridge::{self, PerProcess};
use crate::engine::{Engine, custom_claims, recipients};
use crate::errors::{authentication_error, issue_error, store_error};
use crate::instant::instant;
use crate::json;
use crate::verified::{Admitted, LoginQuestion, RevocationQuestion};

/// See `Store` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Store {
    url: String,
    opened: PerProcess<Arc<dyn authx_store::Store>>,
}

/// What a future needs of its own: it outlives the call that begins it.
struct Owned {
    engine: authx::Engine,
    store: Arc<dyn authx_store::Store>,
    now: Timestamp,
}

impl Owned {
    fn flow(&self) -> Flow<'_> {
        let Self { engine, store, now } = self;
        Flow { engine, store, random: &SystemRandom, now: *now }
    }
}

/// A client's address, its program, and what else the application keeps.
type Client = (Option<String>, Option<String>, Option<Py<PyAny>>);

#[pymethods]
impl Store {
    #[new]
    fn new(url: String) -> PyResult<Self> {
        let store = Self { url, opened: PerProcess::new() };
        // So that a mistake is found when the application starts.
        store.opened()?;
        Ok(store)
    }

    #[pyo3(signature = (engine, uid, now, *, scopes, data, audience, client))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "Python's arguments"
    )]
    fn log_in(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        now: f64,
        scopes: Option<Vec<String>>,
        data: Option<Bound<'_, PyAny>>,
        audience: Option<Bound<'_, PyAny>>,
        client: Client,
    ) -> PyResult<Py<PyAny>> {
        let mut login = NewLogin::of(uid);
        if let Some(scopes) = scopes {
            login = login.scopes(scopes);
        }
        if let Some(names) = audience {
            login = login.audience(recipients(&names)?);
        }
        let custom = data.as_ref().map(custom_claims).transpose()?;
        let custom = custom.unwrap_or_else(|| RawValue::NULL.to_owned());
        let login = login.claims(custom);
        let client = client_info(py, client)?;
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let pair = owned.flow().log_in(&login, client).await;
            answered(owned, pair)
        };
        bridge::call(py, future, issued)
    }

    fn rotate(
        &self,
        py: Python<'_>,
        engine: &Engine,
        admitted: &Admitted,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let claims = admitted.rotatable().cloned();
        let claims = claims.ok_or_else(|| {
            PyRuntimeError::new_err("the token was not verified with Engine.rotatable")
        })?;
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let pair = owned.flow().rotate(&claims).await;
            answered(owned, pair)
        };
        bridge::call(py, future, issued)
    }

    fn is_revoked(
        &self,
        py: Python<'_>,
        question: &RevocationQuestion,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let (token, engine) = question.token()?;
        let owned = self.owned(engine, now)?;
        let future = async move {
            let is_revoked = owned.flow().is_revoked(&token).await;
            answered(owned, is_revoked)
        };
        bridge::call(py, future, |py, answer| {
            Ok(answer.or_raise(py)?.into_pyobject(py)?.to_owned().into_any().unbind())
        })
    }

    fn answer(&self, py: Python<'_>, question: Py<LoginQuestion>, now: f64) -> PyResult<Py<PyAny>> {
        let (presented, engine) = question.get().presented(py)?;
        let owned = self.owned(engine, now)?;
        let at = owned.now;
        let future = async move {
            let state = owned.flow().state_of(&presented).await;
            answered(owned, state)
        };
        bridge::call(py, future, move |py, answer| {
            let state = answer.or_raise(py)?;
            Ok(question.get().answer(py, state.as_ref(), at)?.unbind())
        })
    }

    #[pyo3(signature = (engine, jti, exp, reason, now))]
    fn revoke_token(
        &self,
        py: Python<'_>,
        engine: &Engine,
        jti: String,
        exp: Option<f64>,
        reason: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let exp = exp.map(|exp| instant("exp", exp)).transpose()?;
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let done = owned.flow().revoke_token(&jti, exp, &reason).await;
            answered(owned, done)
        };
        bridge::call(py, future, nothing)
    }

    fn end_login(
        &self,
        py: Python<'_>,
        engine: &Engine,
        session_id: String,
        reason: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let done = owned.flow().end_login(&session_id, &reason).await;
            answered(owned, done)
        };
        bridge::call(py, future, nothing)
    }

    #[pyo3(signature = (engine, uid, except_session, reason, now))]
    fn end_logins(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        except_session: Option<String>,
        reason: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let done = owned.flow().end_logins(&uid, except_session.as_deref(), &reason).await;
            answered(owned, done)
        };
        bridge::call(py, future, nothing)
    }

    fn begin_session(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        client: Client,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let client = client_info(py, client)?;
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let session = owned.flow().begin_session(uid, client).await;
            answered(owned, session)
        };
        bridge::call(py, future, |py, answer| session_json(py, &answer.or_raise(py)?))
    }

    fn sessions_of(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let logins = owned.flow().logins_of(&uid).await;
            answered(owned, logins)
        };
        bridge::call(py, future, |py, answer| {
            let logins = answer.or_raise(py)?;
            let sessions: PyResult<Vec<_>> =
                logins.iter().map(|login| session_json(py, &login.session)).collect();
            Ok(sessions?.into_pyobject(py)?.unbind())
        })
    }

    fn session(
        &self,
        py: Python<'_>,
        engine: &Engine,
        session_id: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let login = owned.store.get(&session_id, owned.now).await.map_err(FlowError::from);
            answered(owned, login)
        };
        bridge::call(py, future, |py, answer| match answer.or_raise(py)? {
            Some(login) => session_json(py, &login.session),
            None => Ok(py.None()),
        })
    }

    fn touch(
        &self,
        py: Python<'_>,
        engine: &Engine,
        session_id: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        let future = async move {
            let done = owned.store.touch(&session_id, owned.now).await.map_err(FlowError::from);
            answered(owned, done)
        };
        bridge::call(py, future, nothing)
    }
}

impl Store {
    fn opened(&self) -> PyResult<Arc<dyn authx_store::Store>> {
        self.opened.get_or_create(|| {
            authx_store::open(&self.url)
                .map_err(|error| PyValueError::new_err(format!("store: {error}")))
        })
    }

    fn owned(&self, engine: authx::Engine, now: f64) -> PyResult<Owned> {
        Ok(Owned { engine, store: self.opened()?, now: instant("now", now)? })
    }
}

/// What a flow answered, with the engine for the exception.
struct Answered<T> {
    engine: authx::Engine,
    result: Result<T, FlowError>,
}

fn answered<T>(owned: Owned, result: Result<T, FlowError>) -> Answered<T> {
    Answered { engine: owned.engine, result }
}

impl<T> Answered<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.result.map_err(|error| match error {
            FlowError::Refused(error) => {
                authentication_error(py, &error, self.engine.config().login_type())
            }
            FlowError::Issue(error) => issue_error(py, &error),
            error => store_error(py, &error),
        })
    }
}

fn issued(py: Python<'_>, answer: Answered<IssuedPair>) -> PyResult<Py<PyAny>> {
    let IssuedPair { access_token, refresh_token, session, .. } = answer.or_raise(py)?;
    let session = session_json(py, &session)?;
    Ok((access_token, refresh_token, session).into_pyobject(py)?.into_any().unbind())
}

fn nothing(py: Python<'_>, answer: Answered<()>) -> PyResult<Py<PyAny>> {
    answer.or_raise(py)?;
    Ok(py.None())
}

fn session_json(py: Python<'_>, session: &SessionInfo) -> PyResult<Py<PyAny>> {
    let json = serde_json::to_string(session)
        .map_err(|error| PyRuntimeError::new_err(format!("device_info: {error}")))?;
    Ok(json.into_pyobject(py)?.into_any().unbind())
}

fn client_info(
    py: Python<'_>,
    (ip_address, user_agent, device_info): Client,
) -> PyResult<ClientInfo> {
    let device_info = device_info
        .map(|info| {
            let json = json::dumps("device_info", info.bind(py))?;
            serde_json::from_str(&json)
                .map_err(|_| PyValueError::new_err("device_info: a dictionary is expected"))
        })
        .transpose()?;
    Ok(ClientInfo { ip_address, user_agent, device_info })
}
