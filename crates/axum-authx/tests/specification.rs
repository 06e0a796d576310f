//! Each example of the specification has a Rust version, which gives the same answers as the Python one.

#![expect(unreachable_pub, reason = "the examples are written as for a library")]

#[path = "../examples/specification/access_token_required.rs"]
mod access_token_required;
#[path = "../examples/specification/creating_tokens.rs"]
mod creating_tokens;
#[path = "../examples/specification/current_user.rs"]
mod current_user;
#[path = "../examples/specification/fresh_token_required.rs"]
mod fresh_token_required;
#[path = "../examples/specification/implicit_token_refresh.rs"]
mod implicit_token_refresh;
#[path = "../examples/specification/refresh_token_required.rs"]
mod refresh_token_required;
#[path = "../examples/specification/scope_based_authorization.rs"]
mod scope_based_authorization;
#[path = "../examples/specification/token_revocation_async.rs"]
mod token_revocation_async;
#[path = "../examples/specification/token_revocation_sync.rs"]
mod token_revocation_sync;
#[path = "../examples/specification/token_verification.rs"]
mod token_verification;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum_authx::testing::{self, Answer, answer_to, bearer, with_cookies};
use axum_authx::{AuthX, Location, NewToken};
use tower::ServiceExt as _;

const MISSING: &str = r#"{"message":"Token Error","error_type":"MissingTokenError"}"#;
const REVOKED: &str = r#"{"message":"Invalid token","error_type":"RevokedTokenError"}"#;
const UNKNOWN: &str = concat!(
    r#"{"message":"The token's subject is unknown to the application","#,
    r#""error_type":"UnknownSubjectError"}"#
);

async fn get(app: &Router, path: &str, token: &str) -> Answer {
    answer_to(app, bearer(testing::get(path), token)).await
}

async fn post(app: &Router, path: &str, token: &str) -> Answer {
    answer_to(app, bearer(testing::post(path), token)).await
}

fn assert_answer(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (status, body));
}

#[test]
fn every_example_has_a_rust_version() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str, extension: &str| -> BTreeSet<String> {
        let files = here.join(folder).read_dir().expect("the examples").flatten();
        files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect()
    };
    let mut in_rust = names("examples/specification", "rs");
    in_rust.remove("main");
    assert_eq!(in_rust, names("../../tests/python/specification", "py"));
}

#[tokio::test]
async fn creating_tokens() {
    let (auth, _) = testing::auth();
    let tokens = creating_tokens::tokens(&auth).expect("tokens");
    let access = access_token_required::app(auth.clone());
    let fresh = fresh_token_required::app(auth.clone());
    let refresh = refresh_token_required::app(auth);

    let user = r#"{"user":"user123"}"#;
    assert_answer(&get(&access, "/protected", &tokens.access_token).await, 200, user);
    assert_answer(&get(&access, "/protected", &tokens.fresh_token).await, 200, user);
    assert_eq!(post(&fresh, "/change-password", &tokens.fresh_token).await.status, 200);
    assert_eq!(post(&refresh, "/refresh", &tokens.refresh_token).await.status, 200);
}

#[tokio::test]
async fn access_token_required() {
    let auth = AuthX::ephemeral();
    let app = access_token_required::app(auth.clone());

    let token = auth.create_access_token("user123").expect("a token");
    assert_answer(&get(&app, "/protected", &token).await, 200, r#"{"user":"user123"}"#);

    let answer = app.clone().oneshot(testing::get("/protected")).await.expect("an answer");
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    assert_answer(&answer_to(&app, testing::get("/protected")).await, 401, MISSING);

    let token = auth.create_refresh_token("user123").expect("a token");
    let answer = get(&app, "/protected", &token).await;
    let refused = r#"{"message":"Access token required","error_type":"AccessTokenRequiredError"}"#;
    assert_answer(&answer, 401, refused);
}

#[tokio::test]
async fn refresh_token_required() {
    let (auth, _) = testing::auth();
    let app = refresh_token_required::app(auth.clone());

    let token = auth.create_refresh_token("user123").expect("a token");
    let answer = post(&app, "/refresh", &token).await;
    assert_eq!(answer.status, 200);
    let token = answer.body.split('"').nth(3).expect("a token");
    let protected = access_token_required::app(auth.clone());
    assert_eq!(get(&protected, "/protected", token).await.status, 200);

    let token = auth.create_access_token("user123").expect("a token");
    let refused =
        r#"{"message":"Refresh token required","error_type":"RefreshTokenRequiredError"}"#;
    assert_answer(&post(&app, "/refresh", &token).await, 401, refused);
}

#[tokio::test]
async fn fresh_token_required() {
    let (auth, _) = testing::auth();
    let app = fresh_token_required::app(auth.clone());

    let token = auth.issue(&NewToken::access("user123").fresh()).expect("a token");
    let changed = r#"{"message":"Password changed"}"#;
    assert_answer(&post(&app, "/change-password", &token).await, 200, changed);

    let token = auth.create_access_token("user123").expect("a token");
    let refused = r#"{"message":"Fresh token required","error_type":"FreshTokenRequiredError"}"#;
    assert_answer(&post(&app, "/change-password", &token).await, 401, refused);
}

#[tokio::test]
async fn token_verification() {
    let (auth, _) = testing::auth();
    let app = token_verification::app(auth.clone());

    let token = auth.create_access_token("user123").expect("a token");
    assert_answer(&get(&app, "/manual", &token).await, 200, r#"{"user":"user123"}"#);

    assert_answer(&answer_to(&app, testing::get("/manual")).await, 401, MISSING);

    let refused = r#"{"message":"Invalid Token","error_type":"JWTDecodeError"}"#;
    assert_answer(&get(&app, "/manual", "not.a.token").await, 401, refused);
}

#[tokio::test]
async fn scope_based_authorization() {
    let (auth, _) = testing::auth();
    let app = scope_based_authorization::app(auth.clone());
    let users = Some(r#"{"users":[]}"#);
    let deleted = Some(r#"{"message":"User 7 deleted"}"#);
    let admin = Some(r#"{"admin":true}"#);

    let table: [(Method, &str, &[&str], Option<&str>); 16] = [
        (Method::GET, "/users", &["users:read"], users),
        (Method::GET, "/users", &["users:*"], users),
        (Method::GET, "/users", &["users:write"], None),
        (Method::GET, "/users", &[], None),
        (Method::DELETE, "/users/7", &["users:read", "users:delete"], deleted),
        (Method::DELETE, "/users/7", &["users:read"], None),
        (Method::GET, "/admin", &["superuser"], admin),
        (Method::GET, "/admin", &["admin"], admin),
        (Method::GET, "/admin", &["user"], None),
        (Method::GET, "/admin/users", &["admin:users"], users),
        (Method::GET, "/admin/users", &["admin:settings"], users),
        (Method::GET, "/admin/users", &["admin:*"], users),
        (Method::GET, "/admin/users", &["admin"], None),
        (Method::GET, "/admin/users", &["administrator"], None),
        (Method::GET, "/admin/users", &["Admin:users"], None),
        (Method::GET, "/admin/users", &[], None),
    ];
    for (method, path, granted, expected) in table {
        let token = NewToken::access("user123").scopes(granted.iter().copied());
        let token = auth.issue(&token).expect("a token");
        let mut request: Request = bearer(testing::get(path), &token);
        *request.method_mut() = method;
        let answer = answer_to(&app, request).await;
        match expected {
            Some(body) => assert_answer(&answer, 200, body),
            None => {
                assert_eq!(answer.status, 403, "{path} with {granted:?}");
                assert_eq!(answer.error_type(), Some("InsufficientScopeError"));
                let challenge = Some("Bearer error=\"insufficient_scope\"");
                assert_eq!(answer.header("www-authenticate"), challenge);
            }
        }
    }
}

#[tokio::test]
async fn token_revocation_with_a_sync_and_an_async_callback() {
    for with_revocation in
        [token_revocation_sync::with_revocation, token_revocation_async::with_revocation]
    {
        let revoked = token_revocation_sync::RevokedTokens::default();
        let auth = with_revocation(testing::auth().0, revoked.clone());
        let app = access_token_required::app(auth.clone());
        let token = auth.create_access_token("user123").expect("a token");

        assert_eq!(get(&app, "/protected", &token).await.status, 200);
        revoked.write().expect("no panic").insert(token.clone());
        assert_answer(&get(&app, "/protected", &token).await, 401, REVOKED);
    }
}

#[tokio::test]
async fn implicit_token_refresh() {
    let config = testing::config().token_location([Location::Cookies]);
    let clock = testing::FrozenClock::default();
    let auth = AuthX::new(config.build().expect("settings")).with_clock(clock.clone());
    let app = implicit_token_refresh::app(auth.clone());
    let request =
        |token: &str| with_cookies(testing::get("/protected"), [("access_token_cookie", token)]);

    let token = auth.create_access_token("user123").expect("a token");
    let answer = answer_to(&app, request(&token)).await;
    assert_answer(&answer, 200, r#"{"user":"user123"}"#);
    assert_eq!(answer.cookie("access_token_cookie"), None, "it lives for 15 minutes more");

    clock.advance(Duration::from_secs(6 * 60));
    let answer = answer_to(&app, request(&token)).await;
    let replaced = answer.cookie("access_token_cookie").expect("a new token");
    assert_ne!(replaced, token);

    clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(answer_to(&app, request(&token)).await.error_type(), Some("TokenExpiredError"));
    assert_answer(&answer_to(&app, request(replaced)).await, 200, r#"{"user":"user123"}"#);
}

#[tokio::test]
async fn current_user() {
    let (auth, _) = testing::auth();
    let app = current_user::app(auth.clone());

    let token = auth.create_access_token("ada").expect("a token");
    assert_answer(&get(&app, "/me", &token).await, 200, r#"{"name":"Ada"}"#);

    assert_answer(&answer_to(&app, testing::get("/me")).await, 401, MISSING);

    let token = auth.create_access_token("nobody").expect("a token");
    assert_answer(&get(&app, "/me", &token).await, 401, UNKNOWN);
}
