//! [`Replica`]: a copy of the revocations of a store, so that a request need not ask it.

mod looking;
mod table;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use authx::Timestamp;
use authx::revocation::{Entry, EntryKey, Revocable};

use crate::entries::KEPT;
use crate::locks::{lock, read, write};
use crate::{Store, StoreError};
use looking::Freshness;
use table::Table;

/// A store, and a copy of its revocations in this process, which is kept up to date by a thread that looks at the store
/// again and again (`JWT_STORE_MAX_STALENESS`).
///
/// The thread begins with the first question that allows an old answer, and ends when the replica is dropped; until then
/// this is a store and nothing else. A look proves that the copy was complete when it began, so an answer is as old as the
/// last look that succeeded, and never older than allowed. What this process revokes counts in it at once.
///
/// ```
/// use authx_store::Replica;
/// use authx_store::memory::MemoryStore;
///
/// let replica = Replica::of(MemoryStore::default());
/// assert!(replica.store().find(&[], authx::Timestamp::MIN).is_ready());
/// # use authx_store::RevocationStore as _;
/// # trait IsReady { fn is_ready(self) -> bool; }
/// # impl<T> IsReady for authx_store::BoxFuture<'_, T> {
/// #     fn is_ready(mut self) -> bool {
/// #         let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #         self.as_mut().poll(&mut context).is_ready()
/// #     }
/// # }
/// # use std::future::Future as _;
/// ```
pub struct Replica {
    contents: Arc<Contents>,
    /// Dropping it ends the thread.
    thread: Mutex<Option<Sender<()>>>,
}

/// What the thread and its replica share.
struct Contents {
    store: Arc<dyn Store>,
    /// The entries of tokens and logins.
    revoked: Table,
    /// Those with a cut, of which there are few.
    cuts: RwLock<HashMap<EntryKey, Entry>>,
    has_cuts: AtomicBool,
    /// What this process has revoked last, so that a store that lost it gets it back.
    own: Mutex<VecDeque<Entry>>,
    freshness: Freshness,
    /// The latest time that a caller has passed in, in microseconds: what has ended is forgotten by it.
    latest: AtomicI64,
}

/// How many of its own entries a process keeps as a whole. A store that loses some loses the latest ones.
const MOST_OWN: usize = 10_000;

impl Replica {
    /// With this store. There is no copy yet.
    #[must_use]
    pub fn of(store: impl Store) -> Self {
        Self::from(Arc::new(store) as Arc<dyn Store>)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.contents.store
    }

    /// Whether a token is revoked, if an answer of at most this age is known without asking the store.
    #[must_use]
    pub fn is_revoked(
        &self,
        token: Revocable<'_>,
        now: Timestamp,
        max_staleness: Duration,
    ) -> Option<bool> {
        if max_staleness.is_zero() {
            return None;
        }
        self.contents.freshness.allow(max_staleness);
        match self.contents.freshness.age() {
            Some(age) if age <= max_staleness => Some(self.contents.is_revoked(token, now)),
            Some(_) => None,
            None => {
                self.begin();
                None
            }
        }
    }

    /// Whether a token is revoked by what is known, however old that is; `None` if nothing is known.
    #[must_use]
    pub fn was_revoked(&self, token: Revocable<'_>, now: Timestamp) -> Option<bool> {
        self.contents.freshness.age().map(|_| self.contents.is_revoked(token, now))
    }

    /// Why there is no answer of an allowed age. `None` for a store that has no replicas.
    #[must_use]
    pub fn staleness(&self) -> Option<StoreError> {
        self.contents.freshness.fault()
    }

    /// Whether it is time to warn of an old answer: once a second at most.
    pub(crate) fn is_to_warn(&self) -> bool {
        self.contents.freshness.is_to_warn()
    }

    /// Adds what this process has revoked.
    pub fn add(&self, entries: &[Entry]) {
        if !self.has_begun() {
            return;
        }
        self.contents.add(entries);
        let mut own = lock(&self.contents.own);
        own.extend(entries.iter().cloned());
        let surplus = own.len().saturating_sub(MOST_OWN);
        own.drain(..surplus);
    }

    /// How many entries the copy has.
    #[must_use]
    pub fn len(&self) -> usize {
        let cuts = read(&self.contents.cuts).len();
        self.contents.revoked.len() + cuts
    }

    /// Whether the copy has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn has_begun(&self) -> bool {
        lock(&self.thread).is_some()
    }

    /// Begins to look, unless that has begun.
    fn begin(&self) {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            *thread = looking::start(&self.contents);
        }
    }
}

impl Contents {
    fn is_revoked(&self, token: Revocable<'_>, now: Timestamp) -> bool {
        self.note_time(now);
        if token.own_keys().any(|key| self.revoked.contains(&key, now)) {
            return true;
        }
        // Most services have none, and a look for one costs a hash.
        if !self.has_cuts.load(Ordering::Acquire) {
            return false;
        }
        let cuts = read(&self.cuts);
        let found = cuts.get(&token.subject_key()).filter(|entry| entry.counts_at(now));
        found.is_some_and(|entry| token.is_revoked_by(std::slice::from_ref(entry)))
    }

    /// Entries only end later and cut later than before, in whichever order they come.
    fn add(&self, entries: &[Entry]) {
        for entry in entries {
            if entry.cut.is_none() {
                self.revoked.add(&entry.key, entry.until);
                continue;
            }
            let entry = Entry { reason: String::new(), ..entry.clone() };
            let mut cuts = write(&self.cuts);
            let kept = match cuts.remove(&entry.key) {
                Some(known) => known.merged(entry),
                None => entry,
            };
            cuts.insert(kept.key.clone(), kept);
            self.has_cuts.store(true, Ordering::Release);
        }
    }

    fn forget_ended(&self) {
        let Some(now) = Timestamp::from_micros(self.latest.load(Ordering::Relaxed)) else { return };
        self.revoked.forget_ended(now, KEPT);
        let mut cuts = write(&self.cuts);
        cuts.retain(|_, entry| entry.counts_at(now - KEPT));
        self.has_cuts.store(!cuts.is_empty(), Ordering::Release);
        drop(cuts);
        lock(&self.own).retain(|entry| entry.counts_at(now - KEPT));
    }

    /// What this process revoked, as far as it is kept, and every cut.
    fn own(&self) -> Vec<Entry> {
        let cuts = read(&self.cuts);
        lock(&self.own).iter().chain(cuts.values()).cloned().collect()
    }

    /// Once a second is enough, and spares the processors to tell each other.
    fn note_time(&self, now: Timestamp) {
        let now = now.as_micros();
        if now > self.latest.load(Ordering::Relaxed).saturating_add(1_000_000) {
            self.latest.fetch_max(now, Ordering::Relaxed);
        }
    }
}

/// With a store that is shared already.
impl From<Arc<dyn Store>> for Replica {
    fn from(store: Arc<dyn Store>) -> Self {
        let contents = Contents {
            store,
            revoked: Table::new(),
            cuts: RwLock::default(),
            has_cuts: AtomicBool::new(false),
            own: Mutex::default(),
            freshness: Freshness::default(),
            latest: AtomicI64::new(Timestamp::MIN.as_micros()),
        };
        Self { contents: Arc::new(contents), thread: Mutex::default() }
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Replica").field("len", &self.len()).finish_non_exhaustive()
    }
}
