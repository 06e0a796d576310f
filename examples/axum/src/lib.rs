//! The AuthX demo: an axum service, and a page that shows tokens being issued, renewed and refused.
//!
//! `examples/fastapi` is the same service in Python, with files of the same names; this file corresponds to `app.py`.

#![forbid(unsafe_code)]

/// The repository's README, so that its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}

/// The pages with examples in Rust, so that these are compiled.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../docs/axum.md")]
    mod axum {}
    #[doc = include_str!("../../../docs/logins.md")]
    mod logins {}
    #[doc = include_str!("../../../docs/guides/blocklist.md")]
    mod blocklist {}
    #[doc = include_str!("../../../docs/guides/duplicate-cookies.md")]
    mod duplicate_cookies {}
    #[doc = include_str!("../../../docs/guides/optional-login.md")]
    mod optional_login {}
    #[doc = include_str!("../../../docs/guides/single-page-applications.md")]
    mod single_page_applications {}
    #[doc = include_str!("../../../docs/guides/token-types.md")]
    mod token_types {}
    #[doc = include_str!("../../../docs/guides/websockets.md")]
    mod websockets {}
}

mod blocklist;
mod body;
mod error;
mod events;
mod hardening;
mod limits;
mod login;
mod operators;
mod protected;
mod security;
mod services;
mod settings;
mod source;
mod stored_logins;
mod users;

use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{BoxError, Json, Router, middleware};
use axum_authx::{AuthX, Policy, open_store};
use serde_json::json;
use tower_http::services::{ServeDir, ServeFile};

pub use blocklist::Blocklist;
pub use settings::{Settings, SettingsError};

use services::Services;
use users::Users;

/// The page's files, which the Python service serves as well.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../page");

/// The demo's routes.
///
/// # Errors
///
/// When the blocklist can't be opened, or the system has no randomness for a password's salt.
pub fn app(settings: Settings) -> Result<Router, BoxError> {
    let blocklist = Blocklist::open(settings.blocklist.as_deref())?;
    let auth = security::with_blocklist(AuthX::new(settings.config), blocklist.clone());
    let state = AppState {
        auth: auth.clone(),
        operators: AuthX::new(settings.operators),
        stored: AuthX::new(settings.stored).with_store(open_store(&settings.store)?),
        policy: operators::policy()?,
        blocklist,
        services: Services { served_by: "axum", services: settings.services },
        users: Users::of_the_demo()?,
    };
    Ok(Router::new()
        .route_service("/", ServeFile::new(format!("{PAGE}/index.html")))
        .nest_service("/static", ServeDir::new(PAGE).fallback(get(not_found)))
        .merge(source::routes())
        .merge(services::routes())
        .merge(login::routes())
        .merge(protected::routes(&auth))
        .merge(limits::limited_routes(&auth)?)
        .merge(operators::routes())
        .merge(stored_logins::routes())
        .merge(events::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(auth.read_body())
        .layer(auth.implicit_refresh())
        .layer(middleware::map_response(hardening::harden))
        .with_state(state))
}

/// The state of the handlers and of AuthX's extractors.
#[derive(Clone, FromRef)]
struct AppState {
    auth: AuthX,
    /// The other login; the extractor `Of` names it.
    #[from_ref(skip)]
    operators: AuthX,
    #[from_ref(skip)]
    stored: AuthX,
    policy: Policy,
    blocklist: Blocklist,
    services: Services,
    users: Users,
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not Found" }))).into_response()
}

async fn method_not_allowed() -> Response {
    let detail = Json(json!({ "detail": "Method Not Allowed" }));
    (StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}
