//! A service with login, refresh, logout, scopes, freshness, CSRF and revocation.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_authx::{
    AccessToken, AuthX, Claims, CsrfCheck, CurrentSubject, FreshToken, FromSubject, JsonClaims,
    Location, NewToken, RefreshToken, Rejection, RequiredScopes, Requirement, Scoped, Scopes,
    revocation,
};
use serde::{Deserialize, Serialize};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Set JWT_SECRET_KEY, and JWT_TOKEN_LOCATION=headers,cookies to serve scripts and browsers.
    let auth = AuthX::from_env()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, app(auth)).await?;
    Ok(())
}

pub(crate) fn app(auth: AuthX) -> Router {
    // The closure is called for every token that passes the other checks.
    let revoked = Revoked::default();
    let auth = auth.with_revocation(revocation::from_sync_fn({
        let revoked = revoked.clone();
        move |token| token.jti().is_none_or(|jti| revoked.contains(jti))
    }));

    // A whole router that requires one of these two scopes.
    let admin = RequiredScopes::any(["admin", "superuser"]);
    let admin = Router::new()
        .route("/admin", get(|| async { "the panel" }))
        .route_layer(auth.require(Requirement::access().scopes(admin)));

    Router::new()
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .route("/logout", post(logout))
        .route("/me", get(me))
        .route("/users", get(users))
        .route("/password", post(change_password))
        .merge(admin)
        // Renews the access cookie of active users shortly before it expires.
        .layer(auth.implicit_refresh())
        .with_state(AppState { auth, revoked, users: User::all() })
}

/// `FromRef` lets the extractors get the `AuthX` from the state.
#[derive(Clone, FromRef)]
struct AppState {
    auth: AuthX,
    revoked: Revoked,
    users: Arc<HashMap<String, User>>,
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

/// Issues both tokens, as JSON for clients that send headers and as cookies for browsers.
async fn login(
    State(auth): State<AuthX>,
    State(users): State<Arc<HashMap<String, User>>>,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Rejection> {
    // In your service, compare with a hash of the password, from Argon2 or the like.
    let user = users.get(&credentials.name).filter(|user| user.password == credentials.password);
    let Some(user) = user else { return Ok(StatusCode::UNAUTHORIZED.into_response()) };

    let access = NewToken::access(&user.name).scopes(&user.scopes).fresh();
    let refresh = NewToken::refresh(&user.name);
    let pair = auth.token_pair(auth.issue(&access)?, auth.issue(&refresh)?);
    Ok((auth.set_cookies(&pair), Json(pair)).into_response())
}

/// Issues a new access token for a refresh token. It is not fresh, because no password was checked.
async fn refresh(
    State(auth): State<AuthX>,
    State(users): State<Arc<HashMap<String, User>>>,
    token: RefreshToken,
) -> Result<Response, Rejection> {
    let Some(user) = users.get(&token.sub) else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    let access = auth.issue(&NewToken::access(&user.name).scopes(&user.scopes))?;
    let cookies = auth.set_access_cookies(&access);
    Ok((cookies, Json(serde_json::json!({ "access_token": access }))).into_response())
}

/// Revokes the access token, and the refresh token that the browser sends with it.
async fn logout(State(state): State<AppState>, token: AccessToken, mut parts: Parts) -> Response {
    state.revoked.insert(&token);
    // A request has only one CSRF value, and the access token's was checked already.
    let refresh = Requirement::refresh().locations([Location::Cookies]).csrf(CsrfCheck::Never);
    if let Ok(refresh) = state.auth.authenticate::<()>(&mut parts, &refresh).await {
        state.revoked.insert(&refresh);
    }
    (state.auth.unset_cookies(), "goodbye").into_response()
}

/// Requires a token, and looks up the user it was issued for.
async fn me(CurrentSubject(user): CurrentSubject<User>) -> Json<User> {
    Json(user)
}

/// The scopes that one handler requires.
struct ReadUsers;

impl Scopes for ReadUsers {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["users:read"])
    }
}

async fn users(
    _: Scoped<ReadUsers>,
    State(users): State<Arc<HashMap<String, User>>>,
) -> Json<Vec<User>> {
    Json(users.values().cloned().collect())
}

/// Requires a fresh token, from a login and not from `/refresh`.
async fn change_password(token: FreshToken) -> String {
    format!("the password of {} is changed", token.sub)
}

#[derive(Clone, Serialize)]
struct User {
    name: String,
    #[serde(skip)]
    password: &'static str,
    scopes: Vec<String>,
}

impl User {
    fn all() -> Arc<HashMap<String, User>> {
        let ada =
            User { name: "ada".into(), password: "engine", scopes: vec!["users:read".into()] };
        let grace = User { name: "grace".into(), password: "cobol", scopes: vec!["admin".into()] };
        Arc::new([ada, grace].map(|user| (user.name.clone(), user)).into())
    }
}

impl FromSubject<AppState> for User {
    type Error = Infallible;

    async fn from_subject(
        claims: &Claims<JsonClaims>,
        state: &AppState,
    ) -> Result<Option<User>, Infallible> {
        Ok(state.users.get(&claims.sub).cloned())
    }
}

/// The revoked tokens. A service of several processes has to keep them in a database.
#[derive(Clone, Default)]
struct Revoked(Arc<RwLock<HashSet<String>>>);

impl Revoked {
    fn insert(&self, claims: &Claims) {
        let mut revoked = self.0.write().unwrap_or_else(PoisonError::into_inner);
        revoked.extend(claims.jti.clone());
    }

    fn contains(&self, jti: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(jti)
    }
}
