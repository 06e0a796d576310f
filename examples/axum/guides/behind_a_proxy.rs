use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{BoxError, Router};
use axum_authx::{AccessToken, AuthX, Config, Location, RateLimit, RateLimiter, Rejection};

/// Takes the last address of `X-Forwarded-For`, which the proxy appended, for the client's. What stands before it the
/// client wrote.
async fn with_address_of_client(mut request: Request, next: Next) -> Response {
    let mut lines = request.headers().get_all("x-forwarded-for").iter();
    let last = lines.next_back().and_then(|line| line.to_str().ok()).unwrap_or_default();
    let last = last.rsplit(',').next().unwrap_or_default().trim();
    if let Ok(address) = last.parse::<IpAddr>() {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
    }
    next.run(request).await
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
    let per_client = auth.rate_limit(RateLimiter::by_address(limit));
    Ok(Router::new()
        .route("/auth/login", post(login))
        .route_layer(per_client)
        .route("/me", get(me))
        .layer(middleware::from_fn(with_address_of_client))
        .with_state(auth))
}
