//! A WebSocket, which is closed when its token ends.

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum_authx::WebSocketGuard;

use crate::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/events", get(events))
}

/// Answers each message, until the token expires or is revoked.
async fn events(guard: WebSocketGuard, upgrade: WebSocketUpgrade) -> Response {
    guard.on_upgrade(upgrade, |mut socket, claims| async move {
        let mut sent = socket.send(format!("hello, {}", claims.sub)).await;
        while sent.is_ok() {
            match socket.recv().await {
                Some(Ok(Message::Text(message))) => {
                    sent = socket.send(format!("{}: {message}", claims.sub)).await;
                }
                Some(Ok(_)) => {}
                _ => break,
            }
        }
    })
}
