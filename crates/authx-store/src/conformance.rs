//! Checks that an implementation of the traits keeps their contracts.
//!
//! Each function takes a store without entries whose names begin with `prefix`, and the time of its first call. It
//! panics with a message that states the rule of the contract that the store breaks. It needs no particular async
//! runtime: await it in the one that the store needs.
//!
//! ```
//! use authx::Timestamp;
//! use authx_store::conformance;
//! use authx_store::memory::MemoryCounters;
//!
//! # let mut test = std::pin::pin!(async {
//! conformance::counters(&MemoryCounters::default(), "", Timestamp::MIN).await;
//! # });
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(test.as_mut().poll(&mut context).is_ready());
//! # use std::future::Future as _;
//! ```

use std::time::Duration;

use authx::{
    Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, SystemRandom, Timestamp,
    TokenKind, VerifiedToken,
};

use crate::{CounterStore, RevocationStore, SessionInfo, SessionStore};

const MINUTE: Duration = Duration::from_secs(60);

/// Checks the contract of [`CounterStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn counters(store: &impl CounterStore, prefix: &str, now: Timestamp) {
    let key = |name: &str| format!("{prefix}{name}");
    let requests = async |key: &str, window, now| {
        let counted = store.increment(key, window, now).await.expect("the store counts");
        counted.requests
    };
    let (a, b) = (key("a"), key("b"));

    let counted = store.increment(&a, MINUTE, now).await.expect("the store counts");
    assert_eq!(counted.requests, 1, "the first request of a window has the number 1");
    if let Some(left) = counted.time_left {
        assert!(left <= MINUTE && !left.is_zero(), "a window lasts as long as it was asked for");
    }
    assert_eq!(requests(&a, MINUTE, now).await, 2, "the requests of a window are added up");
    assert_eq!(requests(&b, MINUTE, now).await, 1, "keys are counted separately");
    let other = requests(&a, MINUTE / 2, now).await;
    assert_eq!(other, 1, "windows of different lengths are counted separately");
    let back = now - Duration::from_secs(3600);
    assert_eq!(
        requests(&a, MINUTE, back).await,
        3,
        "a clock that is set back begins no new window"
    );
    let last = now + MINUTE - Duration::from_millis(1);
    assert_eq!(requests(&a, MINUTE, last).await, 4, "a window lasts to its end");
    let next = now + MINUTE;
    assert_eq!(
        requests(&a, MINUTE, next).await,
        1,
        "the first request after a window begins a new one"
    );

    store.reset(&a).await.expect("the store forgets");
    assert_eq!(requests(&a, MINUTE, next).await, 1, "a reset forgets the requests of a key");
    store.reset(&key("unknown")).await.expect("forgetting an unknown key is no error");
    let long = key(&"long ".repeat(1000));
    assert_eq!(requests(&long, MINUTE, now).await, 1, "requests with a long key are counted");
    assert_eq!(requests(&long, MINUTE, now).await, 2, "requests with a long key are counted");
    assert_eq!(requests(&key("é 💡 \u{0}"), MINUTE, now).await, 1, "any string can be a key");
}

/// Checks the contract of [`SessionStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn sessions(store: &impl SessionStore, prefix: &str, now: Timestamp) {
    let name = |name: &str| format!("{prefix}{name}");
    let (ada, grace) = (name("ada"), name("grace"));
    let session = |id: &str, uid: &str| SessionInfo::new(name(id), uid.to_owned(), now);
    let create = async |session: &SessionInfo| {
        store.create(session, now).await.expect("the store keeps a session");
    };
    let get = async |id: &str| store.get(&name(id), now).await.expect("the store answers");
    let list = async |uid: &str| {
        let sessions = store.list_by_user(uid, now).await.expect("the store answers");
        sessions.into_iter().map(|session| session.session_id).collect::<Vec<_>>()
    };

    assert_eq!(get("one").await, None, "a session that was never created is not found");
    let mut first = session("one", &ada);
    first.ip_address = Some("2001:db8::1".to_owned());
    first.user_agent = Some("a browser; é".to_owned());
    let info = r#"{"name": "laptop", "nested": {"a": [1, null, "é"]}}"#;
    first.device_info = serde_json::from_str(info).ok();
    create(&first).await;
    assert_eq!(get("one").await, Some(first), "a session is returned as it was created");

    create(&session("two", &grace)).await;
    create(&session("three", &ada)).await;
    let expected = [name("one"), name("three")];
    assert_eq!(list(&ada).await, expected, "a user's sessions are listed, oldest first");
    assert_eq!(list(&grace).await, [name("two")], "only the user's sessions are listed");
    assert_eq!(list(&name("nobody")).await, [""; 0], "an unknown user has no sessions");

    let later = now + MINUTE;
    store.update_last_active(&name("one"), later).await.expect("the store saves the last activity");
    let last_active = get("one").await.map(|session| session.last_active);
    assert_eq!(last_active, Some(later), "the last activity is saved");

    store.delete(&name("one")).await.expect("the store forgets");
    let gone = get("one").await;
    assert!(gone.is_none_or(|session| !session.is_active), "a deleted session is not active");
    assert_eq!(list(&ada).await, [name("three")], "a deleted session is not listed");
    store
        .update_last_active(&name("one"), later)
        .await
        .expect("updating a deleted session is no error");
    let gone = get("one").await;
    assert!(
        gone.is_none_or(|session| !session.is_active),
        "updating a deleted session does not create it again"
    );
    store.delete(&name("one")).await.expect("deleting a session again is no error");

    create(&session("four", &ada)).await;
    store.delete_all_by_user(&ada).await.expect("the store forgets");
    assert_eq!(list(&ada).await, [""; 0], "all sessions of a user are deleted");
    assert_eq!(list(&grace).await, [name("two")], "the sessions of other users are kept");

    create(&session("two", &ada)).await;
    assert_eq!(list(&grace).await, [""; 0], "a new session replaces one with the same identifier");
    assert_eq!(
        list(&ada).await,
        [name("two")],
        "a new session replaces one with the same identifier"
    );
}

/// Checks the contract of [`RevocationStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn revocations(store: &impl RevocationStore, prefix: &str, now: Timestamp) {
    let jti = |name: &str| format!("{prefix}{name}");
    let is_revoked = async |name: &str| {
        store.is_revoked(&token(&jti(name), now)).await.expect("the store answers")
    };
    let revoke = async |name: &str, until, now| {
        store.revoke(&jti(name), until, now).await.expect("the store revokes");
    };
    let until = now + MINUTE;

    assert!(!is_revoked("one").await, "a token is not revoked at first");
    revoke("one", until, now).await;
    assert!(is_revoked("one").await, "a revoked token is revoked");
    assert!(!is_revoked("two").await, "revoking a token does not revoke another");
    revoke("one", now + MINUTE / 2, now).await;
    // A later revocation, at which a store may forget those that have expired.
    revoke("three", until + MINUTE, now + MINUTE / 2 + Duration::from_secs(1)).await;
    assert!(is_revoked("one").await, "revoking a token again does not shorten its revocation");
    revoke("four", now - MINUTE, now).await;
    assert!(is_revoked("three").await, "revoking an expired token does not change another");
    let odd = "é 💡 \u{0}";
    revoke(odd, until, now).await;
    assert!(is_revoked(odd).await, "any string can be an identifier");
}

/// A token with this identifier, as a service passes it to a store.
fn token(jti: &str, now: Timestamp) -> VerifiedToken {
    let secret = Secret::from("a secret for checks, which everybody knows");
    let config = Config::builder().secret_key(secret).build().expect("settings");
    let engine = Engine::new(config);
    let jwt = engine.issue(&NewToken::access("ada").jti(jti), now, &SystemRandom);
    let token = RequestToken::new(jwt.expect("a token"), TokenKind::Access, Location::Headers);
    let verified = engine.verify::<()>(&token, &Requirement::access(), now);
    verified.expect("a good token").token()
}
