//! [`MemoryRevocations`]: entries of revocation in the memory of this process.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::ready;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use authx::Timestamp;
use authx::revocation::{Entry, EntryKey};
use authx::verify::VerifiedToken;

use crate::entries::KEPT;
use crate::locks::lock;
use crate::{BoxFuture, Revocation, RevocationStore, StoreError};

/// Keeps what this process revoked, each entry until it ends.
///
/// By default the store keeps up to a million entries, which take about 250 MB. A full store refuses another one,
/// because forgetting a revocation would let a revoked token pass.
///
/// ```
/// use authx::revocation::EntryKey;
/// use authx::{Config, Engine, Timestamp};
/// use authx_store::memory::MemoryRevocations;
///
/// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
/// let revocations = MemoryRevocations::default();
/// let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
/// revocations.add(engine.entry_of_token("4c2b9f2a", None, "stolen", now), now)?;
/// assert!(revocations.get(&EntryKey::of_token("4c2b9f2a"), now).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MemoryRevocations {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<EntryKey, Entry>,
    /// Those that end.
    by_end: BTreeSet<(Timestamp, EntryKey)>,
}

impl MemoryRevocations {
    /// A store for at most `capacity` entries.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), entries: Mutex::default() }
    }

    /// Adds an entry, as [`RevocationStore::revoke`] does.
    ///
    /// # Errors
    ///
    /// [`RevocationsFull`]: the store has no room for another entry.
    pub fn add(&self, entry: Entry, now: Timestamp) -> Result<(), RevocationsFull> {
        lock(&self.entries).add(entry, now, self.capacity)
    }

    /// Adds an entry, as [`RevocationStore::revoke_once`] does.
    ///
    /// # Errors
    ///
    /// As [`MemoryRevocations::add`].
    pub fn add_once(&self, entry: Entry, now: Timestamp) -> Result<bool, RevocationsFull> {
        let mut entries = lock(&self.entries);
        if entries.by_key.get(&entry.key).is_some_and(|known| known.counts_at(now)) {
            return Ok(false);
        }
        entries.add(entry, now, self.capacity)?;
        Ok(true)
    }

    /// The entry with this key, unless it has ended.
    #[must_use]
    pub fn get(&self, key: &EntryKey, now: Timestamp) -> Option<Entry> {
        lock(&self.entries).by_key.get(key).filter(|entry| entry.counts_at(now)).cloned()
    }

    /// How many entries are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.entries).by_key.len()
    }

    /// Whether no entry is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemoryRevocations {
    fn default() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }
}

const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000_000).expect("not zero");

impl RevocationStore for MemoryRevocations {
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let added = entries.iter().try_for_each(|entry| self.add(entry.clone(), now));
        Box::pin(ready(added.map_err(StoreError::from)))
    }

    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(ready(self.add_once(entry.clone(), now).map_err(StoreError::from)))
    }

    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        let found = keys.iter().filter_map(|key| self.get(key, now)).collect();
        Box::pin(ready(Ok(found)))
    }
}

/// Asks about the token with the clock of its verification: an entry that has ended counts until it is forgotten.
impl Revocation for MemoryRevocations {
    fn is_revoked<'a>(
        &'a self,
        token: &'a VerifiedToken,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let found: Vec<_> = {
            let entries = lock(&self.entries);
            let keys = token.revocation_keys();
            keys.iter().filter_map(|key| entries.by_key.get(key).cloned()).collect()
        };
        Box::pin(ready(Ok(token.is_revoked_by(&found))))
    }
}

impl fmt::Debug for MemoryRevocations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryRevocations")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl Entries {
    fn add(
        &mut self,
        entry: Entry,
        now: Timestamp,
        capacity: usize,
    ) -> Result<(), RevocationsFull> {
        // A clock that jumps ahead and back must not make a revoked token valid again, unless there is no other room.
        self.forget_ended_before(now - KEPT);
        if self.by_key.len() >= capacity {
            self.forget_ended_before(now);
        }
        if !entry.counts_at(now) {
            return Ok(());
        }
        let entry = match self.by_key.remove(&entry.key) {
            None if self.by_key.len() >= capacity => return Err(RevocationsFull { capacity }),
            None => entry,
            Some(known) => {
                if let Some(until) = known.until {
                    self.by_end.remove(&(until, known.key.clone()));
                }
                if known.counts_at(now) { known.merged(entry) } else { entry }
            }
        };
        if let Some(until) = entry.until {
            self.by_end.insert((until, entry.key.clone()));
        }
        self.by_key.insert(entry.key.clone(), entry);
        Ok(())
    }

    fn forget_ended_before(&mut self, instant: Timestamp) {
        while self.by_end.first().is_some_and(|(until, _)| *until <= instant) {
            if let Some((_, key)) = self.by_end.pop_first() {
                self.by_key.remove(&key);
            }
        }
    }
}

/// The store has no room for another entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationsFull {
    capacity: usize,
}

impl fmt::Display for RevocationsFull {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity } = self;
        write!(formatter, "the store is full: it keeps at most {capacity} unexpired revocations")
    }
}

impl std::error::Error for RevocationsFull {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::MIN + Duration::from_secs(seconds)
    }

    fn entry(jti: &str, until: Option<u64>) -> Entry {
        let key = EntryKey::of_token(jti);
        Entry { key, until: until.map(at), cut: None, reason: String::new() }
    }

    impl MemoryRevocations {
        fn has(&self, jti: &str, now: u64) -> bool {
            self.get(&EntryKey::of_token(jti), at(now)).is_some()
        }
    }

    #[test]
    fn ended_entries_are_forgotten_and_make_room() {
        let revocations = MemoryRevocations::with_capacity(NonZeroUsize::new(2).expect("not zero"));
        revocations.add(entry("a", Some(10)), at(0)).expect("room");
        revocations.add(entry("b", None), at(0)).expect("room");
        let full = revocations.add(entry("c", Some(30)), at(9));
        assert_eq!(full, Err(RevocationsFull { capacity: 2 }));
        assert!(revocations.has("a", 9) && !revocations.has("a", 10) && !revocations.has("c", 9));
        revocations.add(entry("c", Some(30)), at(10)).expect("room");
        assert!(revocations.has("b", 1000) && revocations.has("c", 29));
        assert_eq!(lock(&revocations.entries).by_end.len(), 1);
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_back_revives_nothing() {
        let revocations = MemoryRevocations::default();
        revocations.add(entry("a", Some(10)), at(0)).expect("room");
        revocations.add(entry("b", Some(99_999)), at(3600)).expect("room");
        assert!(revocations.has("a", 5));
    }

    proptest! {
        /// Whatever is revoked stays so until it ends, and the bound holds.
        #[test]
        fn nothing_is_forgotten_early_and_the_bound_holds(
            calls in prop::collection::vec((0_u8..6, prop::option::of(0_u64..60), 0_u64..40), 1..100),
        ) {
            let revocations = MemoryRevocations::with_capacity(NonZeroUsize::new(3).expect("not zero"));
            let mut expected: HashMap<String, Entry> = HashMap::new();
            let mut latest = 0;
            for (name, until, now) in calls {
                let name = name.to_string();
                latest = latest.max(now);
                let added = entry(&name, until);
                if revocations.add(added.clone(), at(now)).is_ok() && added.counts_at(at(now)) {
                    let merged = match expected.remove(&name) {
                        Some(known) if known.counts_at(at(latest)) => known.merged(added),
                        _ => added,
                    };
                    expected.insert(name, merged);
                }
                for (name, entry) in &expected {
                    prop_assert!(revocations.has(name, latest) == entry.counts_at(at(latest)));
                }
                prop_assert!(revocations.len() <= 3);
            }
        }
    }
}
