//! The crate together with others: cookies of `axum-extra`, CORS and tracing of `tower-http`.

mod log;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, SET_COOKIE,
};
use axum::http::{HeaderValue, Method};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum_authx::testing::{self, answer_to, bearer};
use axum_authx::{
    AccessToken, AuthX, Claims, CurrentSubject, FreshToken, FromSubject, JsonClaims, Location,
    RefreshToken, Rejection, Requirement, Scoped, Scopes, TokenPair, WebSocketToken, revocation,
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use tower_http::cors::CorsLayer;
use tower_http::trace::TraceLayer;
use tracing::{field, info_span};

use log::Log;

#[tokio::test]
async fn cookies_of_axum_extra_are_set_beside_ours() {
    let (auth, _) = testing::auth();
    let pair = auth.create_token_pair("ada").expect("tokens");
    let jar = CookieJar::new().add(Cookie::new("theme", "dark"));
    for response in [
        (jar.clone(), auth.set_cookies(&pair), "welcome").into_response(),
        (auth.set_cookies(&pair), jar, "welcome").into_response(),
    ] {
        assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 5);
    }
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_a_refusal_has_the_headers_of_cors() {
    const PAGE: HeaderValue = HeaderValue::from_static("https://app.example");

    let (auth, _) = testing::auth();
    let app = Router::new()
        .route("/", get(|| async { "in" }))
        .route_layer(auth.require(Requirement::access()))
        .layer(CorsLayer::new().allow_origin(PAGE).allow_methods([Method::GET]));

    let mut preflight = testing::get("/");
    *preflight.method_mut() = Method::OPTIONS;
    preflight.headers_mut().insert(ORIGIN, PAGE);
    preflight.headers_mut().insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
    assert_eq!(answer_to(&app, preflight).await.status, 200);

    let mut request = testing::get("/");
    request.headers_mut().insert(ORIGIN, PAGE);
    let refused = answer_to(&app, request).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN), Some(&PAGE));
}

#[test]
fn tracing_of_requests_shows_no_token() {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (auth, _) = testing::auth();
    let token = auth.create_access_token("ada").expect("a token");
    tracing::subscriber::with_default(log.subscriber(), || {
        let app = Router::new()
            .route("/", get(|token: AccessToken| async move { token.0.sub }))
            .route_layer(auth.require(Requirement::access()))
            .layer(auth.implicit_refresh())
            .layer(auth.read_body())
            .layer(TraceLayer::new_for_http())
            .with_state(auth.clone());
        let answer = runtime.block_on(answer_to(&app, bearer(testing::get("/"), &token)));
        assert_eq!(answer.body, "ada");
    });
    let log = log.text();
    assert!(log.contains("request{"), "{log}");
    assert!(!log.contains("eyJ"), "{log}");
}

#[test]
fn the_log_says_at_debug_level_why_a_request_has_no_token() {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let config = testing::config().token_location([Location::Headers, Location::Cookies]);
    let auth = AuthX::new(config.build().expect("settings"));
    let answer = tracing::subscriber::with_default(log.subscriber(), || {
        let app = Router::new()
            .route("/", get(|token: AccessToken| async move { token.0.sub }))
            .layer(auth.implicit_refresh())
            .with_state(auth.clone());
        let mut request = testing::get("/");
        request.headers_mut().insert("authorization", HeaderValue::from_static("Basic s3cret"));
        runtime.block_on(answer_to(&app, request))
    });
    assert_eq!(answer.body, r#"{"message":"Token Error","error_type":"MissingTokenError"}"#);
    let log = log.text();
    for said in [
        "explanation=\"No access token was found. The header 'Authorization' does not begin with 'Bearer'",
        "no implicit refresh: The request carries no token: No access token was found. There is no cookie",
    ] {
        assert!(log.contains(said), "{log}");
    }
    assert!(!log.contains("s3cret"), "{log}");
}

#[test]
fn a_span_with_the_field_gets_the_hash_of_the_subject() {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (auth, _) = testing::auth();
    let token = auth.create_access_token("ada@example.org").expect("a token");
    tracing::subscriber::with_default(log.subscriber(), || {
        let span = |request: &Request| {
            info_span!("request", path = request.uri().path(), user.hash = field::Empty)
        };
        let app = Router::new()
            .route("/", get(|token: AccessToken| async move { token.0.sub }))
            .layer(TraceLayer::new_for_http().make_span_with(span))
            .with_state(auth.clone());
        let answer = runtime.block_on(answer_to(&app, bearer(testing::get("/"), &token)));
        assert_eq!(answer.body, "ada@example.org");
        runtime.block_on(answer_to(&app, testing::get("/")));
    });
    let log = log.text();
    let hash = auth.engine().subject_hash("ada@example.org");
    let closed: Vec<_> = log.lines().filter(|line| line.contains("close")).collect();
    assert_eq!(closed.len(), 2, "{log}");
    assert!(closed[0].contains(&format!(r#"user.hash="{hash}""#)), "{log}");
    assert!(!closed[1].contains("user.hash"), "{log}");
    assert!(!log.contains("eyJ") && !log.contains("ada@"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_verified_on_many_threads_at_once() {
    let (auth, _) = testing::auth();
    let app = Router::new()
        .route("/", post(|token: AccessToken| async move { token.0.sub }))
        .with_state(auth.clone());
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let app = app.clone();
            let subject = format!("user{number}");
            let token = auth.create_access_token(&subject).expect("a token");
            tokio::spawn(async move {
                let answer = answer_to(&app, bearer(testing::post("/"), &token)).await;
                assert_eq!(answer.body, subject);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

#[tokio::test]
async fn two_instances_with_cookies_of_one_name_share_nothing() {
    let auth = |secret: &str, revoked| {
        let config = axum_authx::Config::builder()
            .secret_key(axum_authx::Secret::from(secret))
            .token_location([axum_authx::Location::Cookies]);
        AuthX::new(config.build().expect("settings"))
            .with_revocation(revocation::from_sync_fn(move |_| revoked))
    };
    let users = auth("a secret of the users, of thirty-two bytes", false);
    let operators = auth("a secret of the operators, of 32 bytes", true);
    let route = |auth: &AuthX| {
        get(|token: AccessToken| async move { token.sub.clone() }).with_state::<()>(auth.clone())
    };
    let app = Router::new().route("/users", route(&users)).route("/operators", route(&operators));

    for _ in 0..2 {
        for (path, auth, error_type) in [
            ("/users", &users, None),
            ("/users", &operators, Some("TokenInvalidSignatureError")),
            ("/operators", &operators, Some("RevokedTokenError")),
            ("/operators", &users, Some("TokenInvalidSignatureError")),
        ] {
            let token = auth.create_access_token("ada").expect("a token");
            let cookies = [("access_token_cookie", token.as_str())];
            let answer = answer_to(&app, testing::with_cookies(testing::get(path), cookies)).await;
            assert_eq!(answer.error_type(), error_type, "{path}");
            assert_eq!(answer.status, if error_type.is_none() { 200 } else { 401 });
        }
    }
}

/// Users keep these types in states and errors, which are sent between threads.
#[test]
fn everything_is_send_and_sync() {
    struct Anything;

    impl Scopes for Anything {
        fn required() -> axum_authx::RequiredScopes {
            axum_authx::RequiredScopes::default()
        }
    }

    impl FromSubject<AuthX> for Anything {
        type Error = Rejection;

        async fn from_subject(
            _: &Claims<JsonClaims>,
            _: &AuthX,
        ) -> Result<Option<Self>, Rejection> {
            Ok(None)
        }
    }

    fn check<T: Send + Sync + Unpin + 'static>() {}

    check::<AuthX>();
    check::<TokenPair>();
    check::<Rejection>();
    check::<(AccessToken, RefreshToken, FreshToken, WebSocketToken)>();
    check::<(Scoped<Anything>, CurrentSubject<Anything>)>();
}
