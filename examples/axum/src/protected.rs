//! Routes that require a token: by subject, by scope, and by the token's location.

use std::collections::BTreeMap;

use authx::token::CsrfToken;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use axum_authx::{
    Audience, AuthX, Claims, CurrentSubject, Location, Rejection, RequiredScopes, Requirement,
    Scoped, Scopes, Timestamp, TokenKind,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::AppState;
use crate::body::Wrong;
use crate::users::{User, Users};

pub(crate) fn routes(auth: &AuthX) -> Router<AppState> {
    // An extractor has no access to the body, so a layer reads the token from it.
    let in_json = Requirement::access().locations([Location::Json]);
    let in_json = Router::new()
        .route("/token-in/json", post(token_in_json))
        .route_layer(auth.require(in_json));
    Router::new()
        .route("/me", get(me))
        .route("/session", get(session))
        .route("/users", get(list_users))
        .route("/users/{id}", delete(delete_user))
        .route("/admin", get(admin_panel))
        .route("/admin/users", get(admin_users))
        .route("/token-in/header", get(token_in_header))
        .route("/token-in/cookie", get(token_in_cookie).post(token_in_cookie))
        .route("/token-in/query", get(token_in_query))
        .merge(in_json)
}

/// The data of a user that everyone may see.
#[derive(Serialize)]
struct Profile {
    name: String,
    full_name: String,
}

/// The data that users may see of themselves.
#[derive(Serialize)]
struct OwnProfile {
    name: String,
    full_name: String,
    scopes: Vec<String>,
}

impl From<User> for Profile {
    fn from(User { name, full_name, .. }: User) -> Self {
        Self { name, full_name }
    }
}

impl From<User> for OwnProfile {
    fn from(User { name, full_name, scopes, .. }: User) -> Self {
        Self { name, full_name, scopes }
    }
}

/// The user that the token was issued for.
async fn me(CurrentSubject(user): CurrentSubject<User>) -> Json<OwnProfile> {
    Json(user.into())
}

/// The claims of the access cookie.
async fn session(
    State(auth): State<AuthX>,
    mut parts: Parts,
) -> Result<Json<SessionAnswer>, Rejection> {
    let in_cookie = Requirement::access().locations([Location::Cookies]);
    let claims: Claims<BTreeMap<_, _>> = auth.authenticate(&mut parts, &in_cookie).await?;
    let window = auth.engine().config().implicit_refresh_deltatime();
    Ok(Json(SessionAnswer { claims: claims.into(), refresh_window_seconds: window.as_secs_f64() }))
}

/// The verified claims of the access cookie, which scripts can't read.
#[derive(Serialize)]
struct SessionAnswer {
    claims: ClaimsAnswer,
    refresh_window_seconds: f64,
}

/// The claims, in the order of the Python service. Instants are seconds since the epoch.
#[derive(Serialize)]
struct ClaimsAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<f64>,
    r#type: TokenKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<CsrfToken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    fresh: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<Timestamp>,
    #[serde(flatten)]
    custom: BTreeMap<String, Value>,
}

impl From<Claims<BTreeMap<String, Value>>> for ClaimsAnswer {
    fn from(claims: Claims<BTreeMap<String, Value>>) -> Self {
        Self {
            jti: claims.jti,
            iss: claims.iss,
            sub: claims.sub,
            aud: claims.aud,
            exp: claims.exp.map(Timestamp::as_seconds_f64),
            nbf: claims.nbf,
            iat: claims.iat.map(Timestamp::as_seconds_f64),
            r#type: claims.kind,
            csrf: claims.csrf,
            scopes: claims.scopes,
            fresh: claims.fresh,
            login_type: claims.login_type,
            auth_time: claims.auth_time,
            custom: claims.custom,
        }
    }
}

// The four forms of scopes: one, all of several, any of several, any under a name.

struct ReadUsers;

impl Scopes for ReadUsers {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["users:read"])
    }
}

/// Requires one scope.
async fn list_users(_: Scoped<ReadUsers>, State(users): State<Users>) -> Json<Vec<Profile>> {
    Json(users.all().into_iter().map(Into::into).collect())
}

struct DeleteUsers;

impl Scopes for DeleteUsers {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["users:read", "users:delete"])
    }
}

/// Requires all of the scopes.
async fn delete_user(
    _: Scoped<DeleteUsers>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Response> {
    let id: i64 = id.parse().map_err(|_| {
        let words = "Input should be a valid integer, unable to parse string as an integer";
        let at = vec![json!("path"), json!("id")];
        Wrong::new("int_parsing", at, words, json!(id)).into_response()
    })?;
    Ok(Json(json!({ "message": format!("User {id} would be deleted, were this not a demo") })))
}

struct Administer;

impl Scopes for Administer {
    fn required() -> RequiredScopes {
        RequiredScopes::any(["admin", "superuser"])
    }
}

/// Requires any of the scopes.
async fn admin_panel(_: Scoped<Administer>) -> Json<Value> {
    Json(json!({ "admin": true }))
}

struct AnythingOfAdmin;

impl Scopes for AnythingOfAdmin {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["admin:*"])
    }
}

/// Requires any scope under `admin:`.
async fn admin_users(
    _: Scoped<AnythingOfAdmin>,
    State(users): State<Users>,
) -> Json<Vec<OwnProfile>> {
    Json(users.all().into_iter().map(Into::into).collect())
}

// The four locations of a token. Each route searches one only.

/// `Authorization: Bearer <token>`.
async fn token_in_header(
    State(auth): State<AuthX>,
    parts: Parts,
) -> Result<Json<Accepted>, Rejection> {
    token_in(auth, parts, Location::Headers).await
}

/// The access cookie. A POST must repeat its CSRF value in `X-CSRF-TOKEN`.
async fn token_in_cookie(
    State(auth): State<AuthX>,
    parts: Parts,
) -> Result<Json<Accepted>, Rejection> {
    token_in(auth, parts, Location::Cookies).await
}

/// `?token=<token>`. Query strings end up in logs, so use this only if nothing else works.
async fn token_in_query(
    State(auth): State<AuthX>,
    parts: Parts,
) -> Result<Json<Accepted>, Rejection> {
    token_in(auth, parts, Location::Query).await
}

/// `{"access_token": "<token>"}` as the body.
async fn token_in_json(
    State(auth): State<AuthX>,
    parts: Parts,
) -> Result<Json<Accepted>, Rejection> {
    token_in(auth, parts, Location::Json).await
}

async fn token_in(
    auth: AuthX,
    mut parts: Parts,
    location: Location,
) -> Result<Json<Accepted>, Rejection> {
    let requirement = Requirement::access().locations([location]);
    let claims = auth.authenticate::<()>(&mut parts, &requirement).await?;
    Ok(Json(Accepted { subject: claims.sub, location: location.as_str() }))
}

/// The subject of the accepted token, and where it was found.
#[derive(Serialize)]
struct Accepted {
    subject: String,
    location: &'static str,
}
