//! Counters of rate limits in the table `authx_counters`.

use std::time::Duration;

use authx::Timestamp;
use authx::rate_limit::Counted;
use rusqlite::{Connection, named_params, params};
use sha2::{Digest as _, Sha256};

use super::{DELETED_PER_WRITE, Durability, SqliteStore, timestamp};
use crate::{BoxFuture, CounterStore, StoreError};

impl CounterStore for SqliteStore {
    fn increment<'a>(
        &'a self,
        key: &'a str,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Counted, StoreError>> {
        Box::pin(async move {
            let key = hash(key);
            let increment = move |connection: &Connection| {
                forget_ended(connection, now)?;
                increment(connection, &key, window, now)
            };
            self.write(Durability::Process, increment).await
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

fn increment(
    connection: &Connection,
    key: &[u8; 32],
    window: Duration,
    now: Timestamp,
) -> rusqlite::Result<Counted> {
    let sql = "INSERT INTO authx_counters (key, lasts, requests, ends_at) \
               VALUES (:key, :lasts, 1, :ends_at) ON CONFLICT (key, lasts) DO UPDATE SET \
               requests = CASE WHEN ends_at <= :now THEN 1 ELSE requests + 1 END, \
               ends_at = CASE WHEN ends_at <= :now THEN excluded.ends_at ELSE ends_at END \
               RETURNING requests, ends_at";
    let parameters = named_params! {
        ":key": key,
        ":lasts": i64::try_from(window.as_micros()).unwrap_or(i64::MAX),
        ":ends_at": (now + window).as_micros(),
        ":now": now.as_micros(),
    };
    connection.prepare_cached(sql)?.query_row(parameters, |row| {
        let ends_at = timestamp(row.get(1)?, 1)?;
        Ok(Counted { requests: row.get(0)?, time_left: Some(ends_at.saturating_since(now)) })
    })
}

fn forget_ended(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM authx_counters WHERE (key, lasts) IN \
               (SELECT key, lasts FROM authx_counters WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)";
    connection.prepare_cached(sql)?.execute(params![now.as_micros(), DELETED_PER_WRITE])?;
    Ok(())
}
