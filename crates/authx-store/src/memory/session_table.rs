//! [`SessionTable`]: sessions by identifier and by user, which expire when they are idle.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use authx::Timestamp;

/// The sessions of one process, with limits on their number and on the bytes that they take.
///
/// `V` is the stored value: [`SessionInfo`](crate::SessionInfo) in Rust, a Python object in the binding. A
/// session that was idle for too long is removed with the next call; when the table is full, the session that
/// was idle longest is removed. [`take_removed`](Self::take_removed) returns the removed values, for callers
/// that must not drop them while they hold a lock.
///
/// ```
/// use authx::Timestamp;
/// use authx_store::memory::SessionTable;
///
/// let mut table = SessionTable::new(1000, 1 << 20);
/// assert!(table.insert("s1", "ada", "a laptop", 100, Timestamp::MIN));
/// assert!(table.insert("s2", "ada", "a phone", 100, Timestamp::MIN));
/// assert_eq!(table.of_user("ada"), [&"a laptop", &"a phone"]);
/// table.remove("s1");
/// assert_eq!(table.find("s1", Timestamp::MIN), None);
/// ```
#[derive(Debug)]
pub struct SessionTable<V> {
    max_sessions: usize,
    max_bytes: usize,
    max_idle: Option<Duration>,
    bytes: usize,
    sessions: HashMap<String, Session<V>>,
    /// By the time of their last use, not by its number: the sessions that expire next come first, even if the
    /// clock ran ahead while others were used.
    by_use: BTreeMap<(Timestamp, u64), String>,
    /// The sessions of each user, by their first use: the oldest comes first.
    by_user: HashMap<String, BTreeMap<u64, String>>,
    /// Each use gets the next number. The first use of a session is its creation.
    uses: u64,
    removed: Vec<V>,
}

#[derive(Debug)]
struct Session<V> {
    value: V,
    uid: String,
    bytes: usize,
    /// The part of `bytes` that the value takes.
    value_bytes: usize,
    first_use: u64,
    last_use: (Timestamp, u64),
}

impl<V> SessionTable<V> {
    /// A table for at most `max_sessions` sessions, which together take at most `max_bytes`.
    #[must_use]
    pub fn new(max_sessions: usize, max_bytes: usize) -> Self {
        Self {
            max_sessions: max_sessions.max(1),
            max_bytes,
            max_idle: None,
            bytes: 0,
            sessions: HashMap::new(),
            by_use: BTreeMap::new(),
            by_user: HashMap::new(),
            uses: 0,
            removed: Vec::new(),
        }
    }

    /// How long an idle session is kept; `None` means without limit.
    pub fn set_max_idle(&mut self, max_idle: Option<Duration>) {
        self.max_idle = max_idle;
    }

    /// Adds a session of the user `uid`, or replaces the one with this identifier. `bytes` is the size of its value.
    ///
    /// Returns `false`, and changes nothing, if the session alone exceeds the limit of the table.
    #[must_use = "a session that is too large is not kept"]
    pub fn insert(
        &mut self,
        session_id: &str,
        uid: &str,
        value: V,
        bytes: usize,
        now: Timestamp,
    ) -> bool {
        self.forget_idle(now);
        let value_bytes = bytes;
        let name_bytes = 2 * session_id.len() + uid.len() + OVERHEAD;
        let bytes = value_bytes.saturating_add(name_bytes);
        if bytes > self.max_bytes {
            self.removed.push(value);
            return false;
        }
        self.remove(session_id);
        while self.sessions.len() >= self.max_sessions || self.bytes + bytes > self.max_bytes {
            if !self.remove_first_used() {
                break;
            }
        }
        self.uses += 1;
        let number = self.uses;
        self.by_use.insert((now, number), session_id.to_owned());
        let of_user = self.by_user.entry(uid.to_owned()).or_default();
        of_user.insert(number, session_id.to_owned());
        self.bytes += bytes;
        let session = Session {
            value,
            uid: uid.to_owned(),
            bytes,
            value_bytes,
            first_use: number,
            last_use: (now, number),
        };
        self.sessions.insert(session_id.to_owned(), session);
        true
    }

    /// The session with this identifier. Finding it counts as a use.
    pub fn find(&mut self, session_id: &str, now: Timestamp) -> Option<&V> {
        self.forget_idle(now);
        let session = self.sessions.get_mut(session_id)?;
        self.uses += 1;
        // A clock that was set back must not make the session look older.
        let last_use = (session.last_use.0.max(now), self.uses);
        if let Some(name) = self.by_use.remove(&session.last_use) {
            self.by_use.insert(last_use, name);
        }
        session.last_use = last_use;
        Some(&session.value)
    }

    /// The session with this identifier. This does not count as a use.
    #[must_use]
    pub fn peek(&self, session_id: &str) -> Option<&V> {
        self.sessions.get(session_id).map(|session| &session.value)
    }

    /// Changes the session with this identifier, if there is one; `change` returns the new size of its value. A
    /// session that was removed is not created again.
    pub fn change(&mut self, session_id: &str, change: impl FnOnce(&mut V) -> usize) {
        let Some(session) = self.sessions.get_mut(session_id) else { return };
        let value_bytes = change(&mut session.value);
        let other_bytes = session.bytes - session.value_bytes;
        self.bytes -= session.bytes;
        session.value_bytes = value_bytes;
        session.bytes = other_bytes.saturating_add(value_bytes);
        self.bytes = self.bytes.saturating_add(session.bytes);
        while self.bytes > self.max_bytes && self.remove_first_used() {}
    }

    /// Removes the session with this identifier.
    pub fn remove(&mut self, session_id: &str) {
        let Some(session) = self.sessions.remove(session_id) else { return };
        self.by_use.remove(&session.last_use);
        if let Some(of_user) = self.by_user.get_mut(&session.uid) {
            of_user.remove(&session.first_use);
            if of_user.is_empty() {
                self.by_user.remove(&session.uid);
            }
        }
        self.bytes -= session.bytes;
        self.removed.push(session.value);
    }

    /// The user's sessions, oldest first.
    #[must_use]
    pub fn of_user(&self, uid: &str) -> Vec<&V> {
        let names = self.by_user.get(uid).into_iter().flat_map(BTreeMap::values);
        names.filter_map(|session_id| self.peek(session_id)).collect()
    }

    /// Removes the user's sessions.
    pub fn remove_user(&mut self, uid: &str) {
        let names = self.by_user.get(uid).into_iter().flat_map(BTreeMap::values);
        for session_id in names.cloned().collect::<Vec<_>>() {
            self.remove(&session_id);
        }
    }

    /// Removes the sessions that were idle for too long.
    pub fn forget_idle(&mut self, now: Timestamp) {
        let Some(max_idle) = self.max_idle else { return };
        while let Some(((used_at, _), _)) = self.by_use.first_key_value() {
            if now.saturating_since(*used_at) <= max_idle {
                return;
            }
            self.remove_first_used();
        }
    }

    /// The values that were removed since the last call.
    pub fn take_removed(&mut self) -> Vec<V> {
        std::mem::take(&mut self.removed)
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there are no sessions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Approximately how many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn remove_first_used(&mut self) -> bool {
        let Some((_, session_id)) = self.by_use.pop_first() else { return false };
        self.remove(&session_id);
        true
    }
}

/// The bytes that a session takes in the three maps, besides its strings and its value.
const OVERHEAD: usize = 320;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::MIN + Duration::from_secs(seconds)
    }

    #[test]
    fn a_full_table_removes_the_session_that_was_idle_longest() {
        let mut table = SessionTable::new(2, usize::MAX);
        for name in ["one", "two"] {
            assert!(table.insert(name, "ada", name, 0, at(0)));
        }
        table.find("one", at(1));
        assert!(table.insert("three", "ada", "three", 0, at(2)));
        assert_eq!(table.of_user("ada"), [&"one", &"three"]);
        assert_eq!(table.take_removed(), ["two"]);
    }

    #[test]
    fn the_limit_of_bytes_removes_older_sessions() {
        let mut table = SessionTable::new(usize::MAX, 2500);
        for name in ["one", "two", "three"] {
            assert!(table.insert(name, "ada", name, 1000, at(0)));
            assert!(table.bytes() <= 2500);
        }
        assert_eq!(table.of_user("ada"), [&"three"]);
    }

    #[test]
    fn changing_a_removed_session_does_not_create_it_again() {
        let mut table = SessionTable::new(10, usize::MAX);
        assert!(table.insert("one", "ada", 1, 0, at(0)));
        table.remove("one");
        table.change("one", |value| {
            *value = 2;
            0
        });
        assert!(table.is_empty());
    }

    #[test]
    fn a_clock_that_goes_back_ends_no_session_early() {
        let mut table = SessionTable::new(10, usize::MAX);
        table.set_max_idle(Some(Duration::from_secs(10)));
        assert!(table.insert("one", "ada", 1, 0, at(100)));
        assert!(table.find("one", at(5)).is_some());
        assert!(table.find("one", at(110)).is_some());
        assert!(table.find("one", at(121)).is_none());
    }

    #[test]
    fn an_idle_session_expires_even_if_the_clock_ran_ahead_for_another() {
        let mut table = SessionTable::new(10, usize::MAX);
        table.set_max_idle(Some(Duration::from_secs(10)));
        assert!(table.insert("ahead", "ada", 1, 0, at(1_000_000)));
        assert!(table.insert("idle", "ada", 2, 0, at(100)));
        assert_eq!(table.find("idle", at(111)), None);
    }

    #[test]
    fn a_session_that_is_too_large_changes_nothing() {
        let mut table = SessionTable::new(10, 1000);
        assert!(table.insert("one", "ada", 1, 0, at(0)));
        assert!(!table.insert("one", "ada", 2, 5000, at(0)));
        assert_eq!(table.peek("one"), Some(&1));
    }

    proptest! {
        /// After any sequence of calls, the maps are consistent and the limits hold.
        #[test]
        fn the_limits_hold(steps in prop::collection::vec((0_u8..6, 0_u8..8, 0_u8..3, 0_usize..6000, 0_u64..40), 1..200)) {
            let mut table = SessionTable::new(4, 4000);
            table.set_max_idle(Some(Duration::from_secs(20)));
            for (step, name, user, bytes, now) in steps {
                let (name, user) = (format!("s{name}"), format!("u{user}"));
                match step {
                    0 | 1 => {
                        let before = table.peek(&name).is_some();
                        let kept = table.insert(&name, &user, name.clone(), bytes, at(now));
                        let after = table.peek(&name).is_some();
                        let is_right = if kept { after } else { before || !after };
                        prop_assert!(is_right);
                    }
                    2 => drop(table.find(&name, at(now)).cloned()),
                    3 => table.remove(&name),
                    4 => table.change(&name, |_| bytes),
                    _ => table.remove_user(&user),
                }
                prop_assert!(table.len() <= 4 && table.bytes() <= 4000);
                prop_assert_eq!(table.by_use.len(), table.len());
                let of_users: usize = table.by_user.values().map(BTreeMap::len).sum();
                prop_assert_eq!(of_users, table.len());
                let bytes: usize = table.sessions.values().map(|session| session.bytes).sum();
                prop_assert_eq!(bytes, table.bytes());
            }
        }
    }
}
