//! A whole service: login, refresh, logout here and everywhere, the list of logins, and a route that needs a token.

use axum::routing::get;
use axum::{BoxError, Router};
use axum_authx::{AccessToken, AuthX, Credentials, NewLogin, open_store};

async fn authenticate(given: Credentials) -> Result<Option<NewLogin<'static>>, BoxError> {
    // Ask your own users here, also for what they may do.
    let is_known = given.username == "ada" && given.password() == "analytical-engine";
    Ok(is_known.then(|| NewLogin::of("ada").scopes(["reports:read"])))
}

async fn me(token: AccessToken) -> String {
    format!("hello, {}", token.sub)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let auth = AuthX::from_env()?.with_store(open_store("sqlite:///auth.db")?);
    let app = Router::new().merge(auth.routes(authenticate)).route("/me", get(me)).with_state(auth);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
