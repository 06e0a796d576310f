//! Pages that everybody may see, and cookies.

mod log;

use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum_authx::testing::{self, FrozenClock, answer_to, with_cookies};
use axum_authx::{
    AccessToken, AuthX, Location, MemorySessions, NewSession, OptionalToken, Requirement,
    revocation,
};

use log::Log;

fn cookie_auth() -> (AuthX, FrozenClock) {
    let clock = FrozenClock::default();
    let config = testing::config().token_location([Location::Cookies]).session_tracking(true);
    (AuthX::new(config.build().expect("settings")).with_clock(clock.clone()), clock)
}

async fn page(OptionalToken(token): OptionalToken<AccessToken>) -> String {
    token.map_or_else(|| "nobody".to_owned(), |token| token.0.sub)
}

fn app(auth: &AuthX) -> Router {
    Router::new()
        .route("/", get(page))
        .route(
            "/option",
            get(|token: Option<AccessToken>| async move {
                token.map_or_else(|| "nobody".to_owned(), |token| token.0.sub)
            }),
        )
        .with_state(auth.clone())
}

#[tokio::test]
async fn an_expired_cookie_is_nobody_on_a_public_page_and_a_forged_one_is_refused() {
    let (auth, clock) = cookie_auth();
    let app = app(&auth);
    let token = auth.create_access_token("ada").expect("a token");
    let at = |path: &str, token: &str| {
        with_cookies(testing::get(path), [("access_token_cookie", token)])
    };
    for path in ["/", "/option"] {
        assert_eq!(answer_to(&app, at(path, &token)).await.body, "ada", "{path}");
        assert_eq!(answer_to(&app, testing::get(path)).await.body, "nobody", "{path}");
    }
    for (fault, token) in testing::refused_tokens(&auth, "ada").expect("tokens") {
        let answer = answer_to(&app, at("/", &token)).await;
        let expected = if fault == "expired" { 200 } else { 401 };
        assert_eq!(answer.status, expected, "{fault}");
        assert_eq!(answer_to(&app, at("/option", &token)).await.status, 401, "{fault}");
    }
    let foreign = AuthX::ephemeral().create_access_token("ada").expect("a token");
    clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(answer_to(&app, at("/", &token)).await.body, "nobody");
    let answer = answer_to(&app, at("/", &foreign)).await;
    assert_eq!(answer.error_type(), Some("TokenInvalidSignatureError"));
}

#[tokio::test]
async fn a_revoked_token_is_refused_on_a_public_page() {
    let (auth, _) = cookie_auth();
    let auth = auth.with_revocation(revocation::from_sync_fn(|_| true));
    let token = auth.create_access_token("ada").expect("a token");
    for path in ["/", "/option"] {
        let request = with_cookies(testing::get(path), [("access_token_cookie", token.as_str())]);
        let answer = answer_to(&app(&auth), request).await;
        assert_eq!((answer.status, answer.error_type()), (401, Some("RevokedTokenError")));
    }
}

#[tokio::test]
async fn a_store_that_is_set_after_the_state_was_made_is_asked_all_the_same() {
    let (auth, _) = cookie_auth();
    let app = Router::new()
        .route("/layer", get(|| async { "in" }))
        .route_layer(auth.require(Requirement::access()))
        .route("/extractor", get(|_: AccessToken| async { "in" }))
        .with_state(auth.clone());
    let token = auth.create_access_token("ada").expect("a token");
    let status = async |path: &str| {
        let request = with_cookies(testing::get(path), [("access_token_cookie", token.as_str())]);
        answer_to(&app, request).await.status
    };
    for path in ["/layer", "/extractor"] {
        assert_eq!(status(path).await, 200);
    }
    let auth = auth.with_revocation(revocation::from_sync_fn(|_| true));
    for path in ["/layer", "/extractor"] {
        assert_eq!(status(path).await, 401, "{path}");
    }

    let kept = auth.clone();
    let changed = auth.with_sessions(MemorySessions::new(None));
    let session = changed.create_session(NewSession::of("ada")).await.expect("a session");
    let found = kept.get_session(&session.session_id).await.expect("an answer");
    assert_eq!(found, Some(session));
}

#[test]
fn cookies_that_nobody_reads_are_warned_of_once() {
    let warnings = |auth: &AuthX| {
        let log = Log::default();
        tracing::subscriber::with_default(log.subscriber(), || {
            for auth in [auth.clone(), auth.clone()] {
                let pair = auth.create_token_pair("ada").expect("tokens");
                let response = auth.set_cookies(&pair).into_response();
                let cookies = response.headers().get_all(SET_COOKIE).iter();
                assert_eq!(
                    cookies.filter(|cookie| **cookie != HeaderValue::from_static("")).count(),
                    4
                );
            }
        });
        log.text()
    };
    let (headers, _) = testing::auth();
    let log = warnings(&headers);
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(log.contains("JWT_TOKEN_LOCATION") && !log.contains("eyJ"), "{log}");
    assert_eq!(warnings(&cookie_auth().0).matches("WARN").count(), 0);
}
