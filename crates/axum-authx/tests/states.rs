//! Where extractors find the `AuthX`: in a state behind an `Arc`, and among several.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use axum_authx::testing::{self, answer_to, bearer};
use axum_authx::{
    AccessToken, AuthX, Claims, Config, CurrentSubject, FreshToken, FromSubject, JsonClaims, Key,
    KeyRing, Login, NewToken, Of, RefreshToken, RequiredScopes, Requirement, Scoped, Scopes,
};

#[derive(Clone, FromRef)]
struct AppState {
    users: AuthX,
    #[from_ref(skip)]
    admins: AuthX,
}

struct Admins;

impl Login<AppState> for Admins {
    fn auth(state: &AppState) -> &AuthX {
        &state.admins
    }
}

struct Read;

impl Scopes for Read {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["read"])
    }
}

struct User(String);

impl FromSubject<Arc<AppState>> for User {
    type Error = Infallible;

    async fn from_subject(
        claims: &Claims<JsonClaims>,
        _: &Arc<AppState>,
    ) -> Result<Option<Self>, Self::Error> {
        Ok(Some(Self(format!("user {}", claims.sub))))
    }
}

fn auth(login_type: &str) -> AuthX {
    AuthX::new(testing::config().login_type(login_type).build().expect("settings"))
}

fn state() -> AppState {
    AppState { users: auth("user"), admins: auth("admin") }
}

#[tokio::test]
async fn extractors_and_layers_work_with_a_state_in_an_arc() {
    let state = Arc::new(state());
    let app = Router::new()
        .route("/access", get(|token: AccessToken| async move { token.sub.clone() }))
        .route("/refresh", get(|token: RefreshToken| async move { token.sub.clone() }))
        .route("/fresh", get(|token: FreshToken| async move { token.sub.clone() }))
        .route("/scoped", get(|token: Scoped<Read>| async move { token.sub.clone() }))
        .route("/user", get(|user: CurrentSubject<User>| async move { user.0.0 }))
        .route("/state", get(|State(_): State<Arc<AppState>>| async { "ada" }))
        .route_layer(state.users.require(Requirement::access().any_kind()))
        .layer(state.users.implicit_refresh())
        .with_state(Arc::clone(&state));
    let access = NewToken::access("ada").fresh().scopes(["read"]);
    let access = state.users.issue(&access).expect("a token");
    let refresh = state.users.create_refresh_token("ada").expect("a token");
    for (path, token, body) in [
        ("/access", &access, "ada"),
        ("/refresh", &refresh, "ada"),
        ("/fresh", &access, "ada"),
        ("/scoped", &access, "ada"),
        ("/user", &access, "user ada"),
        ("/state", &access, "ada"),
    ] {
        let answer = answer_to(&app, bearer(testing::get(path), token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer_to(&app, testing::get(path)).await.status, 401, "{path}");
    }
}

/// The routes of `Of`, for the state and for an `Arc` of it.
fn logins<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Admins: Login<S>,
    AuthX: FromRef<S>,
{
    let nobody = |token: Option<Of<Admins, AccessToken>>| async move {
        token.map_or_else(|| "nobody".to_owned(), |token| token.sub.clone())
    };
    Router::new()
        .route("/user", get(|token: AccessToken| async move { token.sub.clone() }))
        .route("/admin", get(|token: Of<Admins, AccessToken>| async move { token.sub.clone() }))
        .route(
            "/fresh",
            get(|token: Of<Admins, FreshToken>| async move { token.into_inner().0.sub }),
        )
        .route("/optional", get(nobody))
}

#[tokio::test]
async fn each_login_of_a_state_accepts_its_own_tokens_only() {
    let state = state();
    for app in [logins().with_state(state.clone()), logins().with_state(Arc::new(state.clone()))] {
        let user = state.users.issue(&NewToken::access("ada").fresh()).expect("a token");
        let admin = state.admins.issue(&NewToken::access("eve").fresh()).expect("a token");
        for (path, token, other) in [
            ("/user", &user, &admin),
            ("/admin", &admin, &user),
            ("/fresh", &admin, &user),
            ("/optional", &admin, &user),
        ] {
            let answer = answer_to(&app, bearer(testing::get(path), token)).await;
            assert_eq!(answer.status, 200, "{path}");
            let answer = answer_to(&app, bearer(testing::get(path), other)).await;
            assert_eq!(answer.error_type(), Some("LoginTypeMismatchError"), "{path}");
        }
        assert_eq!(answer_to(&app, testing::get("/optional")).await.body, "nobody");
        assert_eq!(answer_to(&app, testing::get("/admin")).await.status, 401);
    }
}

#[tokio::test]
async fn a_layer_uses_new_keys_and_settings_as_extractors_do() {
    let (auth, _) = testing::auth();
    let app = Router::new()
        .route("/layer", get(|| async { "in" }))
        .route_layer(auth.require(Requirement::access()))
        .route("/extractor", get(|_: AccessToken| async { "in" }))
        .with_state(Arc::new(AppState { users: auth.clone(), admins: auth.clone() }));
    let old = auth.create_access_token("ada").expect("a token");
    let secret = "a secret of the next thirty days, and long enough";
    let key = Key::from_secret(axum_authx::Algorithm::Hs256, secret).expect("a key");
    auth.change_keys(|_| KeyRing::new([key.clone()])).expect("a ring");
    let new = auth.create_access_token("ada").expect("a token");
    for path in ["/layer", "/extractor"] {
        for (token, status) in [(&old, 401), (&new, 200)] {
            let answer = answer_to(&app, bearer(testing::get(path), token)).await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
    let ring = auth.engine().config().keys().clone();
    let config = Config::builder().keys(ring).error_message_key("detail");
    auth.load_config(config.build().expect("settings"));
    for path in ["/layer", "/extractor"] {
        let answer = answer_to(&app, testing::get(path)).await;
        assert!(answer.body.starts_with(r#"{"detail":"#), "{path}: {}", answer.body);
    }
}

#[cfg(feature = "ws")]
#[tokio::test]
async fn a_guard_of_a_web_socket_belongs_to_its_login() {
    use axum_authx::WebSocketGuard;

    let state = state();
    let guarded = |guard: Of<Admins, WebSocketGuard>| async move { guard.sub.clone() };
    let app = Router::new().route("/", get(guarded)).with_state(state.clone());
    let admin = state.admins.create_access_token("eve").expect("a token");
    let user = state.users.create_access_token("ada").expect("a token");
    assert_eq!(answer_to(&app, bearer(testing::get("/"), &admin)).await.body, "eve");
    let refused = answer_to(&app, bearer(testing::get("/"), &user)).await;
    assert_eq!(refused.error_type(), Some("LoginTypeMismatchError"));
}
