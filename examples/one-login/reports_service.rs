//! Reports for whoever is logged in. It issues no tokens: `login_service.py` does.

use axum::routing::get;
use axum::{Json, Router};
use axum_authx::{AuthX, RequiredScopes, Scoped, Scopes};

struct ReadReports;

impl Scopes for ReadReports {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["reports:read"])
    }
}

async fn reports(token: Scoped<ReadReports>) -> Json<String> {
    Json(format!("What {} may read", token.sub))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = AuthX::from_env()?;
    let app = Router::new().route("/reports", get(reports)).with_state(auth);
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8001".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
