//! Entries of revocation in the table `authx_entries`.

use authx::Timestamp;
use authx::revocation::{Cut, Entry, EntryKey};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{DELETED_PER_WRITE, Durability, SqliteStore, optional_timestamp, timestamp};
use crate::entries::KEPT;
use crate::{BoxFuture, Cursor, Look, RevocationStore, StoreError};

impl RevocationStore for SqliteStore {
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(());
            }
            let entries = entries.to_vec();
            let add_all = move |connection: &Connection| {
                forget_ended(connection, now)?;
                entries.iter().try_for_each(|entry| add(connection, entry, now))
            };
            self.write(Durability::Disk, add_all).await
        })
    }

    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let entry = entry.clone();
            let add_once = move |connection: &Connection| {
                if find(connection, &entry.key)?.is_some_and(|known| known.counts_at(now)) {
                    return Ok(false);
                }
                forget_ended(connection, now)?;
                add(connection, &entry, now)?;
                Ok(true)
            };
            self.write(Durability::Disk, add_once).await
        })
    }

    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let keys = keys.to_vec();
            let find_all = move |connection: &Connection| {
                let found = keys.iter().filter_map(|key| find(connection, key).transpose());
                let counts = |entry: &rusqlite::Result<Entry>| {
                    entry.as_ref().map_or(true, |entry| entry.counts_at(now))
                };
                found.filter(counts).collect()
            };
            self.read(find_all).await
        })
    }

    fn look<'a>(&'a self, after: &'a Cursor) -> BoxFuture<'a, Result<Option<Look>, StoreError>> {
        Box::pin(async move {
            let bytes: Result<[u8; 8], _> = after.0.as_slice().try_into();
            let after = bytes.map_or(0, i64::from_be_bytes);
            self.read(move |connection: &Connection| look(connection, after)).await.map(Some)
        })
    }
}

/// So many entries a look reads at most, so that other questions are answered meanwhile.
const ENTRIES_PER_LOOK: usize = 10_000;

/// Entries get their numbers in the order of commits, because one connection writes at a time.
fn look(connection: &Connection, after: i64) -> rusqlite::Result<Look> {
    let last = "SELECT seq FROM sqlite_sequence WHERE name = 'authx_entries'";
    let last = connection.prepare_cached(last)?.query_row([], |row| row.get::<_, i64>(0));
    let has_begun_anew = last.optional()?.unwrap_or(0) < after;
    let mut seen = if has_begun_anew { 0 } else { after };
    let sql = "SELECT until, cut_before, cut_except, reason, key, seq FROM authx_entries \
               WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![seen, ENTRIES_PER_LOOK])?;
    let mut entries = Vec::new();
    let mut number = 0;
    while let Some(row) = rows.next()? {
        number += 1;
        seen = row.get(5)?;
        let key = EntryKey::from_store(row.get(4)?);
        if !key.is_of_use() {
            entries.push(read(row, key)?);
        }
    }
    let cursor = Cursor(seen.to_be_bytes().into());
    Ok(Look { entries, cursor, is_complete: number < ENTRIES_PER_LOOK, has_begun_anew })
}

/// An entry, ended or not.
fn find(connection: &Connection, key: &EntryKey) -> rusqlite::Result<Option<Entry>> {
    let sql = "SELECT until, cut_before, cut_except, reason FROM authx_entries WHERE key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([key.as_str()], |row| read(row, key.clone())).optional()
}

fn read(row: &Row<'_>, key: EntryKey) -> rusqlite::Result<Entry> {
    let before: Option<i64> = row.get(1)?;
    let except = row.get(2)?;
    let cut = match before {
        Some(before) => Some(Cut { before: timestamp(before, 1)?, except }),
        None => None,
    };
    let until = optional_timestamp(row.get(0)?, 0)?;
    Ok(Entry { key, until, cut, reason: row.get(3)? })
}

fn add(connection: &Connection, entry: &Entry, now: Timestamp) -> rusqlite::Result<()> {
    if !entry.counts_at(now) {
        return Ok(());
    }
    let known = find(connection, &entry.key)?;
    let kept = match &known {
        Some(known) if known.counts_at(now) => known.clone().merged(entry.clone()),
        _ => entry.clone(),
    };
    if known.as_ref() == Some(&kept) {
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO authx_entries (key, until, cut_before, cut_except, reason) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let cut = kept.cut.as_ref();
    connection.prepare_cached(sql)?.execute(params![
        kept.key.as_str(),
        kept.until.map(Timestamp::as_micros),
        cut.map(|cut| cut.before.as_micros()),
        cut.and_then(|cut| cut.except.as_deref()),
        kept.reason,
    ])?;
    Ok(())
}

fn forget_ended(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM authx_entries WHERE seq IN \
               (SELECT seq FROM authx_entries WHERE until <= ?1 ORDER BY until LIMIT ?2)";
    let ended = (now - KEPT).as_micros();
    connection.prepare_cached(sql)?.execute(params![ended, DELETED_PER_WRITE])?;
    Ok(())
}
