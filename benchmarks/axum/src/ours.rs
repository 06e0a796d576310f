//! The extractor of `axum-authx`, configured with a key, and with a verification cache or without.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_authx::{AccessToken, AuthX, Config, NewToken, Secret};

use crate::contestant::SUBJECT;

pub const SECRET: &str = "a secret of at least thirty-two bytes";

pub fn app(cache_entries: usize) -> Router {
    Router::new().route("/", get(handler)).with_state(auth(cache_entries))
}

async fn handler(AccessToken(claims): AccessToken) -> String {
    claims.sub
}

/// A token for requests to any contestant.
pub fn token() -> String {
    let token = NewToken::access(SUBJECT).expires_in(Duration::from_secs(60 * 60));
    auth(0).issue(&token).expect("a token")
}

fn auth(cache_entries: usize) -> AuthX {
    let config = Config::builder()
        .secret_key(Secret::from(SECRET))
        .verification_cache_entries(cache_entries);
    AuthX::new(config.build().expect("a configuration"))
}
