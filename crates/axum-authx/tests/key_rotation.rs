//! Keys and settings that change while requests run.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use axum_authx::testing::{self, answer_to, bearer};
use axum_authx::{AccessToken, Algorithm, AuthX, Config, Key, KeyRing, Timestamp};

const ROUNDS: usize = 50;

fn key(number: usize) -> Key {
    let secret = format!("secret number {number}, which is long enough for SHA-256");
    Key::from_secret(Algorithm::Hs256, secret).expect("a key").with_kid(format!("key {number}"))
}

fn service() -> (AuthX, Router) {
    let ring = KeyRing::new([key(0)]).expect("a ring");
    let auth = AuthX::new(Config::builder().keys(ring).build().expect("settings"));
    let app = Router::new()
        .route("/", get(|token: AccessToken| async move { token.sub.clone() }))
        .with_state(auth.clone());
    (auth, app)
}

async fn status(app: &Router, token: &str) -> u16 {
    answer_to(app, bearer(testing::get("/"), token)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_logged_out_while_keys_are_rotated() {
    let (auth, app) = service();
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime.expect("a runtime").block_on(async {
                    while !done.load(Ordering::Relaxed) {
                        let token = auth.create_access_token("ada").expect("a token");
                        assert_eq!(status(&app, &token).await, 200);
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                });
            });
        }
        for round in 1..=ROUNDS {
            auth.change_keys(|ring| ring.signing_with(key(round))).expect("a ring");
            // Some requests run with each ring.
            let seen = served.load(Ordering::Relaxed);
            while served.load(Ordering::Relaxed) < seen + 3 {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(auth.engine().config().keys().keys().count(), ROUNDS + 1);
}

#[test]
fn no_change_is_lost_where_several_threads_change_the_keys() {
    let (auth, _) = service();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let auth = auth.clone();
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let key = key(1 + thread * ROUNDS + round);
                    auth.change_keys(|ring| ring.verifying_with(key.clone())).expect("a ring");
                }
            });
        }
    });
    assert_eq!(auth.engine().config().keys().keys().count(), 1 + 4 * ROUNDS);
}

#[tokio::test]
async fn a_retired_key_is_refused_in_every_clone() {
    let (auth, app) = service();
    let old = auth.create_access_token("ada").expect("a token");
    auth.change_keys(|ring| ring.signing_with(key(1))).expect("a ring");
    assert_eq!(status(&app, &old).await, 200);
    auth.change_keys(|ring| ring.retiring("key 0", Timestamp::MIN)).expect("a ring");
    assert_eq!(status(&app, &old).await, 401);
    let new = auth.create_access_token("ada").expect("a token");
    assert_eq!(status(&app, &new).await, 200);
}

#[tokio::test]
async fn other_settings_apply_from_the_next_request_on() {
    let (auth, app) = service();
    let ring = auth.engine().config().keys().clone();
    let config = Config::builder().keys(ring).error_message_key("detail");
    auth.load_config(config.build().expect("settings"));
    let answer = answer_to(&app, testing::get("/")).await;
    assert_eq!(answer.body, r#"{"detail":"Token Error","error_type":"MissingTokenError"}"#);
}
