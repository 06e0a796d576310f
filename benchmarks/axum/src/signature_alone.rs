//! The least that any HS256 route must do: it checks the signature, and reads nothing of the token. No
//! contestant can take less time beyond the bare route than this.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use base64_simd::{Out, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::contestant::SUBJECT;
use crate::ours::SECRET;

type Key = Hmac<Sha256>;

pub fn app() -> Router {
    let key = Key::new_from_slice(SECRET.as_bytes()).expect("a key");
    Router::new().route("/", get(handler)).with_state(Arc::new(key))
}

async fn handler(State(key): State<Arc<Key>>, headers: HeaderMap) -> Result<String, StatusCode> {
    if is_signed(&key, &headers) { Ok(SUBJECT.to_owned()) } else { Err(StatusCode::UNAUTHORIZED) }
}

fn is_signed(key: &Key, headers: &HeaderMap) -> bool {
    let token =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some((signed, signature)) = token.and_then(|token| token.rsplit_once('.')) else {
        return false;
    };
    let mut buffer = [0; 32];
    let decoded = (signature.len() == 43)
        .then(|| URL_SAFE_NO_PAD.decode(signature.as_bytes(), Out::from_slice(&mut buffer)).ok());
    let Some(Some(signature)) = decoded else { return false };
    key.clone().chain_update(signed).verify_slice(signature).is_ok()
}
