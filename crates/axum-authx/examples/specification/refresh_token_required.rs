//! Refresh token required.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use axum_authx::{AuthX, RefreshToken, Rejection};
use serde_json::{Value, json};

pub fn app(auth: AuthX) -> Router {
    Router::new().route("/refresh", post(refresh_tokens)).with_state(auth)
}

async fn refresh_tokens(
    State(auth): State<AuthX>,
    token: RefreshToken,
) -> Result<Json<Value>, Rejection> {
    let new_token = auth.create_access_token(&token.sub)?;
    Ok(Json(json!({ "access_token": new_token })))
}
