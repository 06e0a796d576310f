//! Ready routes for the whole life of a login.

use std::future::Future;
use std::sync::Arc;

use authx::Claims;
use authx::login::{Credentials, NewLogin};
use authx::oauth::{ClientRequest, Clients};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{BoxError, Router};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::access_token::AccessToken;
use crate::auth::AuthX;
use crate::body::{content_type, parts_and_bytes};
use crate::cookies::UnsetCookies;
use crate::logins::{Client, LoginTokens, Rotated};
use crate::mails::{PasswordReset, Verification, password_routes, verification_routes};
use crate::rejection::Rejection;

/// The paths of [`AuthX::routes`]. `None` leaves a route out.
///
/// ```
/// use axum_authx::{Clients, Paths};
///
/// let clients = Clients::default().with("gateway", "a long secret of the gateway")?;
/// let paths = Paths { login: Some("/token".into()), sessions: None, clients, ..Paths::default() };
/// # Ok::<(), axum_authx::ClientError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Paths {
    /// `POST`: begins a login by a user name and a password.
    pub login: Option<String>,
    /// `POST`: exchanges a refresh token.
    pub refresh: Option<String>,
    /// `POST`: ends the login of an access token.
    pub logout: Option<String>,
    /// `POST`: ends all logins of the token's subject.
    pub logout_everywhere: Option<String>,
    /// `GET`: the logins of the token's subject. `DELETE`, with the `session_id` as a further segment: ends one of them.
    pub sessions: Option<String>,
    /// `POST`: a client asks about a token (RFC 7662). It is there only with `clients`.
    pub introspect: Option<String>,
    /// `POST`: a client revokes a token, and the login that it belongs to (RFC 7009). It is there only with `clients`.
    pub revoke: Option<String>,
    /// `POST`: sends a mail to who forgot the password. It is there only with `password_reset`.
    pub forgot_password: Option<String>,
    /// `POST`: sets a new password with the token from that mail, and ends all logins of the user. It is there only with
    /// `password_reset`.
    pub reset_password: Option<String>,
    /// Sends those mails, and sets the password: none by default.
    pub password_reset: Option<PasswordReset>,
    /// `POST`: sends a mail that verifies an address. It is there only with `verification`.
    pub request_verification: Option<String>,
    /// `POST`: verifies it with the token from that mail. It is there only with `verification`.
    pub verify: Option<String>,
    /// Sends those mails, and notes that an address was verified: none by default.
    pub verification: Option<Verification>,
    /// The other programs that may ask about tokens, and revoke them: none by default.
    pub clients: Clients,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            login: Some("/login".to_owned()),
            refresh: Some("/refresh".to_owned()),
            logout: Some("/logout".to_owned()),
            logout_everywhere: Some("/logout/everywhere".to_owned()),
            sessions: Some("/sessions".to_owned()),
            introspect: Some("/introspect".to_owned()),
            revoke: Some("/revoke".to_owned()),
            forgot_password: Some("/password/forgot".to_owned()),
            reset_password: Some("/password/reset".to_owned()),
            password_reset: None,
            request_verification: Some("/verification/request".to_owned()),
            verify: Some("/verification".to_owned()),
            verification: None,
            clients: Clients::default(),
        }
    }
}

impl AuthX {
    /// The routes of a login, at the usual paths: see [`Paths`] and [`AuthX::routes_at`].
    ///
    /// `authenticate` checks the name and the password, and returns the login that begins; `None` is answered with
    /// status 401 and `LoginFailedError`, an error with status 500. It should take as long for a name that it doesn't
    /// know as for a wrong password.
    ///
    /// The body of a login is JSON, `{"username": ..., "password": ...}`, or the form of OAuth 2.0 (RFC 6749 section
    /// 4.3.2). With `JWT_MAX_FAILED_LOGINS` too many failed logins are answered with status 429, as
    /// [`AuthX::begin_attempt`] does. The routes need a store, and are the same in the FastAPI package.
    ///
    /// ```
    /// use axum::Router;
    /// use axum_authx::memory::MemoryStore;
    /// use axum_authx::{AuthX, Credentials, NewLogin};
    ///
    /// async fn authenticate(given: Credentials) -> Result<Option<NewLogin<'static>>, axum::BoxError> {
    ///     let is_known = given.username == "ada" && given.password() == "analytical-engine";
    ///     Ok(is_known.then(|| NewLogin::of(given.username).scopes(["notes:write"])))
    /// }
    ///
    /// let auth = AuthX::ephemeral().with_store(MemoryStore::default());
    /// let app: Router = Router::new().merge(auth.routes(authenticate));
    /// ```
    pub fn routes<F, A, C, S>(&self, authenticate: F) -> Router<S>
    where
        F: Fn(Credentials) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Option<NewLogin<'static, C>>, BoxError>> + Send + 'static,
        C: Serialize + Send + Sync + 'static,
        S: Clone + Send + Sync + 'static,
    {
        self.routes_at(&Paths::default(), authenticate)
    }

    /// The routes of a login, at these paths; see [`AuthX::routes`].
    ///
    /// # Panics
    ///
    /// When a path is none, or is there twice, as [`Router::route`] does.
    pub fn routes_at<F, A, C, S>(&self, paths: &Paths, authenticate: F) -> Router<S>
    where
        F: Fn(Credentials) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Option<NewLogin<'static, C>>, BoxError>> + Send + 'static,
        C: Serialize + Send + Sync + 'static,
        S: Clone + Send + Sync + 'static,
    {
        let authenticate = Arc::new(authenticate);
        let login = move |State(auth): State<AuthX>, request: Request| {
            let authenticate = Arc::clone(&authenticate);
            async move { log_in(&auth, request, &*authenticate).await }
        };
        let session = paths.sessions.as_ref().map(|path| format!("{path}/{{session_id}}"));
        let routes: [(Option<&str>, MethodRouter<AuthX>); 6] = [
            (paths.login.as_deref(), post(login)),
            (paths.refresh.as_deref(), post(async |tokens: Rotated| tokens)),
            (paths.logout.as_deref(), post(log_out)),
            (paths.logout_everywhere.as_deref(), post(log_out_everywhere)),
            (paths.sessions.as_deref(), get(sessions)),
            (session.as_deref(), delete(end_session)),
        ];
        let mut router = client_routes(paths);
        if let Some(reset) = &paths.password_reset {
            let at = [&paths.forgot_password, &paths.reset_password].map(Option::as_deref);
            router = router.merge(password_routes(reset, at));
        }
        if let Some(verification) = &paths.verification {
            let at = [&paths.request_verification, &paths.verify].map(Option::as_deref);
            router = router.merge(verification_routes(verification, at));
        }
        for (path, route) in routes {
            if let Some(path) = path {
                router = router.route(path, route);
            }
        }
        router.layer(self.read_body()).with_state(self.clone())
    }

    /// Ends one of the subject's own logins. One of another subject, or none, changes nothing.
    async fn end_own_login<C: Sync>(
        &self,
        claims: &Claims<C>,
        session_id: &str,
    ) -> Result<(), Rejection> {
        self.with_flow(async |flow| flow.end_own_login(&claims.sub, session_id).await).await
    }
}

async fn log_in<F, A, C>(
    auth: &AuthX,
    request: Request,
    authenticate: &F,
) -> Result<LoginTokens, Rejection>
where
    F: Fn(Credentials) -> A + Sync,
    A: Future<Output = Result<Option<NewLogin<'static, C>>, BoxError>> + Send,
    C: Serialize + Send + Sync,
{
    let (parts, body) = parts_and_bytes(auth, request).await;
    let client = Client::of(&parts);
    let credentials = Credentials::read(content_type(&parts), body.as_deref());
    let credentials = credentials.map_err(|error| auth.reject(error))?;
    let attempt = auth.begin_attempt(&credentials.username, &client).await?;
    match authenticate(credentials).await {
        Ok(Some(login)) => {
            attempt.succeeded().await?;
            auth.log_in(&login, client).await
        }
        Ok(None) => Err(attempt.failed()),
        Err(error) => Err(Rejection::failed(format_args!("a login failed: {error}"))),
    }
}

async fn log_out(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<(StatusCode, UnsetCookies), Rejection> {
    Ok((StatusCode::NO_CONTENT, auth.logout(&token).await?))
}

async fn log_out_everywhere(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<(StatusCode, UnsetCookies), Rejection> {
    Ok((StatusCode::NO_CONTENT, auth.logout_everywhere(&token).await?))
}

async fn sessions(State(auth): State<AuthX>, token: AccessToken) -> Result<Response, Rejection> {
    let sessions = auth.list_sessions(&token.sub).await?;
    let json = serde_json::to_string(&sessions).map_err(|error| {
        Rejection::failed(format_args!("the sessions can't be written: {error}"))
    })?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

async fn end_session(
    State(auth): State<AuthX>,
    token: AccessToken,
    Path(session_id): Path<String>,
) -> Result<StatusCode, Rejection> {
    auth.end_own_login(&token, &session_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of clients, if there are any.
fn client_routes(paths: &Paths) -> Router<AuthX> {
    let mut router = Router::new();
    if paths.clients.is_empty() {
        return router;
    }
    let clients = Arc::new(paths.clients.clone());
    if let Some(path) = &paths.introspect {
        let clients = Arc::clone(&clients);
        let route = async move |State(auth): State<AuthX>, request: Request| {
            let request = read_client_request(&auth, &clients, request).await?;
            let also = auth.revocation();
            let also = also.as_deref();
            let answer = auth.with_flow(async |flow| flow.introspect(&request, also).await).await?;
            let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, "application/json")];
            Ok::<_, Rejection>((headers, answer))
        };
        router = router.route(path, post(route));
    }
    if let Some(path) = &paths.revoke {
        let route = async move |State(auth): State<AuthX>, request: Request| {
            let request = read_client_request(&auth, &clients, request).await?;
            auth.with_flow(async |flow| flow.revoke_for_client(&request).await).await?;
            Ok::<_, Rejection>(StatusCode::OK)
        };
        router = router.route(path, post(route));
    }
    router
}

async fn read_client_request(
    auth: &AuthX,
    clients: &Clients,
    request: Request,
) -> Result<ClientRequest, Rejection> {
    let (parts, body) = parts_and_bytes(auth, request).await;
    let authorization = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let read = clients.read(authorization, content_type(&parts), body.as_deref());
    read.map_err(|error| auth.refuse(error.into(), Some(&parts)))
}
