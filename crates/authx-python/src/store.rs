//! The Python class `Store`: what the flow of logins does with a store, awaited by asyncio.

use std::sync::Arc;

use authx::event::Observer as _;
use authx::login::{Attempt, NewLogin, Rotatable};
use authx::oauth::INACTIVE;
use authx::{Claims, SystemRandom, Timestamp};
use authx_store::{
    ClientInfo, Flow, FlowError, IssuedPair, Logout, Replica, SessionInfo, TokenIdentity,
};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use serde_json::value::RawValue;

use crate::arguments::{custom_claims, recipients};
use crate::bridge;
use crate::clients::ClientRequest;
use crate::engine::Engine;
use crate::errors::{authentication_error, issue_error, store_error};
use crate::events::{EventFields, EventQueue};
use crate::instant::instant;
use crate::json;
use crate::opened_store::OpenedStore;
use crate::rate_limit::{RateUsage, limit};
use crate::renewal::Renewal;
use crate::stores::Stores;
use crate::verified::{Admitted, FirstUseQuestion, LoginQuestion, RevocationQuestion};

/// See `Store` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Store {
    opened: Arc<OpenedStore>,
    events: Arc<EventQueue>,
}

/// See `LoginAttempt` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct LoginAttempt(authx_store::LoginAttempt);

/// What a future needs of its own: it outlives the call that begins it.
struct Owned {
    engine: authx::Engine,
    store: Arc<Replica>,
    now: Timestamp,
    events: Arc<EventQueue>,
    client_address: Option<String>,
}

impl Owned {
    fn flow(&self) -> Flow<'_> {
        Flow::new(&self.engine, self.store.store(), &SystemRandom, self.now)
            .with_replica(&self.store)
            .observed_by(&*self.events)
            .of_client(self.client_address.as_deref())
    }

    fn of_client(self, client_address: Option<String>) -> Self {
        Self { client_address, ..self }
    }
}

/// Makes a call with what its future owns, and converts the answer for Python. A macro, because the future borrows what
/// it owns.
macro_rules! call {
    ($py:ident, $owned:ident, $call:expr, $convert:expr) => {{
        let future = async move {
            let result = $call;
            answered($owned, result)
        };
        bridge::call($py, future, $convert)
    }};
}

/// A client's address, its program, and what else the application keeps.
type Client = (Option<String>, Option<String>, Option<Py<PyAny>>);

#[pymethods]
impl Store {
    #[new]
    fn new(url: String) -> PyResult<Self> {
        let opened = Arc::new(OpenedStore::new(url));
        // So that a mistake is found when the application starts.
        opened.get()?;
        Ok(Self { opened, events: Arc::default() })
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
        call!(py, owned, owned.flow().log_in(&login, client).await, issued)
    }

    fn count(
        &self,
        py: Python<'_>,
        engine: &Engine,
        key: String,
        max_requests: i64,
        window: f64,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let limit = limit(max_requests, window)?;
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(
            py,
            owned,
            owned.store.store().count(&key, limit, owned.now).await.map_err(FlowError::from),
            |py, answer| Ok(Py::new(py, RateUsage(answer.or_raise(py)?))?.into_any())
        )
    }

    fn begin_attempt(
        &self,
        py: Python<'_>,
        engine: &Engine,
        what: &str,
        username: String,
        client_address: Option<String>,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let what = match what {
            "login" => Attempt::Login,
            "mail" => Attempt::Mail,
            _ => return Err(PyValueError::new_err("what: login or mail")),
        };
        let owned = self.owned(engine.inner.clone(), now)?.of_client(client_address);
        call!(py, owned, owned.flow().begin_attempt(what, &username).await, |py, answer| Ok(
            Py::new(py, LoginAttempt(answer.or_raise(py)?))?.into_any()
        ))
    }

    fn introspect(
        &self,
        py: Python<'_>,
        engine: &Engine,
        request: &ClientRequest,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let request = request.0.clone();
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(py, owned, owned.flow().introspect(&request, None).await, |py, answer| {
            let answer = answer.or_raise(py)?;
            let active = (answer != INACTIVE).then_some(answer);
            Ok(active.into_pyobject(py)?.unbind())
        })
    }

    fn revoke_for_client(
        &self,
        py: Python<'_>,
        engine: &Engine,
        request: &ClientRequest,
        client_address: Option<String>,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let request = request.0.clone();
        let owned = self.owned(engine.inner.clone(), now)?.of_client(client_address);
        call!(py, owned, owned.flow().revoke_for_client(&request).await, nothing)
    }

    fn attempt_succeeded(
        &self,
        py: Python<'_>,
        engine: &Engine,
        attempt: &LoginAttempt,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let attempt = attempt.0.clone();
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(py, owned, owned.flow().attempt_succeeded(&attempt).await, nothing)
    }

    fn stores(&self, asks_blocklist: bool) -> Stores {
        Stores::with(Arc::clone(&self.opened), asks_blocklist)
    }

    fn take_events(&self) -> Vec<EventFields> {
        self.events.take()
    }

    #[pyo3(signature = (engine, admitted, now, renewal, client_address, is_verified))]
    #[expect(clippy::too_many_arguments, reason = "Python's arguments")]
    fn rotate(
        &self,
        py: Python<'_>,
        engine: &Engine,
        admitted: &Admitted,
        now: f64,
        renewal: Option<&Renewal>,
        client_address: Option<String>,
        is_verified: bool,
    ) -> PyResult<Py<PyAny>> {
        let mut claims = rotatable(admitted)?;
        Renewal::of(renewal).apply(&mut claims);
        let owned = self.owned(engine.inner.clone(), now)?.of_client(client_address);
        call!(
            py,
            owned,
            {
                let flow = owned.flow();
                if is_verified {
                    flow.rotate_verified(&claims).await
                } else {
                    flow.rotate(&claims).await
                }
            },
            issued
        )
    }

    fn check(
        &self,
        py: Python<'_>,
        engine: &Engine,
        admitted: &Admitted,
        now: f64,
        client_address: Option<String>,
    ) -> PyResult<Py<PyAny>> {
        let claims = rotatable(admitted)?;
        let owned = self.owned(engine.inner.clone(), now)?.of_client(client_address);
        call!(py, owned, owned.flow().check(&claims).await, nothing)
    }

    fn refuse_renewal(
        &self,
        py: Python<'_>,
        engine: &Engine,
        session_id: String,
        now: f64,
        client_address: Option<String>,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?.of_client(client_address);
        call!(py, owned, Err(owned.flow().refuse_renewal(&session_id).await), nothing)
    }

    fn use_once(
        &self,
        py: Python<'_>,
        question: &FirstUseQuestion,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let (jti, exp, engine) = question.token()?;
        let owned = self.owned(engine, now)?;
        call!(py, owned, owned.flow().use_once(&jti, exp).await, boolean)
    }

    #[pyo3(signature = (engine, uid, jti, session_id, exp, what, now))]
    #[expect(clippy::too_many_arguments, reason = "Python's arguments")]
    fn log_out(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        jti: Option<String>,
        session_id: Option<String>,
        exp: Option<f64>,
        what: &str,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let what = match what {
            "here" => Logout::Here,
            "everywhere" => Logout::Everywhere,
            "elsewhere" => Logout::Elsewhere,
            _ => return Err(PyValueError::new_err("what: here, everywhere or elsewhere")),
        };
        let exp = exp.map(|exp| instant("exp", exp)).transpose()?;
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(
            py,
            owned,
            {
                let (jti, sid) = (jti.as_deref(), session_id.as_deref());
                let token = TokenIdentity { sub: &uid, jti, sid, exp };
                owned.flow().log_out(token, what).await
            },
            nothing
        )
    }

    fn is_revoked(
        &self,
        py: Python<'_>,
        question: &RevocationQuestion,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let (token, engine) = question.token()?;
        let owned = self.owned(engine, now)?;
        call!(py, owned, owned.flow().is_revoked(&token).await, boolean)
    }

    fn answer(&self, py: Python<'_>, question: Py<LoginQuestion>, now: f64) -> PyResult<Py<PyAny>> {
        let (presented, engine) = question.get().presented(py)?;
        let owned = self.owned(engine, now)?;
        let at = owned.now;
        call!(py, owned, owned.flow().state_of(&presented).await, move |py, answer| {
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
        call!(py, owned, owned.flow().revoke_token(&jti, exp, &reason).await, nothing)
    }

    fn revoke_session(
        &self,
        py: Python<'_>,
        engine: &Engine,
        session_id: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(py, owned, owned.flow().revoke_session(&session_id).await, nothing)
    }

    fn end_own_login(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        session_id: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(py, owned, owned.flow().end_own_login(&uid, &session_id).await, nothing)
    }

    fn revoke_sessions_of(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(py, owned, owned.flow().revoke_sessions_of(&uid).await, nothing)
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
        call!(
            py,
            owned,
            owned.flow().end_logins(&uid, except_session.as_deref(), &reason).await,
            nothing
        )
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
        call!(py, owned, owned.flow().begin_session(uid, client).await, |py, answer| session_json(
            py,
            &answer.or_raise(py)?
        ))
    }

    fn sessions_of(
        &self,
        py: Python<'_>,
        engine: &Engine,
        uid: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(py, owned, owned.flow().logins_of(&uid).await, |py, answer| {
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
        call!(
            py,
            owned,
            owned.store.store().get(&session_id, owned.now).await.map_err(FlowError::from),
            |py, answer| match answer.or_raise(py)? {
                Some(login) => session_json(py, &login.session),
                None => Ok(py.None()),
            }
        )
    }

    fn touch(
        &self,
        py: Python<'_>,
        engine: &Engine,
        session_id: String,
        now: f64,
    ) -> PyResult<Py<PyAny>> {
        let owned = self.owned(engine.inner.clone(), now)?;
        call!(
            py,
            owned,
            owned.store.store().touch(&session_id, owned.now).await.map_err(FlowError::from),
            nothing
        )
    }
}

impl Store {
    fn owned(&self, engine: authx::Engine, now: f64) -> PyResult<Owned> {
        let (store, now) = (self.opened.get()?, instant("now", now)?);
        Ok(Owned { engine, store, now, events: Arc::clone(&self.events), client_address: None })
    }
}

/// What a flow answered, with the engine for the exception.
struct Answered<T> {
    engine: authx::Engine,
    result: Result<T, FlowError>,
}

/// The claims of a token that can be exchanged.
fn rotatable(admitted: &Admitted) -> PyResult<Claims<Rotatable>> {
    admitted
        .rotatable()
        .cloned()
        .ok_or_else(|| PyRuntimeError::new_err("the token was not verified with Engine.rotatable"))
}

fn answered<T>(owned: Owned, result: Result<T, FlowError>) -> Answered<T> {
    if let Some(event) = result.as_ref().err().and_then(|error| error.event(owned.now)) {
        owned.events.notice(event);
    }
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

fn boolean(py: Python<'_>, answer: Answered<bool>) -> PyResult<Py<PyAny>> {
    Ok(answer.or_raise(py)?.into_pyobject(py)?.to_owned().into_any().unbind())
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
