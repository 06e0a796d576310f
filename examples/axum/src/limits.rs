//! A route with a rate limit.

use std::time::Duration;

use axum::routing::get;
use axum::{BoxError, Json, Router};
use axum_authx::{AccessToken, AuthX, RateLimit, RateLimiter};
use serde_json::{Value, json};

use crate::AppState;

/// Three requests in twenty seconds for each user.
pub(crate) fn limited_routes(auth: &AuthX) -> Result<Router<AppState>, BoxError> {
    let limit = RateLimit::new(3, Duration::from_secs(20))?;
    let per_user = auth.rate_limited(RateLimiter::by_subject(limit));
    Ok(Router::new().route("/limited", get(limited)).route_layer(per_user))
}

/// Answers only as often as the limit allows.
async fn limited(token: AccessToken) -> Json<Value> {
    Json(json!({ "message": format!("{} may ask three times in 20 seconds", token.sub) }))
}
