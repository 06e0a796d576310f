//! The routes of a configuration whose logins are in a store that both faces share, as in `fastapi_logins.py`.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_authx::{
    AccessToken, AuthX, Client, LoginTokens, NewLogin, RefreshToken, Rejection, Rotated,
    SessionInfo, UnsetCookies,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) fn router(auth: AuthX) -> Router {
    Router::new()
        .route("/login", post(login))
        .route("/refresh", post(refresh))
        .route("/plain-refresh", post(plain_refresh))
        .route("/logout", post(logout))
        .route("/everywhere", post(everywhere))
        .route("/elsewhere", post(elsewhere))
        .route("/logins", get(logins))
        .route("/me", get(me))
        .with_state(auth)
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Tenant {
    tenant: u32,
}

async fn login(State(auth): State<AuthX>, client: Client) -> Result<LoginTokens, Rejection> {
    let login = NewLogin::of("ada").scopes(["a:b"]).claims(Tenant { tenant: 7 });
    auth.log_in(&login, client).await
}

async fn refresh(tokens: Rotated) -> Rotated {
    tokens
}

async fn plain_refresh(token: RefreshToken) -> Json<String> {
    Json(token.sub.clone())
}

/// `null`, as FastAPI answers where there is nothing to return.
async fn logout(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<(UnsetCookies, Json<()>), Rejection> {
    Ok((auth.logout(&token).await?, Json(())))
}

async fn everywhere(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<(UnsetCookies, Json<()>), Rejection> {
    Ok((auth.logout_everywhere(&token).await?, Json(())))
}

async fn elsewhere(State(auth): State<AuthX>, token: AccessToken) -> Result<Json<()>, Rejection> {
    auth.logout_elsewhere(&token).await?;
    Ok(Json(()))
}

async fn logins(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<Json<Vec<SessionInfo>>, Rejection> {
    Ok(Json(auth.list_sessions(&token.sub).await?))
}

async fn me(token: AccessToken<Tenant>) -> Json<Value> {
    Json(json!({ "sub": token.sub, "scopes": token.scopes, "tenant": token.custom.tenant }))
}
