//! Counters of rate limits in the table `authx_counters`.

use authx::Timestamp;
use authx::rate_limit::{RateLimit, RequestLog, Usage};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::{DELETED_PER_WRITE, Durability, SqliteStore};
use crate::{BoxFuture, CounterStore, StoreError};

/// As many logs as this stay. For more, those that end soonest are forgotten.
const MOST_ROWS: i64 = 1_000_000;

/// Only one of so many new rows looks whether there are too many, because that takes a while.
const ROWS_BETWEEN_LOOKS: i64 = 4096;

impl CounterStore for SqliteStore {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        Box::pin(async move {
            let key = hash(key);
            let count = move |connection: &Connection| {
                forget_ended(connection, now)?;
                change(connection, &key, limit, |log| log.count(limit, now))
            };
            self.write(Durability::Process, count).await
        })
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let key = hash(key);
            let give_back = move |connection: &Connection| {
                change(connection, &key, limit, |log| log.give_back(counted_at))
            };
            self.write(Durability::Process, give_back).await
        })
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let key = hash(key);
            let reset = move |connection: &Connection| {
                let sql = "DELETE FROM authx_counters WHERE key = ?1";
                connection.prepare_cached(sql)?.execute([key]).map(drop)
            };
            self.write(Durability::Process, reset).await
        })
    }
}

/// So that a long key takes no more room than a short one.
fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Changes a log. The caller has the only lock for writing, so nothing comes between.
fn change<T>(
    connection: &Connection,
    key: &[u8; 32],
    limit: RateLimit,
    change: impl FnOnce(&mut RequestLog) -> T,
) -> rusqlite::Result<T> {
    let window = limit.window();
    let lasts = i64::try_from(window.as_micros()).unwrap_or(i64::MAX);
    let found = find(connection, key, lasts)?;
    let mut log = found.as_ref().map(|(_, log)| log.clone()).unwrap_or_default();
    let result = change(&mut log);
    let ends_at = log.ends_at(window).as_micros();
    match found {
        Some((_, before)) if before == log => {}
        Some((id, _)) => {
            let sql = "UPDATE authx_counters SET log = ?2, ends_at = ?3 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, log.to_bytes(), ends_at])?;
        }
        None if log == RequestLog::default() => {}
        None => {
            let sql =
                "INSERT INTO authx_counters (key, lasts, log, ends_at) VALUES (?1, ?2, ?3, ?4)";
            let parameters = params![key, lasts, log.to_bytes(), ends_at];
            if connection.prepare_cached(sql)?.insert(parameters)? % ROWS_BETWEEN_LOOKS == 0 {
                forget_surplus(connection, MOST_ROWS)?;
            }
        }
    }
    Ok(result)
}

fn find(
    connection: &Connection,
    key: &[u8; 32],
    lasts: i64,
) -> rusqlite::Result<Option<(i64, RequestLog)>> {
    let sql = "SELECT id, log FROM authx_counters WHERE key = ?1 AND lasts = ?2";
    let found = connection.prepare_cached(sql)?.query_row(params![key, lasts], |row| {
        let log = RequestLog::from_bytes(row.get_ref(1)?.as_blob()?);
        let log = log.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(error))
        })?;
        Ok((row.get(0)?, log))
    });
    found.optional()
}

fn forget_ended(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM authx_counters WHERE id IN \
               (SELECT id FROM authx_counters WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)";
    connection.prepare_cached(sql)?.execute(params![now.as_micros(), DELETED_PER_WRITE])?;
    Ok(())
}

/// Forgets the logs that end soonest, until there are so many.
pub(super) fn forget_surplus(connection: &Connection, most: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM authx_counters WHERE id IN (SELECT id FROM authx_counters ORDER BY ends_at \
               LIMIT max(0, (SELECT count(*) FROM authx_counters) - ?1))";
    connection.prepare_cached(sql)?.execute([most]).map(drop)
}
