//! Logins with a store, through HTTP: refresh tokens rotate, a stolen one is found out, and logins end.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use authx::login::LoginState;
use authx::revocation::{Entry, EntryKey};
use authx_store::Login;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_authx::memory::MemoryStore;
use axum_authx::testing::{self, Answer, FrozenClock, answer_to, with_cookies};
use axum_authx::{
    AccessToken, AuthX, BoxFuture, Client, Config, CounterStore, Location, LoginStore, LoginTokens,
    NewLogin, NewToken, RateLimit, RefreshToken, Rejection, RevocationStore, Rotated, Secret,
    SessionInfo, StoreError, Timestamp, UnsetCookies, Usage,
};
use serde_json::{Value, json};

use support::Service;

async fn login(State(auth): State<AuthX>, client: Client) -> Result<LoginTokens, Rejection> {
    let login = NewLogin::of("ada").scopes(["notes:write"]).claims(json!({ "tenant": 7 }));
    auth.log_in(&login, client).await
}

async fn refresh(tokens: Rotated) -> Rotated {
    tokens
}

/// The way of the specification, which uses no token up.
async fn plain_refresh(
    State(auth): State<AuthX>,
    token: RefreshToken,
) -> Result<String, Rejection> {
    Ok(auth.create_access_token(&token.sub)?)
}

async fn logout(State(auth): State<AuthX>, token: AccessToken) -> Result<UnsetCookies, Rejection> {
    auth.logout(&token).await
}

async fn everywhere(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<UnsetCookies, Rejection> {
    auth.logout_everywhere(&token).await
}

async fn elsewhere(State(auth): State<AuthX>, token: AccessToken) -> Result<(), Rejection> {
    auth.logout_elsewhere(&token).await
}

async fn logins(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<Json<Vec<SessionInfo>>, Rejection> {
    Ok(Json(auth.list_sessions(&token.sub).await?))
}

async fn me(token: AccessToken<Value>) -> Json<Value> {
    Json(
        json!({ "sub": token.sub, "scopes": token.scopes, "tenant": token.custom["tenant"], "fresh": token.fresh }),
    )
}

impl Service {
    fn new() -> Self {
        Self::with(testing::config().build().expect("settings"), MemoryStore::default())
    }

    fn with(config: Config, store: impl axum_authx::Store) -> Self {
        let clock = FrozenClock::default();
        let auth = AuthX::new(config).with_clock(clock.clone()).with_store(store);
        let app = Router::new()
            .route("/login", post(login))
            .route("/refresh", post(refresh))
            .route("/plain-refresh", post(plain_refresh))
            .route("/logout", post(logout))
            .route("/everywhere", post(everywhere))
            .route("/elsewhere", post(elsewhere))
            .route("/logins", get(logins))
            .route("/me", get(me))
            .with_state(auth.clone());
        Self { app, auth, clock }
    }

    /// The access and the refresh token of a new login.
    async fn log_in(&self) -> Pair {
        pair(&answer_to(&self.app, testing::post("/login")).await)
    }

    async fn refresh(&self, token: &str) -> Pair {
        pair(&self.post("/refresh", token).await)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Pair {
    access: String,
    refresh: String,
}

fn pair(answer: &Answer) -> Pair {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let token = |name: &str| body[name].as_str().expect("a token").to_owned();
    assert_eq!(body["token_type"], json!("bearer"));
    Pair { access: token("access_token"), refresh: token("refresh_token") }
}

fn json_body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("JSON")
}

fn refused(answer: &Answer, error_type: &str) {
    assert_eq!((answer.status, answer.error_type()), (401, Some(error_type)), "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn a_rotation_carries_on_what_the_login_allows() {
    let service = Service::new();
    let first = service.log_in().await;
    let expected = json!({ "sub": "ada", "scopes": ["notes:write"], "tenant": 7, "fresh": true });
    assert_eq!(json_body(&service.get("/me", &first.access).await), expected);

    service.clock.advance(Duration::from_secs(600));
    let second = service.refresh(&first.refresh).await;
    let third = service.refresh(&second.refresh).await;
    let expected = json!({ "sub": "ada", "scopes": ["notes:write"], "tenant": 7, "fresh": false });
    assert_eq!(json_body(&service.get("/me", &third.access).await), expected);
    // The older access tokens live until they expire.
    assert_eq!(service.get("/me", &first.access).await.status, 200);
}

#[tokio::test]
async fn all_who_ask_within_the_grace_get_one_successor() {
    let service = Service::new();
    let first = service.log_in().await;
    let second = service.refresh(&first.refresh).await;
    for _ in 0..3 {
        service.clock.advance(Duration::from_secs(10));
        let again = service.refresh(&first.refresh).await;
        assert_eq!(again.refresh, second.refresh);
        assert_ne!(again.access, second.access);
    }
    service.refresh(&second.refresh).await;
}

#[tokio::test]
async fn a_token_that_is_used_after_the_grace_ends_the_login() {
    let service = Service::new();
    let first = service.log_in().await;
    let second = service.refresh(&first.refresh).await;
    let other = service.log_in().await;
    service.clock.advance(Duration::from_secs(31));
    refused(&service.post("/refresh", &first.refresh).await, "RefreshReusedError");
    // Thief and victim are both out, with every token of the login.
    for token in [&first.refresh, &second.refresh] {
        refused(&service.post("/refresh", token).await, "RevokedTokenError");
        refused(&service.post("/plain-refresh", token).await, "RevokedTokenError");
    }
    refused(&service.get("/me", &second.access).await, "RevokedTokenError");
    assert_eq!(service.get("/me", &other.access).await.status, 200);
}

#[tokio::test]
async fn a_token_of_the_generation_before_the_last_has_no_grace() {
    let service = Service::new();
    let first = service.log_in().await;
    let second = service.refresh(&first.refresh).await;
    let third = service.refresh(&second.refresh).await;
    refused(&service.post("/refresh", &first.refresh).await, "RefreshReusedError");
    refused(&service.post("/refresh", &third.refresh).await, "RevokedTokenError");
}

#[tokio::test]
async fn the_way_of_the_specification_uses_no_token_up_and_finds_reuse_too() {
    let service = Service::new();
    let first = service.log_in().await;
    for _ in 0..3 {
        assert_eq!(service.post("/plain-refresh", &first.refresh).await.status, 200);
        service.clock.advance(Duration::from_secs(60));
    }
    let second = service.refresh(&first.refresh).await;
    assert_eq!(service.post("/plain-refresh", &first.refresh).await.status, 200);
    service.clock.advance(Duration::from_secs(31));
    refused(&service.post("/plain-refresh", &first.refresh).await, "RefreshReusedError");
    refused(&service.get("/me", &second.access).await, "RevokedTokenError");
}

#[tokio::test]
async fn a_token_from_before_the_store_is_adopted_once() {
    let service = Service::new();
    let before = service.auth.create_refresh_token("ada").expect("a token");
    let second = service.refresh(&before).await;
    assert_eq!(service.refresh(&before).await.refresh, second.refresh);
    let third = service.refresh(&second.refresh).await;
    refused(&service.post("/refresh", &before).await, "RefreshReusedError");
    refused(&service.post("/refresh", &third.refresh).await, "RevokedTokenError");
}

#[tokio::test]
async fn logging_out_ends_one_login() {
    let service = Service::new();
    let (one, other) = (service.log_in().await, service.log_in().await);
    let answer = service.post("/logout", &one.access).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.cookie("access_token_cookie"), Some(""), "the cookies are deleted");
    refused(&service.get("/me", &one.access).await, "RevokedTokenError");
    refused(&service.post("/refresh", &one.refresh).await, "RevokedTokenError");
    assert_eq!(service.get("/me", &other.access).await.status, 200);
    service.refresh(&other.refresh).await;
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_and_lets_a_new_login_in_at_once() {
    let service = Service::new();
    service.clock.advance(Duration::from_millis(300));
    let (one, other) = (service.log_in().await, service.log_in().await);
    let by_hand = service.auth.create_access_token("ada").expect("a token");
    service.clock.advance(Duration::from_millis(300));
    assert_eq!(service.post("/everywhere", &one.access).await.status, 200);
    for token in [&one.access, &other.access, &by_hand] {
        refused(&service.get("/me", token).await, "RevokedTokenError");
    }
    refused(&service.post("/refresh", &other.refresh).await, "RevokedTokenError");

    // In the same second.
    let new = service.log_in().await;
    assert_eq!(service.get("/me", &new.access).await.status, 200);
    let next = service.refresh(&new.refresh).await;
    assert_eq!(service.get("/me", &next.access).await.status, 200);
    service.refresh(&next.refresh).await;
}

#[tokio::test]
async fn logging_out_elsewhere_keeps_the_present_login() {
    let service = Service::new();
    let (one, other) = (service.log_in().await, service.log_in().await);
    service.clock.advance(Duration::from_secs(5));
    assert_eq!(service.post("/elsewhere", &one.access).await.status, 200);
    assert_eq!(service.get("/me", &one.access).await.status, 200);
    service.refresh(&one.refresh).await;
    refused(&service.get("/me", &other.access).await, "RevokedTokenError");
    refused(&service.post("/refresh", &other.refresh).await, "RevokedTokenError");
}

#[tokio::test]
async fn a_users_logins_are_listed_with_their_client() {
    let service = Service::new();
    let mut request = testing::post("/login");
    request.headers_mut().insert(USER_AGENT, "a browser".parse().expect("a value"));
    let one = pair(&answer_to(&service.app, request).await);
    service.clock.advance(Duration::from_secs(1));
    let two = service.log_in().await;
    let list = json_body(&service.get("/logins", &one.access).await);
    let agents: Vec<_> =
        list.as_array().expect("a list").iter().map(|l| &l["user_agent"]).collect();
    assert_eq!(agents, [&json!("a browser"), &json!(null)]);

    // The interface of sessions works on the same rows.
    let sid = list[1]["session_id"].as_str().expect("a sid");
    service.auth.revoke_session(sid).await.expect("revoked");
    refused(&service.get("/me", &two.access).await, "RevokedTokenError");
    let list = json_body(&service.get("/logins", &one.access).await);
    assert_eq!(list.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_login_ends_at_its_greatest_age() {
    let hour = Duration::from_secs(3600);
    let config = testing::config().login_max_age(hour).build().expect("settings");
    let service = Service::with(config, MemoryStore::default());
    let mut tokens = service.log_in().await;
    for _ in 0..3 {
        service.clock.advance(Duration::from_secs(900));
        tokens = service.refresh(&tokens.refresh).await;
    }
    service.clock.advance(Duration::from_secs(800));
    let answer = service.post("/refresh", &tokens.refresh).await;
    let body = json_body(&answer);
    assert_eq!(body["expires_in"], json!(100), "an access token ends with its login");
    service.clock.advance(Duration::from_secs(100));
    refused(&service.post("/refresh", &tokens.refresh).await, "TokenExpiredError");
}

#[tokio::test]
async fn a_token_can_be_revoked_by_its_jti_alone() {
    let service = Service::new();
    let token = NewToken::access("ada").jti("4c2b9f2a");
    let token = service.auth.issue(&token).expect("a token");
    service.auth.revoke_token("4c2b9f2a", None, "stolen").await.expect("revoked");
    refused(&service.get("/me", &token).await, "RevokedTokenError");
    service
        .auth
        .revoke_session("a-login")
        .await
        .expect("revoked, though the store has no such login");
}

#[tokio::test]
async fn tokens_in_cookies_are_not_shown_to_scripts() {
    let config = testing::config().token_location([Location::Cookies]);
    let service = Service::with(config.build().expect("settings"), MemoryStore::default());
    let answer = answer_to(&service.app, testing::post("/login")).await;
    assert_eq!(json_body(&answer), json!({ "token_type": "bearer", "expires_in": 900 }));
    let cookie = |name| (name, answer.cookie(name).expect("a cookie"));
    let cookies = [cookie("refresh_token_cookie")];
    let without_csrf = with_cookies(testing::post("/refresh"), cookies);
    refused(&answer_to(&service.app, without_csrf).await, "MissingCSRFTokenError");

    let mut request = with_cookies(testing::post("/refresh"), cookies);
    let (_, csrf) = cookie("csrf_refresh_token");
    request.headers_mut().insert("x-csrf-token", csrf.parse().expect("a value"));
    let answer = answer_to(&service.app, request).await;
    assert_eq!(answer.status, 200);
    for name in ["access_token_cookie", "refresh_token_cookie"] {
        assert!(answer.cookie(name).is_some_and(|token| !token.is_empty()), "{name}");
    }
}

#[tokio::test]
async fn without_a_store_a_login_is_a_500() {
    let auth = AuthX::new(testing::config().build().expect("settings"));
    let app = Router::new().route("/login", post(login)).with_state(auth);
    let answer = answer_to(&app, testing::post("/login")).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn a_store_that_fails_lets_nobody_in_and_loses_nothing() {
    let store = Arc::new(Failing::default());
    let service = Service::with(testing::config().build().expect("settings"), Arc::clone(&store));
    let tokens = service.log_in().await;
    store.fails.store(true, Ordering::Relaxed);
    for (path, token) in [
        ("/refresh", &tokens.refresh),
        ("/plain-refresh", &tokens.refresh),
        ("/logout", &tokens.access),
    ] {
        let answer = service.post(path, token).await;
        assert_eq!((answer.status, answer.error_type()), (503, Some("StoreUnavailableError")));
        assert_eq!(answer.header("retry-after"), Some("2"));
    }
    let login = answer_to(&service.app, testing::post("/login")).await;
    assert_eq!((login.status, login.error_type()), (503, Some("StoreUnavailableError")));
    store.fails.store(false, Ordering::Relaxed);
    let next = service.refresh(&tokens.refresh).await;
    assert_eq!(service.get("/me", &next.access).await.status, 200);
}

#[test]
fn debug_shows_no_token() {
    let secret = Secret::from("a secret of at least thirty-two bytes");
    let auth = AuthX::new(Config::builder().secret_key(secret).build().expect("settings"));
    let auth = auth.with_store(MemoryStore::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let tokens = runtime.block_on(auth.log_in(&NewLogin::of("ada"), Client::default()));
    let tokens = tokens.expect("a login");
    let shown = format!("{tokens:?}");
    assert!(!shown.contains(&tokens.access_token) && !shown.contains(&tokens.refresh_token));
    assert!(shown.contains(&tokens.session().session_id));
}

/// A store that can be switched off.
#[derive(Default)]
struct Failing {
    store: MemoryStore,
    fails: AtomicBool,
}

impl Failing {
    fn call<'a, T: Send + 'a>(
        &'a self,
        call: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        if self.fails.load(Ordering::Relaxed) {
            return Box::pin(async { Err("the server is away".into()) });
        }
        call
    }
}

impl RevocationStore for Failing {
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.revoke(entries, now))
    }

    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(self.store.revoke_once(entry, now))
    }

    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        self.call(self.store.find(keys, now))
    }
}

impl LoginStore for Failing {
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(self.store.insert(login, now))
    }

    fn get<'a>(
        &'a self,
        sid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>> {
        self.call(self.store.get(sid, now))
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(self.store.advance(sid, from, to, now))
    }

    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.touch(sid, last_active))
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.end(sid, reason))
    }

    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>> {
        self.call(self.store.list(subject, now))
    }
}

impl CounterStore for Failing {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        self.call(self.store.count(key, limit, now))
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.give_back(key, limit, counted_at))
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.reset(key))
    }
}
