//! Logins that a store keeps: what a refresh token says about its login, and what the engine decides.

use std::time::Duration;

use authx::login::{LoginState, NewLogin, PresentedLogin, Rotation};
use authx::revocation::{Cut, Entry, EntryKey};
use authx::verify::VerifiedToken;
use authx::{
    Engine, Error, IssueError, Location, NewToken, RequestToken, Requirement, Step, Stores,
    SystemRandom, Timestamp, TokenKind,
};
use serde_json::json;

mod support;
use support::{engine, engine_with, issue, now, payload_of, sign_payload};

const MINUTE: Duration = Duration::from_secs(60);

fn presented_token(engine: &Engine, jwt: &str, now: Timestamp) -> VerifiedToken {
    let token = RequestToken::new(jwt, TokenKind::Refresh, Location::Headers);
    engine.verify::<()>(&token, &Requirement::refresh(), now).expect("a good token").token()
}

fn login(engine: &Engine, now: Timestamp) -> (LoginState, [String; 2]) {
    let state = engine.begin_login(&[], now);
    let tokens = engine.issue_login(&NewLogin::of("ada"), "s1", &state, now, &SystemRandom);
    (state, tokens.expect("tokens"))
}

#[test]
fn the_tokens_of_a_login_name_it_and_the_refresh_token_its_generation() {
    let engine = engine();
    let (_, [access, refresh]) = login(&engine, now());
    assert_eq!(
        (&payload_of(&access)["sid"], &payload_of(&access)["gen"]),
        (&json!("s1"), &json!(null))
    );
    assert_eq!(
        (&payload_of(&refresh)["sid"], &payload_of(&refresh)["gen"]),
        (&json!("s1"), &json!(0))
    );
    assert_eq!(payload_of(&access)["fresh"], true);
    let presented =
        PresentedLogin::of(&presented_token(&engine, &refresh, now())).expect("a login");
    assert_eq!((presented.sid.as_str(), presented.generation), ("s1", Some(0)));
    assert_eq!(engine.adopt_login(&presented, now()), None);
}

#[test]
fn a_generation_can_not_be_given_as_a_custom_claim() {
    let engine = engine_with(|config| config.session_tracking(true));
    let claims = || json!({ "gen": 5 });
    let issued =
        |token: NewToken<'_, serde_json::Value>| engine.issue(&token, now(), &SystemRandom);
    let error = issued(NewToken::refresh("ada").session("s1").claims(claims()));
    assert!(matches!(error, Err(IssueError::ReservedClaim(name)) if name == "gen"));
    // It stays free where it has no meaning.
    assert!(issued(NewToken::access("ada").session("s1").claims(claims())).is_ok());
    let other = issued(NewToken::refresh("ada").claims(claims())).expect("no login");
    let presented = PresentedLogin::of(&presented_token(&engine, &other, now())).expect("a login");
    assert_eq!(presented.generation, None);
}

#[test]
fn a_generation_that_is_no_number_is_refused() {
    let engine = engine();
    let (_, [_, refresh]) = login(&engine, now());
    for generation in [json!("1"), json!(-1), json!(1.5), json!(4_294_967_296_u64), json!([])] {
        let mut payload = payload_of(&refresh);
        payload["gen"] = generation;
        let token = presented_token(&engine, &sign_payload(&payload), now());
        let error = PresentedLogin::of(&token).expect_err("no generation");
        assert_eq!(error.error_type(), "JWTDecodeError");
    }
}

#[test]
fn a_token_without_an_identifier_has_no_login() {
    let engine = engine();
    let mut payload = payload_of(&issue(&engine, &NewToken::refresh("ada")));
    payload.as_object_mut().expect("an object").remove("jti");
    let token = presented_token(&engine, &sign_payload(&payload), now());
    assert_eq!(PresentedLogin::of(&token), Err(Error::LoginUnknown));
}

#[test]
fn the_last_generation_is_not_passed() {
    let engine = engine();
    let (state, [_, refresh]) = login(&engine, now());
    let mut payload = payload_of(&refresh);
    payload["gen"] = json!(u32::MAX);
    let token = presented_token(&engine, &sign_payload(&payload), now());
    let presented = PresentedLogin::of(&token).expect("a login");
    assert_eq!(engine.rotation(&presented, &state, now()), Err(Error::LoginExpired));
}

#[test]
fn a_grace_of_zero_is_strict() {
    let engine = engine_with(|config| config.refresh_grace(Duration::ZERO));
    let (state, [_, refresh]) = login(&engine, now());
    let presented =
        PresentedLogin::of(&presented_token(&engine, &refresh, now())).expect("a login");
    let Ok(Rotation::Advance { to, is_store_behind: false }) =
        engine.rotation(&presented, &state, now())
    else {
        panic!("the newest token is used up")
    };
    assert_eq!(engine.rotation(&presented, &to, now()), Ok(Rotation::Reused));
}

#[test]
fn a_successor_lives_as_long_as_its_predecessor_but_not_beyond_the_login() {
    let engine =
        engine_with(|config| config.refresh_token_expires(MINUTE * 10).login_max_age(MINUTE * 15));
    let (state, [_, refresh]) = login(&engine, now());
    assert_eq!(state.expires_at, Some(now() + MINUTE * 10));
    let presented =
        PresentedLogin::of(&presented_token(&engine, &refresh, now())).expect("a login");
    let ends = |after| match engine.rotation(&presented, &state, now() + after) {
        Ok(Rotation::Advance { to, .. }) => to.expires_at,
        other => panic!("{other:?}"),
    };
    assert_eq!(ends(MINUTE * 2), Some(now() + MINUTE * 12));
    assert_eq!(ends(MINUTE * 9), Some(now() + MINUTE * 15));
    let late = engine.rotation(&presented, &state, now() + MINUTE * 15);
    assert_eq!(late, Err(Error::LoginExpired));
}

#[test]
fn the_question_about_a_login_is_asked_for_refresh_tokens_only() {
    let engine = engine();
    let (state, [access, refresh]) = login(&engine, now());
    let stores = Stores { revocation: false, logins: true };
    let ask = |jwt: &str, kind, requirement: Requirement| {
        let token = RequestToken::new(jwt, kind, Location::Headers);
        engine.verify::<()>(&token, &requirement, now()).expect("a good token").ask(stores)
    };
    assert!(matches!(ask(&access, TokenKind::Access, Requirement::access()), Step::Admitted(_)));
    let question = || match ask(&refresh, TokenKind::Refresh, Requirement::refresh()) {
        Step::AskLogin(question) => question,
        other => panic!("{other:?}"),
    };
    assert!(matches!(question().answer(Some(&state), now()), Ok(Step::Admitted(_))));
    assert_eq!(question().answer(None, now()).err(), Some(Error::LoginUnknown));
    let ended = LoginState { ended_for: Some("logout".to_owned()), ..state.clone() };
    assert_eq!(question().answer(Some(&ended), now()).err(), Some(Error::LoginEnded));
    let used = LoginState { generation: 2, ..state };
    assert_eq!(question().answer(Some(&used), now()).err(), Some(Error::RefreshReused));
}

#[test]
fn a_cut_revokes_what_was_issued_before_it_except_one_login() {
    let engine = engine();
    let (_, [_, refresh]) = login(&engine, now());
    let token = presented_token(&engine, &refresh, now());
    let cut = |before, except: Option<&str>| {
        let entry = engine.entry_of_subject("ada", except, "a reason", before);
        assert!(token.revocation_keys().contains(&entry.key));
        token.is_revoked_by(&[entry])
    };
    let later = now() + Duration::from_millis(1);
    assert_eq!((cut(now(), None), cut(later, None)), (false, true));
    assert_eq!((cut(later, Some("s1")), cut(later, Some("s2"))), (false, true));
    assert!(!token.revocation_keys().contains(&EntryKey::of_subject("eve")));
}

#[test]
fn a_login_in_the_second_of_a_cut_begins_after_it() {
    let engine = engine();
    let cut = now() + Duration::from_millis(400);
    let entry = Entry {
        key: EntryKey::of_subject("ada"),
        until: None,
        cut: Some(Cut { before: cut, except: None }),
        reason: String::new(),
    };
    for millis in [300, 600] {
        let at = now() + Duration::from_millis(millis);
        let state = engine.begin_login(std::slice::from_ref(&entry), at);
        assert_eq!(state.created_at, at.max(cut));
        let tokens = engine.issue_login(&NewLogin::of("ada"), "s1", &state, at, &SystemRandom);
        let [_, refresh] = tokens.expect("tokens");
        let token = presented_token(&engine, &refresh, at.max(cut));
        assert!(!token.is_revoked_by(std::slice::from_ref(&entry)));
    }
}
