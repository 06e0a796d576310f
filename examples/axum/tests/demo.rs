//! Tests the demo by its answers to requests, as the page and a script send them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use authx_demo::{Blocklist, Settings, app};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method};
use axum_authx::testing::{self, Answer, answer_to, bearer, with_cookies};
use axum_authx::{AuthX, Config, NewToken, Secret, Timestamp};
use rusqlite::Connection;
use serde_json::Value;

const REVOKED: &str = r#"{"message":"Invalid token","error_type":"RevokedTokenError"}"#;
const UNKNOWN: &str = concat!(
    r#"{"message":"The token's subject is unknown to the application","#,
    r#""error_type":"UnknownSubjectError"}"#
);

/// The schema of `examples/fastapi/blocklist.py`.
const PYTHON_SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID";

fn demo(variables: &[(&str, &str)]) -> Router {
    let key = ("JWT_SECRET_KEY", testing::SECRET);
    let settings = Settings::from_variables(variables.iter().copied().chain([key]));
    app(settings.expect("settings")).expect("the demo")
}

/// A path for a file of one test, which is removed at its end.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("authx-demo-{}-{count}.sqlite3", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn variable(&self) -> (&'static str, &str) {
        ("AUTHX_DEMO_BLOCKLIST", self.0.to_str().expect("a path in UTF-8"))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        for ending in ["sqlite3", "sqlite3-wal", "sqlite3-shm"] {
            let _ = std::fs::remove_file(self.0.with_extension(ending));
        }
    }
}

/// A user who has logged in, with the answer's cookies and tokens.
struct LoggedIn {
    answer: Answer,
    access: String,
    refresh: String,
}

impl LoggedIn {
    async fn new(app: &Router, name: &str, password: &str) -> Self {
        let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
        let answer = answer_to(app, testing::json("/auth/login", &body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let tokens: Value = serde_json::from_str(&answer.body).expect("JSON");
        let token = |name| tokens[name].as_str().expect("a token").to_owned();
        Self { access: token("access_token"), refresh: token("refresh_token"), answer }
    }

    async fn ada(app: &Router) -> Self {
        Self::new(app, "ada", "analytical-engine").await
    }

    fn cookie(&self, name: &str) -> &str {
        self.answer.cookie(name).expect("a cookie")
    }

    /// The request as the page sends it, with the cookies and the CSRF value of this token.
    fn as_page(&self, request: Request, csrf: &str) -> Request {
        let names = ["access_token_cookie", "refresh_token_cookie"];
        let mut request = with_cookies(request, names.map(|name| (name, self.cookie(name))));
        let value = HeaderValue::try_from(self.cookie(csrf)).expect("a value");
        request.headers_mut().insert("x-csrf-token", value);
        request
    }
}

async fn get_with(app: &Router, path: &str, token: &str) -> Answer {
    answer_to(app, bearer(testing::get(path), token)).await
}

#[tokio::test]
async fn login_answers_with_both_tokens_and_sets_them_as_cookies() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    assert_eq!(ada.cookie("access_token_cookie"), ada.access);
    assert_eq!(ada.cookie("refresh_token_cookie"), ada.refresh);

    let me = get_with(&app, "/me", &ada.access).await;
    let expected = r#"{"name":"ada","full_name":"Ada Lovelace","scopes":["admin:*","users:read","users:delete"]}"#;
    assert_eq!((me.status, me.body.as_str()), (200, expected));
    let me = answer_to(&app, ada.as_page(testing::get("/me"), "csrf_access_token")).await;
    assert_eq!(me.body, expected);
}

#[tokio::test]
async fn unknown_name_and_wrong_password_are_refused_alike() {
    let app = demo(&[]);
    for body in
        [r#"{"name":"zoe","password":"analytical-engine"}"#, r#"{"name":"ada","password":"x"}"#]
    {
        let answer = answer_to(&app, testing::json("/auth/login", body)).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let expected =
            r#"{"message":"The name or the password is wrong","error_type":"LoginRefused"}"#;
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test]
async fn refresh_gives_an_access_token_that_is_not_fresh_and_keeps_its_scopes() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    let request = ada.as_page(testing::post("/auth/refresh"), "csrf_refresh_token");
    let answer = answer_to(&app, request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let renewed = body["access_token"].as_str().expect("a token");
    assert_eq!(answer.cookie("access_token_cookie"), Some(renewed));
    assert_eq!(get_with(&app, "/admin/users", renewed).await.status, 200);

    let body = r#"{"new_password":"difference-engine"}"#;
    let request = bearer(testing::json("/change-password", body), renewed);
    let answer = answer_to(&app, request).await;
    assert_eq!((answer.status, answer.error_type()), (401, Some("FreshTokenRequiredError")));
}

#[tokio::test]
async fn a_refresh_token_is_accepted_in_its_cookie_only() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    let request = bearer(testing::post("/auth/refresh"), &ada.refresh);
    let answer = answer_to(&app, request).await;
    assert_eq!((answer.status, answer.error_type()), (401, Some("MissingTokenError")));
}

#[tokio::test]
async fn logout_revokes_every_token_of_its_login_and_no_other() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    let other = LoggedIn::ada(&app).await;
    let request = ada.as_page(testing::post("/auth/logout"), "csrf_refresh_token");
    let answer = answer_to(&app, request).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"message":"ada is logged out"}"#));
    for name in ["access_token_cookie", "refresh_token_cookie"] {
        assert_eq!(answer.cookie(name), Some(""), "{name}");
    }

    let access = get_with(&app, "/me", &ada.access).await;
    assert_eq!((access.status, access.body.as_str()), (401, REVOKED));
    let request = ada.as_page(testing::post("/auth/refresh"), "csrf_refresh_token");
    let refresh = answer_to(&app, request).await;
    assert_eq!((refresh.status, refresh.body.as_str()), (401, REVOKED));
    assert_eq!(get_with(&app, "/me", &other.access).await.status, 200);
}

#[tokio::test]
async fn one_token_can_be_revoked_without_ending_its_login() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    let answer = answer_to(&app, bearer(testing::post("/auth/revoke"), &ada.access)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(get_with(&app, "/me", &ada.access).await.body, REVOKED);
    let request = ada.as_page(testing::post("/auth/refresh"), "csrf_refresh_token");
    assert_eq!(answer_to(&app, request).await.status, 200);
}

#[tokio::test]
async fn a_row_that_the_python_service_wrote_revokes_a_token() {
    let file = TemporaryFile::new();
    let python = Connection::open(file.path()).expect("a database");
    python.execute(PYTHON_SCHEMA, []).expect("the table");
    let app = demo(&[file.variable()]);
    let ada = LoggedIn::ada(&app).await;
    assert_eq!(get_with(&app, "/me", &ada.access).await.status, 200);

    let payload = authx::token::decode_unverified_payload(&ada.access).expect("a token");
    let claims: Value = serde_json::from_str(payload.get()).expect("JSON");
    let login = claims["login"].as_str().expect("the login's id");
    python
        .execute("INSERT OR REPLACE INTO revoked VALUES (?, ?)", (login, 4_102_444_800.25_f64))
        .expect("a row");
    assert_eq!(get_with(&app, "/me", &ada.access).await.body, REVOKED);
}

#[tokio::test]
async fn a_logout_is_a_row_that_the_python_service_can_read() {
    let file = TemporaryFile::new();
    let app = demo(&[file.variable()]);
    let ada = LoggedIn::ada(&app).await;
    let request = ada.as_page(testing::post("/auth/logout"), "csrf_refresh_token");
    assert_eq!(answer_to(&app, request).await.status, 200);

    let python = Connection::open(file.path()).expect("a database");
    let kinds = "SELECT count(*), min(typeof(id)), min(typeof(until)) FROM revoked";
    let row: (u32, String, String) = python
        .query_row(kinds, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("a row");
    assert_eq!(row, (2, "text".to_owned(), "real".to_owned()));
    let mode: String =
        python.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("a mode");
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn ids_that_have_expired_by_themselves_are_deleted() {
    let blocklist = Blocklist::open(None).expect("a blocklist");
    let at = |seconds| Timestamp::from_seconds(seconds).expect("an instant");
    let holds = async |id: &str| {
        blocklist.holds_either("another".to_owned(), id.to_owned()).await.expect("an answer")
    };
    blocklist.revoke(vec!["early".to_owned()], at(1_000), at(900)).await.expect("a row");
    assert!(holds("early").await);
    blocklist.revoke(vec!["late".to_owned()], at(2_000), at(1_001)).await.expect("a row");
    assert!(!holds("early").await && holds("late").await);
}

#[tokio::test]
async fn an_unknown_subject_is_refused() {
    let app = demo(&[]);
    let config = Config::builder().secret_key(Secret::from(testing::SECRET));
    let auth = AuthX::new(config.build().expect("settings"));
    let fresh = auth.issue(&NewToken::access("zoe").fresh()).expect("a token");
    assert_eq!(get_with(&app, "/me", &fresh).await.body, UNKNOWN);
    let body = r#"{"new_password":"a-password-of-zoe"}"#;
    let answer = answer_to(&app, bearer(testing::json("/change-password", body), &fresh)).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, UNKNOWN));
}

#[tokio::test]
async fn the_new_password_is_needed_from_the_next_login_on() {
    let app = demo(&[]);
    let grace = LoggedIn::new(&app, "grace", "nanosecond-wire").await;
    let body = r#"{"new_password":"microsecond-coil"}"#;
    let request = bearer(testing::json("/change-password", body), &grace.access);
    assert_eq!(answer_to(&app, request).await.status, 200);

    let old = r#"{"name":"grace","password":"nanosecond-wire"}"#;
    assert_eq!(answer_to(&app, testing::json("/auth/login", old)).await.status, 401);
    LoggedIn::new(&app, "grace", "microsecond-coil").await;
}

#[tokio::test]
async fn adas_scopes_allow_routes_that_are_refused_to_grace() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    let grace = LoggedIn::new(&app, "grace", "nanosecond-wire").await;
    for (method, path, for_grace) in [
        (Method::GET, "/users", 200),
        (Method::DELETE, "/users/7", 403),
        (Method::GET, "/admin", 403),
        (Method::GET, "/admin/users", 403),
    ] {
        for (token, status) in [(&ada.access, 200), (&grace.access, for_grace)] {
            let mut request = bearer(testing::get(path), token);
            *request.method_mut() = method.clone();
            assert_eq!(answer_to(&app, request).await.status, status, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn each_location_route_searches_its_location_only() {
    let app = demo(&[]);
    let ada = LoggedIn::ada(&app).await;
    let in_json = format!(r#"{{"access_token":"{}"}}"#, ada.access);
    let in_query = format!("/token-in/query?token={}", ada.access);
    let in_page = |request| ada.as_page(request, "csrf_access_token");
    for (request, location) in [
        (bearer(testing::get("/token-in/header"), &ada.access), Some("headers")),
        (in_page(testing::get("/token-in/cookie")), Some("cookies")),
        (in_page(testing::post("/token-in/cookie")), Some("cookies")),
        (testing::get(&in_query), Some("query")),
        (testing::json("/token-in/json", &in_json), Some("json")),
        (in_page(testing::json("/token-in/json", &in_json)), Some("json")),
        (in_page(testing::get("/token-in/header")), None),
        (bearer(testing::get("/token-in/cookie"), &ada.access), None),
        (bearer(testing::get("/token-in/query"), &ada.access), None),
        (bearer(testing::json("/token-in/json", "{}"), &ada.access), None),
    ] {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let answer = answer_to(&app, request).await;
        if let Some(location) = location {
            let expected = format!(r#"{{"subject":"ada","location":"{location}"}}"#);
            assert_eq!((answer.status, answer.body), (200, expected), "{asked}");
        } else {
            assert_eq!(answer.error_type(), Some("MissingTokenError"), "{asked}");
        }
    }
}

#[tokio::test]
async fn session_returns_the_claims_of_the_cookie_and_its_refresh_window() {
    let app = demo(&[("JWT_IMPLICIT_REFRESH_DELTATIME", "PT12S")]);
    let ada = LoggedIn::ada(&app).await;
    let request = ada.as_page(testing::get("/session"), "csrf_access_token");
    let answer = answer_to(&app, request).await;
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["refresh_window_seconds"], 12.0);
    let claims = &body["claims"];
    assert_eq!((&claims["sub"], &claims["fresh"]), (&"ada".into(), &true.into()));
    assert_eq!(claims["csrf"], ada.cookie("csrf_access_token"));
    assert_eq!(claims["login"].as_str().map(str::len), Some(16));
    let lifetime = claims["exp"].as_f64().zip(claims["iat"].as_f64()).map(|(exp, iat)| exp - iat);
    assert!(lifetime.is_some_and(|seconds| (60.0..=61.0).contains(&seconds)), "{claims}");
}

#[tokio::test]
async fn a_cookie_that_expires_soon_is_replaced_by_any_request() {
    let app = demo(&[("JWT_IMPLICIT_REFRESH_DELTATIME", "PT2M")]);
    let ada = LoggedIn::ada(&app).await;
    let request = || ada.as_page(testing::get("/me"), "csrf_access_token");
    let renewed = answer_to(&app, request()).await;
    let token = renewed.cookie("access_token_cookie").expect("a new cookie");
    assert_ne!(token, ada.access);

    let logout = ada.as_page(testing::post("/auth/logout"), "csrf_refresh_token");
    assert_eq!(answer_to(&app, logout).await.status, 200);
    assert_eq!(get_with(&app, "/me", token).await.body, REVOKED, "the login is the same");
}

#[tokio::test]
async fn an_invalid_body_is_answered_with_all_errors() {
    let app = demo(&[]);
    for (body, expected) in [
        (
            r#"{"name":1}"#,
            concat!(
                r#"{"detail":[{"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":1},"#,
                r#"{"type":"missing","loc":["body","password"],"msg":"Field required","input":{"name":1}}]}"#
            ),
        ),
        (
            "[]",
            r#"{"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[]}]}"#,
        ),
        (
            "",
            r#"{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}"#,
        ),
    ] {
        let answer = answer_to(&app, testing::json("/auth/login", body)).await;
        assert_eq!((answer.status, answer.body.as_str()), (422, expected), "{body}");
    }

    let ada = LoggedIn::ada(&app).await;
    let request =
        bearer(testing::json("/change-password", r#"{"new_password":"short"}"#), &ada.access);
    let answer = answer_to(&app, request).await;
    let expected = r#"{"detail":[{"type":"string_too_short","loc":["body","new_password"],"msg":"String should have at least 12 characters","input":"short","ctx":{"min_length":12}}]}"#;
    assert_eq!((answer.status, answer.body.as_str()), (422, expected));
}

#[tokio::test]
async fn every_answer_has_the_hardening_headers() {
    let app = demo(&[]);
    for (path, status) in
        [("/", 200), ("/static/app.js", 200), ("/me", 401), ("/nowhere", 404), ("/auth/login", 405)]
    {
        let answer = answer_to(&app, testing::get(path)).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn the_page_can_ask_which_service_serves_it() {
    let app = demo(&[("AUTHX_DEMO_SERVICES", "FastAPI:8000,axum:8001")]);
    let answer = answer_to(&app, testing::get("/services")).await;
    assert_eq!(
        answer.body,
        r#"{"served_by":"axum","services":[{"name":"FastAPI","port":8000},{"name":"axum","port":8001}]}"#
    );
    let alone = answer_to(&demo(&[]), testing::get("/services")).await;
    assert_eq!(alone.body, r#"{"served_by":"axum","services":[]}"#);
}

#[test]
fn an_invalid_variable_is_an_error_that_names_it() {
    for (name, value) in [
        ("AUTHX_DEMO_PORT", "65536"),
        ("AUTHX_DEMO_SERVICES", "axum"),
        ("JWT_ACCESS_TOKEN_EXPIRES", "soon"),
    ] {
        let error = Settings::from_variables([(name, value)]).expect_err("a bad value");
        assert!(error.to_string().contains(name), "{error}");
    }
    let file = std::env::temp_dir().join("no-such-folder").join("blocklist.sqlite3");
    let error = Blocklist::open(Some(&file)).expect_err("no folder");
    assert!(error.to_string().starts_with("AUTHX_DEMO_BLOCKLIST: "), "{error}");
}
