//! Sessions: which session a token belongs to, and when that makes the token invalid.

use std::time::Duration;

use authx::config::TokenLifetime;
use authx::session::{SessionState, new_session_id};
use authx::{
    Engine, Error, IssueError, NewToken, Request, Requirement, Step, Stores, SystemRandom, Verified,
};
use serde_json::json;

mod support;
use support::{
    FailingRandom, NOW, access, at, engine, engine_with, issue, now, payload_of, refresh,
    reissued_token, sign_payload,
};

/// The session that a store is asked about.
fn session_in_question<C>(verified: Verified<'_, C>) -> Option<String> {
    match verified.ask(Stores::default()) {
        Step::AskSession(question) => Some(question.session_id().to_owned()),
        Step::Admitted(_) => None,
        Step::AskRevocation(_) | Step::AskLogin(_) | Step::AskFirstUse(_) => {
            panic!("no such store was given")
        }
    }
}

fn tracking() -> Engine {
    engine_with(|config| config.session_tracking(true))
}

#[test]
fn a_token_names_its_session() {
    let engine = tracking();
    let token = issue(&engine, &NewToken::access("a").session("s1"));
    assert_eq!(payload_of(&token)["sid"], "s1");
    let (found, requirement) = (access(&token), Requirement::access());
    let verified = engine.verify::<()>(&found, &requirement, now()).expect("a good token");
    assert_eq!(verified.token().sid(), Some("s1"));
    assert_eq!(session_in_question(verified).as_deref(), Some("s1"));

    let token = issue(&engine, &NewToken::refresh("a").session("s1"));
    let (found, requirement) = (refresh(&token), Requirement::refresh());
    let verified = engine.verify::<()>(&found, &requirement, now()).expect("a good token");
    assert_eq!(session_in_question(verified).as_deref(), Some("s1"));
}

#[test]
fn no_store_is_asked_without_a_session_or_where_tracking_is_off() {
    let in_session = issue(&tracking(), &NewToken::access("a").session("s1"));
    let without = issue(&tracking(), &NewToken::access("a"));
    assert!(payload_of(&without).get("sid").is_none());
    for (engine, token) in [(engine(), &in_session), (tracking(), &without)] {
        let token = access(token);
        let verified = engine.verify::<()>(&token, &Requirement::access(), now());
        let verified = verified.expect("a good token");
        assert_eq!(session_in_question(verified), None);
    }
}

#[test]
fn only_tokens_of_an_active_session_are_accepted() {
    assert_eq!(SessionState::Active.check(), Ok(()));
    for state in [SessionState::Revoked, SessionState::Unknown] {
        assert_eq!(state.check(), Err(Error::SessionRevoked));
    }
    let answer = engine().answer(&Error::SessionRevoked);
    assert_eq!((answer.status, answer.error_type.as_str()), (401, "SessionRevoked"));
}

#[test]
fn a_token_with_a_session_is_issued_only_where_sessions_are_tracked() {
    let token = NewToken::access("a").session("s1");
    let refused = engine().issue(&token, now(), &SystemRandom);
    let error = refused.expect_err("tracking is off");
    assert!(matches!(error, IssueError::SessionNotTracked), "{error:?}");
    assert!(error.to_string().contains("JWT_SESSION_TRACKING"), "{error}");

    let refused = tracking().issue(&NewToken::access("a").session(""), now(), &SystemRandom);
    assert!(matches!(refused, Err(IssueError::EmptySession)), "{refused:?}");
}

#[test]
fn implicit_refresh_keeps_the_session_whether_it_is_tracked_or_not() {
    let payload = json!({"sub": "a", "type": "access", "exp": NOW + 60, "sid": "s1"});
    let cookie = format!("access_token_cookie={}", sign_payload(&payload));
    let headers = [("cookie", cookie.as_str())];
    let request = Request::new("GET", headers.as_slice());
    for tracked in [true, false] {
        let engine = engine_with(|config| {
            config.session_tracking(tracked).token_location([authx::Location::Cookies])
        });
        let candidate = engine.refresh_candidate(&request, "/", now()).expect("a due token");
        let claims = match candidate.ask(Stores::default()) {
            Step::AskSession(question) if tracked => {
                assert_eq!(question.session_id(), "s1");
                match question.answer(SessionState::Active).expect("an active session") {
                    Step::Admitted(claims) => claims,
                    step => panic!("an unexpected second question: {step:?}"),
                }
            }
            Step::Admitted(claims) if !tracked => claims,
            step => panic!("an unexpected step: {step:?}"),
        };
        let headers: &[(&str, &str)] = &[];
        let outcome = authx::refresh::Outcome { status: 200, headers };
        let renewed = engine.reissue(&claims, &outcome, at(1), &SystemRandom);
        assert_eq!(payload_of(&reissued_token(&renewed.expect("a new token")))["sid"], "s1");
    }
}

#[test]
fn an_idle_session_is_kept_for_the_longest_lifetime_of_a_token() {
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    let expires = TokenLifetime::Expires;
    for (name, engine, expected) in [
        ("the default", engine(), Some(days(20))),
        (
            "longer access tokens, and a leeway",
            engine_with(|config| {
                config.access_token_expires(expires(days(30))).decode_leeway(days(1))
            }),
            Some(days(31)),
        ),
        (
            "tokens without an end",
            engine_with(|config| config.refresh_token_expires(TokenLifetime::Never)),
            None,
        ),
    ] {
        assert_eq!(engine.config().session_max_idle(), expected, "{name}");
    }
}

#[test]
fn identifiers_of_sessions_are_random() {
    let [one, other] = [(); 2].map(|()| new_session_id(&SystemRandom).expect("randomness"));
    assert_ne!(one, other);
    assert_eq!(one.len(), 36);
    assert!(new_session_id(&FailingRandom).is_err());
}
