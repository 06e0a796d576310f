//! [`Table`]: which tokens and logins are revoked, in little memory.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::RwLock;
use std::time::Duration;

use authx::Timestamp;
use authx::revocation::{EntryKey, KeyParts};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::locks::{read, write};

const SHARDS: usize = 256;

/// A set of keys, each until it ends. It has 64 bits of a keyed hash instead of the key, so it takes 22 bytes a key where
/// it is large, and nobody can find two keys that it takes for one. A key that is not there is found once in 10^12
/// look-ups among 10 million.
pub(super) struct Table {
    shards: Box<[RwLock<HashTable<Slot>>]>,
    hasher: RandomState,
}

/// The hash in two halves, and the second in which the key ends.
#[derive(Clone, Copy)]
struct Slot([u32; 3]);

impl Slot {
    fn new(hash: u64, end: u32) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the halves")]
        Self([(hash >> 32) as u32, hash as u32, end])
    }

    fn hash(&self) -> u64 {
        u64::from(self.0[0]) << 32 | u64::from(self.0[1])
    }

    fn end(&self) -> u32 {
        self.0[2]
    }
}

/// The end of a key that never ends.
const NEVER: u32 = u32::MAX;

impl Table {
    pub(super) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, hasher: RandomState::new() }
    }

    /// Adds a key. One that is there ends later, and never earlier.
    pub(super) fn add(&self, key: &EntryKey, until: Option<Timestamp>) {
        let slot = Slot::new(self.hash(&key.parts()), until.map_or(NEVER, second_after));
        let mut shard = write(self.shard(slot.hash()));
        match shard.entry(slot.hash(), |known| known.hash() == slot.hash(), Slot::hash) {
            Entry::Occupied(mut known) if known.get().end() < slot.end() => *known.get_mut() = slot,
            Entry::Occupied(_) => {}
            Entry::Vacant(vacant) => drop(vacant.insert(slot)),
        }
    }

    pub(super) fn contains(&self, key: &KeyParts<'_>, now: Timestamp) -> bool {
        let hash = self.hash(key);
        let shard = read(self.shard(hash));
        shard
            .find(hash, |known| known.hash() == hash)
            .is_some_and(|slot| slot.end() > second_of(now))
    }

    /// Forgets the keys that ended at least this long ago.
    pub(super) fn forget_ended(&self, now: Timestamp, kept: Duration) {
        let ended = second_of(now - kept);
        for shard in &self.shards {
            let mut shard = write(shard);
            shard.retain(|slot| slot.end() > ended);
            if shard.len() * 4 < shard.capacity() {
                shard.shrink_to_fit(Slot::hash);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards.map(|shard| read(shard).len()).sum()
    }

    fn hash(&self, key: &KeyParts<'_>) -> u64 {
        self.hasher.hash_one((key.kind, &*key.name))
    }

    /// By bits that a table takes neither for a place, which are the low ones, nor for a tag, which are the 7 high ones.
    fn shard(&self, hash: u64) -> &RwLock<HashTable<Slot>> {
        &self.shards[usize::from(hash.to_be_bytes()[2])]
    }
}

/// The second since 1970 in which it is; 0 before, and the last one that there is from the year 2106 on.
fn second_of(instant: Timestamp) -> u32 {
    let seconds = instant.as_micros().div_euclid(1_000_000).max(0);
    u32::try_from(seconds).unwrap_or(NEVER - 1).min(NEVER - 1)
}

/// The first whole second that is not before it.
fn second_after(instant: Timestamp) -> u32 {
    second_of(instant + Duration::from_micros(999_999))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::HashMap;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_893_499_200).expect("in range") + Duration::from_secs(seconds)
    }

    fn key(number: u32) -> EntryKey {
        EntryKey::of_token(&number.to_string())
    }

    #[test]
    fn a_key_counts_until_its_end_and_at_most_a_second_longer() {
        let table = Table::new();
        table.add(&key(1), Some(at(10) + Duration::from_millis(1)));
        assert!(table.contains(&key(1).parts(), at(10)));
        assert!(!table.contains(&key(1).parts(), at(11)));
        table.add(&key(2), None);
        assert!(table.contains(&key(2).parts(), Timestamp::MAX));
        table.add(&key(3), Some(Timestamp::MIN));
        assert!(!table.contains(&key(3).parts(), at(0)));
    }

    #[test]
    fn shards_are_used_alike() {
        let table = Table::new();
        (0..25_600).for_each(|number| table.add(&key(number), None));
        assert_eq!(table.len(), 25_600);
        let lengths = table.shards.iter().map(|shard| shard.read().expect("no panic").len());
        assert!(lengths.clone().all(|length| (30..200).contains(&length)), "{:?}", lengths.max());
    }

    #[test]
    fn memory_is_given_back() {
        let table = Table::new();
        (0..100_000).for_each(|number| table.add(&key(number), Some(at(10))));
        table.forget_ended(at(10), Duration::from_secs(60));
        assert_eq!(table.len(), 100_000);
        table.forget_ended(at(70), Duration::from_secs(60));
        assert_eq!(table.len(), 0);
        let shards = table.shards.iter();
        assert_eq!(shards.map(|shard| shard.read().expect("no panic").capacity()).max(), Some(0));
    }

    proptest! {
        #[test]
        fn it_is_as_a_map_of_keys(calls in prop::collection::vec((0_u32..20, 0_u64..50, 0_u8..20), 1..200)) {
            let table = Table::new();
            let mut map = HashMap::<u32, u64>::new();
            for (number, second, what) in calls {
                match what {
                    0 => {
                        table.forget_ended(at(second), Duration::from_secs(1));
                        map.retain(|_, until| *until + 1 > second);
                    }
                    1..10 => {
                        table.add(&key(number), Some(at(second)));
                        let until = map.entry(number).or_default();
                        *until = second.max(*until);
                    }
                    _ => {
                        let counts = map.get(&number).is_some_and(|until| *until > second);
                        prop_assert_eq!(table.contains(&key(number).parts(), at(second)), counts);
                    }
                }
            }
            prop_assert_eq!(table.len(), map.len());
        }
    }
}
