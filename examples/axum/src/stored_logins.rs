//! Logins that a store keeps: refresh tokens that rotate, the list of one's logins, and a stolen token that is found out.

use axum::extract::State;
use axum::http::request::Parts;
use axum::routing::post;
use axum::{Json, Router};
use axum_authx::{
    AccessToken, AuthX, Client, Location, Login, LoginTokens, NewLogin, Of, Rejection, Requirement,
    SessionInfo,
};

use crate::AppState;
use crate::error::DemoError;
use crate::login::Done;
use crate::security::find_user;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/logins", post(begin_login).get(list_logins).delete(end_other_logins))
        .route("/logins/refresh", post(refresh_login))
}

/// Names the logins in the store for the extractor `Of`.
struct Stored;

impl Login<AppState> for Stored {
    fn auth(state: &AppState) -> &AuthX {
        &state.stored
    }
}

/// Begins a login of this user that the store keeps.
async fn begin_login(
    State(state): State<AppState>,
    client: Client,
    mut parts: Parts,
) -> Result<LoginTokens, DemoError> {
    let in_header = Requirement::access().locations([Location::Headers]);
    let claims = state.auth.authenticate::<()>(&mut parts, &in_header).await?;
    let user = find_user(&state.users, &claims.sub, &state.auth)?;
    Ok(state.stored.log_in(&NewLogin::of(&user.name).scopes(&user.scopes), client).await?)
}

/// Uses up the refresh token in the header, and gives its successors. One that was used before ends the login.
async fn refresh_login(
    State(state): State<AppState>,
    mut parts: Parts,
) -> Result<LoginTokens, Rejection> {
    state.stored.rotate(&mut parts).await
}

/// Lists the user's logins.
async fn list_logins(
    State(state): State<AppState>,
    token: Of<Stored, AccessToken>,
) -> Result<Json<Vec<SessionInfo>>, Rejection> {
    Ok(Json(state.stored.list_sessions(&token.sub).await?))
}

/// Ends the user's other logins.
async fn end_other_logins(
    State(state): State<AppState>,
    token: Of<Stored, AccessToken>,
) -> Result<Json<Done>, Rejection> {
    state.stored.logout_elsewhere(&token).await?;
    Ok(Json(Done { message: format!("All other logins of {} are ended", token.sub) }))
}
