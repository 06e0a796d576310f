//! The contract of [`RevocationStore`].

use std::time::Duration;

use authx::Timestamp;
use authx::revocation::{Cut, Entry, EntryKey};
use futures_util::future::join_all;

use super::{AT_ONCE, Check, MINUTE, ODD_NAMES, run};
use crate::{Cursor, RevocationStore};

/// Checks the contract of [`RevocationStore`].
///
/// # Panics
///
/// The store breaks a rule of the contract.
pub async fn revocations(store: &impl RevocationStore, prefix: &str, now: Timestamp) {
    run!(store, prefix, now:
        an_entry_is_found_as_it_was_added_and_no_other
        an_entry_is_found_until_it_ends
        entries_of_one_key_are_merged
        an_entry_without_an_end_stays
        adding_an_entry_that_has_ended_changes_nothing
        several_entries_are_added_by_one_call
        entries_that_are_added_at_once_are_all_kept
        of_callers_at_once_exactly_one_adds_an_entry
        any_key_of_the_greatest_length_is_kept
        looks_see_every_entry
        looks_see_an_entry_that_changes_again
        looks_see_what_is_added_at_once
    );
}

impl<S: RevocationStore> Check<'_, S> {
    fn key(&self, name: &str) -> EntryKey {
        EntryKey::of_token(&self.named(name))
    }

    fn entry(&self, name: &str, until: Timestamp) -> Entry {
        let reason = "a reason; é".to_owned();
        Entry { key: self.key(name), until: Some(until), cut: None, reason }
    }

    async fn revoke(&self, entry: Entry, now: Timestamp) {
        self.unwrap(self.store.revoke(&[entry], now).await);
    }

    async fn find(&self, name: &str, now: Timestamp) -> Option<Entry> {
        let found = self.unwrap(self.store.find(&[self.key(name)], now).await);
        self.rule(found.len() <= 1, "a key has one entry");
        found.into_iter().next()
    }

    /// The entries of this check that looks see from `cursor` on, which goes on; `None` for a store without looks.
    async fn look(&self, cursor: &mut Cursor) -> Option<Vec<Entry>> {
        let mut seen = Vec::new();
        loop {
            let look = self.unwrap(self.store.look(cursor).await)?;
            self.rule(!look.has_begun_anew, "a look goes on where nothing was lost");
            let keys: Vec<_> =
                ODD_NAMES.iter().copied().chain(NAMES).map(|name| self.key(name)).collect();
            seen.extend(look.entries.into_iter().filter(|entry| keys.contains(&entry.key)));
            *cursor = look.cursor;
            if look.is_complete {
                return Some(seen);
            }
        }
    }
}

const NAMES: [&str; 3] = ["one", "two", "three"];

async fn looks_see_every_entry(check: &Check<'_, impl RevocationStore>) {
    let mut cursor = Cursor::default();
    let Some(first) = check.look(&mut cursor).await else { return };
    check.rule(first.is_empty(), "there is no entry at first");
    let until = check.now + MINUTE;
    let mut added: Vec<_> = ODD_NAMES.iter().map(|name| check.entry(name, until)).collect();
    added[0].until = None;
    added[1].cut = Some(Cut { before: check.now, except: Some("a login".to_owned()) });
    check.unwrap(check.store.revoke(&added, check.now).await);
    for mut cursor in [cursor.clone(), Cursor::default()] {
        let seen = check.look(&mut cursor).await.unwrap_or_default();
        let is_whole = added.iter().all(|entry| seen.contains(entry));
        check.rule(is_whole, "a look sees each entry as it was added");
    }
}

async fn looks_see_an_entry_that_changes_again(check: &Check<'_, impl RevocationStore>) {
    let mut cursor = Cursor::default();
    if check.look(&mut cursor).await.is_none() {
        return;
    }
    for minutes in 1..4 {
        let entry = check.entry("one", check.now + MINUTE * minutes);
        check.revoke(entry.clone(), check.now).await;
        check.revoke(check.entry("two", check.now + MINUTE), check.now).await;
        let seen = check.look(&mut cursor).await.unwrap_or_default();
        check.rule(seen.contains(&entry), "a look sees an entry that has changed");
    }
}

async fn looks_see_what_is_added_at_once(check: &Check<'_, impl RevocationStore>) {
    let mut cursor = Cursor::default();
    if check.look(&mut cursor).await.is_none() {
        return;
    }
    for (number, name) in (0..AT_ONCE).zip(NAMES.into_iter().cycle()) {
        let entry = check.entry(name, check.now + MINUTE);
        let other =
            Entry { key: EntryKey::of_login(&check.named(&number.to_string())), ..entry.clone() };
        let both = [entry, other];
        let add = check.store.revoke(&both, check.now);
        let (added, _) = futures_util::future::join(add, check.store.look(&cursor)).await;
        check.unwrap(added);
    }
    let seen = check.look(&mut cursor).await.unwrap_or_default();
    let is_whole = NAMES.iter().all(|name| seen.iter().any(|entry| entry.key == check.key(name)));
    check.rule(is_whole, "no look loses what is added at the same time");
}

async fn an_entry_is_found_as_it_was_added_and_no_other(check: &Check<'_, impl RevocationStore>) {
    let until = check.now + MINUTE;
    check.rule(check.find("one", check.now).await.is_none(), "there is no entry at first");
    let cut = Cut { before: check.now, except: Some("a login; é".to_owned()) };
    for cut in [None, Some(Cut { except: None, ..cut.clone() }), Some(cut)] {
        let entry = Entry { cut, ..check.entry("one", until) };
        check.revoke(entry.clone(), check.now).await;
        let found = check.find("one", check.now).await;
        let is_same =
            found.is_some_and(|found| found.key == entry.key && found.until == entry.until);
        check.rule(is_same, "an entry is found with its key and its end");
    }
    check.rule(check.find("two", check.now).await.is_none(), "another key has no entry");
    check.rule(check.find("on", check.now).await.is_none(), "keys are compared as a whole");

    let cut = Some(Cut { before: check.now, except: Some("a login; é".to_owned()) });
    let entry = Entry { cut, ..check.entry("two", until) };
    check.revoke(entry.clone(), check.now).await;
    check.rule(check.find("two", check.now).await == Some(entry), "each field is kept");
    let keys = [check.key("one"), check.key("none"), check.key("two")];
    let found = check.unwrap(check.store.find(&keys, check.now).await);
    check.rule(found.len() == 2, "one look-up finds all entries of several keys");
    check.rule(
        check.unwrap(check.store.find(&[], check.now).await).is_empty(),
        "no keys, no entries",
    );
}

async fn an_entry_is_found_until_it_ends(check: &Check<'_, impl RevocationStore>) {
    let until = check.now + MINUTE;
    let just_before = until - Duration::from_millis(1);
    check.revoke(check.entry("one", until), check.now).await;
    // A store may forget at any call what has ended by the time of that call.
    check.revoke(check.entry("two", until + MINUTE), just_before).await;
    check.rule(check.find("one", just_before).await.is_some(), "an entry is kept to its end");
    check.rule(check.find("one", until).await.is_none(), "an entry that has ended is not found");
    check.revoke(check.entry("three", until + MINUTE), until + Duration::from_millis(1)).await;
    let found = check.find("two", until).await;
    check.rule(found.is_some(), "the end of one entry is not that of another");
}

async fn entries_of_one_key_are_merged(check: &Check<'_, impl RevocationStore>) {
    let ends = [MINUTE * 4, MINUTE, MINUTE * 2];
    let cuts = [MINUTE / 4, MINUTE / 2, MINUTE / 8];
    let mut expected: Option<Entry> = None;
    for (end, cut) in ends.into_iter().zip(cuts) {
        let cut = Some(Cut { before: check.now + cut, except: Some(format!("{cut:?}")) });
        let entry = Entry { cut, ..check.entry("one", check.now + end) };
        check.revoke(entry.clone(), check.now).await;
        let merged = match expected {
            Some(known) => known.merged(entry),
            None => entry,
        };
        check.rule(
            check.find("one", check.now).await.as_ref() == Some(&merged),
            "the later end and the later cut count",
        );
        expected = Some(merged);
    }
}

async fn an_entry_without_an_end_stays(check: &Check<'_, impl RevocationStore>) {
    let century = check.now + MINUTE * 60 * 24 * 365 * 100;
    check.revoke(Entry { until: None, ..check.entry("one", check.now) }, check.now).await;
    check.revoke(check.entry("one", check.now + MINUTE), check.now).await;
    check.rule(check.find("one", century).await.is_some(), "an entry without an end never ends");
}

async fn adding_an_entry_that_has_ended_changes_nothing(check: &Check<'_, impl RevocationStore>) {
    let before = check.now - MINUTE;
    check.revoke(check.entry("one", check.now + MINUTE), check.now).await;
    check.revoke(check.entry("ended", before), check.now).await;
    check.revoke(check.entry("one", before), check.now).await;
    check.rule(check.find("one", check.now).await.is_some(), "entries that still count are kept");
    check.rule(check.find("ended", check.now).await.is_none(), "an ended entry is not found");
}

async fn several_entries_are_added_by_one_call(check: &Check<'_, impl RevocationStore>) {
    let entries: Vec<_> =
        ["one", "two", "three"].map(|name| check.entry(name, check.now + MINUTE)).into();
    check.unwrap(check.store.revoke(&entries, check.now).await);
    for name in ["one", "two", "three"] {
        check.rule(check.find(name, check.now).await.is_some(), "each entry of a call is added");
    }
    check.unwrap(check.store.revoke(&[], check.now).await);
}

async fn entries_that_are_added_at_once_are_all_kept(check: &Check<'_, impl RevocationStore>) {
    let names: Vec<_> = (0..AT_ONCE).map(|number| format!("t{number}")).collect();
    let until = check.now + MINUTE;
    join_all(names.iter().map(|name| check.revoke(check.entry(name, until), check.now))).await;
    for name in &names {
        check.rule(check.find(name, check.now).await.is_some(), "each of many at once is kept");
    }
}

async fn of_callers_at_once_exactly_one_adds_an_entry(check: &Check<'_, impl RevocationStore>) {
    let entry = check.entry("one", check.now + MINUTE);
    let calls = (0..AT_ONCE).map(|_| check.store.revoke_once(&entry, check.now));
    let added = join_all(calls).await.into_iter().map(|added| check.unwrap(added));
    check.rule(added.filter(|added| *added).count() == 1, "exactly one of many adds the entry");
    let again = check.unwrap(check.store.revoke_once(&entry, check.now).await);
    check.rule(!again, "an entry that is there is not added again");
    let later = check.now + MINUTE * 2;
    let next = check.entry("one", later + MINUTE);
    let anew = check.unwrap(check.store.revoke_once(&next, later).await);
    check.rule(anew, "an entry that has ended is no longer there");
}

async fn any_key_of_the_greatest_length_is_kept(check: &Check<'_, impl RevocationStore>) {
    let until = check.now + MINUTE;
    let long = "x".repeat(EntryKey::MAX_BYTES - 1);
    for jti in ODD_NAMES.into_iter().chain([&*long]) {
        let key = EntryKey::of_token(jti);
        // Other prefixes may have left it there.
        let entry = Entry { key: key.clone(), ..check.entry(jti, until) };
        check.revoke(entry, check.now).await;
        let found = check.unwrap(check.store.find(std::slice::from_ref(&key), check.now).await);
        check.rule(found.iter().any(|found| found.key == key), "any string is a key");
    }
}
