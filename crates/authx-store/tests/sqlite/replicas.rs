//! Replicas: copies of the revocations in a file, in several processes.

use std::sync::Mutex;
use std::time::Duration;

use authx::config::StaleReplica;
use authx::event::{Event, EventKind};
use authx::login::NewLogin;
use authx::verify::VerifiedToken;
use authx::{
    Config, Engine, Location, RequestToken, Requirement, SystemRandom, Timestamp, TokenKind,
};
use authx_store::memory::MemoryStore;
use authx_store::{ClientInfo, Flow, FlowError, Replica, Store};
use rusqlite::Connection;

use crate::support::{Folder, block_on, now, open};

const BOUND: Duration = Duration::from_millis(200);

const SECRET: &str = "a secret of at least thirty-two bytes";

fn engine(stale: StaleReplica) -> Engine {
    let config = Config::builder().secret_key(SECRET).store_max_staleness(BOUND).store_stale(stale);
    Engine::new(config.build().expect("settings"))
}

/// A process: its engine, and its replica of the store in the file.
struct Process {
    engine: Engine,
    replica: Replica,
    events: Mutex<Vec<Event>>,
}

impl Process {
    fn new(stale: StaleReplica, store: impl Store) -> Self {
        Self { engine: engine(stale), replica: Replica::of(store), events: Mutex::default() }
    }

    fn with_flow<T>(&self, at: Timestamp, call: impl AsyncFnOnce(Flow<'_>) -> T) -> T {
        let observer = |event| self.events.lock().expect("no panic").push(event);
        let flow = Flow::new(&self.engine, self.replica.store(), &SystemRandom, at);
        block_on(call(flow.with_replica(&self.replica).observed_by(&observer)))
    }

    fn log_in(&self, subject: &str, at: Timestamp) -> VerifiedToken {
        let login = NewLogin::of(subject);
        let issued =
            self.with_flow(at, async |flow| flow.log_in(&login, ClientInfo::default()).await);
        let token = issued.expect("a login").access_token;
        let found = RequestToken::new(&token, TokenKind::Access, Location::Headers);
        let verified = self.engine.verify::<()>(&found, &Requirement::access(), at);
        verified.expect("a token").token()
    }

    fn known(&self, token: &VerifiedToken) -> Option<bool> {
        self.replica.is_revoked(token.revocable(), now(), BOUND)
    }

    fn is_revoked(&self, token: &VerifiedToken) -> Result<bool, FlowError> {
        self.with_flow(now(), async |flow| flow.is_revoked(token).await)
    }

    /// Asks until there is an answer that needs no question.
    fn warm_up(&self, token: &VerifiedToken) {
        until(|| self.known(token).is_some());
    }

    fn events(&self, kind: EventKind) -> usize {
        self.events.lock().expect("no panic").iter().filter(|event| event.kind == kind).count()
    }
}

/// Waits for a condition, for half a minute at most.
fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the condition never held");
}

fn sid(token: &VerifiedToken) -> String {
    token.sid().expect("a login").to_owned()
}

#[test]
fn what_one_process_revokes_counts_there_at_once_and_soon_in_the_others() {
    let folder = Folder::new();
    let [here, there] = [(); 2].map(|()| Process::new(StaleReplica::Ask, open(&folder.file())));
    let tokens: Vec<_> = ["ada", "bob", "eve"].map(|subject| here.log_in(subject, now())).into();
    for process in [&here, &there] {
        process.warm_up(&tokens[0]);
        assert!(tokens.iter().all(|token| process.known(token) == Some(false)));
    }
    let revoke = async |flow: Flow<'_>| {
        flow.revoke_token(tokens[0].jti().expect("a jti"), None, "stolen").await?;
        flow.end_login(&sid(&tokens[1]), "logout").await
    };
    here.with_flow(now(), revoke).expect("revoked");
    assert_eq!(here.known(&tokens[0]), Some(true));
    assert_eq!(here.known(&tokens[1]), Some(true));
    until(|| there.known(&tokens[0]) == Some(true) && there.known(&tokens[1]) == Some(true));
    assert_eq!((here.known(&tokens[2]), there.known(&tokens[2])), (Some(false), Some(false)));
}

#[test]
fn a_cut_of_a_subject_revokes_what_was_issued_before_except_one_login() {
    let folder = Folder::new();
    let [here, there] = [(); 2].map(|()| Process::new(StaleReplica::Ask, open(&folder.file())));
    let earlier = now() - Duration::from_secs(10);
    let [kept, ended, other] = ["ada", "ada", "bob"].map(|subject| here.log_in(subject, earlier));
    there.warm_up(&kept);
    here.warm_up(&kept);
    here.with_flow(now(), async |flow| {
        flow.end_logins("ada", Some(&sid(&kept)), "elsewhere").await
    })
    .expect("ended");
    let new = here.log_in("ada", now());
    for process in [&here, &there] {
        until(|| process.known(&ended) == Some(true));
        assert!([&kept, &other, &new].iter().all(|token| process.known(token) == Some(false)));
    }
}

#[test]
fn a_replica_that_begins_later_knows_what_was_revoked_before() {
    let folder = Folder::new();
    let here = Process::new(StaleReplica::Ask, open(&folder.file()));
    // More than one look reads.
    let entry = |number: u32| here.engine.entry_of_token(&number.to_string(), None, "", now());
    let entries: Vec<_> = (0..25_000).map(entry).collect();
    block_on(here.replica.store().revoke(&entries, now())).expect("revoked");
    let token = here.log_in("ada", now());
    here.with_flow(now(), async |flow| flow.end_login(&sid(&token), "logout").await)
        .expect("ended");

    let there = Process::new(StaleReplica::Ask, open(&folder.file()));
    assert!(there.is_revoked(&token).expect("asked"), "the store is asked before there is a copy");
    there.warm_up(&token);
    assert_eq!(there.known(&token), Some(true));
    assert_eq!(there.replica.len(), 25_001);
}

fn rename(folder: &Folder, from: &str, to: &str) {
    let connection = Connection::open(folder.file()).expect("a file");
    let rename = format!("ALTER TABLE {from} RENAME TO {to}");
    connection.execute_batch(&rename).expect("renamed");
}

/// A store that can't be looked at, after a replica was made: tokens that are revoked, and that are not.
fn stale(stale: StaleReplica) -> (Folder, Process, [VerifiedToken; 2]) {
    let folder = Folder::new();
    let process = Process::new(stale, open(&folder.file()));
    let tokens = ["ada", "bob"].map(|subject| process.log_in(subject, now()));
    until(|| process.known(&tokens[0]).is_some());
    let end = async |flow: Flow<'_>| flow.end_login(&sid(&tokens[0]), "logout").await;
    process.with_flow(now(), end).expect("ended");
    rename(&folder, "authx_entries", "gone");
    until(|| process.known(&tokens[0]).is_none());
    (folder, process, tokens)
}

#[test]
fn an_old_copy_is_asked_for_refused_or_accepted_as_configured() {
    let (folder, process, tokens) = stale(StaleReplica::Ask);
    assert!(process.is_revoked(&tokens[1]).is_err(), "the store is asked, and fails");
    rename(&folder, "gone", "authx_entries");
    assert!(process.is_revoked(&tokens[0]).expect("an answer"));
    assert!(!process.is_revoked(&tokens[1]).expect("an answer"));
    process.warm_up(&tokens[0]);

    let (folder, process, tokens) = stale(StaleReplica::Refuse);
    let error = process.is_revoked(&tokens[1]).expect_err("refused").to_string();
    assert!(error.contains("ms old") && error.contains("no such table"), "{error}");
    rename(&folder, "gone", "authx_entries");
    until(|| process.is_revoked(&tokens[1]).is_ok());

    let (_folder, process, tokens) = stale(StaleReplica::Accept);
    for _ in 0..20 {
        assert!(process.is_revoked(&tokens[0]).expect("an answer"));
        assert!(!process.is_revoked(&tokens[1]).expect("an answer"));
    }
    assert!((1..20).contains(&process.events(EventKind::Stale)), "told, and not each time");
}

#[test]
fn before_there_is_a_copy_nothing_is_accepted() {
    let folder = Folder::new();
    let token = Process::new(StaleReplica::Ask, open(&folder.file())).log_in("ada", now());
    let store = open(&folder.file());
    rename(&folder, "authx_entries", "gone");
    let process = Process::new(StaleReplica::Accept, store);
    for _ in 0..50 {
        assert!(process.is_revoked(&token).is_err());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(process.known(&token), None);
}

#[test]
fn a_store_that_lost_revocations_gets_them_back() {
    let folder = Folder::new();
    let [here, there] = [(); 2].map(|()| Process::new(StaleReplica::Ask, open(&folder.file())));
    let earlier = now() - Duration::from_secs(10);
    let tokens = ["ada", "bob"].map(|subject| here.log_in(subject, earlier));
    here.warm_up(&tokens[0]);
    let revoke = async |flow: Flow<'_>| {
        flow.end_login(&sid(&tokens[0]), "logout").await?;
        flow.end_logins("bob", None, "everywhere").await
    };
    here.with_flow(now(), revoke).expect("revoked");
    until(|| here.known(&tokens[0]) == Some(true));
    // As a failover, or a backup, would leave it.
    std::thread::sleep(Duration::from_millis(100));
    let connection = Connection::open(folder.file()).expect("a file");
    let lose = "DELETE FROM authx_entries; UPDATE sqlite_sequence SET seq = 0 WHERE name = 'authx_entries'";
    connection.execute_batch(lose).expect("lost");
    until(|| tokens.iter().all(|token| there.is_revoked(token).expect("an answer")));
    there.warm_up(&tokens[0]);
    assert!(tokens.iter().all(|token| there.known(token) == Some(true)));
}

#[test]
fn a_store_without_looks_is_asked() {
    let process = Process::new(StaleReplica::Refuse, MemoryStore::default());
    let token = process.log_in("ada", now());
    until(|| process.is_revoked(&token).is_ok());
    let end = async |flow: Flow<'_>| flow.end_login(&sid(&token), "logout").await;
    process.with_flow(now(), end).expect("ended");
    assert!(process.is_revoked(&token).expect("an answer"));
    assert_eq!(process.known(&token), None);
}

#[test]
fn a_replica_that_is_dropped_closes_its_file() {
    let folder = Folder::new();
    let process = Process::new(StaleReplica::Ask, open(&folder.file()));
    let token = process.log_in("ada", now());
    process.warm_up(&token);
    drop(process);
    // The last connection to a file in WAL mode removes the second file.
    until(|| !folder.join("auth.db-wal").exists());
}
