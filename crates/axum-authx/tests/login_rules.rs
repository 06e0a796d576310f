//! Rules of logins with a store, through HTTP: renewal by the application, single use, how many there may be, one-off
//! tokens, events, and the store that the settings name.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use axum_authx::event::{Event, EventKind};
use axum_authx::memory::MemoryStore;
use axum_authx::testing::{self, Answer, FrozenClock, answer_to, bearer, with_cookies};
use axum_authx::{
    AccessToken, AuthX, Client, Config, ConfigError, Location, LoginTokens, NewLogin, NewToken,
    RateLimit, RateLimiter, RefreshToken, Rejection, Renewal, RenewalRequest, Rotated, TokenType,
    TypedToken, UnsetCookies,
};
use serde_json::{Value, json};

use support::Service;

struct PasswordReset;

impl TokenType for PasswordReset {
    const NAME: &'static str = "password_reset";
}

impl Service {
    fn new(config: Config, change: impl FnOnce(AuthX) -> AuthX) -> Self {
        let clock = FrozenClock::default();
        let auth = AuthX::new(config).with_clock(clock.clone()).with_store(MemoryStore::default());
        let auth = change(auth);
        let app = Router::new()
            .route("/login", post(login))
            .route("/refresh", post(async |tokens: Rotated| tokens))
            .route("/only-verified", post(async |token: RefreshToken| token.sub.clone()))
            .route("/logout", post(logout))
            .route("/me", get(me))
            .route("/new-password", post(new_password))
            .layer(auth.implicit_refresh())
            .with_state(auth.clone());
        Self { app, auth, clock }
    }

    async fn log_in(&self) -> Value {
        body(&answer_to(&self.app, testing::post("/login")).await)
    }
}

async fn login(State(auth): State<AuthX>, client: Client) -> Result<LoginTokens, Rejection> {
    let login = NewLogin::of("ada").scopes(["a"]).claims(json!({ "plan": "old", "team": 7 }));
    auth.log_in(&login, client).await
}

async fn logout(State(auth): State<AuthX>, token: AccessToken) -> Result<UnsetCookies, Rejection> {
    auth.logout(&token).await
}

async fn me(token: AccessToken<Value>) -> String {
    json!([token.scopes, token.custom]).to_string()
}

/// An extractor twice, as where a layer and a handler ask for the same token.
async fn new_password(
    token: TypedToken<PasswordReset>,
    again: TypedToken<PasswordReset>,
) -> Result<String, Rejection> {
    assert_eq!(token.jti, again.jti);
    Ok(token.sub.clone())
}

fn settings() -> Config {
    testing::config().build().expect("settings")
}

fn body(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

fn token<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().expect("a token")
}

fn refused(answer: &Answer, error_type: &str) {
    assert_eq!((answer.status, answer.error_type()), (401, Some(error_type)), "{}", answer.body);
}

async fn to_plan_new(_: RenewalRequest) -> Result<Option<Renewal>, axum::BoxError> {
    Ok(Some(Renewal::unchanged().scopes(["b"]).claims(&json!({ "plan": "new" }))?))
}

async fn refuses(claims: RenewalRequest) -> Result<Option<Renewal>, axum::BoxError> {
    assert_eq!((claims.sub.as_str(), claims.custom.len()), ("ada", 2));
    Ok(None)
}

#[tokio::test]
async fn a_renewal_changes_what_the_new_tokens_say() {
    let service = Service::new(settings(), |auth| auth.with_renewal(to_plan_new));
    let first = service.log_in().await;
    let second = body(&service.post("/refresh", token(&first, "refresh_token")).await);
    let expected = json!([["b"], { "plan": "new" }]).to_string();
    assert_eq!(service.get("/me", token(&second, "access_token")).await.body, expected);
    let third = body(&service.post("/refresh", token(&second, "refresh_token")).await);
    assert_eq!(service.get("/me", token(&third, "access_token")).await.body, expected);
}

#[tokio::test]
async fn a_refused_renewal_ends_the_login() {
    let service = Service::new(settings(), |auth| auth.with_renewal(refuses));
    let tokens = service.log_in().await;
    let refresh = token(&tokens, "refresh_token");
    refused(&service.post("/refresh", refresh).await, "RefreshRefusedError");
    refused(&service.get("/me", token(&tokens, "access_token")).await, "RevokedTokenError");
    assert!(service.auth.list_sessions("ada").await.expect("sessions").is_empty());
    // It stays ended, whatever the application says later.
    let _ = service.auth.clone().with_renewal(to_plan_new);
    refused(&service.post("/refresh", refresh).await, "RevokedTokenError");
}

#[tokio::test]
async fn a_renewal_that_fails_uses_nothing_up_and_a_stolen_token_is_found_out_first() {
    let fails = async |_: RenewalRequest| Err(axum::BoxError::from("the database is away"));
    let service = Service::new(settings(), |auth| auth.with_renewal(fails));
    let first = service.log_in().await;
    let first = token(&first, "refresh_token");
    assert_eq!(service.post("/refresh", first).await.status, 500);

    let _ = service.auth.clone().with_renewal(to_plan_new);
    service.clock.advance(Duration::from_secs(60));
    body(&service.post("/refresh", first).await);
    service.clock.advance(Duration::from_secs(60));
    let _ = service.auth.clone().with_renewal(refuses);
    refused(&service.post("/refresh", first).await, "RefreshReusedError");
}

#[test]
fn a_renewal_can_not_set_a_claim_of_the_engine() {
    for name in ["sub", "sid", "exp", "gen"] {
        let error = Renewal::unchanged().claims(&json!({ name: "x" })).expect_err(name);
        assert!(error.to_string().contains(&format!("'{name}' is reserved")), "{error}");
    }
    assert!(Renewal::unchanged().claims(&7).is_err());
}

#[tokio::test]
async fn an_implicit_refresh_asks_too() {
    for goes_on in [true, false] {
        let config = testing::config()
            .token_location([Location::Cookies])
            .cookie_csrf_protect(false)
            .implicit_refresh_deltatime(Duration::from_secs(600));
        let service = Service::new(config.build().expect("settings"), |auth| {
            if goes_on { auth.with_renewal(to_plan_new) } else { auth.with_renewal(refuses) }
        });
        let login = answer_to(&service.app, testing::post("/login")).await;
        let name = "access_token_cookie";
        let cookie = login.cookie(name).expect("a cookie");
        service.clock.advance(Duration::from_secs(600));
        let request = || with_cookies(testing::get("/me"), [(name, cookie)]);
        let answer = answer_to(&service.app, request()).await;
        assert_eq!((answer.status, answer.header("set-cookie").is_some()), (200, goes_on));
        let next = answer_to(&service.app, request()).await.status;
        assert_eq!(next, if goes_on { 200 } else { 401 });
    }
}

#[tokio::test]
async fn a_single_use_token_is_used_up_by_every_route() {
    for grace in [0, 30] {
        let config = testing::config()
            .refresh_single_use(true)
            .refresh_grace(Duration::from_secs(grace))
            .build()
            .expect("settings");
        let service = Service::new(config, |auth| auth);
        let tokens = service.log_in().await;
        let refresh = token(&tokens, "refresh_token");
        assert_eq!(service.post("/only-verified", refresh).await.status, 200);
        service.clock.advance(Duration::from_secs(grace + 1));
        refused(&service.post("/only-verified", refresh).await, "RefreshReusedError");
    }
}

#[tokio::test]
async fn a_user_has_as_many_logins_as_allowed() {
    let config = testing::config().max_logins(2_usize).build().expect("settings");
    let service = Service::new(config, |auth| auth);
    let mut logins = Vec::new();
    for _ in 0..3 {
        service.clock.advance(Duration::from_secs(1));
        logins.push(service.log_in().await);
    }
    assert_eq!(service.auth.list_sessions("ada").await.expect("sessions").len(), 2);
    let mut statuses = Vec::new();
    for tokens in &logins {
        statuses.push(service.post("/refresh", token(tokens, "refresh_token")).await.status);
    }
    assert_eq!(statuses, [401, 200, 200]);
}

#[tokio::test]
async fn a_one_off_token_is_accepted_once() {
    let service = Service::new(settings(), |auth| auth);
    let new = NewToken::of("password_reset", "ada").expires_in(Duration::from_secs(900)).once();
    let jwt = service.auth.issue(&new).expect("a token");
    let uses = (0..50).map(|_| {
        let (app, request) = (service.app.clone(), bearer(testing::post("/new-password"), &jwt));
        tokio::spawn(async move { answer_to(&app, request).await.status })
    });
    let mut statuses = Vec::new();
    for answer in uses.collect::<Vec<_>>() {
        statuses.push(answer.await.expect("no panic"));
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, [401; 49].as_slice()));

    let without = Service::new(settings(), |auth| auth);
    let other = AuthX::new(settings()).with_clock(without.clock.clone());
    let app = Router::new().route("/new-password", post(new_password)).with_state(other.clone());
    let jwt = other.issue(&new).expect("a token");
    let answer = answer_to(&app, bearer(testing::post("/new-password"), &jwt)).await;
    assert_eq!(answer.status, 500, "without a store nobody can say whether it was used");
}

#[tokio::test]
async fn the_life_of_a_login_is_told() {
    let seen: Arc<Mutex<Vec<Event>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let service = Service::new(settings(), move |auth| {
        auth.with_observer(move |event: Event| sink.lock().expect("no panic").push(event))
    });
    let first = service.log_in().await;
    let second = body(&service.post("/refresh", token(&first, "refresh_token")).await);
    service.clock.advance(Duration::from_secs(60));
    service.post("/refresh", token(&first, "refresh_token")).await;
    service.post("/logout", token(&second, "access_token")).await;
    let third = service.log_in().await;
    service.post("/logout", token(&third, "access_token")).await;
    // No token is no event.
    answer_to(&service.app, testing::post("/logout")).await;

    let events = seen.lock().expect("no panic");
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.kind, event.subject.as_deref(), event.reason.as_deref()))
        .collect();
    let ada = Some("ada");
    assert_eq!(
        told,
        [
            (EventKind::LoggedIn, ada, None),
            (EventKind::Rotated, ada, None),
            (EventKind::Reused, ada, None),
            (EventKind::Refused, None, Some("RevokedTokenError")),
            (EventKind::LoggedIn, ada, None),
            (EventKind::Revoked, ada, Some("logout")),
        ]
    );
    assert!(events[..3].iter().all(|event| event.sid == events[0].sid && event.sid.is_some()));
    assert_eq!(service.auth.event_counts().of(EventKind::LoggedIn), 2);
    assert!(!format!("{events:?}").contains(token(&first, "refresh_token")));
}

#[tokio::test]
async fn the_settings_name_the_store() {
    let config = |url: &str| testing::config().store_url(url).build().expect("settings");
    let auth = AuthX::try_new(config("memory://")).expect("a store");
    auth.log_in(&NewLogin::of("ada"), Client::default()).await.expect("a login");
    assert_eq!(auth.list_sessions("ada").await.expect("sessions").len(), 1);
    assert!(!format!("{:?}", config("memory://")).contains("memory://"));

    let error = AuthX::try_new(config("memroy://user:hidden@host")).expect_err("a mistake");
    assert!(matches!(error, ConfigError::Store(_)));
    assert!(
        error.to_string().starts_with("JWT_STORE_URL: ")
            && error.to_string().contains("`memroy` is unknown"),
        "{error}"
    );
    assert!(!error.to_string().contains("hidden"));
}

#[tokio::test]
async fn a_store_that_can_not_be_opened_lets_nobody_in() {
    let config = testing::config().store_url("memroy://").build().expect("settings");
    let auth = AuthX::new(config);
    let app = Router::new().route("/me", get(me)).with_state(auth.clone());
    let jwt = auth.create_access_token("ada").expect("a token");
    let answer = answer_to(&app, bearer(testing::get("/me"), &jwt)).await;
    assert_eq!((answer.status, answer.error_type()), (503, Some("StoreUnavailableError")));
    assert_eq!(auth.event_counts().of(EventKind::StoreFailed), 1);
}

#[tokio::test]
async fn a_request_over_its_limit_is_told() {
    let (auth, _) = testing::auth();
    let limit = RateLimit::new(1, Duration::from_secs(60)).expect("a limit");
    let limiter = RateLimiter::by_key(limit, |_| "everybody".to_owned());
    let app: Router =
        Router::new().route("/", get(async || ())).route_layer(auth.rate_limit(limiter));
    for status in [200, 429] {
        assert_eq!(answer_to(&app, testing::get("/")).await.status, status);
    }
    assert_eq!(auth.event_counts().of(EventKind::Limited), 1);
}
