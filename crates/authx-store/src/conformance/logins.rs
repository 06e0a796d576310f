//! The contract of [`LoginStore`].

use authx::Timestamp;
use authx::login::LoginState;
use futures_util::future::{join, join_all};

use super::{AT_ONCE, Check, MINUTE, ODD_NAMES, run};
use crate::{Login, LoginStore};

/// Checks the contract of [`LoginStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn logins(store: &impl LoginStore, prefix: &str, now: Timestamp) {
    run!(store, prefix, now:
        a_login_is_returned_as_it_was_added
        of_callers_at_once_exactly_one_adds_a_login
        a_login_advances_from_the_generation_that_it_has
        of_callers_at_once_exactly_one_advances_a_login
        a_login_that_has_ended_keeps_its_reason_and_does_not_advance
        a_login_that_ends_while_it_advances_stays_ended
        the_last_use_is_recorded_and_never_goes_back
        a_subjects_logins_are_listed_oldest_first
        long_strings_of_clients_are_kept_or_cut
        any_string_is_a_sid_and_a_subject
    );
}

impl<S: LoginStore> Check<'_, S> {
    fn state(&self, generation: u32) -> LoginState {
        LoginState {
            generation,
            created_at: self.now,
            rotated_at: self.now + MINUTE * generation,
            expires_at: Some(self.now + MINUTE * (60 + generation)),
            deadline: Some(self.now + MINUTE * 600),
            ended_for: None,
        }
    }

    fn login(&self, sid: &str, subject: &str) -> Login {
        Login::new(self.named(sid), self.named(subject), self.state(0))
    }

    async fn insert(&self, login: &Login) -> bool {
        self.unwrap(self.store.insert(login, self.now).await)
    }

    async fn find_login(&self, sid: &str) -> Option<Login> {
        self.unwrap(self.store.get(&self.named(sid), self.now).await)
    }

    async fn advance(&self, sid: &str, from: u32, to: &LoginState) -> bool {
        self.unwrap(self.store.advance(&self.named(sid), from, to, self.now).await)
    }

    async fn end(&self, sid: &str, reason: &str) {
        self.unwrap(self.store.end(&self.named(sid), reason).await);
    }

    async fn logins_of(&self, subject: &str, now: Timestamp) -> Vec<String> {
        let logins = self.unwrap(self.store.list(&self.named(subject), now).await);
        logins.into_iter().map(|login| login.session.session_id).collect()
    }
}

async fn a_login_is_returned_as_it_was_added(check: &Check<'_, impl LoginStore>) {
    check
        .rule(check.find_login("one").await.is_none(), "a login that was never added is not found");
    let one = check.login("one", "ada");
    check.rule(check.insert(&one).await, "a new login is added");
    check.rule(check.find_login("one").await == Some(one), "it may have no optional fields");
    let mut two = check.login("two", "ada");
    two.session.ip_address = Some("2001:db8::1".to_owned());
    two.session.user_agent = Some("a browser; é".to_owned());
    let info = r#"{"name": "laptop", "nested": {"a": [1, null, "é", 1.5]}}"#;
    two.session.device_info = serde_json::from_str(info).ok();
    (two.state.expires_at, two.state.deadline) = (None, None);
    check.insert(&two).await;
    check.rule(check.find_login("two").await == Some(two), "every field is kept");
}

async fn of_callers_at_once_exactly_one_adds_a_login(check: &Check<'_, impl LoginStore>) {
    let login = check.login("one", "ada");
    let calls = (0..AT_ONCE).map(|_| check.insert(&login));
    let added = join_all(calls).await.into_iter().filter(|added| *added).count();
    check.rule(added == 1, "exactly one of many adds the login");
    check.rule(!check.insert(&check.login("one", "eve")).await, "a login is not replaced");
    let subject = check.find_login("one").await.map(|login| login.session.uid);
    check.rule(subject == Some(check.named("ada")), "the first login stays");
}

async fn a_login_advances_from_the_generation_that_it_has(check: &Check<'_, impl LoginStore>) {
    let login = check.login("one", "ada");
    check
        .rule(!check.advance("one", 0, &check.state(1)).await, "an unknown login does not advance");
    check.rule(check.find_login("one").await.is_none(), "advancing does not add a login");
    check.insert(&login).await;
    check.rule(check.advance("one", 0, &check.state(1)).await, "a login advances");
    check.rule(!check.advance("one", 0, &check.state(2)).await, "an old generation is refused");
    check.rule(!check.advance("one", 2, &check.state(3)).await, "a later one too");
    let expected = Login { state: check.state(1), ..login };
    check.rule(
        check.find_login("one").await == Some(expected),
        "it has the new state and nothing else",
    );
    check.rule(check.advance("one", 1, &check.state(7)).await, "generations may be left out");
}

async fn of_callers_at_once_exactly_one_advances_a_login(check: &Check<'_, impl LoginStore>) {
    check.insert(&check.login("one", "ada")).await;
    for generation in 0..8 {
        let next = check.state(generation + 1);
        let calls = (0..AT_ONCE).map(|_| check.advance("one", generation, &next));
        let advanced = join_all(calls).await.into_iter().filter(|advanced| *advanced).count();
        check.rule(advanced == 1, "exactly one of many advances the login");
    }
}

async fn a_login_that_has_ended_keeps_its_reason_and_does_not_advance(
    check: &Check<'_, impl LoginStore>,
) {
    check.insert(&check.login("one", "ada")).await;
    check.end("one", "a reason; é").await;
    check.end("one", "another").await;
    check.rule(!check.advance("one", 0, &check.state(1)).await, "an ended login does not advance");
    let login = check.find_login("one").await;
    let reason = login.as_ref().and_then(|login| login.state.ended_for.as_deref());
    check.rule(reason == Some("a reason; é"), "the first reason is kept");
    check.rule(login.is_some_and(|login| !login.session.is_active), "it is not active");
    check
        .rule(!check.insert(&check.login("one", "ada")).await, "an ended login is not added again");
    check.rule(check.logins_of("ada", check.now).await.is_empty(), "an ended login is not listed");
    check.end("unknown", "a reason").await;
    check.rule(check.find_login("unknown").await.is_none(), "ending does not add a login");
}

async fn a_login_that_ends_while_it_advances_stays_ended(check: &Check<'_, impl LoginStore>) {
    for round in 0..AT_ONCE {
        let sid = format!("s{round}");
        check.insert(&check.login(&sid, "ada")).await;
        let next = check.state(1);
        join(check.advance(&sid, 0, &next), check.end(&sid, "a reason")).await;
        let login = check.find_login(&sid).await;
        let is_ended = login.is_some_and(|login| login.state.ended_for.is_some());
        check.rule(is_ended, "advancing at the same time does not revive it");
        check.rule(!check.advance(&sid, 1, &check.state(2)).await, "it advances no more");
    }
}

async fn the_last_use_is_recorded_and_never_goes_back(check: &Check<'_, impl LoginStore>) {
    let mut login = check.login("one", "ada");
    check.insert(&login).await;
    let later = check.now + MINUTE;
    for last_active in [later, check.now] {
        check.unwrap(check.store.touch(&check.named("one"), last_active).await);
    }
    login.session.last_active = later;
    check.rule(
        check.find_login("one").await == Some(login),
        "the latest use is kept, and nothing else",
    );
    check.unwrap(check.store.touch(&check.named("unknown"), later).await);
    check.rule(check.find_login("unknown").await.is_none(), "recording a use does not add a login");
}

async fn a_subjects_logins_are_listed_oldest_first(check: &Check<'_, impl LoginStore>) {
    for (minutes, sid, subject) in
        [(4, "d", "ada"), (1, "c", "ada"), (2, "b", "eve"), (3, "a", "ada")]
    {
        let mut login = check.login(sid, subject);
        login.state.created_at = check.now + MINUTE * minutes;
        login.session.created_at = login.state.created_at;
        check.insert(&login).await;
    }
    let expected = ["c", "a", "d"].map(|sid| check.named(sid));
    check.rule(check.logins_of("ada", check.now).await == expected, "the oldest is listed first");
    check.rule(check.logins_of("nobody", check.now).await.is_empty(), "nobody has no logins");
    let over = check.now + MINUTE * 61;
    check
        .rule(check.logins_of("ada", over).await.is_empty(), "logins that are over are not listed");
}

async fn long_strings_of_clients_are_kept_or_cut(check: &Check<'_, impl LoginStore>) {
    let mut login = check.login("one", "ada");
    login.session.user_agent = Some("é".repeat(5000));
    check.insert(&login).await;
    let kept = check.find_login("one").await.and_then(|login| login.session.user_agent);
    let kept = kept.unwrap_or_default();
    check.rule(kept.len() >= 512 - 1, "at least 512 bytes of `user_agent` are kept");
    check.rule("é".repeat(5000).starts_with(&kept), "what is kept is the beginning, unchanged");
}

async fn any_string_is_a_sid_and_a_subject(check: &Check<'_, impl LoginStore>) {
    for name in ODD_NAMES {
        check.insert(&check.login(name, name)).await;
    }
    for name in ODD_NAMES {
        check.rule(check.find_login(name).await.is_some(), "any string is a sid");
        let listed = check.logins_of(name, check.now).await;
        check.rule(listed == [check.named(name)], "any string is a subject");
    }
    // An error is allowed, a name that is cut at U+0000 is not.
    check.insert(&check.login("before", "before")).await;
    let _ = check.store.insert(&check.login("before\0after", "before\0after"), check.now).await;
    let listed = check.logins_of("before", check.now).await;
    check.rule(listed == [check.named("before")], "a name with U+0000 is not cut there");
}
