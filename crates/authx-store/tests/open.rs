//! Stores by their URL.

use std::path::{Path, PathBuf};

use authx_store::OpenError;
use authx_store::open;

/// A folder that is deleted at the end of a test, as a path in a URL.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("authx-store-open-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn url(&self, rest: &str) -> String {
        let path = self.0.to_str().expect("UTF-8").replace('\\', "/");
        let path = path.trim_start_matches('/');
        let slashes = if cfg!(windows) { "///" } else { "////" };
        format!("sqlite:{slashes}{path}/{rest}")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn error(url: &str) -> OpenError {
    open(url).err().unwrap_or_else(|| panic!("{url} was opened"))
}

#[track_caller]
fn part(url: &str) -> &'static str {
    match error(url) {
        OpenError::Url { part, .. } => part,
        other => panic!("{other}"),
    }
}

#[test]
fn a_url_names_a_store() {
    open("memory://").expect("a store");
    let folder = Folder::new("names");
    for (rest, file) in [
        ("auth.db", "auth.db"),
        ("auth.db?busy_timeout=0.5", "auth.db"),
        ("with%20space%23%3f%25.db", "with space#?%.db"),
        ("%c3%a9.db", "é.db"),
        ("+a.db?", "+a.db"),
    ] {
        open(&folder.url(rest)).unwrap_or_else(|error| panic!("{rest}: {error}"));
        assert!(folder.0.join(file).is_file(), "{file}");
    }
}

#[test]
fn three_slashes_are_a_relative_path_and_four_an_absolute_one() {
    let name = format!("../../target/authx-store-relative-{}.db", std::process::id());
    std::fs::create_dir_all("../../target").expect("a folder");
    drop(open(&format!("sqlite:///{name}")).expect("a store"));
    assert!(Path::new(&name).is_file());
    std::fs::remove_file(&name).expect("removed");
    let absolute = error("sqlite:////no/such/folder/auth.db").to_string();
    assert!(cfg!(windows) || absolute.contains("file /no/such/folder/auth.db: "), "{absolute}");
}

#[test]
fn an_error_names_the_part_that_is_wrong() {
    for (url, expected) in [
        ("", "scheme"),
        ("auth.db", "scheme"),
        ("sqlite:auth.db", "scheme"),
        ("SQLITE:///auth.db", "scheme"),
        ("://", "scheme"),
        ("mysql://localhost/app", "scheme"),
        ("sqlite+aiosqlite:///auth.db", "scheme"),
        ("redis://localhost", "scheme"),
        ("postgresql://localhost/app", "scheme"),
        ("memory://x", "path"),
        ("memory://?busy_timeout=1", "options"),
        ("sqlite://auth.db", "host"),
        ("sqlite://localhost/auth.db", "host"),
        ("sqlite://", "path"),
        ("sqlite:///", "path"),
        ("sqlite:///:memory:", "path"),
        ("sqlite:///a%2.db", "path"),
        ("sqlite:///a%zz.db", "path"),
        ("sqlite:///a%+f.db", "path"),
        ("sqlite:///a%00.db", "path"),
        ("sqlite:///a%ff.db", "path"),
        ("sqlite:///auth.db#x", "fragment"),
        ("sqlite:///auth.db?timeout=1", "options"),
        ("sqlite:///auth.db?busy_timeout", "busy_timeout"),
        ("sqlite:///auth.db?busy_timeout=-1", "busy_timeout"),
        ("sqlite:///auth.db?busy_timeout=inf", "busy_timeout"),
        ("sqlite:///auth.db?busy_timeout=1e9", "busy_timeout"),
        ("sqlite:///auth.db?busy_timeout=3601", "busy_timeout"),
        ("sqlite:///auth.db?busy_timeout=1&busy_timeout=2", "busy_timeout"),
    ] {
        assert_eq!(part(url), expected, "{url}");
        assert!(error(url).to_string().contains(expected), "{url}");
    }
}

#[test]
fn an_error_says_what_is_known_or_not_there_yet() {
    let message = error("mysql://ada:hunter2@localhost/app").to_string();
    assert!(message.contains("`mysql` is unknown; known are `memory` and `sqlite`"), "{message}");
    for url in ["redis://localhost", "rediss://localhost", "postgresql://localhost/app"] {
        let message = error(url).to_string();
        assert!(message.contains("not there yet"), "{message}");
    }
    let message = error("sqlite+aiosqlite:///auth.db").to_string();
    assert!(message.contains("write `sqlite`"), "{message}");
}

#[test]
fn an_error_shows_no_password() {
    for url in [
        "redis://ada:hunter2@localhost",
        "mysql+pymysql://ada:hunter2@localhost/app",
        "sqlite://ada:hunter2@localhost/auth.db",
        "memory://ada:hunter2@localhost",
        "memory://?Hunter2=1",
        "postgresql://ada:hunter2?@localhost#hunter2",
        "ada:hunter2://localhost",
        "ada:hunter2@localhost",
    ] {
        let error = error(url);
        let shown = format!("{error} {error:?}").to_lowercase();
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
