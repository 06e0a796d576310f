//! The one way from a request to claims, for every extractor and layer.
//!
//! The engine makes its checks in their order; then the stores are asked, of revocations if there is one,
//! and of sessions if the token's matters. Nothing is decided here.

use std::fmt;

use authx::{
    BodyWanted, Claims, CustomClaims, Error, Request, RequestToken, Requirement, VerifiedToken,
};
use axum::BoxError;
use http::HeaderMap;
use http::request::Parts;

use crate::auth::AuthX;
use crate::body::ReadBody;
use crate::rejection::Rejection;

impl AuthX {
    /// The claims of the request's token, if it meets `requirement` and was not revoked: what the
    /// extractors do.
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
    /// The [`Rejection`] of the first check that fails.
    pub async fn authenticate<C: CustomClaims>(
        &self,
        parts: &mut Parts,
        requirement: &Requirement,
    ) -> Result<Claims<C>, Rejection> {
        let claims = if self.revocation().is_some() || self.engine().config().session_tracking() {
            // In a box, so that without a store nobody carries the room for asking one around.
            Box::pin(self.verify_and_ask(parts, requirement)).await?
        } else {
            self.verify(parts, requirement, |_, claims| claims)?
        };
        self.trace_subject(&claims.sub);
        Ok(claims)
    }

    async fn verify_and_ask<C: CustomClaims>(
        &self,
        parts: &mut Parts,
        requirement: &Requirement,
    ) -> Result<Claims<C>, Rejection> {
        let (claims, token) = self.verify(parts, requirement, |token, claims| {
            let engine = self.engine();
            let is_asked_about =
                self.revocation().is_some() || engine.session_in_question(&claims).is_some();
            let verified = is_asked_about.then(|| VerifiedToken::of(engine, token, &claims));
            (claims, verified)
        })?;
        if let Some(token) = token
            && !NotRevoked::includes(parts, self, &token)
        {
            self.refuse_revoked(&token).await?;
            if let Some(session_id) = token.session_in_question() {
                self.note_activity(session_id).await;
            }
            NotRevoked::remember(parts, self, &token);
        }
        Ok(claims)
    }

    /// Lets the span of the request say whose it is, if it has a field for it.
    fn trace_subject(&self, subject: &str) {
        let span = tracing::Span::current();
        if span.has_field(SUBJECT_FIELD) {
            span.record(SUBJECT_FIELD, self.engine().subject_hash(subject));
        }
    }

    /// Asks the stores.
    pub(crate) async fn refuse_revoked(&self, token: &VerifiedToken) -> Result<(), Rejection> {
        match self.ask_stores(token).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.reject(error)),
            Err(failure) => {
                Err(Rejection::failed(format_args!("{failure}, so the token counts for nothing")))
            }
        }
    }

    /// What the stores' answers mean for the token.
    pub(crate) async fn ask_stores(
        &self,
        token: &VerifiedToken,
    ) -> Result<Result<(), Error>, StoreFailure> {
        if let Some(revocation) = self.revocation() {
            let answer = revocation.is_revoked(token).await;
            if answer.map_err(|error| StoreFailure { asked: "a token", error })? {
                return Ok(Err(Error::Revoked));
            }
        }
        let Some(session_id) = token.session_in_question() else { return Ok(Ok(())) };
        let state = self.session_state(session_id).await;
        Ok(state.map_err(|error| StoreFailure { asked: "a session", error })?.check())
    }

    /// The request's token for `requirement`, not verified: [`AuthX::verify_token`] does that.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of a request without a token, or with two.
    pub fn find_token(
        &self,
        parts: &Parts,
        requirement: &Requirement,
    ) -> Result<RequestToken<'static>, Rejection> {
        self.with_request(parts, requirement, |request| {
            Ok(self.engine().find_token(request, requirement)?.into_owned())
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
        let claims = self.engine().verify_among(token, requirement, self.others(), self.now());
        claims.map_err(|error| self.reject(error))
    }

    /// Every check but revocation.
    fn verify<C: CustomClaims, T>(
        &self,
        parts: &Parts,
        requirement: &Requirement,
        then: impl FnOnce(&RequestToken<'_>, Claims<C>) -> T,
    ) -> Result<T, Rejection> {
        self.with_request(parts, requirement, |request| {
            let engine = self.engine();
            let token = engine.find_token(request, requirement)?;
            let claims = engine.verify_among(&token, requirement, self.others(), self.now())?;
            Ok(then(&token, claims))
        })
    }

    /// The request as the engine sees it, with what was read of its body.
    fn with_request<T>(
        &self,
        parts: &Parts,
        requirement: &Requirement,
        decide: impl FnOnce(&Request<'_, HeaderMap>) -> Result<T, Error>,
    ) -> Result<T, Rejection> {
        let engine = self.engine();
        let query = parts.uri.query().unwrap_or_default();
        let mut request =
            Request::new(parts.method.as_str(), &parts.headers).query(query.as_bytes());
        let fields: Vec<_>;
        if engine.may_want_body(requirement)
            && let Some(wanted) = engine.wants_body(&request, requirement)
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
        decide(&request).map_err(|error| self.reject(error))
    }
}

/// As OpenTelemetry calls it.
const SUBJECT_FIELD: &str = "user.hash";

const UNREAD: &str = "a request's body has to be read before its token or CSRF value can be found: \
    add `.layer(auth.read_body())` to the router, after its routes; where a route looks in locations of \
    its own, add `.route_layer(auth.require(requirement))` with that requirement";

/// A store that has no answer.
pub(crate) struct StoreFailure {
    asked: &'static str,
    error: BoxError,
}

impl fmt::Display for StoreFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, error } = self;
        write!(formatter, "whether {asked} was revoked could not be found out: {error}")
    }
}

/// What the stores said of the request's tokens, so that a layer and an extractor ask them once. Only
/// that a token may pass is remembered.
#[derive(Clone, Default)]
struct NotRevoked(Vec<(AuthX, String)>);

impl NotRevoked {
    fn includes(parts: &Parts, auth: &AuthX, token: &VerifiedToken) -> bool {
        let Some(Self(known)) = parts.extensions.get() else { return false };
        known.iter().any(|(own, text)| own.is(auth) && text == token.text())
    }

    fn remember(parts: &mut Parts, auth: &AuthX, token: &VerifiedToken) {
        let Self(known) = parts.extensions.get_or_insert_default();
        known.push((auth.clone(), token.text().to_owned()));
    }
}

/// The extractor of a token: `FromRequestParts`, `OptionalFromRequestParts` and `Deref`.
macro_rules! token_extractor {
    ($name:ident, $requirement:expr) => {
        impl<C> ::std::ops::Deref for $name<C> {
            type Target = ::authx::Claims<C>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<S, C> ::axum::extract::FromRequestParts<S> for $name<C>
        where
            S: $crate::state::AuthState,
            C: ::authx::CustomClaims,
        {
            type Rejection = $crate::Rejection;

            async fn from_request_parts(
                parts: &mut ::http::request::Parts,
                state: &S,
            ) -> Result<Self, $crate::Rejection> {
                let auth = state.auth();
                auth.authenticate(parts, &$requirement).await.map(Self)
            }
        }

        /// `None` without a token. A bad token is refused all the same.
        impl<S, C> ::axum::extract::OptionalFromRequestParts<S> for $name<C>
        where
            S: $crate::state::AuthState,
            C: ::authx::CustomClaims,
        {
            type Rejection = $crate::Rejection;

            async fn from_request_parts(
                parts: &mut ::http::request::Parts,
                state: &S,
            ) -> Result<Option<Self>, $crate::Rejection> {
                let required = <Self as ::axum::extract::FromRequestParts<S>>::from_request_parts;
                $crate::authenticate::optional(required(parts, state).await)
            }
        }
    };
}

pub(crate) use token_extractor;

/// No token is no error.
pub(crate) fn optional<T>(result: Result<T, Rejection>) -> Result<Option<T>, Rejection> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(rejection) if rejection.is_missing() => Ok(None),
        Err(rejection) => Err(rejection),
    }
}
