//! Access token required.

use axum::routing::get;
use axum::{Json, Router};
use axum_authx::{AccessToken, AuthX};
use serde_json::{Value, json};

pub fn app(auth: AuthX) -> Router {
    Router::new().route("/protected", get(protected_route)).with_state(auth)
}

async fn protected_route(token: AccessToken) -> Json<Value> {
    Json(json!({ "user": token.sub }))
}
