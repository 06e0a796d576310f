//! The extractor of `axum-authx`, configured with a key, and with a verification cache, with a copy of the revocations of
//! a store, or with neither.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_authx::authx_store::sqlite::SqliteStore;
use axum_authx::{AccessToken, AuthX, Config, ConfigBuilder, NewToken, Requirement, Secret};
use futures_util::FutureExt as _;

use crate::contestant::SUBJECT;
use crate::request;

pub const SECRET: &str = "a secret of at least thirty-two bytes";

pub fn app(cache_entries: usize) -> Router {
    Router::new().route("/", get(handler)).with_state(auth(cache_entries))
}

/// It has a store in a file, and a copy of its revocations, which is there when this returns.
pub fn app_with_copy_of_store() -> Router {
    let folder = std::env::temp_dir().join(format!("authx-benchmarks-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let store = SqliteStore::open(folder.join("auth.db")).expect("a store");
    let auth = AuthX::new(
        config().store_max_staleness(Duration::from_secs(2)).build().expect("a configuration"),
    );
    let auth = auth.with_store(store);
    let (mut parts, _) = request::built(&token()).into_parts();
    let access = Requirement::access();
    // Only an answer from the copy is there at once.
    while auth.authenticate::<()>(&mut parts, &access).now_or_never().is_none() {
        std::thread::sleep(Duration::from_millis(10));
    }
    // It stays open, and goes away with the process.
    let _ = std::fs::remove_dir_all(&folder);
    Router::new().route("/", get(handler)).with_state(auth)
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
    let config = config().verification_cache_entries(cache_entries);
    AuthX::new(config.build().expect("a configuration"))
}

fn config() -> ConfigBuilder {
    Config::builder().secret_key(Secret::from(SECRET))
}
