//! A file that is locked, can't be written to, is damaged, of another kind or of a later version: each is a clear error,
//! lets nothing in, and loses nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use authx_store::sqlite::{SqliteErrorKind as Kind, SqliteOptions, SqliteStore};
use authx_store::{CounterStore as _, LoginStore as _, RevocationStore as _};
use rusqlite::Connection;

use crate::support::{
    Folder, block_on, entry, find, is_revoked, kind, kind_of, limit, now, open, revoke,
};

fn open_impatiently(path: &Path) -> SqliteStore {
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(50);
    SqliteStore::open_with(path, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn error_of(path: &Path) -> Kind {
    kind_of(&SqliteStore::open(path).expect_err("an error"))
}

#[test]
fn a_locked_file_is_an_error_after_the_wait_and_answers_questions_meanwhile() {
    let folder = Folder::new();
    revoke(&open(&folder.file()), "one").expect("revoked");
    let other = Connection::open(folder.file()).expect("a file");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let store = open_impatiently(&folder.file());
    assert!(is_revoked(&store, "one"));
    for name in ["two", "three"] {
        assert_eq!(kind(&revoke(&store, name).expect_err("locked")), Kind::Locked);
    }
    let error = block_on(store.end("one", "a reason")).expect_err("locked");
    assert_eq!(kind(&error), Kind::Locked);
    let error = block_on(store.count("one", limit(), now())).expect_err("locked");
    assert_eq!(kind(&error), Kind::Locked);
    other.execute_batch("COMMIT").expect("unlocked");
    assert!(!is_revoked(&store, "two"));
    revoke(&store, "two").expect("revoked");
    assert!(is_revoked(&store, "two"));
}

#[test]
fn a_call_waits_for_a_lock_that_is_released() {
    let folder = Folder::new();
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::MAX;
    let store = SqliteStore::open_with(folder.file(), &options).expect("a store");
    let other = Connection::open(folder.file()).expect("a file");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    std::thread::scope(|scope| {
        let revoked = scope.spawn(|| revoke(&store, "one"));
        std::thread::sleep(Duration::from_millis(100));
        other.execute_batch("COMMIT").expect("unlocked");
        revoked.join().expect("no panic").expect("revoked");
    });
}

#[test]
fn a_file_that_another_connection_keeps_to_itself_is_not_opened() {
    let folder = Folder::new();
    let other = Connection::open(folder.file()).expect("a file");
    other.execute_batch("CREATE TABLE t (x); BEGIN EXCLUSIVE").expect("the lock");
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(50);
    let error = SqliteStore::open_with(folder.file(), &options).expect_err("locked");
    assert_eq!(kind_of(&error), Kind::Locked);
    other.execute_batch("COMMIT").expect("unlocked");
    revoke(&open(&folder.file()), "one").expect("revoked");
}

#[test]
fn a_damaged_file_lets_nothing_in() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let entries: Vec<_> = (0..500).map(|number| entry(&number.to_string())).collect();
    block_on(store.revoke(&entries, now())).expect("revoked");
    drop(store);
    let good = fs::read(folder.file()).expect("a file");

    let mut scribbled = good.clone();
    scribbled[4096..].fill(0xa5);
    let mut zeroed = good.clone();
    zeroed[4096..].fill(0);
    for bytes in [scribbled, zeroed, good[..8192].to_vec(), good[..good.len() / 2].to_vec()] {
        fs::write(folder.file(), &bytes).expect("written");
        match SqliteStore::open(folder.file()) {
            Err(error) => assert_eq!(kind_of(&error), Kind::Damaged),
            Ok(store) => {
                let answers = (0..500).map(|number| find(&store, &number.to_string()));
                let wrong = answers.filter(|answer| matches!(answer, Ok(None))).count();
                assert_eq!(wrong, 0, "a damaged file was read as if nothing were revoked");
                assert_eq!(kind(&find(&store, "none").expect_err("damaged")), Kind::Damaged);
            }
        }
    }

    fs::write(folder.file(), &good).expect("written");
    assert!(is_revoked(&open(&folder.file()), "499"));
}

#[test]
fn rows_that_authx_never_writes_are_an_error() {
    let folder = Folder::new();
    let store = open(&folder.file());
    revoke(&store, "one").expect("revoked");
    let other = Connection::open(folder.file()).expect("a file");
    other.execute_batch("UPDATE authx_entries SET cut_before = 9223372036854775807").expect("set");
    assert_eq!(kind(&find(&store, "one").expect_err("no instant")), Kind::Damaged);
    other.execute_batch("DROP TABLE authx_entries").expect("dropped");
    assert_eq!(kind(&find(&store, "one").expect_err("no table")), Kind::Failed);
    assert_eq!(kind(&revoke(&store, "one").expect_err("no table")), Kind::Failed);
}

#[test]
fn a_file_of_another_kind_is_not_touched() {
    let folder = Folder::new();
    for text in ["a letter", &"a long letter ".repeat(1000)] {
        fs::write(folder.file(), text).expect("written");
        assert_eq!(error_of(&folder.file()), Kind::OtherFile);
        assert_eq!(fs::read_to_string(folder.file()).expect("a file"), text);
    }
}

#[test]
fn tables_of_a_later_version_are_not_touched() {
    let folder = Folder::new();
    revoke(&open(&folder.file()), "one").expect("revoked");
    let other = Connection::open(folder.file()).expect("a file");
    other.execute_batch("UPDATE authx_schema SET version = 99").expect("set");
    let error = SqliteStore::open(folder.file()).expect_err("a later version");
    assert_eq!(kind_of(&error), Kind::Newer);
    assert!(error.to_string().contains("99") && error.to_string().contains("update AuthX"));
    let version: i64 = other
        .query_row("SELECT version FROM authx_schema", [], |row| row.get(0))
        .expect("a version");
    assert_eq!(version, 99);
    other.execute_batch("UPDATE authx_schema SET version = 2").expect("set");
    assert!(is_revoked(&open(&folder.file()), "one"));
}

#[test]
fn what_names_no_file_is_not_opened() {
    let folder = Folder::new();
    for path in [Path::new(""), Path::new(":memory:"), &folder, &folder.join("none/auth.db")] {
        assert_eq!(error_of(path), Kind::Unopened, "{path:?}");
    }
    // SQLite alone would take this for a URI of a file in memory.
    let path = folder.join("file:auth.db?mode=memory");
    revoke(&open(&path), "one").expect("revoked");
    assert!(is_revoked(&open(&path), "one"));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::support::{Running, command, file_of_child};

    /// Of the user `nobody`, for whom the mode of a file counts: for root it doesn't.
    const NOBODY: u32 = 65534;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("own file");
    }

    /// What a process says that opens the file and revokes a token, as a user to whom modes apply.
    fn said(folder: &Folder, file: &str) -> String {
        let program = folder.join("program");
        if !program.exists() {
            fs::copy(std::env::current_exe().expect("this program"), &program).expect("copied");
        }
        let mut command =
            command(&program, "failures::unix::opens_and_revokes", &folder.join(file));
        let is_root = fs::metadata(&program).expect("a file").uid() == 0;
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        Running::start(&mut command).line().expect("a line")
    }

    #[test]
    #[ignore = "a process of another test"]
    fn opens_and_revokes() {
        match SqliteStore::open(file_of_child()) {
            Err(error) => eprintln!("not opened: {:?}", kind_of(&error)),
            Ok(store) => match revoke(&store, "new") {
                Err(error) => eprintln!("not revoked: {:?}", kind(&error)),
                Ok(()) => eprintln!("revoked"),
            },
        }
    }

    #[test]
    fn a_file_or_folder_that_can_not_be_written_to_is_not_opened() {
        let folder = Folder::new();
        revoke(&open(&folder.file()), "one").expect("revoked");
        set_mode(&folder.file(), 0o444);
        set_mode(&folder, 0o777);
        assert_eq!(said(&folder, "auth.db"), "not opened: ReadOnly", "the file");
        set_mode(&folder, 0o555);
        assert_eq!(said(&folder, "auth.db"), "not opened: ReadOnly", "both");
        assert_eq!(said(&folder, "new.db"), "not opened: Unopened", "the folder, a new file");
        set_mode(&folder.file(), 0o666);
        let answer = said(&folder, "auth.db");
        assert!(answer == "not opened: Unopened" || answer == "not opened: ReadOnly", "{answer}");
        set_mode(&folder, 0o777);
        assert_eq!(said(&folder, "auth.db"), "revoked");
        assert!(is_revoked(&open(&folder.file()), "one"));
    }

    #[test]
    fn nothing_is_lost_where_the_file_can_not_grow() {
        let folder = Folder::new();
        drop(open(&folder.file()));
        let program = std::env::current_exe().expect("this program");
        let mut limited = Command::new("/bin/sh");
        // A signal that is ignored becomes an error of the write.
        let script = r#"trap '' XFSZ; ulimit -f 4000; exec "$@""#;
        limited.args(["-c", script, "sh"]);
        let command = command(&program, "failures::unix::revokes_until_it_can_not", &folder.file());
        limited.arg(command.get_program()).args(command.get_args());
        limited.env("AUTHX_STORE_FILE", folder.file()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running::start(&mut limited);
        let mut answered = Vec::new();
        let last = loop {
            let line = running.line().expect("a line");
            match line.parse::<u32>() {
                Ok(number) => answered.push(number),
                Err(_) => break line,
            }
        };
        assert!(last.starts_with("not revoked: "), "{last}");
        assert!(answered.len() > 10);
        let store = open(&folder.file());
        assert!(answered.iter().all(|number| is_revoked(&store, &number.to_string())));
        revoke(&store, "another").expect("revoked");
    }

    #[test]
    #[ignore = "a process of another test"]
    fn revokes_until_it_can_not() {
        let store = open(&file_of_child());
        // Entries of many pages, so that the limit is soon reached.
        for number in 0_u32.. {
            let mut large = entry(&number.to_string());
            large.reason = "x".repeat(3000);
            match block_on(store.revoke(&[large], now())) {
                Ok(()) => eprintln!("{number}"),
                Err(error) => {
                    assert!(is_revoked(&store, "0"), "questions are answered all the same");
                    return eprintln!("not revoked: {error}");
                }
            }
        }
    }
}
