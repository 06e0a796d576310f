//! The extractor of `axum-authx`, configured with a key and nothing else.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_authx::{AccessToken, AuthX, Config, NewToken, Secret};

use crate::contestant::SUBJECT;

pub const SECRET: &str = "a secret of at least thirty-two bytes";

pub fn app() -> Router {
    Router::new().route("/", get(handler)).with_state(auth())
}

async fn handler(AccessToken(claims): AccessToken) -> String {
    claims.sub
}

/// The token of every request to everybody.
pub fn token() -> String {
    let token = NewToken::access(SUBJECT).expires_in(Duration::from_secs(60 * 60));
    auth().issue(&token).expect("a token")
}

fn auth() -> AuthX {
    AuthX::new(Config::builder().secret_key(Secret::from(SECRET)).build().expect("a configuration"))
}
