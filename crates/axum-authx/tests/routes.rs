//! The ready routes: the whole life of a login by one line.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum_authx::event::EventKind;
use axum_authx::memory::MemoryStore;
use axum_authx::testing::{self, Answer, FrozenClock, answer_to, bearer};
use axum_authx::{
    AuthX, Clients, Credentials, Mail, NewLogin, PasswordReset, Paths, Verification, revocation,
};
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

async fn authenticate(
    given: Credentials,
) -> Result<Option<NewLogin<'static, Value>>, axum::BoxError> {
    if given.username == "broken" {
        return Err("the database is away".into());
    }
    let is_known = given.password() == "engine";
    let scopes: Vec<String> = given.scopes.iter().cloned().chain(["notes".to_owned()]).collect();
    Ok(is_known.then(|| NewLogin::of(given.username).scopes(scopes).claims(json!({ "tenant": 7 }))))
}

fn service() -> (AuthX, Router, FrozenClock) {
    let (auth, clock) = testing::auth();
    let auth = auth.with_store(MemoryStore::default());
    (auth.clone(), auth.routes(authenticate), clock)
}

async fn log_in(app: &Router) -> Value {
    let body = r#"{"username": "ada", "password": "engine", "scope": "a b"}"#;
    let answer = answer_to(app, testing::json("/login", body)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    serde_json::from_str(&answer.body).expect("JSON")
}

async fn post(app: &Router, path: &str, token: &Value) -> Answer {
    answer_to(app, bearer(testing::post(path), token.as_str().expect("a token"))).await
}

async fn sessions(app: &Router, token: &Value) -> Vec<Value> {
    let token = token.as_str().expect("a token");
    let answer = answer_to(app, bearer(testing::get("/sessions"), token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

#[tokio::test]
async fn the_life_of_a_login() {
    let (_, app, clock) = service();
    let first = log_in(&app).await;
    let refreshed = post(&app, "/refresh", &first["refresh_token"]).await;
    let refreshed: Value = serde_json::from_str(&refreshed.body).expect("JSON");
    let access = &refreshed["access_token"];
    clock.advance(Duration::from_secs(1));
    log_in(&app).await;
    let listed = sessions(&app, access).await;
    assert_eq!(listed.len(), 2);

    let path = format!("/sessions/{}", listed[1]["session_id"].as_str().expect("an id"));
    let mut request = bearer(testing::post(&path), access.as_str().expect("a token"));
    *request.method_mut() = http::Method::DELETE;
    assert_eq!(answer_to(&app, request).await.status, 204);
    assert_eq!(sessions(&app, access).await.len(), 1);

    let ended = post(&app, "/logout", access).await;
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    assert_eq!(post(&app, "/refresh", &refreshed["refresh_token"]).await.status, 401);

    let (one, two) = (log_in(&app).await, log_in(&app).await);
    clock.advance(Duration::from_secs(1));
    assert_eq!(post(&app, "/logout/everywhere", &one["access_token"]).await.status, 204);
    assert_eq!(post(&app, "/refresh", &two["refresh_token"]).await.status, 401);
}

#[tokio::test]
async fn what_is_wrong_is_answered_and_told() {
    let (auth, app, _) = service();
    let wrong = |name: &str| format!(r#"{{"username": "{name}", "password": "wrong"}}"#);
    let answers = [
        answer_to(&app, testing::json("/login", &wrong("ada"))).await,
        answer_to(&app, testing::json("/login", &wrong("nobody"))).await,
    ];
    assert_eq!((answers[0].status, answers[0].error_type()), (401, Some("LoginFailedError")));
    assert_eq!(answers[0].body, answers[1].body);
    assert_eq!(auth.event_counts().of(EventKind::LoginFailed), 2);
    assert_eq!(answer_to(&app, testing::json("/login", &wrong("broken"))).await.status, 500);

    let mut form = testing::json("/login", "username=ada&password=engine");
    let type_of_form = HeaderValue::from_static("application/x-www-form-urlencoded");
    form.headers_mut().insert(CONTENT_TYPE, type_of_form);
    assert_eq!(answer_to(&app, form).await.status, 200);

    let unreadable = answer_to(&app, testing::json("/login", "{")).await;
    assert_eq!((unreadable.status, unreadable.error_type()), (400, Some("LoginRequestError")));
    let huge = answer_to(&app, testing::json("/login", &" ".repeat(9_000_000))).await;
    assert_eq!(huge.status, 400);
    assert!(huge.body.contains("body: it is larger than JWT_MAX_BODY_SIZE"), "{}", huge.body);
}

fn by_client(path: &str, token: &str) -> axum::extract::Request {
    let form = format!("token={token}&client_id=gateway&client_secret=a+secret+of+the+gateway");
    let mut request = testing::json(path, &form);
    let type_of_form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, type_of_form);
    request
}

#[tokio::test]
async fn clients_ask_about_tokens_and_revoke_them() {
    let clients = Clients::default().with("gateway", "a secret of the gateway");
    let paths = Paths { clients: clients.expect("a client"), ..Paths::default() };
    let (auth, _, _) = service();
    let app: Router = auth.routes_at(&paths, authenticate);
    let tokens = log_in(&app).await;
    let access = tokens["access_token"].as_str().expect("a token");
    let introspect = async || {
        let answer = answer_to(&app, by_client("/introspect", access)).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        serde_json::from_str::<Value>(&answer.body).expect("JSON")
    };
    let told = introspect().await;
    assert_eq!(
        (&told["active"], &told["scope"], &told["tenant"]),
        (&json!(true), &json!("a b notes"), &json!(7))
    );

    // Another record of revoked tokens counts as on every route.
    let blocked = access.to_owned();
    let auth =
        auth.with_revocation(revocation::from_sync_fn(move |token| token.as_str() == blocked));
    assert_eq!(introspect().await, json!({ "active": false }));
    let _ = auth.with_revocation(revocation::from_sync_fn(|_| false));
    assert_eq!(introspect().await["active"], json!(true));

    assert_eq!(answer_to(&app, by_client("/revoke", access)).await.status, 200);
    assert_eq!(introspect().await, json!({ "active": false }));
    assert_eq!(post(&app, "/refresh", &tokens["refresh_token"]).await.status, 401);
}

#[tokio::test]
async fn a_client_of_a_store_that_fails_is_told_nothing() {
    let clients = Clients::default().with("gateway", "a secret of the gateway");
    let paths = Paths { clients: clients.expect("a client"), ..Paths::default() };
    let (auth, _) = testing::auth();
    let token = auth.create_access_token("ada").expect("a token");
    let auth = auth.with_store(axum_authx::authx_store::unavailable::UnavailableStore::new("away"));
    let app: Router = auth.routes_at(&paths, authenticate);
    for path in ["/introspect", "/revoke"] {
        assert_eq!(answer_to(&app, by_client(path, &token)).await.status, 503);
    }
}

/// The routes of mails, and the mails.
fn with_mails(auth: &AuthX) -> (Router, Arc<Mutex<Vec<String>>>) {
    let mails = Arc::<Mutex<Vec<String>>>::default();
    let sent = Arc::clone(&mails);
    let send = move |mail: Mail| {
        let sent = Arc::clone(&sent);
        async move {
            if mail.username == "broken" {
                return Err("no mail server".into());
            }
            let token = mail.token_for(&mail.username)?;
            sent.lock().expect("no panic").push(token);
            Ok(())
        }
    };
    let reset = PasswordReset::new(send.clone(), async |_, password: String| {
        if password == "a broken database" { Err("the database is away".into()) } else { Ok(()) }
    });
    let paths = Paths {
        password_reset: Some(reset.accepting(|password| password.len() >= 12)),
        verification: Some(Verification::new(send, async |_| Ok(()))),
        ..Paths::default()
    };
    (auth.routes_at(&paths, authenticate), mails)
}

#[tokio::test]
async fn a_mail_resets_a_password_once_and_ends_all_logins() {
    let (auth, _, clock) = service();
    let (app, mails) = with_mails(&auth);
    let before = log_in(&app).await;
    clock.advance(Duration::from_secs(1));
    let send = async |path: &str, body: Value| {
        answer_to(&app, testing::json(path, &body.to_string())).await
    };
    let asked = send("/password/forgot", json!({ "username": "ada" })).await;
    assert_eq!((asked.status, asked.body.as_str()), (202, ""));
    let token = mails.lock().expect("no panic")[0].clone();
    let reset = |password: &str| json!({ "token": token, "password": password });
    assert_eq!(send("/password/reset", reset("short")).await.status, 400);
    assert_eq!(send("/verification", json!({ "token": token })).await.status, 401);
    assert_eq!(send("/password/reset", reset("long enough now")).await.status, 204);
    assert_eq!(send("/password/reset", reset("long enough now")).await.status, 401);
    assert_eq!(post(&app, "/refresh", &before["refresh_token"]).await.status, 401);

    assert_eq!(send("/verification/request", json!({ "username": "ada" })).await.status, 202);
    let token = mails.lock().expect("no panic")[1].clone();
    assert_eq!(send("/verification", json!({ "token": token })).await.status, 204);
    assert_eq!(send("/verification", json!({ "token": token })).await.status, 401);
}

#[tokio::test]
async fn a_mail_that_fails_tells_nobody_and_a_change_that_fails_is_a_500() {
    let (auth, _, _) = service();
    let (app, mails) = with_mails(&auth);
    let send = async |path: &str, body: Value| {
        answer_to(&app, testing::json(path, &body.to_string())).await.status
    };
    assert_eq!(send("/password/forgot", json!({ "username": "broken" })).await, 202);
    assert_eq!(send("/password/forgot", json!({ "username": "ada" })).await, 202);
    let token = mails.lock().expect("no panic")[0].clone();
    let body = json!({ "token": token, "password": "a broken database" });
    assert_eq!(send("/password/reset", body).await, 500);
}

#[tokio::test]
async fn routes_that_need_more_are_not_there_without_it() {
    let (_, app, _) = service();
    for path in ["/introspect", "/revoke", "/password/forgot", "/password/reset", "/verification"] {
        assert_eq!(answer_to(&app, by_client(path, "x")).await.status, 404);
    }
}

#[tokio::test]
async fn routes_move_and_are_left_out() {
    let (auth, _) = testing::auth();
    let auth = auth.with_store(MemoryStore::default());
    let paths = Paths { login: Some("/token".to_owned()), sessions: None, ..Paths::default() };
    let app: Router = auth.routes_at(&paths, authenticate);
    let body = r#"{"username": "ada", "password": "engine"}"#;
    assert_eq!(answer_to(&app, testing::json("/token", body)).await.status, 200);
    for path in ["/login", "/sessions"] {
        assert_eq!(answer_to(&app, testing::json(path, body)).await.status, 404);
    }
}
