//! The Python class `Engine`: each method converts its arguments, calls the engine and converts the result.

use std::borrow::Cow;
use std::time::Duration;

use authx::answer::{ErrorDetails, ReportedError};
use authx::refresh::{Outcome, reads_response_header};
use authx::transport::BodyWanted;
use authx::{Error, NewToken, Request, RequestToken, SystemRandom, Timestamp, TokenKind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::answer::{self, Answer, known};
use crate::arguments::{custom_claims, recipients};
use crate::errors::{authentication_error, configuration_error, issue_error};
use crate::forking::detached;
use crate::instant::instant;
use crate::json;
use crate::keys::KeyRing;
use crate::renewal::Renewal;
use crate::request::{CapturedHeaders, Scope, path};
use crate::requirement::{Requirement, token_kind};
use crate::settings;
use crate::stores::{RefreshCandidate, Stores};
use crate::tokens::{FoundToken, found};
use crate::verified::{Admitted, Custom, Origin, admitted, step};

/// The values of `Set-Cookie`, and the headers with their values that replace those of the response.
type Reissued = (Vec<String>, Vec<(&'static str, String)>);

/// See `Engine` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Engine {
    pub(crate) inner: authx::Engine,
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (settings, *, login_type = None, keys = None))]
    fn new(
        settings: &Bound<'_, PyMapping>,
        login_type: Option<String>,
        keys: Option<PyRef<'_, KeyRing>>,
    ) -> PyResult<Self> {
        let mut builder = settings::builder(settings, keys.is_some())?;
        if let Some(keys) = keys {
            builder = builder.keys(keys.inner.clone());
        }
        if let Some(login_type) = login_type {
            builder = builder.login_type(login_type);
        }
        let config = builder.build().map_err(|error| configuration_error(settings.py(), &error))?;
        Ok(Self { inner: authx::Engine::new(config) })
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.inner.config().warnings().to_vec()
    }

    #[getter]
    fn keys(&self) -> KeyRing {
        KeyRing { inner: self.inner.config().keys().clone() }
    }

    #[getter]
    fn error_message_key(&self) -> &str {
        self.inner.config().error_message_key()
    }

    #[getter]
    fn explains_errors(&self) -> bool {
        self.inner.config().explains_errors()
    }

    #[getter]
    fn updates_last_active(&self) -> bool {
        self.inner.config().session_update_last_active()
    }

    #[getter]
    fn session_max_idle(&self) -> Option<f64> {
        self.inner.config().session_max_idle().map(|idle| idle.as_secs_f64())
    }

    #[getter]
    fn cache_statistics(&self) -> Option<(usize, u64, u64)> {
        let statistics = self.inner.cache_statistics()?;
        Some((statistics.entries, statistics.bytes, statistics.misses))
    }

    #[pyo3(signature = (
        error_type, name, message, *, login_types = None, retry_after = None, explanation = None,
    ))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "Python's keywords, and PyO3 extracts owned values"
    )]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        error_type: &str,
        name: &str,
        message: &str,
        login_types: Option<(Option<String>, Option<String>)>,
        retry_after: Option<u64>,
        explanation: Option<&str>,
    ) -> PyResult<Answer<'py>> {
        let details = match (&login_types, retry_after) {
            (Some((expected, actual)), _) => ErrorDetails::LoginTypes {
                expected: expected.as_deref(),
                actual: actual.as_deref(),
            },
            (None, Some(seconds)) => ErrorDetails::RetryAfter(seconds),
            (None, None) => ErrorDetails::None,
        };
        let error_type = known(error_type)?;
        let error = ReportedError { error_type, name, message, details, explanation };
        Ok(answer::to_python(py, self.inner.answer_reported(&error)))
    }

    #[getter]
    fn max_body_size(&self) -> usize {
        self.inner.config().max_body_size()
    }

    fn expires_in(&self, py: Python<'_>, token: &str, now: f64) -> PyResult<Option<u64>> {
        let now = instant("now", now)?;
        Ok(self.unlocked(py, || self.inner.expires_in(token, now)))
    }

    #[pyo3(signature = (
        r#type, uid, now, *, fresh = false, headers = None, expires_in = None, expires_at = None,
        data = None, audience = None, scopes = None, issuer = None, not_before = None,
        issued_at = None, jti = None, csrf = None, session_id = None, auth_time = None,
        once = false,
    ))]
    #[expect(clippy::too_many_arguments, reason = "Python's keywords")]
    fn create_token(
        &self,
        py: Python<'_>,
        r#type: &str,
        uid: &str,
        now: f64,
        fresh: bool,
        headers: Option<&Bound<'_, PyAny>>,
        expires_in: Option<f64>,
        expires_at: Option<f64>,
        data: Option<&Bound<'_, PyAny>>,
        audience: Option<&Bound<'_, PyAny>>,
        scopes: Option<Vec<String>>,
        issuer: Option<String>,
        not_before: Option<f64>,
        issued_at: Option<f64>,
        jti: Option<String>,
        csrf: Option<String>,
        session_id: Option<String>,
        auth_time: Option<f64>,
        once: bool,
    ) -> PyResult<String> {
        let now_instant = instant("now", now)?;
        let mut token = NewToken::new(token_kind(r#type)?, uid);
        if fresh {
            token = token.fresh();
        }
        if let Some(headers) = headers {
            let json = json::dumps("headers", headers)?;
            let headers = serde_json::from_str(&json)
                .map_err(|_| PyValueError::new_err("headers: a mapping is expected"))?;
            token = token.headers(headers);
        }
        if let Some(seconds) = expires_in {
            // A negative lifetime is allowed: tests use it for tokens that have already expired.
            token = match Duration::try_from_secs_f64(seconds) {
                Ok(lifetime) => token.expires_in(lifetime),
                Err(_) => token.expires_at(instant("expiry", now + seconds)?),
            };
        }
        if let Some(end) = expires_at {
            token = token.expires_at(instant("expiry", end)?);
        }
        if let Some(names) = audience {
            token = token.audience(recipients(names)?);
        }
        if let Some(scopes) = scopes {
            token = token.scopes(scopes);
        }
        if let Some(issuer) = issuer {
            token = token.issuer(issuer);
        }
        if let Some(seconds) = not_before {
            token = token.not_before(instant("not_before", seconds)?);
        }
        if let Some(seconds) = issued_at {
            token = token.issued_at(instant("issued_at", seconds)?);
        }
        if let Some(jti) = jti {
            token = token.jti(jti);
        }
        if let Some(csrf) = csrf {
            token = token.csrf(csrf);
        }
        if let Some(session_id) = session_id {
            token = token.session(session_id);
        }
        if let Some(seconds) = auth_time {
            token = token.auth_time(instant("auth_time", seconds)?);
        }
        if once {
            token = token.once();
        }
        let issued = match data {
            None => self.unlocked(py, || self.inner.issue(&token, now_instant, &SystemRandom)),
            Some(data) => {
                let token = token.claims(custom_claims(data)?);
                self.unlocked(py, || self.inner.issue(&token, now_instant, &SystemRandom))
            }
        };
        issued.map_err(|error| issue_error(py, &error))
    }

    fn may_want_body(&self, requirement: &Requirement) -> bool {
        self.inner.may_want_body(&requirement.inner)
    }

    fn wants(
        &self,
        requirement: &Requirement,
        scope: &Bound<'_, PyMapping>,
        now: f64,
    ) -> PyResult<Option<&'static str>> {
        let scope = Scope::capture(scope, self.inner.config())?;
        let now = instant("now", now)?;
        let wanted = self.inner.wants_body(&scope.request()?, &requirement.inner, now);
        Ok(wanted.map(|wanted| match wanted {
            BodyWanted::Json => "json",
            BodyWanted::Form => "form",
        }))
    }

    #[pyo3(signature = (requirement, scope, body = None, form = None))]
    fn find_token(
        &self,
        requirement: &Requirement,
        scope: &Bound<'_, PyMapping>,
        body: Option<&[u8]>,
        form: Option<Vec<(String, String)>>,
    ) -> PyResult<FoundToken> {
        self.with_token(requirement, scope, body, form, |found| Ok(FoundToken::new(&found)))
    }

    #[pyo3(signature = (error_type, requirement, scope, body = None, form = None))]
    fn explain(
        &self,
        error_type: &str,
        requirement: &Requirement,
        scope: &Bound<'_, PyMapping>,
        body: Option<&[u8]>,
        form: Option<Vec<(String, String)>>,
    ) -> PyResult<Option<String>> {
        // An application's subclass of an error has no explanation.
        let Ok(error_type) = error_type.parse() else { return Ok(None) };
        self.with_request(scope, body, form, |_, request| {
            Ok(self.inner.explain(error_type, request, &requirement.inner))
        })
    }

    fn check_unknown_subject(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.check_unknown_subject().map_err(|error| self.error(py, &error))
    }

    fn spellings(&self, token: &str) -> Vec<String> {
        self.inner.spellings(token).into_iter().map(Cow::into_owned).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a found token")]
    fn verify_without_stores<'py>(
        &self,
        py: Python<'py>,
        requirement: &Requirement,
        token: &str,
        location: &str,
        csrf: Option<&str>,
        csrf_required: bool,
        now: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let found = found(token, location, csrf, csrf_required)?;
        let (verified, json) = self.verified_by_hand(py, &found, requirement, now)?;
        admitted(py, verified.without_asking(), self.origin(Some(json)))
    }

    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts owned lists")]
    fn verify_any<'py>(
        &self,
        py: Python<'py>,
        token: &str,
        required: Vec<String>,
        now: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let now = instant("now", now)?;
        let required: Vec<&str> = required.iter().map(String::as_str).collect();
        let payload = self.unlocked(py, || self.inner.verify_any(token, &required, now));
        json::loads(py, &payload.map_err(|error| self.error(py, &error))?)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a found token")]
    fn verify<'py>(
        &self,
        py: Python<'py>,
        requirement: &Requirement,
        token: &str,
        location: &str,
        csrf: Option<&str>,
        csrf_required: bool,
        now: f64,
        stores: &Stores,
    ) -> PyResult<Bound<'py, PyAny>> {
        let found = found(token, location, csrf, csrf_required)?;
        let (verified, json) = self.verified_by_hand(py, &found, requirement, now)?;
        let (replica, now) = (stores.replica(&self.inner), instant("now", now)?);
        let asked = stores.ask(verified, &self.inner, replica.as_deref(), now);
        let first = asked.map_err(|error| self.error(py, &error))?;
        step(py, first, self.origin(Some(json)))
    }

    #[pyo3(signature = (
        requirement, scope, now, stores, body = None, form = None, *, others = None, claims = false,
    ))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "Python's arguments"
    )]
    fn authenticate<'py>(
        &self,
        py: Python<'py>,
        requirement: &Requirement,
        scope: &Bound<'py, PyMapping>,
        now: f64,
        stores: &Stores,
        body: Option<&[u8]>,
        form: Option<Vec<(String, String)>>,
        others: Option<Bound<'py, PyAny>>,
        claims: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let now = instant("now", now)?;
        let replica = stores.replica(&self.inner);
        self.with_token(requirement, scope, body, form, |found| {
            let verified = self.unlocked(py, || {
                let (verified, json) = self.verified(&found, &requirement.inner, now, claims)?;
                Ok((stores.ask(verified, &self.inner, replica.as_deref(), now)?, json))
            });
            let (step, json) = verified.or_else(|error| {
                Err(self.error_among(py, error, &found, others.as_ref(), now)?)
            })?;
            self::step(py, step, self.origin(json))
        })
    }

    #[pyo3(signature = (requirement, scope, now, stores, body = None, form = None, *, others = None))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "Python's arguments"
    )]
    fn rotatable<'py>(
        &self,
        py: Python<'py>,
        requirement: &Requirement,
        scope: &Bound<'py, PyMapping>,
        now: f64,
        stores: &Stores,
        body: Option<&[u8]>,
        form: Option<Vec<(String, String)>>,
        others: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let now = instant("now", now)?;
        self.with_token(requirement, scope, body, form, |found| {
            let verified = self
                .unlocked(py, || self.inner.verify_rotatable(&found, &requirement.inner, now))
                .or_else(|error| {
                    Err(self.error_among(py, error, &found, others.as_ref(), now)?)
                })?;
            let step = stores.ask_without_login(verified.map_custom(Custom::from));
            self::step(py, step, self.origin(None))
        })
    }

    fn refresh_candidate(
        &self,
        scope: &Bound<'_, PyMapping>,
        now: f64,
    ) -> PyResult<Option<RefreshCandidate>> {
        let captured = Scope::capture(scope, self.inner.config())?;
        let candidate =
            self.inner.refresh_candidate(&captured.request()?, &path(scope)?, instant("now", now)?);
        Ok(candidate.ok().map(|verified| RefreshCandidate::new(verified, self.origin(None))))
    }

    fn explain_no_refresh(
        &self,
        scope: &Bound<'_, PyMapping>,
        now: f64,
    ) -> PyResult<Option<String>> {
        let captured = Scope::capture(scope, self.inner.config())?;
        let request = captured.request()?;
        let candidate = self.inner.refresh_candidate(&request, &path(scope)?, instant("now", now)?);
        Ok(candidate.err().map(|reason| self.inner.explain_no_refresh(&reason, &request)))
    }

    #[pyo3(signature = (admitted, *, status, response_headers, now, renewal = None))]
    fn implicit_refresh(
        &self,
        admitted: &Admitted,
        status: u16,
        response_headers: &Bound<'_, PyAny>,
        now: f64,
        renewal: Option<&Renewal>,
    ) -> PyResult<Option<Reissued>> {
        let now = instant("now", now)?;
        let Some(mut claims) = admitted.renewable().cloned() else { return Ok(None) };
        Renewal::of(renewal).apply(&mut claims);
        let headers = CapturedHeaders::of(response_headers, reads_response_header)?;
        let outcome = Outcome { status, headers: &headers };
        let reissued = self.inner.reissue(&claims, &outcome, now, &SystemRandom);
        Ok(reissued.ok().map(|reissued| (reissued.cookies, reissued.headers)))
    }

    fn rotatable_of_claims<'py>(
        &self,
        py: Python<'py>,
        json: &[u8],
        now: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let claims = self
            .inner
            .rotatable_of_claims(json, instant("now", now)?)
            .map_err(|error| authentication_error(py, &error, self.inner.config().login_type()))?;
        admitted(py, claims.map_custom(Custom::from), self.origin(None))
    }

    fn is_activity_due(&self, last_active: f64, now: f64) -> PyResult<bool> {
        let (last_active, now) = (instant("last_active", last_active)?, instant("now", now)?);
        Ok(self.inner.config().is_activity_due(last_active, now))
    }

    #[getter]
    fn refresh_single_use(&self) -> bool {
        self.inner.config().refresh_single_use()
    }

    #[getter]
    fn store_url(&self) -> Option<&str> {
        self.inner.config().store_url()
    }

    fn subject_hash(&self, subject: &str) -> String {
        self.inner.subject_hash(subject)
    }

    fn login_answer(&self, r#type: &str) -> PyResult<(bool, bool)> {
        let (config, kind) = (self.inner.config(), token_kind(r#type)?);
        Ok((config.is_set_as_cookie(kind), config.is_shown_to_scripts(kind)))
    }

    #[pyo3(signature = (token, r#type, now, max_age = None))]
    fn set_cookies(
        &self,
        py: Python<'_>,
        token: &str,
        r#type: &str,
        now: f64,
        max_age: Option<i64>,
    ) -> PyResult<Vec<String>> {
        let max_age = max_age
            .map(|seconds| {
                u64::try_from(seconds)
                    .map(Duration::from_secs)
                    .map_err(|_| PyValueError::new_err("max_age: it must be at least 0 seconds"))
            })
            .transpose()?;
        self.cookies(py, token, token_kind(r#type)?, instant("now", now)?, max_age)
    }

    fn unset_cookies(&self, r#type: &str) -> PyResult<Vec<String>> {
        Ok(self.inner.unset_cookies(token_kind(r#type)?))
    }
}

impl Engine {
    pub(crate) fn with_token<T>(
        &self,
        requirement: &Requirement,
        scope: &Bound<'_, PyMapping>,
        body: Option<&[u8]>,
        form: Option<Vec<(String, String)>>,
        then: impl FnOnce(RequestToken<'_>) -> PyResult<T>,
    ) -> PyResult<T> {
        self.with_request(scope, body, form, |scope_parts, request| {
            let found = self.inner.find_token(request, &requirement.inner);
            if self.inner.may_be_in_subprotocol(request, &requirement.inner) {
                scope_parts.hide_subprotocol_token(scope)?;
            }
            then(found.map_err(|error| self.error(scope.py(), &error))?)
        })
    }

    /// The exception for the error of a token, which may be one of the application's other logins.
    fn error_among(
        &self,
        py: Python<'_>,
        error: Error,
        found: &RequestToken<'_>,
        others: Option<&Bound<'_, PyAny>>,
        now: Timestamp,
    ) -> PyResult<PyErr> {
        let error = match others {
            Some(others) if self.inner.may_be_of_another_login(&error) => {
                let others: Vec<PyRef<'_, Self>> = others.call0()?.extract()?;
                let others = others.iter().map(|other| &other.inner);
                self.inner.error_among(error, found, others, now)
            }
            _ => error,
        };
        Ok(self.error(py, &error))
    }

    fn with_request<'py, T>(
        &self,
        scope: &Bound<'py, PyMapping>,
        body: Option<&[u8]>,
        form: Option<Vec<(String, String)>>,
        then: impl FnOnce(&Scope<'py>, &Request<'_, CapturedHeaders<'py>>) -> PyResult<T>,
    ) -> PyResult<T> {
        let scope_parts = Scope::capture(scope, self.inner.config())?;
        let form = form.unwrap_or_default();
        let fields: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut request = scope_parts.request()?.form(&fields);
        if let Some(body) = body {
            request = request.json(body);
        }
        then(&scope_parts, &request)
    }

    /// The token after every check that needs no store, and its payload if `wants_payload`.
    fn verified<'t>(
        &self,
        found: &'t RequestToken<'_>,
        requirement: &authx::Requirement,
        now: Timestamp,
        wants_payload: bool,
    ) -> Result<(authx::Verified<'t, Custom>, Option<String>), Error> {
        if !wants_payload {
            return self.inner.verify(found, requirement, now).map(|verified| (verified, None));
        }
        let (verified, json) = self.inner.verify_with_payload(found, requirement, now)?;
        Ok((verified, Some(json)))
    }

    fn verified_by_hand<'t>(
        &self,
        py: Python<'_>,
        found: &'t RequestToken<'_>,
        requirement: &Requirement,
        now: f64,
    ) -> PyResult<(authx::Verified<'t, Custom>, String)> {
        let now = instant("now", now)?;
        self.unlocked(py, || self.inner.verify_with_payload(found, &requirement.inner, now))
            .map_err(|error| self.error(py, &error))
    }

    fn origin(&self, json: Option<String>) -> Origin {
        Origin { engine: self.inner.clone(), json }
    }

    fn cookies(
        &self,
        py: Python<'_>,
        token: &str,
        kind: TokenKind,
        now: Timestamp,
        max_age: Option<Duration>,
    ) -> PyResult<Vec<String>> {
        self.inner.set_cookies(token, kind, max_age, now).map_err(|error| self.error(py, &error))
    }

    /// Releases the GIL for `work` with a key pair. With a shared secret, releasing it would take longer than the
    /// work.
    fn unlocked<T: Send>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
        if self.inner.config().keys().algorithm().is_symmetric() {
            work()
        } else {
            detached(py, work)
        }
    }

    pub(crate) fn error(&self, py: Python<'_>, error: &Error) -> PyErr {
        authentication_error(py, error, self.inner.config().login_type())
    }
}
