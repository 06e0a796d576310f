//! Authenticates a request, for every extractor and layer.
//!
//! The engine makes all decisions. This module gives it the request, and asks the stores of revocations and
//! sessions when the engine says so.

use std::fmt;

use authx::login::{LoginState, PresentedLogin};
use authx::session::SessionState;
use authx::token::CustomClaims;
use authx::transport::BodyWanted;
use authx::verify::VerifiedToken;
use authx::{
    Claims, Engine, Error, Request, RequestToken, Requirement, Step, Stores, Timestamp, Verified,
};
use authx_store::{FlowError, SessionInfo};
use axum::BoxError;
use http::request::Parts;
use http::{Extensions, HeaderMap};

use crate::auth::AuthX;
use crate::body::ReadBody;
use crate::current_engine::Handle;
use crate::rejection::Rejection;

impl AuthX {
    /// The claims of the request's token, if it meets `requirement` and is not revoked now.
    ///
    /// The stores are asked at each call, also about a token that an extractor or a layer has let pass, so that a
    /// handler that runs for long, such as a stream, can ask again. Extractors and layers share the answers that one
    /// request got.
    ///
    /// ```
    /// use axum::http::request::Parts;
    /// use axum_authx::{AuthX, Location, Rejection, Requirement};
    ///
    /// async fn subject_in_query(auth: &AuthX, mut parts: Parts) -> Result<String, Rejection> {
    ///     let requirement = Requirement::access().locations([Location::Query]);
    ///     let claims = auth.authenticate::<()>(&mut parts, &requirement).await?;
    ///     Ok(claims.sub)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails, or of a requirement that no request can meet, with status 500.
    pub async fn authenticate<C: CustomClaims>(
        &self,
        parts: &mut Parts,
        requirement: &Requirement,
    ) -> Result<Claims<C>, Rejection> {
        if let Some(fault) = requirement.fault() {
            return Err(Rejection::failed(format_args!(
                "a requirement that no request can meet: {fault}"
            )));
        }
        Asked::forget(&mut parts.extensions);
        self.authenticate_once(parts, requirement).await
    }

    /// As [`AuthX::authenticate`], for extractors and layers: what a store said in this request is not asked again.
    pub(crate) async fn authenticate_once<C: CustomClaims>(
        &self,
        parts: &mut Parts,
        requirement: &Requirement,
    ) -> Result<Claims<C>, Rejection> {
        let claims = match self.verify(parts, requirement)? {
            Step::Admitted(claims) => claims,
            // Heap-allocated, so that the future stays small for requests that need no store.
            question => Box::pin(self.ask_stores(question, parts)).await?,
        };
        self.trace_subject(&claims.sub);
        Ok(claims)
    }

    /// The claims, after asking the stores. A store is asked once per request about one token or session.
    pub(crate) async fn ask_stores<C>(
        &self,
        question: Step<C>,
        parts: &mut Parts,
    ) -> Result<Claims<C>, Rejection> {
        let answers = Asked::once_per_request(&mut parts.extensions);
        let admitted = self.admit(question, answers).await;
        admitted.map_err(|refusal| self.refuse(refusal, Some(parts)))
    }

    /// The claims, after asking the stores. The engine decides what their answers mean.
    pub(crate) async fn admit<C>(
        &self,
        mut step: Step<C>,
        mut asked: Asked<'_>,
    ) -> Result<Claims<C>, NotAdmitted> {
        loop {
            step = match step {
                Step::Admitted(claims) => return Ok(claims),
                Step::AskRevocation(question) => {
                    let passed = asked.has_passed(self, Subject::Token, question.token().as_str());
                    let is_revoked = !passed && self.is_revoked(question.token()).await?;
                    if !is_revoked {
                        asked.remember(self, Subject::Token, question.token().as_str());
                    }
                    question.answer(is_revoked)?
                }
                Step::AskLogin(question) => {
                    let state = self.login_state(&question.presented()?).await?;
                    question.answer(state.as_ref(), self.now())?
                }
                Step::AskSession(question) => {
                    let session_id = question.session_id();
                    if asked.has_passed(self, Subject::Session, session_id) {
                        question.answer(SessionState::Active)?
                    } else {
                        let session = self.get_session(session_id).await;
                        let session = session.map_err(|error| StoreFailure {
                            asked: "a session",
                            error: error.into(),
                        })?;
                        let state = SessionInfo::state(session.as_ref());
                        if let (SessionState::Active, Some(session)) = (state, session) {
                            if asked.is_a_request() {
                                self.note_activity(&session).await;
                            }
                            asked.remember(self, Subject::Session, session_id);
                        }
                        question.answer(state)?
                    }
                }
                Step::AskFirstUse(question) => {
                    let jti = question.jti();
                    let is_first = asked.is_still_open()
                        || asked.has_passed(self, Subject::OneOff, jti)
                        || self.use_once(jti, question.exp()).await?;
                    if is_first {
                        asked.remember(self, Subject::OneOff, jti);
                    }
                    question.answer(is_first)?
                }
            };
        }
    }

    async fn is_revoked(&self, token: &VerifiedToken) -> Result<bool, NotAdmitted> {
        if let Some(revocation) = self.revocation() {
            let answer = revocation.is_revoked(token).await;
            let failed = |error| NotAdmitted::Unanswered(StoreFailure { asked: "a token", error });
            if answer.map_err(failed)? {
                return Ok(true);
            }
        }
        let Some(store) = self.store() else { return Ok(false) };
        let answer = self.flow(&self.engine(), &store).is_revoked(token).await;
        answer.map_err(NotAdmitted::Failed)
    }

    /// The state of a refresh token's login; `None` if there is no store of logins, or it has no such login.
    async fn login_state(
        &self,
        presented: &PresentedLogin,
    ) -> Result<Option<LoginState>, NotAdmitted> {
        let Some(store) = self.store() else { return Ok(None) };
        let answer = self.flow(&self.engine(), &store).state_of(presented).await;
        answer.map_err(NotAdmitted::Failed)
    }

    /// Records the use of a one-off token, and returns whether it is the first one.
    async fn use_once(&self, jti: &str, exp: Option<Timestamp>) -> Result<bool, NotAdmitted> {
        let store = self.store().ok_or(NotAdmitted::NoStore)?;
        let answer = self.flow(&self.engine(), &store).use_once(jti, exp).await;
        answer.map_err(NotAdmitted::Failed)
    }

    /// Which stores there are, for the engine.
    pub(crate) fn stores(&self) -> Stores {
        self.with_stores(|stores, _| stores)
    }

    pub(crate) fn refuse(&self, refusal: NotAdmitted, parts: Option<&Parts>) -> Rejection {
        match refusal {
            NotAdmitted::Refused(error) => {
                self.notice_refusal(&error, parts);
                self.reject(error)
            }
            NotAdmitted::NoStore => Rejection::failed(NO_STORE_FOR_ONE_OFF),
            NotAdmitted::Failed(error) => self.refuse_flow(error),
            NotAdmitted::Unanswered(failure) => {
                Rejection::failed(format_args!("{failure}, so the token is refused"))
            }
        }
    }

    /// Records the hash of the subject in the current tracing span, if the span has a field for it.
    fn trace_subject(&self, subject: &str) {
        let span = tracing::Span::current();
        if span.has_field(SUBJECT_FIELD) {
            span.record(SUBJECT_FIELD, self.engine().subject_hash(subject));
        }
    }

    /// The request's token for `requirement`, not yet verified; see [`AuthX::verify_token`].
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of a request without a token, or with two.
    pub fn find_token(
        &self,
        parts: &Parts,
        requirement: &Requirement,
    ) -> Result<RequestToken<'static>, Rejection> {
        self.with_request(parts, requirement, |engine, request| {
            Ok(engine.find_token(request, requirement)?.into_owned())
        })
    }

    /// The claims of a token from [`AuthX::find_token`] that meets `requirement`. Whether it was
    /// revoked is not asked here; [`AuthX::authenticate`] asks.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails.
    pub fn verify_token<C: CustomClaims>(
        &self,
        token: &RequestToken<'_>,
        requirement: &Requirement,
    ) -> Result<Claims<C>, Rejection> {
        self.verify_found(&self.engine(), token, requirement, self.now())
            .map(Verified::without_asking)
            .map_err(|error| self.reject(error))
    }

    /// Makes every check of the request's token that needs no store.
    fn verify<C: CustomClaims>(
        &self,
        parts: &Parts,
        requirement: &Requirement,
    ) -> Result<Step<C>, Rejection> {
        self.with_request(parts, requirement, |engine, request| {
            let token = engine.find_token(request, requirement)?;
            let now = self.now();
            let verified = self.verify_found(engine, &token, requirement, now)?;
            let max_staleness = engine.config().store_max_staleness();
            self.with_stores(|stores, replica| {
                verified.ask_unless(stores, |token| replica?.is_revoked(token, now, max_staleness))
            })
        })
    }

    pub(crate) fn verify_found<'t, C: CustomClaims>(
        &self,
        engine: &Engine,
        token: &'t RequestToken<'_>,
        requirement: &Requirement,
        now: Timestamp,
    ) -> Result<Verified<'t, C>, Error> {
        let verified = engine.verify(token, requirement, now);
        verified.map_err(|error| self.among_others(engine, error, token))
    }

    /// The error of a token that may be one of the application's other logins.
    pub(crate) fn among_others(
        &self,
        engine: &Engine,
        error: Error,
        token: &RequestToken<'_>,
    ) -> Error {
        let others: Vec<_> = self.others().iter().map(Handle::current).collect();
        engine.error_among(error, token, others.iter().map(|other| &**other), self.now())
    }

    /// Calls `decide` with the request in the engine's form, including the body if it was read.
    pub(crate) fn with_request<T>(
        &self,
        parts: &Parts,
        requirement: &Requirement,
        decide: impl FnOnce(&Engine, &Request<'_, HeaderMap>) -> Result<T, Error>,
    ) -> Result<T, Rejection> {
        let engine = self.engine();
        let query = parts.uri.query().unwrap_or_default();
        let mut request =
            Request::new(parts.method.as_str(), &parts.headers).query(query.as_bytes());
        if let Some(authority) = parts.uri.authority() {
            request = request.authority(authority.as_str().as_bytes());
        }
        let fields: Vec<_>;
        if engine.may_want_body(requirement)
            && let Some(wanted) = engine.wants_body(&request, requirement, self.now())
        {
            let read = parts.extensions.get::<ReadBody>();
            match (wanted, read.unwrap_or(&ReadBody::Unread)) {
                (BodyWanted::Json, ReadBody::Json(json)) => request = request.json(json),
                (BodyWanted::Form, ReadBody::Form(form)) => {
                    fields = form.iter().map(|(name, value)| (&**name, &**value)).collect();
                    request = request.form(&fields);
                }
                (_, ReadBody::Unread) => return Err(Rejection::failed(UNREAD)),
                _ => {}
            }
        }
        decide(&engine, &request).map_err(|error| {
            self.notice_refusal(&error, Some(parts));
            Rejection::refused(&engine, error, |error| {
                engine.explain(error.kind(), &request, requirement)
            })
        })
    }
}

/// The name of OpenTelemetry's semantic conventions.
const SUBJECT_FIELD: &str = "user.hash";

const UNREAD: &str = "a request's body has to be read before its token or CSRF value can be found: \
    add `.layer(auth.read_body())` to the router, after its routes; if a route's requirement has other \
    locations, add `.route_layer(auth.require(requirement))` with that requirement";

const NO_STORE_FOR_ONE_OFF: &str =
    "a one-off token needs a store, which records its use: AuthX::with_store or JWT_STORE_URL";

/// Why a token is not accepted.
pub(crate) enum NotAdmitted {
    /// A one-off token needs a store, and there is none.
    NoStore,
    /// The engine refuses the token because of a store's answer.
    Refused(Error),
    /// A store of revocations or sessions failed.
    Unanswered(StoreFailure),
    /// The store of logins failed.
    Failed(FlowError),
}

impl From<Error> for NotAdmitted {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreFailure> for NotAdmitted {
    fn from(failure: StoreFailure) -> Self {
        Self::Unanswered(failure)
    }
}

/// The error of a store that failed, with what it was asked.
pub(crate) struct StoreFailure {
    asked: &'static str,
    error: BoxError,
}

impl fmt::Display for StoreFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, error } = self;
        write!(formatter, "whether {asked} was revoked could not be looked up: {error}")
    }
}

/// What the stores were already asked for a request, kept in its extensions; nothing without them.
pub(crate) struct Asked<'p> {
    extensions: Option<&'p mut Extensions>,
    is_still_open: bool,
}

/// What a store was asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Token,
    Session,
    OneOff,
}

/// The tokens and sessions of a request that the stores accepted. Refusals are not remembered: a handler that
/// takes a `Result` may ask again, and must be refused again.
#[derive(Clone, Default)]
struct Passed(Vec<(AuthX, Subject, String)>);

impl<'p> Asked<'p> {
    /// Remembers nothing: for an open WebSocket and for a refresh, which need the stores' current answer.
    pub(crate) fn anew() -> Self {
        Self { extensions: None, is_still_open: false }
    }

    /// As [`anew`](Self::anew), for the token of an open WebSocket. Its handshake has used a one-off token.
    #[cfg(feature = "ws")]
    pub(crate) fn still_open() -> Self {
        Self { extensions: None, is_still_open: true }
    }

    fn is_still_open(&self) -> bool {
        self.is_still_open
    }

    /// Remembers the answers in the request, so that a layer and an extractor don't ask the same twice.
    fn once_per_request(extensions: &'p mut Extensions) -> Self {
        Self { extensions: Some(extensions), is_still_open: false }
    }

    /// Forgets the answers that the request has, so that the stores are asked again.
    pub(crate) fn forget(extensions: &mut Extensions) {
        extensions.remove::<Passed>();
    }

    fn is_a_request(&self) -> bool {
        self.extensions.is_some()
    }

    fn has_passed(&self, auth: &AuthX, subject: Subject, name: &str) -> bool {
        let passed: Option<&Passed> =
            self.extensions.as_ref().and_then(|extensions| extensions.get());
        passed.is_some_and(|Passed(passed)| {
            passed
                .iter()
                .any(|(asker, what, known)| asker.is(auth) && *what == subject && known == name)
        })
    }

    fn remember(&mut self, auth: &AuthX, subject: Subject, name: &str) {
        if let Some(extensions) = &mut self.extensions {
            let Passed(passed) = extensions.get_or_insert_default();
            passed.push((auth.clone(), subject, name.to_owned()));
        }
    }
}
