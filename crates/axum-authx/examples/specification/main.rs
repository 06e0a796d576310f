//! The examples of AuthX's documentation in Rust: one file for each, all served by one program.
//!
//! `cargo run -p axum-authx --example specification`, then for instance
//! `curl http://127.0.0.1:8001/access-token-required/protected`. `tests/specification.rs` runs them.

#![expect(unreachable_pub, reason = "the examples are written as for a library")]

use std::error::Error;

use axum::Router;
use axum_authx::AuthX;
use tokio::net::TcpListener;

mod access_token_required;
mod creating_tokens;
mod current_user;
mod fresh_token_required;
mod implicit_token_refresh;
mod refresh_token_required;
mod scope_based_authorization;
mod token_revocation_async;
mod token_revocation_sync;
mod token_verification;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let auth = AuthX::ephemeral();
    let tokens = creating_tokens::tokens(&auth)?;
    println!("access token: {}\n", tokens.access_token);
    println!("refresh token: {}\n", tokens.refresh_token);
    println!("fresh token: {}\n", tokens.fresh_token);

    let revoked = token_revocation_sync::RevokedTokens::default();
    let revocable = token_revocation_sync::with_revocation(auth.clone(), revoked.clone());
    let revocable_async = token_revocation_async::with_revocation(auth.clone(), revoked);
    let app = Router::new()
        .nest("/access-token-required", access_token_required::app(auth.clone()))
        .nest("/refresh-token-required", refresh_token_required::app(auth.clone()))
        .nest("/fresh-token-required", fresh_token_required::app(auth.clone()))
        .nest("/token-verification", token_verification::app(auth.clone()))
        .nest("/scopes", scope_based_authorization::app(auth.clone()))
        .nest("/revocation", access_token_required::app(revocable))
        .nest("/revocation-async", access_token_required::app(revocable_async))
        .nest("/implicit-refresh", implicit_token_refresh::app(auth.clone()))
        .nest("/current-user", current_user::app(auth));

    axum::serve(TcpListener::bind("127.0.0.1:8001").await?, app).await?;
    Ok(())
}
