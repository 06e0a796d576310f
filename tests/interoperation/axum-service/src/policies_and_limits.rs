//! A policy from the request, and rate limits; the same as in `fastapi_policies.py`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_authx::authx::rate_limit::Counted;
use axum_authx::{
    AuthX, BoxFuture, CounterStore, Policy, PolicyRequest, RateLimit, RateLimiter, StoreError,
    Timestamp, Usage,
};
use serde_json::{Value, json};

use crate::state::Service;

pub(crate) fn router(auth: &AuthX) -> Router<Service> {
    let (first, third) = (FixedCount::new(1), FixedCount::new(3));
    let limited = |count: &FixedCount| {
        let limit = RateLimit::new(2, Duration::from_secs(60)).expect("a limit");
        auth.rate_limit(RateLimiter::by_address(limit).backend(count.clone()))
    };
    let key = Arc::clone(&first.key);
    let rate_limit_key =
        async move || Json(key.lock().unwrap_or_else(PoisonError::into_inner).clone());
    Router::new()
        .route("/policy", post(policy))
        .route("/rate-limit-key", get(rate_limit_key).route_layer(limited(&first)))
        .route("/third-of-two", get(async || ()).route_layer(limited(&third)))
}

/// Asks a policy of one rule, which has the conditions of the body.
async fn policy(State(auth): State<AuthX>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(conditions) = conditions(body).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let rule = json!({
        "effect": "allow", "actions": ["read"], "resources": ["reports"], "conditions": conditions
    });
    let document = json!({"rules": [rule]}).to_string();
    let Ok(policy) = Policy::from_json(&document, "the request") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let asked = PolicyRequest::new("read", "reports");
    match auth.authorize_request(&mut parts, &policy, &asked).await {
        Ok(_) => Json("allowed").into_response(),
        Err(rejection) => rejection.into_response(),
    }
}

async fn conditions(body: axum::body::Body) -> Option<Value> {
    let bytes = to_bytes(body, 100_000).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Gives the same count for each request, and remembers the key. One that is refused is 53 seconds before the end of its
/// window.
#[derive(Clone)]
struct FixedCount {
    requests: u64,
    key: Arc<Mutex<String>>,
}

impl FixedCount {
    fn new(requests: u64) -> Self {
        Self { requests, key: Arc::default() }
    }
}

impl CounterStore for FixedCount {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        key.clone_into(&mut self.key.lock().unwrap_or_else(PoisonError::into_inner));
        // In Python a backend is asked for the time only for a request that is refused.
        let is_refused = self.requests > limit.max_requests();
        let time_left = is_refused.then_some(Duration::from_secs(53));
        let counted = Counted { requests: self.requests, time_left };
        Box::pin(std::future::ready(Ok(limit.usage(counted))))
    }

    fn give_back<'a>(
        &'a self,
        _: &'a str,
        _: RateLimit,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn reset<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
