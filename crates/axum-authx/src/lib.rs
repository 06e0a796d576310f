//! JWT authentication for [axum]: login, refresh, logout, scopes, freshness, CSRF and revocation.
//!
//! All rules are those of the engine, [`authx`], which serves FastAPI as well: a token that one service
//! issues is accepted by the other, and a bad one gets the same answer from both.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use axum_authx::{AccessToken, AuthX};
//!
//! async fn protected(token: AccessToken) -> String {
//!     format!("hello, {}", token.sub)
//! }
//!
//! let auth = AuthX::ephemeral();
//! let token = auth.create_access_token("user123")?;
//! let app: Router = Router::new().route("/protected", get(protected)).with_state(auth);
//! # Ok::<(), axum_authx::IssueError>(())
//! ```
//!
//! # The parts
//!
//! | for | there is |
//! | --- | --- |
//! | settings | [`AuthX::from_env`], [`AuthX::new`] with a [`Config`], [`AuthX::ephemeral`] for a first try |
//! | issuing | [`AuthX::issue`] with a [`NewToken`], [`AuthX::create_token_pair`] and its siblings |
//! | a token of one kind | [`AccessToken`], [`RefreshToken`], [`FreshToken`], with your own claims as a type parameter; `Option` of each |
//! | a page that everybody may see | [`OptionalToken`], which takes an expired token for none |
//! | scopes | the extractor [`Scoped`], the layer [`AuthX::require`] |
//! | policies | the layer [`AuthX::authorize`], the extractor [`Authorized`], by hand [`AuthX::authorize_request`] |
//! | your type for a user | [`CurrentSubject`] |
//! | a WebSocket | [`WebSocketToken`]; with the feature `ws`, `WebSocketGuard` closes the socket when its token ends |
//! | cookies | [`AuthX::set_cookies`] and [`AuthX::unset_cookies`], parts of a response |
//! | staying logged in | the layer [`AuthX::implicit_refresh`] |
//! | tokens in JSON bodies, CSRF values in forms | the layer [`AuthX::read_body`] |
//! | several logins, such as users and operators | [`AuthManager`], or the extractor [`Of`] with several `AuthX` in one state |
//! | rate limits | the layers [`AuthX::rate_limit`] and [`AuthX::rate_limited`] with a [`RateLimiter`]; by the client's address with the feature `connect-info`, which is on by default |
//! | logins with rotating refresh tokens, logout, logout everywhere | [`AuthX::with_store`], [`AuthX::log_in`], the extractor [`Rotated`], [`AuthX::logout`] and its siblings |
//! | revocation by a table of your own | [`AuthX::with_revocation`] with a [`Revocation`] or a closure |
//! | sessions | [`AuthX::create_session`] and its siblings, [`NewToken::session`], [`AuthX::with_sessions`] with a [`SessionStore`]; see [`sessions`] |
//! | by hand | [`AuthX::authenticate`], or [`AuthX::find_token`] and [`AuthX::verify_token`] |
//! | tests | the module `testing`, behind the feature of that name |
//! | OpenAPI | with the feature `utoipa`, `AuthX` is a `Modify` that adds the security schemes |
//!
//! The [guide](guide) has one example for each.
//!
//! # Where tokens travel
//!
//! The setting `JWT_TOKEN_LOCATION` lists the places that are searched, in order: `headers` (the
//! default), `cookies`, `json`, `query`. `JWT_WEBSOCKET_TOKEN_LOCATION` lists those of WebSockets, among them
//! `subprotocol`, which a page can set. If the token is in a cookie, a request of a method that changes
//! something, such as POST, must repeat the token's CSRF value in the header `X-CSRF-TOKEN`. The page's scripts
//! can read the value from the cookie `csrf_access_token`, or `csrf_refresh_token` with a refresh token.
//! Nothing has to be added to the router for it.
//!
//! # The answer to a refused request
//!
//! A [`Rejection`]: `{"message": "Token Error", "error_type": "MissingTokenError"}` with status 401 and
//! `WWW-Authenticate: Bearer`, for instance. Its documentation shows how to answer otherwise. Mistakes of
//! the service, such as a layer that is missing or a store that can't be reached, are answered with status
//! 500 and no details; their cause is logged with `tracing`. Tokens and secrets are never logged.
//!
//! # The user in traces
//!
//! If the span of a request has a field `user.hash`, the extractors and layers record the subject's
//! [hash](Engine::subject_hash) in it, which tells users apart without naming them. With `tower-http`:
//!
//! ```
//! use axum::Router;
//! use axum::extract::Request;
//! use tower_http::trace::TraceLayer;
//! use tracing::{field, info_span};
//!
//! let layer = TraceLayer::new_for_http().make_span_with(|request: &Request| {
//!     // The path alone: the query may hold a token.
//!     info_span!("request", method = %request.method(), path = request.uri().path(), user.hash = field::Empty)
//! });
//! let app: Router = Router::new().layer(layer);
//! ```
//!
//! # A whole service
//!
//! ```text
//! cargo add axum-authx serde_json
//! cargo add axum --features macros
//! cargo add serde --features derive
//! cargo add tokio --features macros,net,rt-multi-thread
//! ```
//!
//! ```no_run
#![doc = include_str!("../examples/service.rs")]
//! ```
//!
//! Start it with a new key, `JWT_SECRET_KEY=$(openssl rand -hex 32)`, and with
//! `JWT_TOKEN_LOCATION=headers,cookies`. A login is answered with both tokens. A script sends the access token in a
//! header:
//!
//! ```text
//! curl -d '{"name": "ada", "password": "engine"}' -H 'Content-Type: application/json' 127.0.0.1:8001/login
//! curl -H "Authorization: Bearer $TOKEN" 127.0.0.1:8001/me
//! ```
//!
//! A page of the service has the tokens in cookies, and repeats the CSRF value:
//!
//! ```text
//! const csrf = document.cookie.match(/csrf_access_token=([^;]+)/)[1];
//! await fetch("/logout", { method: "POST", headers: { "X-CSRF-TOKEN": csrf } });
//! ```
#![forbid(unsafe_code)]

/// The README, so that its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod access_token;
mod attempts;
mod auth;
mod authenticate;
mod authorized;
mod body;
mod client_address;
mod cookies;
mod current_engine;
mod current_subject;
mod event_log;
mod events;
mod form;
mod fresh_token;
mod gate;
#[cfg(any(doc, doctest))]
pub mod guide;
mod implicit_refresh;
mod login;
mod logins;
mod mails;
mod manager;
mod named_store;
#[cfg(feature = "utoipa")]
mod openapi;
mod optional_token;
mod policy;
mod rate_limit;
mod refresh_token;
mod rejection;
mod renew;
mod renewal;
mod require;
mod routes;
mod scoped;
pub mod sessions;
mod state;
mod stores;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod token_extractor;
mod token_pair;
mod typed_token;
#[cfg(feature = "ws")]
mod web_socket_guard;
mod web_socket_token;

pub use authx::answer::ErrorType;
pub use authx::config::{
    Given, SameSite, SettingValue, TokenLifetime, TokenTypeSettings, TokenTypes, UnknownSubject,
};
pub use authx::error::Malformed;
pub use authx::event;
pub use authx::key::{KeyError, KeyRingError};
pub use authx::login::{Credentials, NewLogin, Renewal};
pub use authx::oauth::{ClientError, Clients};
#[cfg(feature = "policy-files")]
pub use authx::policy::PolicyFileError;
pub use authx::policy::{
    Policy, PolicyCondition, PolicyDecision, PolicyEffect, PolicyOperator, PolicyRule, PolicySource,
};
pub use authx::random::{Random, RandomUnavailable};
pub use authx::rate_limit::{RateLimit, RateLimitError, RequestLog, Usage};
pub use authx::session::SessionState;
pub use authx::token::{Audience, CsrfToken, CustomClaims, JsonClaims, UnfitTokenKind};
pub use authx::transport::BEARER_SUBPROTOCOL;
pub use authx::verify::{CacheStatistics, VerifiedToken};
pub use authx::{
    Algorithm, Claims, Clock, Config, ConfigBuilder, ConfigError, CsrfCheck, Engine, Error,
    IssueError, Key, KeyRing, Location, NewToken, RequestToken, RequiredScopes, Requirement,
    Secret, SystemClock, SystemRandom, Timestamp, TokenKind,
};
pub use authx_store::memory::{MemoryCounters, MemoryRevocations, MemorySessions};
pub use authx_store::{
    BoxFuture, ClientInfo, CounterStore, LoginStore, OpenError, Revocation, RevocationStore,
    SessionInfo, SessionStore, Store, StoreError, memory, open as open_store, revocation,
};
/// The engine and the stores, for what has no name here, such as the types of a [`LoginStore`].
pub use {authx, authx_store};

pub use access_token::AccessToken;
pub use attempts::LoginAttempt;
pub use auth::AuthX;
pub use authorized::{Authorized, Permission};
pub use body::ReadBodyLayer;
pub use cookies::{SetCookies, UnsetCookies};
pub use current_engine::CurrentEngine;
pub use current_subject::{CurrentSubject, FromSubject};
pub use fresh_token::FreshToken;
pub use gate::{Gate, GateService};
pub use implicit_refresh::{ImplicitRefreshLayer, ImplicitRefreshService};
pub use login::{FromLogin, Login, Of};
pub use logins::{Client, LoginTokens, Rotated};
pub use mails::{Mail, PasswordReset, Verification};
pub use manager::{AuthManager, LoginTypeError};
pub use optional_token::OptionalToken;
pub use policy::{PolicyLayer, PolicyRequest};
pub use rate_limit::{RateLimitLayer, RateLimiter};
pub use refresh_token::RefreshToken;
pub use rejection::Rejection;
pub use renew::RenewalRequest;
pub use require::RequireLayer;
pub use routes::Paths;
pub use scoped::{Scoped, Scopes};
pub use sessions::{NewSession, SessionError};
pub use state::AuthState;
pub use token_pair::TokenPair;
pub use typed_token::{TokenType, TypedToken};
#[cfg(feature = "ws")]
pub use web_socket_guard::{GuardedWebSocket, WebSocketGuard};
pub use web_socket_token::WebSocketToken;
