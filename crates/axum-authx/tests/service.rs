//! The example service of the documentation, from login to logout, and its failures.

mod log;
#[path = "../examples/service.rs"]
#[expect(dead_code, reason = "`main` is not called")]
mod service;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum_authx::testing::{self, Answer, FrozenClock, answer_to, bearer, with_cookies};
use axum_authx::{
    AccessToken, AuthX, Config, ConfigBuilder, Error, Location, NewToken, RefreshToken, Rejection,
    RequiredScopes, Requirement, Scoped, Scopes, revocation,
};

use log::Log;

fn auth(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> (AuthX, FrozenClock) {
    let clock = FrozenClock::default();
    let config = configure(testing::config()).build().expect("settings");
    (AuthX::new(config).with_clock(clock.clone()), clock)
}

fn service() -> (Router, FrozenClock) {
    let (auth, clock) =
        auth(|config| config.token_location([Location::Headers, Location::Cookies]));
    (service::app(auth), clock)
}

async fn login(app: &Router, name: &str, password: &str) -> Answer {
    let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
    answer_to(app, testing::json("/login", &body)).await
}

/// The value of a string in a flat JSON object.
fn field<'b>(body: &'b str, name: &str) -> &'b str {
    let (_, rest) = body.split_once(&format!("\"{name}\":\"")).expect("the field");
    rest.split_once('"').expect("a string").0
}

fn with_csrf(mut request: Request, value: &str) -> Request {
    let value = HeaderValue::try_from(value).expect("a value");
    request.headers_mut().insert("x-csrf-token", value);
    request
}

/// The request with the cookies that this answer set, as a browser sends them.
fn from_browser(request: Request, login: &Answer) -> Request {
    let names = ["access_token_cookie", "refresh_token_cookie"];
    with_cookies(request, names.map(|name| (name, login.cookie(name).expect("a cookie"))))
}

#[tokio::test]
async fn a_script_logs_in_refreshes_and_logs_out_with_headers() {
    let (app, _) = service();
    assert_eq!(login(&app, "ada", "wrong").await.status, 401);
    let pair = login(&app, "ada", "engine").await;
    assert_eq!((pair.status, field(&pair.body, "token_type")), (200, "bearer"));
    let access = field(&pair.body, "access_token");
    let refresh = field(&pair.body, "refresh_token");

    let answer = answer_to(&app, bearer(testing::get("/me"), access)).await;
    assert_eq!(answer.body, r#"{"name":"ada","scopes":["users:read"]}"#);
    assert_eq!(answer_to(&app, bearer(testing::get("/users"), access)).await.status, 200);
    assert_eq!(answer_to(&app, bearer(testing::get("/admin"), access)).await.status, 403);
    assert_eq!(answer_to(&app, bearer(testing::post("/password"), access)).await.status, 200);

    let answer = answer_to(&app, bearer(testing::post("/refresh"), refresh)).await;
    let renewed = field(&answer.body, "access_token");
    assert_eq!(answer_to(&app, bearer(testing::get("/users"), renewed)).await.status, 200);
    let answer = answer_to(&app, bearer(testing::post("/password"), renewed)).await;
    assert_eq!(answer.error_type(), Some("FreshTokenRequiredError"));

    assert_eq!(answer_to(&app, bearer(testing::post("/logout"), renewed)).await.body, "goodbye");
    let answer = answer_to(&app, bearer(testing::get("/me"), renewed)).await;
    assert_eq!(answer.error_type(), Some("RevokedTokenError"));

    let pair = login(&app, "grace", "cobol").await;
    let access = field(&pair.body, "access_token");
    assert_eq!(answer_to(&app, bearer(testing::get("/admin"), access)).await.body, "the panel");
}

#[tokio::test]
async fn a_browser_logs_in_and_out_with_cookies_and_csrf_values() {
    let (app, _) = service();
    let login = login(&app, "ada", "engine").await;
    let csrf = login.cookie("csrf_access_token").expect("a cookie");

    let me = from_browser(testing::get("/me"), &login);
    assert_eq!(answer_to(&app, me).await.status, 200);
    let password = || from_browser(testing::post("/password"), &login);
    assert_eq!(answer_to(&app, password()).await.error_type(), Some("MissingCSRFTokenError"));
    let answer = answer_to(&app, with_csrf(password(), "other")).await;
    assert_eq!(answer.error_type(), Some("CSRFError"));
    assert_eq!(answer_to(&app, with_csrf(password(), csrf)).await.status, 200);

    let refresh_csrf = login.cookie("csrf_refresh_token").expect("a cookie");
    let refresh = || with_csrf(from_browser(testing::post("/refresh"), &login), refresh_csrf);
    let answer = answer_to(&app, refresh()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.cookie("access_token_cookie").is_some_and(|token| !token.is_empty()));

    let logout = with_csrf(from_browser(testing::post("/logout"), &login), csrf);
    let answer = answer_to(&app, logout).await;
    for cookie in ["access_token_cookie", "refresh_token_cookie", "csrf_access_token"] {
        assert_eq!(answer.cookie(cookie), Some(""), "{cookie}");
    }
    let answer = answer_to(&app, from_browser(testing::get("/me"), &login)).await;
    assert_eq!(answer.error_type(), Some("RevokedTokenError"));
    assert_eq!(answer_to(&app, refresh()).await.error_type(), Some("RevokedTokenError"));
}

#[tokio::test]
async fn implicit_refresh_leaves_logins_logouts_errors_and_revoked_tokens_alone() {
    let (app, clock) = service();
    let login = login(&app, "ada", "engine").await;
    let csrf = login.cookie("csrf_access_token").expect("a cookie");
    clock.advance(Duration::from_secs(10 * 60));

    let answer = answer_to(&app, from_browser(testing::get("/me"), &login)).await;
    let renewed = answer.cookie("access_token_cookie").expect("a new token").to_owned();
    let password = with_cookies(testing::post("/password"), [("access_token_cookie", &*renewed)]);
    let answer = answer_to(
        &app,
        with_csrf(password, answer.cookie("csrf_access_token").expect("a new value")),
    );
    assert_eq!(answer.await.error_type(), Some("FreshTokenRequiredError"));

    let nowhere = answer_to(&app, from_browser(testing::get("/nowhere"), &login)).await;
    assert_eq!((nowhere.status, nowhere.cookie("access_token_cookie")), (404, None));
    let unsafe_without_csrf = from_browser(testing::post("/password"), &login);
    assert_eq!(answer_to(&app, unsafe_without_csrf).await.cookie("access_token_cookie"), None);
    let logout = with_csrf(from_browser(testing::post("/logout"), &login), csrf);
    assert_eq!(answer_to(&app, logout).await.cookie("access_token_cookie"), Some(""));
    let answer = answer_to(&app, from_browser(testing::get("/me"), &login)).await;
    assert_eq!((answer.status, answer.cookie("access_token_cookie")), (401, None));
}

#[tokio::test]
async fn there_is_no_implicit_refresh_if_the_store_fails_or_says_revoked() {
    for (verdict, status) in [(Ok(true), 200), (Err("gone"), 200), (Ok(false), 200)] {
        let (auth, clock) = auth(|config| config.token_location([Location::Cookies]));
        let auth = auth.with_revocation(revocation::from_sync_fn(move |_| verdict));
        let app =
            Router::new().route("/open", get(|| async { "open" })).layer(auth.implicit_refresh());
        let token = auth.create_access_token("ada").expect("a token");
        clock.advance(Duration::from_secs(10 * 60));
        let request = with_cookies(testing::get("/open"), [("access_token_cookie", &*token)]);
        let answer = answer_to(&app, request).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.cookie("access_token_cookie").is_some(), verdict == Ok(false));
    }
}

#[tokio::test]
async fn implicit_refresh_uses_the_whole_path_in_nested_routers() {
    let (auth, clock) = auth(|config| {
        let config = config.token_location([Location::Cookies]);
        config.implicit_refresh_route_exclude(vec!["/api/poll".to_owned()])
    });
    let token = auth.create_access_token("ada").expect("a token");
    clock.advance(Duration::from_secs(10 * 60));
    let inner = Router::new()
        .route("/poll", get(|| async {}))
        .route("/page", get(|| async {}))
        .layer(auth.implicit_refresh());
    let app = Router::new().nest("/api", inner);
    for (path, renewed) in [("/api/poll", false), ("/api/page", true)] {
        let request = with_cookies(testing::get(path), [("access_token_cookie", &*token)]);
        let answer = answer_to(&app, request).await;
        assert_eq!((answer.status, answer.cookie("access_token_cookie").is_some()), (200, renewed));
    }
}

#[tokio::test]
async fn implicit_refresh_compares_the_decoded_path() {
    let (auth, clock) = auth(|config| {
        let config = config.token_location([Location::Cookies]);
        config.implicit_refresh_route_exclude(vec!["/a page".to_owned()])
    });
    let token = auth.create_access_token("ada").expect("a token");
    clock.advance(Duration::from_secs(10 * 60));
    let app = Router::new().route("/{page}", get(|| async {})).layer(auth.implicit_refresh());
    for (path, renewed) in [("/a%20page", false), ("/%61%20page", false), ("/another", true)] {
        let request = with_cookies(testing::get(path), [("access_token_cookie", &*token)]);
        let answer = answer_to(&app, request).await;
        assert_eq!(answer.cookie("access_token_cookie").is_some(), renewed, "{path}");
    }
}

#[tokio::test]
async fn a_response_with_a_new_cookie_is_kept_out_of_shared_caches() {
    let (auth, clock) = auth(|config| config.token_location([Location::Cookies]));
    let token = auth.create_access_token("ada").expect("a token");
    clock.advance(Duration::from_secs(10 * 60));
    for (sent, renewed, cache_control, vary) in [
        ("", true, "private", "accept, Cookie"),
        ("no-cache", true, "no-cache, private", "accept, Cookie"),
        ("no-store", true, "no-store", "accept, Cookie"),
        ("public, max-age=60", false, "public, max-age=60", "accept"),
        ("max-age=60", false, "max-age=60", "accept"),
    ] {
        let page = move || async move {
            let mut headers = HeaderMap::new();
            headers.insert(VARY, HeaderValue::from_static("accept"));
            if !sent.is_empty() {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static(sent));
            }
            headers
        };
        let app = Router::new().route("/", get(page)).layer(auth.implicit_refresh());
        let request = with_cookies(testing::get("/"), [("access_token_cookie", &*token)]);
        let answer = answer_to(&app, request).await;
        assert_eq!(answer.cookie("access_token_cookie").is_some(), renewed, "{sent}");
        assert_eq!(answer.header("cache-control"), Some(cache_control), "{sent}");
        assert_eq!(answer.header("vary"), Some(vary), "{sent}");
    }
}

#[tokio::test]
async fn every_token_is_refused_if_the_store_fails() {
    let (auth, _) = testing::auth();
    let token = auth.create_access_token("ada").expect("a token");
    let closed = |auth: AuthX| {
        Router::new()
            .route("/", get(|_: AccessToken| async {}))
            .route("/optional", get(|_: Option<AccessToken>| async {}))
            .with_state(auth)
    };
    let sync = closed(
        auth.clone()
            .with_revocation(revocation::from_sync_fn(|_| Err::<bool, _>("the database is gone"))),
    );
    let asynchronous = closed(
        auth.with_revocation(revocation::from_fn(|_| async { Err::<bool, _>("it is gone") })),
    );
    for app in [sync, asynchronous] {
        for path in ["/", "/optional"] {
            let answer = answer_to(&app, bearer(testing::get(path), &token)).await;
            assert_eq!((answer.status, answer.body.as_str()), (500, "Internal Server Error"));
        }
        assert_eq!(answer_to(&app, testing::get("/optional")).await.status, 200);
    }
}

#[tokio::test]
async fn the_store_is_asked_about_verified_tokens_only_and_gets_their_claims() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (auth, clock) = testing::auth();
    let log = Arc::clone(&asked);
    let auth = auth.with_revocation(revocation::from_sync_fn(move |token| {
        let entry = (token.sub().to_owned(), token.jti().map(str::to_owned), token.exp());
        log.lock().expect("no panic").push(entry);
        assert_eq!(token.spellings().len(), 1, "an HMAC token has one spelling");
        false
    }));
    let app = Router::new().route("/", get(|_: AccessToken| async {})).with_state(auth.clone());
    let good = NewToken::access("ada").jti("the-jti").expires_in(Duration::from_secs(60));
    let good = auth.issue(&good).expect("a token");
    let refresh = auth.create_refresh_token("ada").expect("a token");
    let foreign = AuthX::ephemeral().create_access_token("ada").expect("a token");

    for bad in [&*refresh, &*foreign, "a.b.c", ""] {
        assert_eq!(answer_to(&app, bearer(testing::get("/"), bad)).await.status, 401);
    }
    assert!(asked.lock().expect("no panic").is_empty());
    assert_eq!(answer_to(&app, bearer(testing::get("/"), &good)).await.status, 200);
    let end = axum_authx::Clock::now(&clock) + Duration::from_secs(60);
    assert_eq!(
        *asked.lock().expect("no panic"),
        [("ada".to_owned(), Some("the-jti".to_owned()), Some(end))]
    );
}

#[tokio::test]
async fn the_store_is_asked_about_a_cached_token_each_time() {
    let (auth, clock) = auth(|config| config.verification_cache_entries(100_usize));
    let revoked = Arc::new(Mutex::new(false));
    let store = Arc::clone(&revoked);
    let auth =
        auth.with_revocation(revocation::from_sync_fn(move |_| *store.lock().expect("no panic")));
    let app = Router::new()
        .route("/", get(|token: AccessToken| async move { token.0.sub }))
        .with_state(auth.clone());
    let token = NewToken::access("ada").expires_in(Duration::from_secs(60));
    let token = auth.issue(&token).expect("a token");
    let ask = || answer_to(&app, bearer(testing::get("/"), &token));

    for _ in 0..3 {
        assert_eq!(ask().await.body, "ada");
    }
    *revoked.lock().expect("no panic") = true;
    assert!(ask().await.body.contains("RevokedTokenError"));
    *revoked.lock().expect("no panic") = false;
    assert_eq!(ask().await.status, 200);
    let statistics = auth.engine().cache_statistics().expect("a cache");
    assert_eq!((statistics.entries, statistics.misses), (1, 1));

    clock.advance(Duration::from_secs(60));
    assert!(ask().await.body.contains("TokenExpiredError"));
}

#[tokio::test]
async fn a_token_in_a_json_body_leaves_the_body_to_the_handler() {
    let (auth, _) = auth(|config| {
        let config = config.token_location([Location::Headers, Location::Json]);
        config.max_body_size(400_usize)
    });
    let app = Router::new()
        .route("/", post(|token: RefreshToken, body: String| async move { (token.0.sub, body).1 }))
        .layer(auth.read_body())
        .with_state(auth.clone());
    let token = auth.create_refresh_token("ada").expect("a token");

    let body = format!(r#"{{"refresh_token":"{token}"}}"#);
    let answer = answer_to(&app, testing::json("/", &body)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, &*body));

    let mut other_type = testing::json("/", &body);
    other_type.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    let too_large = body.replace('{', &format!("{{{}", " ".repeat(400)));
    for refused in [other_type, testing::json("/", &too_large), testing::json("/", "{}")] {
        let answer = answer_to(&app, refused).await;
        assert_eq!((answer.status, answer.error_type()), (401, Some("MissingTokenError")));
    }

    // A route that asks for a refresh token ignores an access token in the body.
    let access = auth.create_access_token("ada").expect("a token");
    let answer = answer_to(&app, testing::json("/", &body.replace(&token, &access))).await;
    assert_eq!(answer.error_type(), Some("RefreshTokenRequiredError"));
}

#[tokio::test]
async fn a_form_may_show_the_csrf_value_where_that_is_configured() {
    let (auth, _) = auth(|config| config.token_location([Location::Cookies]).csrf_check_form(true));
    let app = Router::new()
        .route("/", post(|_: AccessToken, body: String| async move { body }))
        .layer(auth.read_body())
        .with_state(auth.clone());
    let token = NewToken::access("ada").csrf("a value & more");
    let token = auth.issue(&token).expect("a token");
    let request = |content_type: &'static str, body: &'static str| {
        let mut request = testing::json("/", body);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        with_cookies(request, [("access_token_cookie", &*token)])
    };
    let urlencoded = "application/x-www-form-urlencoded; charset=utf-8";

    let body = "name=x&csrf_token=a+value+%26+more";
    let answer = answer_to(&app, request(urlencoded, body)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, body));
    let body =
        "--x\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\na value & more\r\n--x--";
    let answer = answer_to(&app, request("multipart/form-data; boundary=x", body)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, body));
    for (content_type, body, error) in [
        (urlencoded, "csrf_token=another", "CSRFError"),
        (urlencoded, "name=x", "MissingCSRFTokenError"),
        ("multipart/form-data; boundary=x", "csrf_token=a", "MissingCSRFTokenError"),
        ("text/plain", "csrf_token=a+value+%26+more", "MissingCSRFTokenError"),
    ] {
        let answer = answer_to(&app, request(content_type, body)).await;
        assert_eq!(answer.error_type(), Some(error), "{content_type} {body}");
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_found_where_that_is_configured() {
    let (auth, _) = auth(|config| config.token_location([Location::Query]));
    let app = Router::new()
        .route("/", get(|token: AccessToken| async move { token.0.sub }))
        .with_state(auth.clone());
    let token = auth.create_access_token("ada").expect("a token");
    let answer = answer_to(&app, testing::get(&format!("/?page=2&token={token}"))).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ada"));
    assert_eq!(answer_to(&app, bearer(testing::get("/"), &token)).await.status, 401);
}

#[tokio::test]
async fn a_handler_may_take_the_rejection_itself() {
    let (auth, _) = testing::auth();
    let app = Router::new()
        .route(
            "/",
            get(|token: Result<AccessToken, Rejection>| async move {
                match token {
                    Ok(token) => token.0.sub,
                    Err(rejection) => format!("{:?}", rejection.error()),
                }
            }),
        )
        .with_state(auth);
    let answer = answer_to(&app, testing::get("/")).await;
    assert_eq!(answer.body, format!("{:?}", Some(Error::MissingToken)));
}

#[test]
fn the_log_names_causes_and_never_tokens() {
    struct InBody;

    impl Scopes for InBody {
        fn required() -> RequiredScopes {
            RequiredScopes::default()
        }

        fn requirement() -> Requirement {
            Requirement::access().locations([Location::Json])
        }
    }

    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut token = String::new();
    tracing::subscriber::with_default(log.subscriber(), || {
        runtime.block_on(async {
            let auth = AuthX::ephemeral();
            token = auth.create_access_token("ada").expect("a token");
            let app = Router::new()
                .route("/", get(|_: AccessToken| async {}))
                .route("/body", post(|_: Scoped<InBody>| async {}))
                .with_state(auth.clone().with_revocation(revocation::from_sync_fn(|_| {
                    Err::<bool, _>("the database is gone")
                })));
            assert_eq!(answer_to(&app, bearer(testing::get("/"), &token)).await.status, 500);
            let edited = format!("{token}x");
            assert_eq!(answer_to(&app, bearer(testing::get("/"), &edited)).await.status, 401);
            let body = format!(r#"{{"access_token":"{token}"}}"#);
            assert_eq!(answer_to(&app, testing::json("/body", &body)).await.status, 500);
        });
    });
    let log = log.text();
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    for expected in ["JWT_SECRET_KEY", "the database is gone", "auth.read_body()", "refused"] {
        assert!(log.contains(expected), "{expected} in {log}");
    }
    for part in token.split('.') {
        assert!(!log.contains(part), "{log}");
    }
}

#[test]
fn a_cookie_that_browsers_drop_is_warned_of_once_with_its_largest_claims() {
    let log = Log::default();
    tracing::subscriber::with_default(log.subscriber(), || {
        let auth = AuthX::new(
            Config::builder()
                .secret_key("a secret of at least thirty-two bytes")
                .token_location(Location::Cookies)
                .build()
                .expect("settings"),
        );
        for size in [2000, 4000, 4000] {
            let claims = serde_json::json!({"permissions": "x".repeat(size), "small": 1});
            let token = auth.issue(&NewToken::access("ada").claims(claims)).expect("a token");
            let response = auth.clone().set_access_cookies(&token).into_response();
            assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        }
    });
    let text = log.text();
    assert_eq!(text.matches("the cookie access_token_cookie has ").count(), 1, "{text}");
    assert!(text.contains(r#"its largest claims are "permissions" (4002 bytes), "#), "{text}");
    assert!(!text.contains("xxxx"), "{text}");
}
