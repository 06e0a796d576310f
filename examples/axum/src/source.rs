//! The files of the repository that the page links to: the code of both services, and the guides.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Router, middleware};
use tower_http::services::ServeDir;

use crate::{AppState, not_found};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const FOLDERS: [&str; 3] = ["docs", "examples/axum/src", "examples/fastapi"];

/// Serves the folders below `/source`, at their paths in the repository.
pub(crate) fn routes() -> Router<AppState> {
    let add = |router: Router<AppState>, folder: &str| {
        let files = ServeDir::new(format!("{ROOT}/{folder}")).fallback(get(not_found));
        router.nest_service(&format!("/source/{folder}"), files)
    };
    FOLDERS.into_iter().fold(Router::new(), add).layer(middleware::map_response(as_text))
}

/// So that a browser shows the file, and neither downloads nor runs it.
async fn as_text(mut response: Response) -> Response {
    if response.status() == StatusCode::OK {
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
    }
    response
}
