//! Sessions are kept, listed and ended, and a session's tokens end with it for every extractor and layer.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use authx::{ConfigBuilder, Location};
use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::{get, post};
use axum::{BoxError, Json, Router};
use axum_authx::revocation::from_sync_fn;
use axum_authx::testing::{self, Answer, FrozenClock, answer_to, bearer, with_cookies};
use axum_authx::{
    AccessToken, AuthX, BoxFuture, FreshToken, JsonClaims, MemorySessions, NewSession, NewToken,
    Policy, PolicyRequest, RefreshToken, Rejection, Requirement, SessionInfo, SessionStore,
    Timestamp, TokenPair,
};
use proptest::prelude::*;
use serde_json::{Map, json};

const REVOKED: &str = r#"{"message":"Session has been revoked","error_type":"SessionRevoked"}"#;

fn auth_of(change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> (AuthX, FrozenClock) {
    let clock = FrozenClock::default();
    let config = testing::config().session_tracking(true);
    let config =
        change(config.token_location([Location::Headers, Location::Cookies])).build().expect("set");
    (AuthX::new(config).with_clock(clock.clone()), clock)
}

fn auth() -> (AuthX, FrozenClock) {
    auth_of(|config| config)
}

fn app(auth: &AuthX) -> Router {
    Router::new()
        .route("/login/{uid}", post(login))
        .route("/refresh", post(refresh))
        .route("/me", get(|token: AccessToken| async move { token.0.sub }))
        .route("/fresh", get(|token: FreshToken| async move { token.0.sub }))
        .route(
            "/layered",
            get(|token: AccessToken| async move { token.0.sub })
                .layer(auth.require(Requirement::access())),
        )
        .route("/open", get(|| async { "open" }))
        .layer(auth.implicit_refresh())
        .with_state(auth.clone())
}

async fn login(
    State(auth): State<AuthX>,
    Path(uid): Path<String>,
    headers: HeaderMap,
) -> Result<Json<TokenPair>, Rejection> {
    let info = Map::from_iter([("name".to_owned(), json!("phone"))]);
    let session = NewSession::of(&uid)
        .ip_address(Ipv4Addr::LOCALHOST.into())
        .user_agent(&headers)
        .device_info(info);
    let session = auth.create_session(session).await?;
    let access = NewToken::access(&uid).fresh().session(&session.session_id);
    let refresh = NewToken::refresh(&uid).session(&session.session_id);
    Ok(Json(TokenPair::new(auth.issue(&access)?, auth.issue(&refresh)?)))
}

async fn refresh(State(auth): State<AuthX>, token: RefreshToken) -> Result<String, Rejection> {
    let mut access = NewToken::access(&token.sub);
    if let Some(session_id) = &token.sid {
        access = access.session(session_id);
    }
    Ok(auth.issue(&access)?)
}

/// The access and the refresh token of a new session.
async fn log_in(app: &Router, uid: &str) -> [String; 2] {
    let mut request = testing::post(&format!("/login/{uid}"));
    request.headers_mut().insert("user-agent", HeaderValue::from_static("tests/1"));
    let answer = answer_to(app, request).await;
    assert_eq!(answer.status, 200);
    let pair: serde_json::Value = serde_json::from_str(&answer.body).expect("a pair");
    ["access_token", "refresh_token"].map(|name| pair[name].as_str().expect("a token").to_owned())
}

async fn get_with(app: &Router, path: &str, token: &str) -> Answer {
    answer_to(app, bearer(testing::get(path), token)).await
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (401, REVOKED));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn a_session_has_the_user_and_the_device_of_its_login() {
    let (auth, _) = auth();
    log_in(&app(&auth), "ada").await;

    let sessions = auth.list_sessions("ada").await.expect("a list");
    let [session] = sessions.as_slice() else { panic!("{sessions:?}") };
    assert_eq!((session.uid.as_str(), session.is_active), ("ada", true));
    assert_eq!(session.ip_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(session.user_agent.as_deref(), Some("tests/1"));
    assert_eq!((session.created_at, session.last_active), (auth.now(), auth.now()));
    let found = auth.get_session(&session.session_id).await.expect("an answer");
    assert_eq!(found.as_ref(), Some(session));
    assert_eq!(auth.get_session("another").await.expect("an answer"), None);
}

#[tokio::test]
async fn revoking_a_session_ends_its_tokens_at_once() {
    let (auth, _) = auth();
    let app = app(&auth);
    let [access, refresh] = log_in(&app, "ada").await;
    let sessions = auth.list_sessions("ada").await.expect("a list");
    let [other, _] = log_in(&app, "ada").await;
    let renewed = answer_to(&app, bearer(testing::post("/refresh"), &refresh)).await.body;
    assert_eq!(get_with(&app, "/me", &renewed).await.body, "ada");

    auth.revoke_session(&sessions[0].session_id).await.expect("revoked");

    for (path, token) in
        [("/me", &access), ("/fresh", &access), ("/layered", &access), ("/me", &renewed)]
    {
        assert_refused(&get_with(&app, path, token).await);
    }
    assert_refused(&answer_to(&app, bearer(testing::post("/refresh"), &refresh)).await);
    assert_eq!(get_with(&app, "/me", &other).await.body, "ada");
}

#[tokio::test]
async fn revoking_all_sessions_of_a_user_leaves_other_users_alone() {
    let (auth, _) = auth();
    let app = app(&auth);
    let [first, _] = log_in(&app, "ada").await;
    let [second, _] = log_in(&app, "ada").await;
    let [other, _] = log_in(&app, "grace").await;

    auth.revoke_all_sessions("ada").await.expect("revoked");

    for token in [&first, &second] {
        assert_refused(&get_with(&app, "/me", token).await);
    }
    assert_eq!(get_with(&app, "/me", &other).await.body, "grace");
    assert_eq!(auth.list_sessions("ada").await.expect("a list"), []);
}

#[tokio::test]
async fn an_unknown_session_is_refused_and_a_token_without_one_passes() {
    let (auth, _) = auth();
    let unknown = auth.issue(&NewToken::access("ada").session("never begun")).expect("a token");
    assert_refused(&get_with(&app(&auth), "/me", &unknown).await);
    let free = auth.create_access_token("ada").expect("a token");
    assert_eq!(get_with(&app(&auth), "/me", &free).await.body, "ada");
}

#[tokio::test]
async fn implicit_refresh_keeps_the_session_and_stops_with_it() {
    let (auth, clock) = auth();
    let app = app(&auth);
    let session = auth.create_session("ada").await.expect("a session");
    let token = auth.issue(&NewToken::access("ada").session(&session.session_id));
    let token = token.expect("a token");
    let request =
        |token: &str| with_cookies(testing::get("/open"), [("access_token_cookie", token)]);
    clock.advance(Duration::from_secs(600));

    let answer = answer_to(&app, request(&token)).await;
    let renewed = answer.cookie("access_token_cookie").expect("a new cookie").to_owned();
    let claims = auth.verify_token::<JsonClaims>(
        &authx::RequestToken::new(&renewed, authx::TokenKind::Access, Location::Headers),
        &Requirement::access(),
    );
    assert_eq!(claims.expect("a good token").sid, Some(session.session_id.clone()));

    auth.revoke_session(&session.session_id).await.expect("revoked");
    let answer = answer_to(&app, request(&token)).await;
    assert_eq!((answer.body.as_str(), answer.cookie("access_token_cookie")), ("open", None));
    assert_refused(&get_with(&app, "/me", &renewed).await);
}

#[tokio::test]
async fn the_last_activity_is_recorded_if_the_settings_say_so() {
    for updates in [true, false] {
        let (auth, clock) = auth_of(|config| config.session_update_last_active(updates));
        let app = app(&auth);
        let began = auth.now();
        let [access, _] = log_in(&app, "ada").await;
        clock.advance(Duration::from_secs(60));
        assert_eq!(get_with(&app, "/me", &access).await.status, 200);
        let sessions = auth.list_sessions("ada").await.expect("a list");
        let expected = if updates { auth.now() } else { began };
        assert_eq!((sessions[0].created_at, sessions[0].last_active), (began, expected));

        clock.advance(Duration::from_secs(60));
        let revoking = auth.clone().with_revocation(from_sync_fn(|_| true));
        let answer = get_with(&self::app(&revoking), "/me", &access).await;
        assert_eq!(answer.error_type(), Some("RevokedTokenError"));
        let sessions = auth.list_sessions("ada").await.expect("a list");
        assert_eq!(sessions[0].last_active, expected, "a refused token is no activity");
    }
}

/// A store that fails while its flag is set.
struct Store {
    sessions: MemorySessions,
    is_broken: Arc<AtomicBool>,
    marks: bool,
}

impl Store {
    fn failure(&self) -> Result<(), BoxError> {
        if self.is_broken.load(Ordering::Relaxed) { Err("it is gone".into()) } else { Ok(()) }
    }
}

impl SessionStore for Store {
    fn create<'a>(
        &'a self,
        session: &'a SessionInfo,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        self.sessions.create(session, now)
    }

    fn get<'a>(
        &'a self,
        session_id: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, BoxError>> {
        Box::pin(async move {
            self.failure()?;
            let mut session = self.sessions.get(session_id, now).await?;
            if let Some(session) = &mut session {
                session.is_active = !self.marks;
            }
            Ok(session)
        })
    }

    fn update_last_active<'a>(
        &'a self,
        _: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async { Err("it is read only".into()) })
    }

    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        self.sessions.delete(session_id)
    }

    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, BoxError>> {
        self.sessions.list_by_user(uid, now)
    }

    fn delete_all_by_user<'a>(&'a self, uid: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        self.sessions.delete_all_by_user(uid)
    }
}

#[tokio::test]
async fn if_the_store_fails_every_token_is_refused_and_none_is_refreshed() {
    let (auth, clock) = auth();
    let is_broken = Arc::new(AtomicBool::new(false));
    let sessions = MemorySessions::new(None);
    let auth =
        auth.with_sessions(Store { sessions, is_broken: Arc::clone(&is_broken), marks: false });
    let app = app(&auth);
    let [access, _] = log_in(&app, "ada").await;
    // The request passes although its activity can't be recorded.
    assert_eq!(get_with(&app, "/me", &access).await.body, "ada");

    is_broken.store(true, Ordering::Relaxed);
    let answer = get_with(&app, "/me", &access).await;
    assert_eq!((answer.status, answer.body.as_str()), (500, "Internal Server Error"));
    clock.advance(Duration::from_secs(600));
    let request: Request =
        with_cookies(testing::get("/open"), [("access_token_cookie", access.as_str())]);
    let answer = answer_to(&app, request).await;
    assert_eq!((answer.body.as_str(), answer.cookie("access_token_cookie")), ("open", None));
    let error = auth.get_session("any").await.expect_err("broken");
    assert_eq!(error.to_string(), "the session store failed: it is gone");
    assert_eq!(Rejection::from(error).status(), 500);
}

#[tokio::test]
async fn a_session_that_a_store_marks_inactive_is_refused() {
    let (auth, _) = auth();
    let sessions = MemorySessions::new(None);
    let auth = auth.with_sessions(Store { sessions, is_broken: Arc::default(), marks: true });
    let [access, _] = log_in(&app(&auth), "ada").await;
    assert_refused(&get_with(&app(&auth), "/me", &access).await);
}

#[tokio::test]
async fn without_tracking_the_store_is_not_asked() {
    let (tracking, _) = auth();
    let [access, _] = log_in(&app(&tracking), "ada").await;
    let (auth, _) = auth_of(|config| config.session_tracking(false));
    let auth = auth.with_sessions(Store {
        sessions: MemorySessions::new(None),
        is_broken: Arc::new(AtomicBool::new(true)),
        marks: true,
    });
    assert_eq!(get_with(&app(&auth), "/me", &access).await.body, "ada");
}

#[test]
fn a_session_is_the_same_json_as_in_python() {
    let json = concat!(
        r#"{"session_id":"s","uid":"ada","created_at":"2030-01-01T12:00:00Z","#,
        r#""last_active":"2030-01-01T12:00:00.250000Z","ip_address":null,"user_agent":"tests/1","#,
        r#""device_info":{"name":"phone"},"is_active":true}"#
    );
    let session: SessionInfo = serde_json::from_str(json).expect("a session");
    assert_eq!(session.created_at, testing::auth().0.now());
    assert_eq!(session.last_active.saturating_since(session.created_at).as_millis(), 250);
    assert_eq!(serde_json::to_string(&session).expect("JSON"), json);
    assert!(serde_json::from_str::<SessionInfo>(&json.replace("2030-", "twenty-")).is_err());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(&'static str),
    Use(usize),
    End(usize),
    EndAll(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let uid = || prop::sample::select(&["ada", "grace"][..]);
    prop_oneof![
        3 => uid().prop_map(Step::Begin),
        4 => any::<usize>().prop_map(Step::Use),
        2 => any::<usize>().prop_map(Step::End),
        1 => uid().prop_map(Step::EndAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Compares with a model: a session is active if it was begun and not ended since.
    #[test]
    fn no_token_of_a_revoked_session_ever_passes_again(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (auth, _) = auth();
            let app = app(&auth);
            let mut begun: Vec<(&str, String, String, bool)> = Vec::new();
            for step in steps {
                match step {
                    Step::Begin(uid) => {
                        let session = auth.create_session(uid).await.expect("a session");
                        let token = NewToken::access(uid).session(&session.session_id);
                        let token = auth.issue(&token).expect("a token");
                        begun.push((uid, session.session_id, token, true));
                    }
                    Step::EndAll(uid) => {
                        auth.revoke_all_sessions(uid).await.expect("revoked");
                        let of_user = begun.iter_mut().filter(|entry| entry.0 == uid);
                        of_user.for_each(|entry| entry.3 = false);
                    }
                    Step::Use(_) | Step::End(_) if begun.is_empty() => {}
                    Step::Use(number) => {
                        let (uid, _, token, is_good) = &begun[number % begun.len()];
                        let answer = get_with(&app, "/me", token).await;
                        let expected = if *is_good { uid } else { REVOKED };
                        assert_eq!(answer.body, expected);
                    }
                    Step::End(number) => {
                        let number = number % begun.len();
                        auth.revoke_session(&begun[number].1).await.expect("revoked");
                        begun[number].3 = false;
                    }
                }
            }
            for (uid, _, token, is_good) in &begun {
                let answer = get_with(&app, "/me", token).await;
                assert_eq!(answer.body, if *is_good { uid } else { REVOKED });
            }
            for uid in ["ada", "grace"] {
                let listed = auth.list_sessions(uid).await.expect("a list");
                let listed: Vec<_> = listed.into_iter().map(|session| session.session_id).collect();
                let active = begun.iter().filter(|entry| entry.0 == uid && entry.3);
                assert_eq!(listed, active.map(|entry| entry.1.clone()).collect::<Vec<_>>());
            }
        });
    }
}

#[tokio::test]
async fn idle_sessions_in_memory_are_dropped_by_the_services_clock() {
    let config = testing::config().session_tracking(true);
    let clock = testing::FrozenClock::default();
    let auth = AuthX::new(config.build().expect("settings")).with_clock(clock.clone());
    let session = auth.create_session("ada").await.expect("a session");
    assert_eq!(auth.list_sessions("ada").await.expect("a list").len(), 1);

    let idle = auth.engine().config().session_max_idle().expect("a limit");
    clock.advance(idle + std::time::Duration::from_secs(1));
    assert!(auth.list_sessions("ada").await.expect("a list").is_empty());
    assert!(auth.get_session(&session.session_id).await.expect("an answer").is_none());
}

#[tokio::test]
async fn a_handler_that_ignores_a_refusal_is_refused_again() {
    let (auth, _) = auth_of(|config| config);
    let session = auth.create_session("ada").await.expect("a session");
    let token = NewToken::access("ada").session(&session.session_id);
    let token = auth.issue(&token).expect("a token");
    let twice = |first: Result<AccessToken, Rejection>, second: Result<AccessToken, Rejection>| async move {
        format!("{} {}", first.is_ok(), second.is_ok())
    };
    let app = Router::new().route("/", get(twice)).with_state(auth.clone());
    let ask = || answer_to(&app, bearer(testing::get("/"), &token));
    assert_eq!(ask().await.body, "true true");
    auth.revoke_session(&session.session_id).await.expect("revoked");
    assert_eq!(ask().await.body, "false false");
}

#[tokio::test]
async fn a_handler_that_asks_again_gets_the_stores_present_answer() {
    let (auth, _) = auth();
    let session = auth.create_session("ada").await.expect("a session");
    let session_id = session.session_id.clone();
    let token = auth.issue(&NewToken::access("ada").session(&session_id)).expect("a token");
    let policy = Policy::from_json(
        r#"{"rules": [{"effect": "allow", "actions": ["*"], "resources": ["*"]}]}"#,
        "policy.json",
    );
    let policy = policy.expect("a policy");
    let handler = {
        let auth = auth.clone();
        move |_: AccessToken, request: Request| async move {
            let (mut parts, _) = request.into_parts();
            let asked = PolicyRequest::new("read", "anything");
            let mut passes = Vec::new();
            for _ in 0..2 {
                let claims = auth.authenticate::<()>(&mut parts, &Requirement::access()).await;
                let allowed = auth.authorize_request(&mut parts, &policy, &asked).await;
                let extracted = AccessToken::<()>::from_request_parts(&mut parts, &auth).await;
                passes.extend([claims.is_ok(), allowed.is_ok(), extracted.is_ok()]);
                auth.revoke_session(&session_id).await.expect("revoked");
            }
            format!("{passes:?}")
        }
    };
    let app = Router::new().route("/", get(handler)).with_state(auth.clone());
    let answer = answer_to(&app, bearer(testing::get("/"), &token)).await;
    assert_eq!(answer.body, "[true, true, true, false, false, false]");
}
