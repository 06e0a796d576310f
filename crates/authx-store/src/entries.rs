//! [`RevocationStore`]: entries of revocation, each until it ends.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use authx::Timestamp;
use authx::revocation::{Entry, EntryKey};

use crate::{BoxFuture, StoreError};

/// For how long a store keeps entries and logins that are over, so that a clock that jumps ahead and back doesn't make a
/// revoked token valid again.
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Keeps entries of revocation by their key.
///
/// The engine decides which entries an event writes ([`Engine::entry_of_token`](authx::Engine::entry_of_token) and its
/// siblings) and which tokens they revoke
/// ([`VerifiedToken::is_revoked_by`](authx::verify::VerifiedToken::is_revoked_by)).
///
/// A key is any string without U+0000 of at most [`EntryKey::MAX_BYTES`] bytes.
pub trait RevocationStore: Send + Sync + 'static {
    /// Adds entries. One whose key is there already is merged with it by [`Entry::merged`], so that an entry never ends
    /// earlier and never counts for less than before. From the moment that this returns, every look-up finds them.
    ///
    /// An entry that has ended at `now` has no visible effect. A store may forget entries that have ended, by the `now`
    /// of any call.
    ///
    /// # Errors
    ///
    /// As for all methods, any failure of the store. Some of the entries may have been added then. A full store returns
    /// an error instead of forgetting an entry.
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Adds an entry if none with its key is there, and returns whether it was added. Of callers at the same time
    /// exactly one adds it.
    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// The entries under these keys that have not ended at `now`, in any order.
    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>>;

    /// Entries that are new or have changed since an earlier look, for a [`Replica`](crate::Replica); `None`, which is what
    /// a store does that doesn't implement this, for a store that can't tell. Then there are no replicas of it.
    ///
    /// Whoever goes on from cursor to cursor sees each entry, unless it ended before: an entry that was added before a look
    /// began is seen at the latest by the first look from then on that is [complete](Look::is_complete). It may be seen more
    /// than once. Entries of uses of one-off tokens ([`EntryKey::is_of_use`]) may be left out.
    fn look<'a>(&'a self, after: &'a Cursor) -> BoxFuture<'a, Result<Option<Look>, StoreError>> {
        let _ = after;
        Box::pin(ready(Ok(None)))
    }
}

/// Up to where a store was looked through, in the store's own form. The default is the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The entries, in any order.
    pub entries: Vec<Entry>,
    /// Where the next look goes on.
    pub cursor: Cursor,
    /// Whether there was no more to see. Otherwise the next look goes on at once.
    pub is_complete: bool,
    /// Whether the store was not as it had been at the earlier look, so that this one began at the beginning: it lost
    /// entries, as after a failover or from a backup.
    pub has_begun_anew: bool,
}

impl<T: RevocationStore + ?Sized> RevocationStore for Arc<T> {
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).revoke(entries, now)
    }

    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).revoke_once(entry, now)
    }

    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        (**self).find(keys, now)
    }

    fn look<'a>(&'a self, after: &'a Cursor) -> BoxFuture<'a, Result<Option<Look>, StoreError>> {
        (**self).look(after)
    }
}
