//! [`MemoryRevocations`]: revoked tokens in the memory of this process.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::ready;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use authx::Timestamp;
use authx::verify::VerifiedToken;

use super::{NameHash, hash, lock};
use crate::{BoxFuture, Revocation, RevocationStore, StoreError};

/// Keeps the tokens that this process revoked, each until it has expired.
///
/// A token is identified by the SHA-256 of its `jti`. A token without `jti` can't be looked up and counts as
/// revoked. By default the store keeps up to a million unexpired revocations, which take about 150 MB. A full
/// store refuses another one, because forgetting a revocation would let a revoked token pass.
///
/// ```
/// use authx::Timestamp;
/// use authx_store::memory::MemoryRevocations;
/// use std::time::Duration;
///
/// let revocations = MemoryRevocations::default();
/// let now = Timestamp::MIN;
/// revocations.add("4c2b9f2a", now + Duration::from_secs(900), now)?;
/// assert!(revocations.has("4c2b9f2a"));
/// # Ok::<(), authx_store::memory::RevocationsFull>(())
/// ```
pub struct MemoryRevocations {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    until: HashMap<NameHash, Timestamp>,
    by_end: BTreeSet<(Timestamp, NameHash)>,
}

impl MemoryRevocations {
    /// A store for at most `capacity` unexpired revocations.
    #[must_use]
    pub fn with_capacity(capacity: NonZeroUsize) -> Self {
        Self { capacity: capacity.get(), entries: Mutex::default() }
    }

    /// Revokes the token with this `jti`, as [`RevocationStore::revoke`] does.
    ///
    /// # Errors
    ///
    /// [`RevocationsFull`]: the store has no room for another revocation.
    pub fn add(&self, jti: &str, until: Timestamp, now: Timestamp) -> Result<(), RevocationsFull> {
        let mut entries = lock(&self.entries);
        entries.forget_expired(now);
        let name = hash(jti);
        match entries.until.get(&name).copied() {
            // Revoking a token again must not shorten the first revocation.
            Some(known) if known >= until => return Ok(()),
            Some(known) => {
                entries.by_end.remove(&(known, name));
            }
            None if entries.until.len() >= self.capacity => {
                return Err(RevocationsFull { capacity: self.capacity });
            }
            None => {}
        }
        entries.until.insert(name, until);
        entries.by_end.insert((until, name));
        Ok(())
    }

    /// Whether the token with this `jti` was revoked.
    #[must_use]
    pub fn has(&self, jti: &str) -> bool {
        lock(&self.entries).until.contains_key(&hash(jti))
    }

    /// How many revocations are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.entries).until.len()
    }

    /// Whether no revocation is kept.
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

impl Revocation for MemoryRevocations {
    fn is_revoked<'a>(
        &'a self,
        token: &'a VerifiedToken,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let is_revoked = token.jti().is_none_or(|jti| self.has(jti));
        Box::pin(ready(Ok(is_revoked)))
    }
}

impl RevocationStore for MemoryRevocations {
    fn revoke<'a>(
        &'a self,
        jti: &'a str,
        until: Timestamp,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(ready(self.add(jti, until, now).map_err(StoreError::from)))
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
    fn forget_expired(&mut self, now: Timestamp) {
        while let Some((until, name)) = self.by_end.first().copied() {
            if until > now {
                return;
            }
            self.by_end.pop_first();
            self.until.remove(&name);
        }
    }
}

/// The store has no room for another revocation.
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

    #[test]
    fn expired_revocations_are_forgotten_and_make_room() {
        let revocations = MemoryRevocations::with_capacity(NonZeroUsize::new(2).expect("not zero"));
        revocations.add("a", at(10), at(0)).expect("room");
        revocations.add("b", at(20), at(0)).expect("room");
        assert_eq!(revocations.add("c", at(30), at(9)), Err(RevocationsFull { capacity: 2 }));
        assert!(revocations.has("a") && revocations.has("b") && !revocations.has("c"));
        revocations.add("c", at(30), at(10)).expect("room");
        assert!(!revocations.has("a") && revocations.has("b") && revocations.has("c"));
        assert_eq!(lock(&revocations.entries).by_end.len(), 2);
    }

    proptest! {
        /// Whatever is revoked stays so until it expires, and the bound holds.
        #[test]
        fn nothing_is_forgotten_early_and_the_bound_holds(
            calls in prop::collection::vec((0_u8..6, 0_u64..60, 0_u64..40), 1..100),
        ) {
            let revocations = MemoryRevocations::with_capacity(NonZeroUsize::new(3).expect("not zero"));
            let mut expected: HashMap<String, Timestamp> = HashMap::new();
            let mut latest = at(0);
            for (name, until, now) in calls {
                let (name, until, now) = (name.to_string(), at(until), at(now));
                latest = latest.max(now);
                if revocations.add(&name, until, now).is_ok() {
                    let end = expected.entry(name).or_insert(until);
                    *end = until.max(*end);
                }
                for (name, until) in &expected {
                    prop_assert!(revocations.has(name) || *until <= latest);
                }
                prop_assert!(revocations.len() <= 3);
                let entries = lock(&revocations.entries);
                prop_assert_eq!(entries.by_end.len(), entries.until.len());
            }
        }
    }

    #[test]
    fn a_revocation_is_prolonged_and_never_shortened() {
        let revocations = MemoryRevocations::with_capacity(NonZeroUsize::MIN);
        for until in [20, 10, 30] {
            revocations.add("a", at(until), at(0)).expect("no more room needed");
        }
        revocations.add("a", at(5), at(29)).expect("it is there");
        assert!(revocations.has("a"));
        assert_eq!((revocations.len(), lock(&revocations.entries).by_end.len()), (1, 1));
    }
}
