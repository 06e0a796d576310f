//! A route without protection.

use crate::contestant::SUBJECT;

pub fn app() -> axum::Router {
    axum::Router::new().route("/", axum::routing::get(handler))
}

pub fn app_07() -> axum_07::Router {
    axum_07::Router::new().route("/", axum_07::routing::get(handler))
}

async fn handler() -> String {
    SUBJECT.to_owned()
}
