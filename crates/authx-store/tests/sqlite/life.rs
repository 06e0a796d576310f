//! Opening, sharing and closing a file, and what becomes of its rows.

use std::task::{Context, Waker};
use std::time::Duration;

use authx::Timestamp;
use authx::login::LoginState;
use authx::revocation::Entry;
use authx_store::{CounterStore as _, Login, LoginStore as _, RevocationStore as _};
use rusqlite::Connection;

use crate::support::{Folder, MINUTE, block_on, entry, is_revoked, limit, now, open, revoke};

fn login(sid: &str, expires_at: Option<Timestamp>) -> Login {
    let state = LoginState {
        generation: 0,
        created_at: now(),
        rotated_at: now(),
        expires_at,
        deadline: None,
        ended_for: None,
    };
    Login::new(sid.to_owned(), "ada".to_owned(), state)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn count(connection: &Connection, table: &str) -> u32 {
    let sql = format!("SELECT count(*) FROM {table}");
    connection.query_row(&sql, [], |row| row.get(0)).expect("a number")
}

#[test]
fn what_was_kept_is_there_when_the_file_is_opened_again() {
    let folder = Folder::new();
    revoke(&open(&folder.file()), "one").expect("revoked");
    let store = open(&folder.file());
    assert!(is_revoked(&store, "one") && !is_revoked(&store, "two"));
}

#[test]
fn the_application_keeps_its_tables_and_its_version() {
    let folder = Folder::new();
    let connection = Connection::open(folder.file()).expect("a file");
    connection
        .execute_batch(
            "CREATE TABLE users (name); INSERT INTO users VALUES ('ada');
             PRAGMA user_version = 7; PRAGMA application_id = 8;",
        )
        .expect("a table");
    revoke(&open(&folder.file()), "one").expect("revoked");

    assert_eq!(count(&connection, "users"), 1);
    for (pragma, expected) in [("user_version", 7), ("application_id", 8)] {
        let value: i32 =
            connection.pragma_query_value(None, pragma, |row| row.get(0)).expect("a number");
        assert_eq!(value, expected, "{pragma}");
    }
    let others = "sqlite_schema WHERE tbl_name NOT LIKE 'authx!_%' ESCAPE '!' \
                  AND tbl_name NOT IN ('users', 'sqlite_sequence')";
    assert_eq!(count(&connection, others), 0);
}

#[test]
fn several_threads_may_open_a_new_file_at_once() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = folder.file();
            scope.spawn(move || revoke(&open(&path), &number.to_string()).expect("revoked"));
        }
    });
    let store = open(&folder.file());
    assert!((0..8).all(|number| is_revoked(&store, &number.to_string())));
}

/// SQLite deletes the file of the journal with the last connection, which the last thread has.
#[test]
fn a_store_that_is_dropped_closes_its_file() {
    let folder = Folder::new();
    let store = open(&folder.file());
    revoke(&store, "one").expect("revoked");
    assert!(folder.join("auth.db-wal").exists());
    drop(store);
    assert!(!folder.join("auth.db-wal").exists());
}

#[test]
fn a_call_whose_future_is_dropped_is_made_as_a_whole() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let entries = [entry("one"), entry("two")];
    let mut revoked = store.revoke(&entries, now());
    let _ = revoked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(revoked);
    drop(store);
    let store = open(&folder.file());
    assert!(is_revoked(&store, "one") && is_revoked(&store, "two"));
}

#[test]
fn a_clock_that_jumps_ahead_and_back_loses_nothing() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let login = |sid: &str| login(sid, Some(now() + MINUTE));
    revoke(&store, "one").expect("revoked");
    assert!(block_on(store.insert(&login("one"), now())).expect("added"));
    let ahead = now() + DAY;
    for number in 0..20 {
        let later = Entry { until: Some(ahead + DAY), ..entry(&format!("later {number}")) };
        block_on(store.revoke(&[later], ahead)).expect("revoked");
        assert!(block_on(store.insert(&login(&number.to_string()), ahead)).expect("added"));
    }
    assert!(is_revoked(&store, "one"));
    assert!(block_on(store.get("one", now())).expect("an answer").is_some());
}

#[test]
fn rows_that_are_over_go_away_with_later_writes() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let connection = Connection::open(folder.file()).expect("a file");
    let entries: Vec<_> = (0..100).map(|number| entry(&number.to_string())).collect();
    block_on(store.revoke(&entries, now())).expect("revoked");
    for number in 0..100 {
        let usage = block_on(store.count(&number.to_string(), limit(), now()));
        assert!(usage.expect("counted").is_admitted());
        let login = login(&number.to_string(), Some(now() + MINUTE));
        assert!(block_on(store.insert(&login, now())).expect("added"));
    }
    let tables = ["authx_entries", "authx_logins", "authx_counters"];
    assert_eq!(tables.map(|table| count(&connection, table)), [100, 100, 100]);

    let later = now() + DAY * 2;
    for number in 0..10 {
        let late = Entry { until: Some(later + MINUTE), ..entry(&format!("late {number}")) };
        block_on(store.revoke(&[late], later)).expect("revoked");
        let login = login(&format!("late {number}"), None);
        assert!(block_on(store.insert(&login, later)).expect("added"));
        let usage = block_on(store.count(&format!("late {number}"), limit(), later));
        assert!(usage.expect("counted").is_admitted());
    }
    assert_eq!(tables.map(|table| count(&connection, table)), [10, 10, 10]);
}

#[test]
fn a_file_of_an_earlier_version_keeps_its_logins() {
    let folder = Folder::new();
    let connection = Connection::open(folder.file()).expect("a file");
    let first = include_str!("../../src/sqlite/schema_1.sql");
    connection.execute_batch(first).expect("tables");
    let rows = "INSERT INTO authx_schema VALUES (1); \
                INSERT INTO authx_entries (key, reason) VALUES ('jone', 'a reason'); \
                INSERT INTO authx_counters VALUES (x'01', 1, 5, 9);";
    connection.execute_batch(rows).expect("rows");
    let store = open(&folder.file());
    assert!(is_revoked(&store, "one"));
    let usage = block_on(store.count("one", limit(), now())).expect("counted");
    assert_eq!(usage.remaining(), 99);
    assert_eq!(count(&connection, "authx_schema WHERE version = 2"), 1);
}

/// A reader of all changes asks for what is beyond the number that it has seen.
#[test]
fn an_entry_that_changes_gets_a_new_number_and_one_that_stays_none() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let connection = Connection::open(folder.file()).expect("a file");
    let last = || {
        let sql = "SELECT max(seq) FROM authx_entries";
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    revoke(&store, "one").expect("revoked");
    let first = last();
    revoke(&store, "one").expect("revoked");
    assert_eq!(last(), first);
    let longer = Entry { until: None, ..entry("one") };
    block_on(store.revoke(&[longer], now())).expect("revoked");
    assert!(last() > first);
}
