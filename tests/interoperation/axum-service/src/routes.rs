//! The routes, the same as in `fastapi_service.py`.

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Form, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use axum_authx::{
    AccessToken, Audience, AuthX, BEARER_SUBPROTOCOL, Claims, CurrentSubject, FreshToken, NewToken,
    RefreshToken, Rejection, RequiredScopes, Scoped, Scopes, TokenKind, WebSocketGuard,
    WebSocketToken,
};
use serde::{Deserialize, Serialize};

use crate::policies_and_limits;
use crate::state::{Revoked, Service, User};

pub(crate) fn router(auth: AuthX) -> Router {
    let service = Service::new(auth);
    Router::new()
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .route("/logout", post(logout))
        .route("/logout-everywhere", post(logout_everywhere))
        .route("/protected", any(protected))
        .route("/fresh", any(fresh))
        .route("/optional", any(optional))
        .route("/me", get(me))
        .route("/scoped-all", get(scoped::<ReadAndWrite>))
        .route("/scoped-any", get(scoped::<AdminOrSupport>))
        .route("/scoped-wildcard", get(scoped::<AnyAdmin>))
        .route("/echo", post(echo))
        .route("/comment", post(comment))
        .route("/events", any(events))
        .route("/guarded-events", any(guarded_events))
        .merge(policies_and_limits::router(&service.auth))
        .layer(service.auth.implicit_refresh())
        .layer(service.auth.read_body())
        .with_state(service)
}

/// Who logs in, and the claims of the tokens.
#[derive(Deserialize)]
struct Login {
    name: String,
    scopes: Vec<String>,
    tenant: u32,
}

/// The custom claim.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Tenant {
    tenant: u32,
}

/// What a route reads from a token.
#[derive(Serialize)]
struct Seen {
    sub: String,
    r#type: TokenKind,
    fresh: bool,
    aud: Option<Audience>,
    scopes: Option<Vec<String>>,
    tenant: u32,
}

impl From<Claims<Tenant>> for Seen {
    fn from(claims: Claims<Tenant>) -> Self {
        Self {
            sub: claims.sub,
            r#type: claims.kind,
            fresh: claims.fresh,
            aud: claims.aud,
            scopes: claims.scopes,
            tenant: claims.custom.tenant,
        }
    }
}

async fn login(
    State(auth): State<AuthX>,
    Json(login): Json<Login>,
) -> Result<impl IntoResponse, Rejection> {
    let tenant = Tenant { tenant: login.tenant };
    let mut access = NewToken::access(&login.name).fresh().scopes(&login.scopes).claims(tenant);
    let mut refresh = NewToken::refresh(&login.name).claims(tenant);
    if auth.engine().config().session_tracking() {
        let session = auth.create_session(&login.name).await?;
        access = access.session(session.session_id.clone());
        refresh = refresh.session(session.session_id);
    }
    let pair = auth.token_pair(auth.issue(&access)?, auth.issue(&refresh)?);
    Ok((auth.set_cookies(&pair), Json(pair)))
}

#[derive(Serialize)]
struct NewAccessToken {
    access_token: String,
}

async fn refresh(
    State(auth): State<AuthX>,
    token: RefreshToken<Tenant>,
) -> Result<impl IntoResponse, Rejection> {
    let mut access = NewToken::access(&token.sub).claims(token.custom);
    if let Some(session_id) = &token.sid {
        access = access.session(session_id);
    }
    let access_token = auth.issue(&access)?;
    Ok((auth.set_access_cookies(&access_token), Json(NewAccessToken { access_token })))
}

async fn logout(
    State(auth): State<AuthX>,
    State(revoked): State<Revoked>,
    token: AccessToken,
) -> Result<impl IntoResponse, Rejection> {
    match &token.sid {
        Some(session_id) => auth.revoke_session(session_id).await?,
        None => revoked.insert(&token),
    }
    Ok((auth.unset_cookies(), Json("goodbye")))
}

/// Ends all logins of the user.
async fn logout_everywhere(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<Json<usize>, Rejection> {
    let sessions = auth.list_sessions(&token.sub).await?;
    auth.revoke_all_sessions(&token.sub).await?;
    Ok(Json(sessions.len()))
}

async fn protected(token: AccessToken<Tenant>) -> Json<Seen> {
    Json(token.0.into())
}

async fn fresh(token: FreshToken<Tenant>) -> Json<Seen> {
    Json(token.0.into())
}

async fn optional(token: Option<AccessToken<Tenant>>) -> Json<Option<Seen>> {
    Json(token.map(|token| token.0.into()))
}

async fn me(CurrentSubject(user): CurrentSubject<User>) -> Json<User> {
    Json(user)
}

async fn scoped<P: Scopes>(token: Scoped<P, Tenant>) -> Json<Seen> {
    Json(token.into_claims().into())
}

struct ReadAndWrite;

impl Scopes for ReadAndWrite {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["users:read", "users:write"])
    }
}

struct AdminOrSupport;

impl Scopes for AdminOrSupport {
    fn required() -> RequiredScopes {
        RequiredScopes::any(["admin", "support"])
    }
}

struct AnyAdmin;

impl Scopes for AnyAdmin {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["admin:*"])
    }
}

/// Returns the body unchanged, even if AuthX has read it before.
async fn echo(_: AccessToken, body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}

#[derive(Serialize, Deserialize)]
struct Comment {
    comment: String,
}

async fn comment(_: AccessToken, Form(comment): Form<Comment>) -> Json<Comment> {
    Json(comment)
}

async fn events(token: WebSocketToken, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.protocols(["events.v1", BEARER_SUBPROTOCOL]);
    upgrade.on_upgrade(async move |mut socket| {
        let protocol = socket.protocol().and_then(|name| name.to_str().ok()).unwrap_or("none");
        let greeting = Message::text(format!("{} {protocol}", token.0.sub));
        // An error means that the client has closed the socket already.
        let _ = socket.send(greeting).await;
    })
}

async fn guarded_events(
    _: Scoped<AnyAdmin>,
    guard: WebSocketGuard,
    upgrade: WebSocketUpgrade,
) -> Response {
    guard.on_upgrade(upgrade, async move |mut socket, claims| {
        let _ = socket.send(claims.sub).await;
    })
}
