//! Rate limits, and the limit on failed logins, with a store.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum_authx::event::EventKind;
use axum_authx::memory::MemoryStore;
use axum_authx::testing::{self, Answer, FrozenClock, answer_to};
use axum_authx::{
    AuthX, Client, ClientInfo, Credentials, NewLogin, RateLimit, RateLimiter, Timestamp,
};

async fn authenticate(given: Credentials) -> Result<Option<NewLogin<'static>>, axum::BoxError> {
    Ok((given.password() == "engine").then(|| NewLogin::of(given.username)))
}

fn service() -> (AuthX, Router, FrozenClock) {
    let config = testing::config().max_failed_logins(3_usize).build().expect("settings");
    let clock = FrozenClock::at(Timestamp::from_seconds(1_893_499_200).expect("in range"));
    let auth = AuthX::new(config).with_clock(clock.clone()).with_store(MemoryStore::default());
    (auth.clone(), auth.routes(authenticate), clock)
}

async fn log_in(app: &Router, name: &str, password: &str) -> Answer {
    let body = serde_json::json!({ "username": name, "password": password }).to_string();
    answer_to(app, testing::json("/login", &body)).await
}

#[tokio::test]
async fn after_too_many_failures_the_password_is_not_tried() {
    let (auth, app, clock) = service();
    // No server has set an address, so the limit of the name counts: twenty times three.
    for _ in 0..60 {
        assert_eq!(log_in(&app, "ada", "wrong").await.status, 401);
        assert_eq!(log_in(&app, "bob", "engine").await.status, 200);
    }
    let refused = log_in(&app, "Ada", "engine").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("900")));
    assert_eq!(
        (refused.error_type(), refused.header("ratelimit")),
        (Some("RateLimitExceeded"), None)
    );
    assert_eq!(auth.event_counts().of(EventKind::Limited), 1);
    clock.advance(Duration::from_secs(900));
    assert_eq!(log_in(&app, "ada", "engine").await.status, 200);
}

#[tokio::test]
async fn an_attempt_counts_until_it_has_succeeded() {
    let (auth, ..) = service();
    let from = |address: &str| {
        let ip_address = Some(address.to_owned());
        Client(ClientInfo { ip_address, ..ClientInfo::default() })
    };
    let (here, there) = (from("192.0.2.1"), from("192.0.2.2"));
    for _ in 0..3 {
        let attempt = auth.begin_attempt("ada", &here).await.expect("begun");
        attempt.succeeded().await.expect("given back");
        // As where a request is cancelled while the password is tried.
        drop(auth.begin_attempt("ada", &here).await.expect("begun"));
    }
    assert_eq!(auth.begin_attempt("ada", &here).await.expect_err("too many").status(), 429);
    let attempt = auth.begin_attempt("ada", &there).await.expect("begun");
    assert_eq!(attempt.failed().error_type(), Some("LoginFailedError"));
    let attempt = auth.begin_attempt("bob", &here).await.expect("begun");
    assert!(!format!("{attempt:?}").contains("bob"));
}

#[tokio::test]
async fn without_a_store_no_attempt_begins() {
    let (auth, _) = testing::auth();
    let refused = auth.begin_attempt("ada", &Client::default()).await.expect_err("no store");
    assert_eq!(refused.status(), 500);
}

fn limit(max_requests: u64) -> RateLimit {
    RateLimit::new(max_requests, Duration::from_secs(60)).expect("a window")
}

fn limited(auth: &AuthX, name: Option<&str>) -> Router {
    let mut limiter = RateLimiter::by_key(limit(2), |_| "anybody".to_owned());
    if let Some(name) = name {
        limiter = limiter.named(name).expect("a name");
    }
    Router::new().route("/", get(|| async { "welcome" })).route_layer(auth.rate_limit(limiter))
}

#[tokio::test]
async fn limits_of_one_name_count_together_in_the_store() {
    let (auth, clock) = testing::auth();
    let auth = auth.with_store(MemoryStore::default());
    let [one, other, another, alone] =
        [Some("search"), Some("search"), Some("another"), None].map(|name| limited(&auth, name));
    let ask = async |app: &Router| answer_to(app, testing::get("/")).await;

    let first = ask(&one).await;
    assert_eq!(first.header("ratelimit-policy"), Some(r#""search";q=2;w=60"#));
    assert_eq!(first.header("ratelimit"), Some(r#""search";r=1;t=60"#));
    clock.advance(Duration::from_secs(20));
    assert_eq!(ask(&other).await.header("ratelimit"), Some(r#""search";r=0;t=40"#));
    let refused = ask(&one).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("40")));
    assert_eq!(refused.header("ratelimit"), Some(r#""search";r=0;t=40"#));
    assert_eq!(ask(&another).await.status, 200);
    assert_eq!(ask(&alone).await.header("ratelimit"), Some(r#""default";r=1;t=60"#));
    // The window slides: the second request is still in it.
    clock.advance(Duration::from_secs(40));
    assert_eq!((ask(&one).await.status, ask(&one).await.status), (200, 429));
}

#[tokio::test]
async fn a_limit_with_a_name_counts_in_memory_without_a_store() {
    let (auth, _) = testing::auth();
    let app = limited(&auth, Some("search"));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(answer_to(&app, testing::get("/")).await.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

#[tokio::test]
async fn each_of_several_limits_is_told() {
    let (auth, _) = testing::auth();
    let app = limited(&auth, Some("one"));
    let other = RateLimiter::by_key(limit(9), |_| "anybody".to_owned()).named("other");
    let app = app.route_layer(auth.rate_limit(other.expect("a name")));
    let answer = answer_to(&app, testing::get("/")).await;
    let told: Vec<_> = answer.headers.get_all("ratelimit").iter().collect();
    assert_eq!(told, [r#""one";r=1;t=60"#, r#""other";r=8;t=60"#]);
}

#[tokio::test]
async fn a_store_that_fails_lets_no_request_through() {
    let (auth, _) = testing::auth();
    let auth = auth.with_store(axum_authx::authx_store::unavailable::UnavailableStore::new("away"));
    let answer = answer_to(&limited(&auth, Some("search")), testing::get("/")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    assert_eq!(auth.event_counts().of(EventKind::StoreFailed), 1);
}
