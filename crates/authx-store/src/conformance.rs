//! Checks that an implementation of the traits keeps their contracts.
//!
//! Each function takes an empty store, or one that knows nothing of the names that begin with `prefix`, and
//! an instant to begin with, and panics with the sentence of the contract that does not hold. It needs no
//! runtime of its own: await it in the one that the store needs.
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

/// The contract of [`CounterStore`].
///
/// # Panics
///
/// A sentence of it does not hold.
pub async fn counters(store: &impl CounterStore, prefix: &str, now: Timestamp) {
    let key = |name: &str| format!("{prefix}{name}");
    let requests = async |key: &str, window, now| {
        let counted = store.increment(key, window, now).await.expect("the store counts");
        counted.requests
    };
    let (a, b) = (key("a"), key("b"));

    let counted = store.increment(&a, MINUTE, now).await.expect("the store counts");
    assert_eq!(counted.requests, 1, "the first request of a window is its first");
    if let Some(left) = counted.time_left {
        assert!(left <= MINUTE && !left.is_zero(), "a window lasts as long as it was asked for");
    }
    assert_eq!(requests(&a, MINUTE, now).await, 2, "requests of a window are added up");
    assert_eq!(requests(&b, MINUTE, now).await, 1, "each key counts by itself");
    let other = requests(&a, MINUTE / 2, now).await;
    assert_eq!(other, 1, "windows of other lengths count by themselves");
    let back = now - Duration::from_secs(3600);
    assert_eq!(requests(&a, MINUTE, back).await, 3, "a clock that goes back begins no new window");
    let last = now + MINUTE - Duration::from_millis(1);
    assert_eq!(requests(&a, MINUTE, last).await, 4, "a window lasts to its end");
    let next = now + MINUTE;
    assert_eq!(
        requests(&a, MINUTE, next).await,
        1,
        "the first request after a window begins another"
    );

    store.reset(&a).await.expect("the store forgets");
    assert_eq!(requests(&a, MINUTE, next).await, 1, "a reset forgets the requests of a key");
    store.reset(&key("unknown")).await.expect("to forget what is not there is no error");
    let long = key(&"long ".repeat(1000));
    assert_eq!(requests(&long, MINUTE, now).await, 1, "a long key counts");
    assert_eq!(requests(&long, MINUTE, now).await, 2, "a long key counts");
    assert_eq!(requests(&key("é 💡 \u{0}"), MINUTE, now).await, 1, "any string is a key");
}

/// The contract of [`SessionStore`].
///
/// # Panics
///
/// A sentence of it does not hold.
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

    assert_eq!(get("one").await, None, "a session that was never created is not there");
    let mut first = session("one", &ada);
    first.ip_address = Some("2001:db8::1".to_owned());
    first.user_agent = Some("a browser; é".to_owned());
    let info = r#"{"name": "laptop", "nested": {"a": [1, null, "é"]}}"#;
    first.device_info = serde_json::from_str(info).ok();
    create(&first).await;
    assert_eq!(get("one").await, Some(first), "a session is kept as it was given");

    create(&session("two", &grace)).await;
    create(&session("three", &ada)).await;
    let expected = [name("one"), name("three")];
    assert_eq!(list(&ada).await, expected, "a user's sessions are listed, the oldest first");
    assert_eq!(list(&grace).await, [name("two")], "users are apart");
    assert_eq!(list(&name("nobody")).await, [""; 0], "an unknown user has no session");

    let later = now + MINUTE;
    store.update_last_active(&name("one"), later).await.expect("the store notes it");
    let last_active = get("one").await.map(|session| session.last_active);
    assert_eq!(last_active, Some(later), "the last activity is noted");

    store.delete(&name("one")).await.expect("the store forgets");
    let gone = get("one").await;
    assert!(gone.is_none_or(|session| !session.is_active), "a deleted session is not active");
    assert_eq!(list(&ada).await, [name("three")], "a deleted session is not listed");
    store.update_last_active(&name("one"), later).await.expect("that is no error");
    let gone = get("one").await;
    assert!(
        gone.is_none_or(|session| !session.is_active),
        "noting its activity does not revive a deleted session"
    );
    store.delete(&name("one")).await.expect("to delete a session again is no error");

    create(&session("four", &ada)).await;
    store.delete_all_by_user(&ada).await.expect("the store forgets");
    assert_eq!(list(&ada).await, [""; 0], "all sessions of a user are deleted");
    assert_eq!(list(&grace).await, [name("two")], "the sessions of others stay");

    create(&session("two", &ada)).await;
    assert_eq!(list(&grace).await, [""; 0], "a session takes the place of another of its name");
    assert_eq!(list(&ada).await, [name("two")], "a session takes the place of another of its name");
}

/// The contract of [`RevocationStore`].
///
/// # Panics
///
/// A sentence of it does not hold.
pub async fn revocations(store: &impl RevocationStore, prefix: &str, now: Timestamp) {
    let jti = |name: &str| format!("{prefix}{name}");
    let is_revoked = async |name: &str| {
        store.is_revoked(&token(&jti(name), now)).await.expect("the store answers")
    };
    let revoke = async |name: &str, until, now| {
        store.revoke(&jti(name), until, now).await.expect("the store revokes");
    };
    let until = now + MINUTE;

    assert!(!is_revoked("one").await, "a token that was not revoked is not");
    revoke("one", until, now).await;
    assert!(is_revoked("one").await, "a revoked token is revoked");
    assert!(!is_revoked("two").await, "and no other");
    revoke("one", now + MINUTE / 2, now).await;
    // Another revocation later, at which a store may forget what is over.
    revoke("three", until + MINUTE, now + MINUTE / 2 + Duration::from_secs(1)).await;
    assert!(is_revoked("one").await, "to revoke a token again does not shorten it");
    revoke("four", now - MINUTE, now).await;
    assert!(is_revoked("three").await, "to revoke an expired token changes no other");
    let odd = "é 💡 \u{0}";
    revoke(odd, until, now).await;
    assert!(is_revoked(odd).await, "any string is an identifier");
}

/// A token with this identifier, as a service asks about it.
fn token(jti: &str, now: Timestamp) -> VerifiedToken {
    let secret = Secret::from("a secret for checks, which everybody knows");
    let config = Config::builder().secret_key(secret).build().expect("settings");
    let engine = Engine::new(config);
    let text = engine.issue(&NewToken::access("ada").jti(jti), now, &SystemRandom);
    let token = RequestToken::new(text.expect("a token"), TokenKind::Access, Location::Headers);
    let verified = engine.verify::<()>(&token, &Requirement::access(), now);
    verified.expect("a good token").token()
}
