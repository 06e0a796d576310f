//! Hostile requests and similar honest ones, from the table that every face runs:
//! `tests/attacks/cases.json`, which `tests/attacks/generate.py` writes and explains.

#[path = "../../../tests/conformance/record.rs"]
mod record;
mod support;
#[path = "../../../tests/attacks/table.rs"]
mod table;

use std::io::Write as _;

use authx::refresh::Outcome;
use authx::token::JsonClaims;
use authx::transport::BodyWanted;
use authx::{
    Engine, Error, IssueError, NewToken, Request, Requirement, SystemRandom, Timestamp, Verified,
};
use serde_json::{Map, Value};

use support::{admitted, reissued_token};
use table::{Case, Counts, Expected, Parts, Refresh, Table};

#[test]
fn every_hostile_request_gets_its_answer_and_every_honest_one_passes() {
    let table = Table::read();
    let mut ran = Counts::default();
    let mut wrong = Vec::new();
    for case in &table.cases {
        for (undecodable_status, cache_entries) in [(401, 0), (401, 1000), (422, 0)] {
            if let Err(difference) = run(&table, case, undecodable_status, cache_entries) {
                wrong.push(format!("{}, {}: {difference}", case.topic, case.name));
            }
        }
        ran.count(&case.topic);
    }
    for case in &table.refreshes {
        if let Err(difference) = refresh(&table, case) {
            wrong.push(format!("{}, {}: {difference}", case.topic, case.name));
        }
        ran.count(&case.topic);
    }
    for bad in &table.bad_keys {
        if let Err(difference) = bad.check(&table.marker) {
            wrong.push(format!("{}, {}: {difference}", bad.topic, bad.name));
        }
        ran.count(&bad.topic);
    }
    let report = ran.report(&table, "cases ran against the engine");
    // Written to stderr directly, because the test harness captures what `eprintln!` prints.
    let _ = writeln!(std::io::stderr(), "attacks: {report}");
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(ran.topics(), table.topics.iter().map(String::as_str).collect());
    record::record("attacks on the engine", &report);
}

#[test]
fn reserved_claims_cannot_be_given_as_custom_claims() {
    let table = Table::read();
    let config = table.config("headers", &Map::new(), Some("admin"), None, 401);
    let engine = Engine::new(config);
    for name in &table.reserved_claims {
        let claims = Map::from_iter([(name.clone(), Value::from("false"))]);
        let token = NewToken::access("user123").claims(claims);
        let refused = engine.issue(&token, table.now(None), &SystemRandom);
        assert!(
            matches!(&refused, Err(IssueError::ReservedClaim(claim)) if claim == name),
            "{name}: {refused:?}"
        );
    }
}

/// Handles the request as a face does, and compares the outcome with the expected one.
fn run(
    table: &Table,
    case: &Case,
    undecodable_status: u16,
    cache_entries: u16,
) -> Result<(), String> {
    let mut settings = case.settings.clone();
    settings.insert("JWT_VERIFICATION_CACHE_ENTRIES".to_owned(), cache_entries.into());
    let config = table.config(
        &case.configuration,
        &settings,
        case.login_type.as_deref(),
        case.ring.as_deref(),
        undecodable_status,
    );
    let engine = Engine::new(config);
    let requirement = table.routes[&case.route].requirement();
    let outcome = decide(&engine, &case.request, &requirement, table.now(case.now));
    // As in a face, the store is asked last.
    let outcome = outcome.and_then(|sub| if case.revoked { Err(Error::Revoked) } else { Ok(sub) });
    match (&case.expect, outcome) {
        (Expected::Accepted { sub }, Ok(actual)) if actual == sub.expand() => Ok(()),
        (Expected::Accepted { .. }, Ok(_)) => Err("accepted with another subject".to_owned()),
        (Expected::Accepted { .. }, Err(error)) => Err(format!("refused: {error:?}")),
        (Expected::Refused { error_type, .. }, Ok(_)) => {
            Err(format!("accepted, expected {error_type}"))
        }
        (Expected::Refused { error_type, status, www_authenticate }, Err(error)) => {
            let mode = undecodable_status.to_string();
            let expected = (error_type.as_str(), status[&mode], www_authenticate[&mode].as_deref());
            let answer = engine.answer(&error);
            let challenge = answer.header("www-authenticate");
            let actual = (answer.error_type.as_str(), answer.status, challenge);
            if actual != expected {
                return Err(format!("{actual:?} ({error:?}), expected {expected:?}"));
            }
            table.check_silence(&format!("{error} {error:?} {answer:?}"))
        }
    }
}

/// Both halves of implicit refresh, as a face calls them.
fn refresh(table: &Table, case: &Refresh) -> Result<(), String> {
    let login_type = case.login_type.as_deref();
    let config = table.config(&case.configuration, &case.settings, login_type, None, 401);
    let engine = Engine::new(config);
    let now = table.now(None);
    let headers: Vec<(String, Vec<u8>)> =
        case.request.headers.iter().map(|(name, value)| (name.clone(), value.bytes())).collect();
    let request = Request::new(&case.request.method, headers.as_slice());
    let sets: Vec<(&str, &str)> =
        case.sets.iter().map(|line| ("Set-Cookie", line.as_str())).collect();
    let outcome = Outcome { status: case.status, headers: sets.as_slice() };
    let candidate = engine.refresh_candidate(&request, &case.path, now).ok();
    let claims = candidate.and_then(|candidate| admitted(candidate, case.revoked).ok());
    let renewed =
        claims.and_then(|claims| engine.reissue(&claims, &outcome, now, &SystemRandom).ok());
    case.check(renewed.as_ref().map(reissued_token).as_deref())
}

fn decide(
    engine: &Engine,
    parts: &Parts,
    requirement: &Requirement,
    now: Timestamp,
) -> Result<String, Error> {
    let headers: Vec<(String, Vec<u8>)> =
        parts.headers.iter().map(|(name, value)| (name.clone(), value.bytes())).collect();
    let query = parts.query.bytes();
    let fields: Vec<(&str, &str)> =
        parts.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request::new(&parts.method, headers.as_slice()).query(&query);

    let body;
    let request = match engine.wants_body(&request, requirement, now) {
        Some(BodyWanted::Json) => match body_within(parts, engine.config().max_body_size()) {
            Some(bytes) => {
                body = bytes;
                request.json(&body)
            }
            None => request,
        },
        Some(BodyWanted::Form) => request.form(&fields),
        None => request,
    };

    let token = engine.find_token(&request, requirement)?;
    assert!(!format!("{token:?}").contains("eyJ"), "Debug shows the token");
    let verified = engine.verify::<()>(&token, requirement, now);
    let claims = verified.map(Verified::without_asking);
    let again = engine.verify::<()>(&token, requirement, now);
    assert_eq!(
        again.map(Verified::without_asking),
        claims,
        "the second verification has another result"
    );
    let with_custom_claims = engine.verify::<JsonClaims>(&token, requirement, now);
    assert_eq!(
        with_custom_claims.map(|verified| verified.without_asking().sub),
        claims.as_ref().map(|claims| claims.sub.clone()).map_err(Clone::clone),
        "reading custom claims has another result"
    );
    claims.map(|claims| claims.sub)
}

/// The body as a face reads it: `None` if it is, or announces that it is, larger than the limit.
fn body_within(parts: &Parts, bound: usize) -> Option<Vec<u8>> {
    let announced = parts
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.expand())
        .find(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(0, |digits| digits.parse().unwrap_or(usize::MAX));
    let body = parts.body.bytes();
    (!parts.endless && announced <= bound && body.len() <= bound).then_some(body)
}
