//! The contract of [`RevocationStore`].

use std::time::Duration;

use authx::verify::VerifiedToken;
use authx::{
    Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, SystemRandom, Timestamp,
    TokenKind,
};
use futures_util::future::join_all;

use super::{AT_ONCE, Check, MINUTE, ODD_NAMES, run};
use crate::RevocationStore;

/// Checks the contract of [`RevocationStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn revocations(store: &impl RevocationStore, prefix: &str, now: Timestamp) {
    run!(store, prefix, now:
        a_revoked_token_is_revoked_and_no_other
        a_revocation_lasts_until_the_token_has_expired
        revoking_again_never_shortens
        revoking_an_expired_token_changes_nothing
        tokens_that_are_revoked_at_once_are_all_revoked
        any_string_is_an_identifier
    );
}

impl<S: RevocationStore> Check<'_, S> {
    async fn revoke(&self, jti: &str, until: Timestamp, now: Timestamp) {
        self.unwrap(self.store.revoke(&self.named(jti), until, now).await);
    }

    async fn is_revoked(&self, jti: &str) -> bool {
        let token = token(&self.named(jti), self.now);
        self.unwrap(self.store.is_revoked(&token).await)
    }
}

async fn a_revoked_token_is_revoked_and_no_other(check: &Check<'_, impl RevocationStore>) {
    check.rule(!check.is_revoked("one").await, "a token is not revoked at first");
    check.revoke("one", check.now + MINUTE, check.now).await;
    check.rule(check.is_revoked("one").await, "a revoked token is revoked");
    check.rule(!check.is_revoked("two").await, "revoking a token does not revoke another");
    check.rule(!check.is_revoked("on").await, "identifiers are compared as a whole");
}

async fn a_revocation_lasts_until_the_token_has_expired(check: &Check<'_, impl RevocationStore>) {
    let until = check.now + MINUTE;
    check.revoke("one", until, check.now).await;
    // A store may forget at any call what has expired by the time of that call.
    check.revoke("two", until + MINUTE, until - Duration::from_millis(1)).await;
    check.rule(check.is_revoked("one").await, "a revocation is kept to its end");
    check.revoke("three", until + MINUTE, until + Duration::from_millis(1)).await;
    check.rule(check.is_revoked("two").await, "the end of one revocation is not that of another");
}

async fn revoking_again_never_shortens(check: &Check<'_, impl RevocationStore>) {
    let until = check.now + MINUTE;
    check.revoke("one", until, check.now).await;
    check.revoke("one", check.now + MINUTE / 4, check.now).await;
    check.revoke("two", until, check.now + MINUTE / 2).await;
    check.rule(check.is_revoked("one").await, "the later end of two counts");
}

async fn revoking_an_expired_token_changes_nothing(check: &Check<'_, impl RevocationStore>) {
    check.revoke("one", check.now + MINUTE, check.now).await;
    check.revoke("expired", check.now - MINUTE, check.now).await;
    check.revoke("one", check.now - MINUTE, check.now).await;
    check.rule(check.is_revoked("one").await, "revocations that still count are kept");
}

async fn tokens_that_are_revoked_at_once_are_all_revoked(check: &Check<'_, impl RevocationStore>) {
    let all: Vec<_> = (0..AT_ONCE).map(|number| format!("t{number}")).collect();
    let until = check.now + MINUTE;
    join_all(all.iter().map(|jti| check.revoke(jti, until, check.now))).await;
    for jti in &all {
        check.rule(check.is_revoked(jti).await, "each of many revocations at once is kept");
    }
}

async fn any_string_is_an_identifier(check: &Check<'_, impl RevocationStore>) {
    let until = check.now + MINUTE;
    for jti in ODD_NAMES {
        check.rule(!check.is_revoked(jti).await, "identifiers are told apart");
        check.revoke(jti, until, check.now).await;
        check.rule(check.is_revoked(jti).await, "any string is an identifier");
    }
    // An error is allowed, an identifier that is cut at U+0000 is not: another token would be revoked.
    let _ = check.store.revoke(&check.named("before\0after"), until, check.now).await;
    check.rule(!check.is_revoked("before").await, "an identifier with U+0000 is not cut there");
}

/// A token with this identifier, as a service passes it to a store.
fn token(jti: &str, now: Timestamp) -> VerifiedToken {
    let secret = Secret::from("a secret for checks, which everybody knows");
    let engine = Engine::new(Config::builder().secret_key(secret).build().expect("settings"));
    let jwt = engine.issue(&NewToken::access("ada").jti(jti), now, &SystemRandom);
    let token = RequestToken::new(jwt.expect("a token"), TokenKind::Access, Location::Headers);
    let verified = engine.verify::<()>(&token, &Requirement::access(), now);
    verified.expect("a good token").token()
}
