//! Several processes on one file, and processes that are killed.

use std::io::Write as _;

use authx::login::{LoginState, NewLogin, Rotatable};
use authx::{
    Claims, Config, Engine, Location, RequestToken, Requirement, SystemRandom, Timestamp, TokenKind,
};
use authx_store::sqlite::SqliteStore;
use authx_store::{ClientInfo, Flow, Login, LoginStore as _};

use crate::support::{
    Folder, MINUTE, Running, block_on, command, file_of_child, is_revoked, now, open, revoke,
    rounds,
};

const PROCESSES: usize = 8;

fn engine() -> Engine {
    let secret = "a secret of at least thirty-two bytes";
    Engine::new(Config::builder().secret_key(secret).build().expect("settings"))
}

fn claims(engine: &Engine, token: &str, now: Timestamp) -> Claims<Rotatable> {
    let token = RequestToken::new(token, TokenKind::Refresh, Location::Headers);
    let verified = engine.verify_rotatable(&token, &Requirement::refresh(), now);
    verified.expect("a token of this engine").without_asking()
}

/// The first refresh token of a login that begins now.
fn log_in(engine: &Engine, store: &SqliteStore) -> String {
    let flow = Flow::new(engine, store, &SystemRandom, now());
    let issued = block_on(flow.log_in(&NewLogin::of("ada"), ClientInfo::default()));
    issued.expect("a login").refresh_token
}

/// What all processes answer to the same token at the same time.
fn answers_of(children: &mut [Running], seconds: u32, token: &str) -> Vec<String> {
    for running in &mut *children {
        let stdin = running.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{seconds} {token}").expect("the process reads");
    }
    children.iter_mut().map(|running| running.line().expect("an answer")).collect()
}

#[test]
fn eight_processes_that_rotate_one_token_get_one_successor() {
    let folder = Folder::new();
    let store = open(&folder.file());
    let first = log_in(&engine(), &store);
    let program = std::env::current_exe().expect("this program");
    let mut command = command(&program, "processes::rotates_what_it_reads", &folder.file());
    let mut children: Vec<_> = (0..PROCESSES).map(|_| Running::start(&mut command)).collect();

    let generations = 25 * rounds();
    let mut token = first.clone();
    for generation in 1..=generations {
        let successors = answers_of(&mut children, generation, &token);
        let one = &successors[0];
        assert!(successors.iter().all(|successor| successor == one), "{successors:#?}");
        assert_ne!(*one, token);
        token = one.clone();
        let login = block_on(store.list("ada", now())).expect("a list").remove(0);
        assert_eq!(login.state.generation, generation);
    }

    // Whichever process finds the theft first, the login ends for all.
    let refused = answers_of(&mut children, generations, &first);
    assert!(refused.iter().all(|answer| answer.starts_with("refused: ")), "{refused:#?}");
    let refused = answers_of(&mut children, generations, &token);
    assert!(refused.iter().all(|answer| answer.starts_with("refused: ")), "{refused:#?}");
}

#[test]
#[ignore = "a process of another test"]
fn rotates_what_it_reads() {
    let (engine, store) = (engine(), open(&file_of_child()));
    for line in std::io::stdin().lines() {
        let line = line.expect("UTF-8");
        let (seconds, token) = line.split_once(' ').expect("a time and a token");
        let now = now() + MINUTE / 60 * seconds.parse().expect("seconds");
        let flow = Flow::new(&engine, &store, &SystemRandom, now);
        match block_on(flow.rotate(&claims(&engine, token, now))) {
            Ok(pair) => eprintln!("{}", pair.refresh_token),
            Err(error) => eprintln!("refused: {error}"),
        }
    }
}

fn sid(number: u32) -> String {
    format!("s{number}")
}

fn state(generation: u32) -> LoginState {
    LoginState {
        generation,
        created_at: now(),
        rotated_at: now(),
        expires_at: Some(now() + MINUTE * 60),
        deadline: None,
        ended_for: None,
    }
}

#[test]
fn what_a_killed_process_was_answered_is_there() {
    let folder = Folder::new();
    let program = std::env::current_exe().expect("this program");
    let mut command = command(&program, "processes::writes_until_it_is_killed", &folder.file());
    let mut answered = Vec::new();
    for round in 0..6 * rounds() {
        let from = answered.last().map_or(0, |last| last + 1000);
        let mut running = Running::start(command.env("AUTHX_STORE_FROM", from.to_string()));
        for _ in 0..=round * 7 % 40 {
            answered.extend(running.line().as_deref().and_then(number));
        }
        running.child.kill().expect("it runs");
        running.child.wait().expect("it has ended");
        // What it wrote before it was killed counts, a line that was cut off does not.
        answered.extend(running.lines.by_ref().filter_map(|line| number(&line.ok()?)));
        assert!(answered.last() >= Some(&from), "it was answered before it was killed");
        check_file(&folder, &answered);
    }
}

fn number(line: &str) -> Option<u32> {
    line.strip_suffix('.')?.parse().ok()
}

fn check_file(folder: &Folder, answered: &[u32]) {
    let store = open(&folder.file());
    let connection = rusqlite::Connection::open(folder.file()).expect("a file");
    let check: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    assert_eq!(check, "ok");
    for number in answered {
        let login = block_on(store.get(&sid(*number), now())).expect("an answer");
        assert_eq!(login.map(|login| login.state), Some(state(1)), "login {number}");
        assert!(is_revoked(&store, &number.to_string()), "revocation {number}");
    }
}

#[test]
#[ignore = "a process of another test"]
fn writes_until_it_is_killed() {
    let store = open(&file_of_child());
    let from: u32 = std::env::var("AUTHX_STORE_FROM").expect("set").parse().expect("a number");
    for number in from.. {
        let login = Login::new(sid(number), "ada".to_owned(), state(0));
        assert!(block_on(store.insert(&login, now())).expect("added"), "{number} is there already");
        assert!(block_on(store.advance(&sid(number), 0, &state(1), now())).expect("changed"));
        revoke(&store, &number.to_string()).expect("revoked");
        eprintln!("{number}.");
    }
}
