//! Login, refresh, logout: the routes that issue and revoke tokens.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{BoxError, Json, Router};
use axum_authx::{Claims, FreshToken, Location, NewToken, Rejection, Requirement, Timestamp};
use serde::Serialize;

use crate::AppState;
use crate::body::{Body, Fields, FromFields};
use crate::error::DemoError;
use crate::security::{LoginClaim, find_user};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
        .route("/auth/revoke", post(revoke))
        .route("/change-password", post(change_password))
}

/// Checks the password; answers with a fresh access token and a refresh token, as JSON and as cookies.
async fn login(
    State(state): State<AppState>,
    Body(credentials): Body<Credentials>,
) -> Result<Response, DemoError> {
    let user = state.users.log_in(&credentials.name, credentials.password).await?;
    let login = LoginClaim::new().map_err(BoxError::from)?;
    let access = NewToken::access(&user.name).fresh().scopes(&user.scopes).claims(login.clone());
    let refresh = NewToken::refresh(&user.name).claims(login);
    let auth = &state.auth;
    let tokens = auth.token_pair(auth.issue(&access)?, auth.issue(&refresh)?);
    Ok((auth.set_cookies(&tokens), Json(tokens)).into_response())
}

/// Gives a new access token, not a fresh one, for the refresh token in the cookie.
async fn refresh(
    State(state): State<AppState>,
    RefreshCookie(claims): RefreshCookie,
) -> Result<Response, DemoError> {
    let user = find_user(&state.users, &claims.sub, &state.auth)?;
    let access = NewToken::access(&user.name).scopes(&user.scopes).claims(claims.custom);
    let access_token = state.auth.issue(&access)?;
    let cookies = state.auth.set_access_cookies(&access_token);
    Ok((cookies, Json(NewAccessToken::of(access_token))).into_response())
}

/// Revokes the refresh token and every access token of its login, and unsets the cookies.
async fn logout(
    State(state): State<AppState>,
    RefreshCookie(claims): RefreshCookie,
) -> Result<Response, DemoError> {
    let message = format!("{} is logged out", claims.sub);
    let until = end_of(&claims);
    let ids = vec![claims.jti.unwrap_or_default(), claims.custom.login];
    state.blocklist.revoke(ids, until, state.auth.now()).await?;
    Ok((state.auth.unset_cookies(), Json(Done { message })).into_response())
}

/// Revokes the access token in the header. The other tokens of its login stay valid.
async fn revoke(State(state): State<AppState>, mut parts: Parts) -> Result<Json<Done>, DemoError> {
    let in_header = Requirement::access().locations([Location::Headers]);
    let claims = state.auth.authenticate::<()>(&mut parts, &in_header).await?;
    let until = end_of(&claims);
    let jti = claims.jti.unwrap_or_default();
    let message = format!("Token {jti} is revoked");
    state.blocklist.revoke(vec![jti], until, state.auth.now()).await?;
    Ok(Json(Done { message }))
}

/// Sets a new password, until the service restarts. Requires a fresh token.
async fn change_password(
    State(state): State<AppState>,
    token: FreshToken,
    Body(body): Body<NewPassword>,
) -> Result<Json<Done>, DemoError> {
    let user = find_user(&state.users, &token.sub, &state.auth)?;
    state.users.set_password(&user.name, body.new_password).await?;
    Ok(Json(Done { message: format!("The password of {} is changed", user.name) }))
}

/// The claims of the refresh token, which is accepted in its cookie only.
struct RefreshCookie(Claims<LoginClaim>);

impl FromRequestParts<AppState> for RefreshCookie {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Rejection> {
        let in_cookie = Requirement::refresh().locations([Location::Cookies]);
        state.auth.authenticate(parts, &in_cookie).await.map(Self)
    }
}

/// When the blocklist may delete the token's id.
fn end_of<C>(claims: &Claims<C>) -> Timestamp {
    claims.exp.unwrap_or(Timestamp::MAX)
}

/// The body of a login.
struct Credentials {
    name: String,
    password: String,
}

impl FromFields for Credentials {
    fn from_fields(fields: &mut Fields) -> Self {
        Self { name: fields.string("name", 0..=100), password: fields.string("password", 0..=200) }
    }
}

/// The body of a password change.
struct NewPassword {
    new_password: String,
}

impl FromFields for NewPassword {
    fn from_fields(fields: &mut Fields) -> Self {
        Self { new_password: fields.string("new_password", 12..=200) }
    }
}

/// The answer to a refresh.
#[derive(Serialize)]
pub(crate) struct NewAccessToken {
    access_token: String,
    token_type: &'static str,
}

impl NewAccessToken {
    pub(crate) fn of(access_token: String) -> Self {
        Self { access_token, token_type: "bearer" }
    }
}

/// A message for the user that says what was done.
#[derive(Serialize)]
pub(crate) struct Done {
    pub(crate) message: String,
}
