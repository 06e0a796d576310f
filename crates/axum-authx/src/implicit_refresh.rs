//! [`ImplicitRefreshLayer`]: renews the access cookie of active users.

use std::task::{Context, Poll};

use authx::refresh::{NoRefresh, Outcome, Reissued, Renewable};
use authx::{Claims, Request as EngineRequest, Verified};
use axum::extract::OriginalUri;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Level;

use crate::auth::AuthX;
use crate::authenticate::{Asked, NotAdmitted};
use authx_store::BoxFuture;

impl AuthX {
    /// A layer that replaces the access cookie shortly before its token expires; see [`ImplicitRefreshLayer`].
    #[must_use]
    pub fn implicit_refresh(&self) -> ImplicitRefreshLayer {
        ImplicitRefreshLayer { auth: self.clone() }
    }
}

/// Replaces the access cookie shortly before its token expires; see [`AuthX::implicit_refresh`].
///
/// `JWT_IMPLICIT_REFRESH_DELTATIME` is the time before the expiry. The cookie is not replaced if its token is
/// revoked, if the request failed, or if the response itself sets or deletes the cookie. The new token has
/// the old one's claims and is never fresh.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX};
///
/// let auth = AuthX::ephemeral();
/// let app: Router = Router::new()
///     .route("/protected", get(|token: AccessToken| async move { token.sub.clone() }))
///     .layer(auth.implicit_refresh())
///     .with_state(auth);
/// ```
#[derive(Clone, Debug)]
pub struct ImplicitRefreshLayer {
    auth: AuthX,
}

impl<S> Layer<S> for ImplicitRefreshLayer {
    type Service = ImplicitRefreshService<S>;

    fn layer(&self, inner: S) -> ImplicitRefreshService<S> {
        ImplicitRefreshService { inner, auth: self.auth.clone() }
    }
}

/// The service of [`ImplicitRefreshLayer`].
#[derive(Clone, Debug)]
pub struct ImplicitRefreshService<S> {
    inner: S,
    auth: AuthX,
}

impl<S, B, R> Service<Request<B>> for ImplicitRefreshService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: Send,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<R>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let candidate = candidate(&self.auth, &request);
        let response = self.inner.call(request);
        let Some(candidate) = candidate else { return Box::pin(response) };
        let auth = self.auth.clone();
        Box::pin(async move {
            let mut response = response.await?;
            let reissued = reissued(&auth, candidate, response.status(), response.headers()).await;
            if let Some(reissued) = reissued {
                add(&reissued, response.headers_mut());
            }
            Ok(response)
        })
    }
}

/// The token of this request's cookie, if it is due for a refresh. Called before the handler runs.
fn candidate<B>(auth: &AuthX, request: &Request<B>) -> Option<Verified<'static, Renewable>> {
    // In a nested router, the request's own URI lacks the outer router's prefix.
    let uri = match request.extensions().get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri,
        None => request.uri(),
    };
    let query = uri.query().unwrap_or_default().as_bytes();
    let head = EngineRequest::new(request.method().as_str(), request.headers()).query(query);
    let path = percent_decode_str(uri.path()).decode_utf8_lossy();
    let engine = auth.engine();
    let candidate = engine.refresh_candidate(&head, &path, auth.now());
    if let Err(reason) = &candidate
        && tracing::enabled!(Level::DEBUG)
    {
        tracing::debug!("{}", engine.explain_no_refresh(reason, &head));
    }
    candidate.ok()
}

/// What the response gets, if the token is replaced. Called after the handler ran.
async fn reissued(
    auth: &AuthX,
    candidate: Verified<'static, Renewable>,
    status: StatusCode,
    headers: &HeaderMap,
) -> Option<Reissued> {
    let mut claims = match auth.admit(candidate.ask(auth.stores()), Asked::anew()).await {
        Ok(claims) => claims,
        Err(NotAdmitted::Refused(_)) => return None,
        // The handler has already answered, so only the refresh is left out.
        Err(NotAdmitted::Unanswered(failure)) => {
            tracing::warn!("no implicit refresh: {failure}");
            return None;
        }
        Err(NotAdmitted::Failed(error)) => {
            tracing::warn!("no implicit refresh: {error}");
            return None;
        }
        // A one-off token is no candidate.
        Err(NotAdmitted::NoStore) => return None,
    };
    if !goes_on(auth, &mut claims).await {
        return None;
    }
    let outcome = Outcome { status: status.as_u16(), headers };
    match auth.engine().reissue(&claims, &outcome, auth.now(), auth.random()) {
        Ok(reissued) => {
            auth.warn_of_oversized(&reissued.cookies);
            Some(reissued)
        }
        Err(NoRefresh::NotIssued(error)) => {
            tracing::warn!("no implicit refresh, because no token was issued: {error}");
            None
        }
        Err(_) => None,
    }
}

/// Whether the application renews the login. One that it doesn't renew ends, if it is in a store.
async fn goes_on(auth: &AuthX, claims: &mut Claims<Renewable>) -> bool {
    let is_renewed = auth.renewed(claims).await;
    let refused = match (is_renewed, auth.store(), &claims.sid) {
        (Ok(true), ..) => return true,
        (Ok(false), Some(store), Some(sid)) => {
            Some(auth.flow(&auth.engine(), &store).refuse_renewal(sid).await)
        }
        (Ok(false), ..) => None,
        (Err(error), ..) => {
            tracing::warn!("no implicit refresh, because a renewal failed: {error}");
            None
        }
    };
    if let Some(event) = refused.and_then(|error| error.event(auth.now())) {
        auth.notice(event);
    }
    false
}

fn add(reissued: &Reissued, headers: &mut HeaderMap) {
    for (name, value) in &reissued.headers {
        if let Ok(value) = HeaderValue::try_from(value.as_str()) {
            headers.insert(*name, value);
        }
    }
    for cookie in &reissued.cookies {
        if let Ok(cookie) = HeaderValue::try_from(cookie.as_str()) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}
