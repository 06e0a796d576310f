use std::time::Duration;

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{BoxError, Router};
use axum_authx::{AccessToken, AuthX, Config, Location, RateLimit, RateLimiter, Rejection};

/// The last address of `X-Forwarded-For`, which the proxy appended. What stands before it the client wrote.
fn client_of(parts: &Parts) -> String {
    let mut lines = parts.headers.get_all("x-forwarded-for").iter();
    let last = lines.next_back().and_then(|line| line.to_str().ok()).unwrap_or_default();
    last.rsplit(',').next().unwrap_or_default().trim().to_owned()
}

async fn login(State(auth): State<AuthX>) -> Result<impl IntoResponse, Rejection> {
    Ok(auth.set_cookies(&auth.create_token_pair("ada")?)) // ask your own users here
}

async fn me(token: AccessToken) -> String {
    token.sub.clone()
}

pub(crate) fn app() -> Result<Router, BoxError> {
    let config = Config::builder()
        .secret_key("a secret of at least 32 bytes, better from the environment")
        .token_location(Location::Cookies)
        // Paths of cookies are those that the browser sees.
        .access_cookie_path("/api")
        .refresh_cookie_path("/api/auth")
        .build()?;
    let auth = AuthX::new(config);
    let limit = RateLimit::new(5, Duration::from_secs(60))?;
    let per_client = auth.rate_limit(RateLimiter::by_key(limit, client_of));
    Ok(Router::new()
        .route("/auth/login", post(login))
        .route_layer(per_client)
        .route("/me", get(me))
        .with_state(auth))
}
