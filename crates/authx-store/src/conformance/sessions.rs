//! The contract of [`SessionStore`].

use authx::Timestamp;
use futures_util::future::{join, join_all};

use super::{AT_ONCE, Check, MINUTE, ODD_NAMES, run};
use crate::{SessionInfo, SessionStore};

/// Checks the contract of [`SessionStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn sessions(store: &impl SessionStore, prefix: &str, now: Timestamp) {
    run!(store, prefix, now:
        a_session_is_returned_as_it_was_created
        a_users_sessions_are_listed_oldest_first
        the_last_activity_is_saved
        a_deleted_session_stays_deleted
        all_sessions_of_a_user_are_deleted_and_no_others
        a_new_session_replaces_one_with_its_identifier
        long_strings_of_clients_are_kept_or_cut
        any_string_is_an_identifier_and_a_user
        a_session_that_is_deleted_while_it_is_used_stays_deleted
        sessions_that_are_created_at_once_are_all_kept
    );
}

impl<S: SessionStore> Check<'_, S> {
    fn session(&self, id: &str, uid: &str) -> SessionInfo {
        SessionInfo::new(self.named(id), self.named(uid), self.now)
    }

    async fn create(&self, session: &SessionInfo) {
        self.unwrap(self.store.create(session, self.now).await);
    }

    async fn get(&self, id: &str) -> Option<SessionInfo> {
        self.unwrap(self.store.get(&self.named(id), self.now).await)
    }

    async fn is_active(&self, id: &str) -> bool {
        self.get(id).await.is_some_and(|session| session.is_active)
    }

    /// The identifiers of a user's sessions, as they are listed.
    async fn list(&self, uid: &str) -> Vec<String> {
        let sessions = self.unwrap(self.store.list_by_user(&self.named(uid), self.now).await);
        sessions.into_iter().map(|session| session.session_id).collect()
    }
}

async fn a_session_is_returned_as_it_was_created(check: &Check<'_, impl SessionStore>) {
    check.rule(check.get("one").await.is_none(), "a session that was never created is not found");
    let mut session = check.session("one", "ada");
    check.create(&session).await;
    check.rule(check.get("one").await.as_ref() == Some(&session), "it may have no other fields");
    session.ip_address = Some("2001:db8::1".to_owned());
    session.user_agent = Some("a browser; é".to_owned());
    let info = r#"{"name": "laptop", "nested": {"a": [1, null, "é", 1.5]}}"#;
    session.device_info = serde_json::from_str(info).ok();
    check.create(&session).await;
    check.rule(check.get("one").await == Some(session), "every field is kept");
}

async fn a_users_sessions_are_listed_oldest_first(check: &Check<'_, impl SessionStore>) {
    for (minutes, id, uid) in [(1, "c", "ada"), (2, "b", "grace"), (3, "a", "ada"), (4, "d", "ada")]
    {
        let mut session = check.session(id, uid);
        session.created_at = check.now + MINUTE * minutes;
        check.create(&session).await;
    }
    let expected = ["c", "a", "d"].map(|id| check.named(id));
    check.rule(check.list("ada").await == expected, "a user's sessions are listed, oldest first");
    check.rule(check.list("nobody").await.is_empty(), "an unknown user has no sessions");
}

async fn the_last_activity_is_saved(check: &Check<'_, impl SessionStore>) {
    check.create(&check.session("one", "ada")).await;
    let later = check.now + MINUTE;
    check.unwrap(check.store.update_last_active(&check.named("one"), later).await);
    let session = check.get("one").await;
    let expected = SessionInfo { last_active: later, ..check.session("one", "ada") };
    check.rule(session == Some(expected), "the last activity is saved, and nothing else changes");
    let unknown = check.store.update_last_active(&check.named("unknown"), later).await;
    check.rule(unknown.is_ok(), "updating an unknown session is no error");
    check.rule(check.get("unknown").await.is_none(), "updating a session does not create it");
}

async fn a_deleted_session_stays_deleted(check: &Check<'_, impl SessionStore>) {
    for id in ["one", "two"] {
        check.create(&check.session(id, "ada")).await;
    }
    check.unwrap(check.store.delete(&check.named("one")).await);
    check.rule(!check.is_active("one").await, "a deleted session is not active");
    check.rule(check.list("ada").await == [check.named("two")], "a deleted session is not listed");
    let later = check.now + MINUTE;
    check.unwrap(check.store.update_last_active(&check.named("one"), later).await);
    check.rule(!check.is_active("one").await, "updating a deleted session does not revive it");
    let again = check.store.delete(&check.named("one")).await;
    check.rule(again.is_ok(), "deleting a session again is no error");
}

async fn all_sessions_of_a_user_are_deleted_and_no_others(check: &Check<'_, impl SessionStore>) {
    for (id, uid) in [("one", "ada"), ("two", "grace"), ("three", "ada")] {
        check.create(&check.session(id, uid)).await;
    }
    check.unwrap(check.store.delete_all_by_user(&check.named("ada")).await);
    check.rule(check.list("ada").await.is_empty(), "no session of the user is listed");
    let is_active = check.is_active("one").await || check.is_active("three").await;
    check.rule(!is_active, "no session of the user is active");
    check.rule(check.is_active("two").await, "the sessions of other users are kept");
    let unknown = check.store.delete_all_by_user(&check.named("nobody")).await;
    check.rule(unknown.is_ok(), "an unknown user is no error");
}

async fn a_new_session_replaces_one_with_its_identifier(check: &Check<'_, impl SessionStore>) {
    check.create(&check.session("one", "ada")).await;
    check.create(&check.session("one", "grace")).await;
    check.rule(check.list("ada").await.is_empty(), "the old session is gone");
    check.rule(check.list("grace").await == [check.named("one")], "the new session is there");
}

async fn long_strings_of_clients_are_kept_or_cut(check: &Check<'_, impl SessionStore>) {
    let mut session = check.session("one", "ada");
    session.user_agent = Some("é".repeat(5000));
    check.create(&session).await;
    let kept = check.get("one").await.and_then(|session| session.user_agent).unwrap_or_default();
    check.rule(kept.len() >= 512 - 1, "at least 512 bytes of `user_agent` are kept");
    check.rule("é".repeat(5000).starts_with(&kept), "what is kept is the beginning, unchanged");
}

async fn any_string_is_an_identifier_and_a_user(check: &Check<'_, impl SessionStore>) {
    for name in ODD_NAMES {
        check.create(&check.session(name, name)).await;
    }
    for name in ODD_NAMES {
        check.rule(check.is_active(name).await, "any string is an identifier");
        check.rule(check.list(name).await == [check.named(name)], "any string is a user");
    }
    // An error is allowed, a name that is cut at U+0000 is not.
    check.create(&check.session("before", "before")).await;
    let _ = check.store.create(&check.session("before\0after", "before\0after"), check.now).await;
    let listed = check.list("before").await;
    check.rule(listed == [check.named("before")], "a name with U+0000 is not cut there");
}

async fn a_session_that_is_deleted_while_it_is_used_stays_deleted(
    check: &Check<'_, impl SessionStore>,
) {
    for round in 0..AT_ONCE {
        let id = format!("s{round}");
        check.create(&check.session(&id, "ada")).await;
        let name = check.named(&id);
        let used = check.store.update_last_active(&name, check.now + MINUTE);
        let (deleted, used) = join(check.store.delete(&name), used).await;
        check.unwrap(deleted);
        check.unwrap(used);
        check.rule(!check.is_active(&id).await, "a use at the same time does not revive it");
    }
}

async fn sessions_that_are_created_at_once_are_all_kept(check: &Check<'_, impl SessionStore>) {
    let sessions: Vec<_> =
        (0..AT_ONCE).map(|number| check.session(&format!("s{number}"), "ada")).collect();
    join_all(sessions.iter().map(|session| check.create(session))).await;
    let listed = check.list("ada").await.len();
    check.rule(listed == sessions.len(), "each of many sessions at once is kept");
}
