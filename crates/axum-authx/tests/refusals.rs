//! Refused requests: what layers around the routes can make of them, and what handlers behind a layer get.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT, COOKIE, SET_COOKIE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use axum_authx::testing::{self, answer_to, bearer};
use axum_authx::{
    AccessToken, AuthX, Claims, Error, Location, NewToken, Policy, PolicyRequest, Rejection,
    Requirement, revocation,
};

/// Redirects browsers that aren't logged in, and names the error of all others.
async fn otherwise(request: Request, next: Next) -> Response {
    let is_browser = request
        .headers()
        .get(ACCEPT)
        .is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"));
    let response = next.run(request).await;
    let Some(rejection) = response.extensions().get::<Rejection>() else { return response };
    match rejection.error() {
        Some(error) if is_browser && error.is_logged_out() => {
            Redirect::to("/login").into_response()
        }
        Some(Error::InsufficientScope { required, .. }) => {
            (rejection.status(), format!("you lack {required:?}")).into_response()
        }
        None => (rejection.status(), "try again later").into_response(),
        Some(_) => response,
    }
}

fn app(auth: &AuthX) -> Router {
    Router::new()
        .route("/layer", get(|| async { "in" }))
        .route_layer(auth.require(Requirement::access()))
        .merge(
            Router::new().route("/policy", get(|| async { "in" })).route_layer(
                auth.authorize(Policy::new([]), PolicyRequest::new("read", "reports")),
            ),
        )
        .merge(Router::new().route("/scoped", get(|| async { "in" })).route_layer(
            auth.require(Requirement::access().scopes(axum_authx::RequiredScopes::all(["a"]))),
        ))
        .route("/extractor", get(|_: AccessToken| async { "in" }))
        .layer(middleware::from_fn(otherwise))
        .with_state(auth.clone())
}

#[tokio::test]
async fn a_layer_around_the_routes_can_answer_every_refusal_otherwise() {
    let (auth, _) = testing::auth();
    let app = app(&auth);
    for path in ["/layer", "/policy", "/scoped", "/extractor"] {
        let mut request = testing::get(path);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/html,*/*"));
        let answer = answer_to(&app, request).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/login")), "{path}");
        let answer = answer_to(&app, testing::get(path)).await;
        assert_eq!(
            (answer.status, answer.error_type()),
            (401, Some("MissingTokenError")),
            "{path}"
        );
    }
    let token = auth.create_access_token("ada").expect("a token");
    let answer = answer_to(&app, bearer(testing::get("/scoped"), &token)).await;
    assert_eq!((answer.status, answer.body.as_str()), (403, r#"you lack ["a"]"#));
    let broken = auth.with_revocation(revocation::from_sync_fn(|_| Err::<bool, _>("it is gone")));
    for path in ["/layer", "/extractor"] {
        let answer = answer_to(&self::app(&broken), bearer(testing::get(path), &token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (500, "try again later"), "{path}");
    }
}

#[tokio::test]
async fn a_handler_behind_a_layer_gets_the_claims_from_the_extensions() {
    let (auth, _) = testing::auth();
    let app: Router = Router::new()
        .route(
            "/",
            get(|Extension(claims): Extension<Claims>| async move {
                format!("{} {:?}", claims.sub, claims.scopes.unwrap_or_default())
            }),
        )
        .route_layer(auth.require(Requirement::access()));
    let token = auth.issue(&NewToken::access("ada").scopes(["read"])).expect("a token");
    let answer = answer_to(&app, bearer(testing::get("/"), &token)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"ada ["read"]"#));
    assert_eq!(answer_to(&app, testing::get("/")).await.status, 401);
}

#[tokio::test]
async fn the_challenge_names_the_scheme_of_the_settings() {
    let config = testing::config().header_type("JWT").build();
    let auth = AuthX::new(config.expect("settings"));
    for path in ["/layer", "/extractor"] {
        let answer = answer_to(&app(&auth), testing::get(path)).await;
        assert_eq!(answer.header("www-authenticate"), Some("JWT"), "{path}");
        let mut request = testing::get(path);
        request.headers_mut().insert("authorization", HeaderValue::from_static("JWT a.b.c"));
        let answer = answer_to(&app(&auth), request).await;
        assert_eq!(
            answer.header("www-authenticate"),
            Some("JWT error=\"invalid_token\""),
            "{path}"
        );
    }
}

/// As in docs/guides/duplicate-cookies.md.
async fn delete_former_cookie(mut response: Response) -> Response {
    let refused = response.extensions().get::<Rejection>();
    if let Some(Error::DuplicateCookie { .. }) = refused.and_then(Rejection::error) {
        let former = "access_token_cookie=; Path=/; Max-Age=0; Secure; HttpOnly";
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static(former));
    }
    response
}

#[tokio::test]
async fn different_cookies_of_one_name_are_refused_and_the_former_one_can_be_deleted() {
    let config = testing::config().token_location([Location::Cookies]).build();
    let auth = AuthX::new(config.expect("settings"));
    let app = Router::new()
        .route("/", get(|token: AccessToken| async move { token.sub.clone() }))
        .layer(middleware::map_response(delete_former_cookie))
        .with_state(auth.clone());
    let [ada, eve] = ["ada", "eve"].map(|name| auth.create_access_token(name).expect("a token"));
    let ask = async |cookies: [&str; 2]| {
        let mut request = testing::get("/");
        let pairs = cookies.map(|value| format!("access_token_cookie={value}")).join("; ");
        request.headers_mut().insert(COOKIE, pairs.parse().expect("a value"));
        answer_to(&app, request).await
    };
    let damaged = &ada[1..];
    for cookies in [[&*ada, &*eve], [&*eve, &*ada], [&*eve, damaged]] {
        let answer = ask(cookies).await;
        assert_eq!((answer.status, answer.error_type()), (401, Some("DuplicateCookieError")));
        assert!(answer.body.contains("'access_token_cookie'") && !answer.body.contains("eyJ"));
        let deleted = answer.header("set-cookie").unwrap_or_default();
        assert!(deleted.contains("Path=/; Max-Age=0"), "{deleted}");
    }
    assert_eq!(ask([&ada, &ada]).await.body, "ada");
}
