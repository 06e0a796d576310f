//! Token verification by hand.

use axum::extract::State;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, Router};
use axum_authx::{AuthX, Claims, Rejection, Requirement};
use serde_json::{Value, json};

pub fn app(auth: AuthX) -> Router {
    Router::new().route("/manual", get(manual)).with_state(auth)
}

async fn manual(State(auth): State<AuthX>, parts: Parts) -> Result<Json<Value>, Rejection> {
    // The type and the CSRF value are verified; freshness is not asked for.
    let requirement = Requirement::access().freshness(false);
    let request_token = auth.find_token(&parts, &requirement)?;
    let claims: Claims = auth.verify_token(&request_token, &requirement)?;
    Ok(Json(json!({ "user": claims.sub })))
}
