//! Logins in the table `authx_logins`.

use authx::Timestamp;
use authx::login::LoginState;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

use super::{DELETED_PER_WRITE, Durability, SqliteStore, optional_timestamp, timestamp};
use crate::entries::KEPT;
use crate::{BoxFuture, Login, LoginStore, SessionInfo, StoreError};

impl LoginStore for SqliteStore {
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let session = login.session.clone().within_bounds()?;
            let info = session.device_info.as_ref().map(serde_json::to_string).transpose()?;
            let state = login.state.clone();
            let insert = move |connection: &Connection| {
                forget_over(connection, now)?;
                insert(connection, &session, info.as_deref(), &state)
            };
            self.write(Durability::Disk, insert).await
        })
    }

    fn get<'a>(
        &'a self,
        sid: &'a str,
        _now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>> {
        Box::pin(async move {
            let sid = sid.to_owned();
            let get = move |connection: &Connection| {
                let sql = format!("SELECT {COLUMNS} FROM authx_logins WHERE sid = ?1");
                connection.prepare_cached(&sql)?.query_row([&sid], read).optional()
            };
            self.read(get).await
        })
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let (sid, to) = (sid.to_owned(), to.clone());
            let advance = move |connection: &Connection| {
                let is_changed = advance(connection, &sid, from, &to)?;
                forget_over(connection, now)?;
                Ok(is_changed)
            };
            self.write(Durability::Disk, advance).await
        })
    }

    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let sid = sid.to_owned();
            let touch = move |connection: &Connection| {
                let sql = "UPDATE authx_logins SET last_active = ?2 \
                           WHERE sid = ?1 AND last_active < ?2";
                let last_active = last_active.as_micros();
                connection.prepare_cached(sql)?.execute(params![sid, last_active]).map(drop)
            };
            self.write(Durability::Process, touch).await
        })
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (sid, reason) = (sid.to_owned(), reason.to_owned());
            let end = move |connection: &Connection| {
                let sql = "UPDATE authx_logins SET ended_for = ?2 \
                           WHERE sid = ?1 AND ended_for IS NULL";
                connection.prepare_cached(sql)?.execute(params![sid, reason]).map(drop)
            };
            self.write(Durability::Disk, end).await
        })
    }

    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>> {
        Box::pin(async move {
            let subject = subject.to_owned();
            let list = move |connection: &Connection| {
                let sql = format!(
                    "SELECT {COLUMNS} FROM authx_logins WHERE subject = ?1 AND ended_for IS NULL \
                     AND (last_use IS NULL OR last_use > ?2) ORDER BY began_at, id"
                );
                let mut statement = connection.prepare_cached(&sql)?;
                let logins = statement.query_map(params![subject, now.as_micros()], read)?;
                logins.collect()
            };
            self.read(list).await
        })
    }
}

/// In the order of [`read`].
const COLUMNS: &str = "sid, subject, generation, created_at, rotated_at, expires_at, deadline, ended_for, \
                       began_at, last_active, ip_address, user_agent, device_info";

fn read(row: &Row<'_>) -> rusqlite::Result<Login> {
    let time = |column| timestamp(row.get(column)?, column);
    let optional_time = |column| optional_timestamp(row.get(column)?, column);
    let state = LoginState {
        generation: row.get(2)?,
        created_at: time(3)?,
        rotated_at: time(4)?,
        expires_at: optional_time(5)?,
        deadline: optional_time(6)?,
        ended_for: row.get(7)?,
    };
    let mut session = SessionInfo::new(row.get(0)?, row.get(1)?, time(8)?);
    session.last_active = time(9)?;
    session.ip_address = row.get(10)?;
    session.user_agent = row.get(11)?;
    let info: Option<String> = row.get(12)?;
    session.device_info =
        info.map(|info| serde_json::from_str(&info)).transpose().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(12, Type::Text, Box::new(error))
        })?;
    session.is_active = state.ended_for.is_none();
    Ok(Login { session, state })
}

fn insert(
    connection: &Connection,
    session: &SessionInfo,
    device_info: Option<&str>,
    state: &LoginState,
) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO authx_logins (sid, subject, generation, created_at, rotated_at, expires_at, \
               deadline, last_use, ended_for, began_at, last_active, ip_address, user_agent, device_info) \
               VALUES (:sid, :subject, :generation, :created_at, :rotated_at, :expires_at, \
               :deadline, :last_use, :ended_for, :began_at, :last_active, :ip_address, :user_agent, \
               :device_info) ON CONFLICT (sid) DO NOTHING";
    let inserted = connection.prepare_cached(sql)?.execute(named_params! {
        ":sid": session.session_id,
        ":subject": session.uid,
        ":generation": state.generation,
        ":created_at": state.created_at.as_micros(),
        ":rotated_at": state.rotated_at.as_micros(),
        ":expires_at": state.expires_at.map(Timestamp::as_micros),
        ":deadline": state.deadline.map(Timestamp::as_micros),
        ":last_use": state.last_use().map(Timestamp::as_micros),
        ":ended_for": state.ended_for,
        ":began_at": session.created_at.as_micros(),
        ":last_active": session.last_active.as_micros(),
        ":ip_address": session.ip_address,
        ":user_agent": session.user_agent,
        ":device_info": device_info,
    })?;
    Ok(inserted == 1)
}

fn advance(
    connection: &Connection,
    sid: &str,
    from: u32,
    to: &LoginState,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE authx_logins SET generation = :generation, created_at = :created_at, \
               rotated_at = :rotated_at, expires_at = :expires_at, deadline = :deadline, \
               last_use = :last_use, ended_for = :ended_for \
               WHERE sid = :sid AND generation = :from AND ended_for IS NULL";
    let changed = connection.prepare_cached(sql)?.execute(named_params! {
        ":sid": sid,
        ":from": from,
        ":generation": to.generation,
        ":created_at": to.created_at.as_micros(),
        ":rotated_at": to.rotated_at.as_micros(),
        ":expires_at": to.expires_at.map(Timestamp::as_micros),
        ":deadline": to.deadline.map(Timestamp::as_micros),
        ":last_use": to.last_use().map(Timestamp::as_micros),
        ":ended_for": to.ended_for,
    })?;
    Ok(changed == 1)
}

fn forget_over(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM authx_logins WHERE id IN \
               (SELECT id FROM authx_logins WHERE last_use <= ?1 ORDER BY last_use LIMIT ?2)";
    let over = (now - KEPT).as_micros();
    connection.prepare_cached(sql)?.execute(params![over, DELETED_PER_WRITE])?;
    Ok(())
}
