//! Fresh token required, for sensitive operations like password changes.

use axum::routing::post;
use axum::{Json, Router};
use axum_authx::{AuthX, FreshToken};
use serde_json::{Value, json};

pub fn app(auth: AuthX) -> Router {
    Router::new().route("/change-password", post(change_password)).with_state(auth)
}

async fn change_password(_: FreshToken) -> Json<Value> {
    // Only fresh tokens can get here.
    Json(json!({ "message": "Password changed" }))
}
