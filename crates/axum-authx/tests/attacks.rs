//! Sends the hostile requests of `tests/attacks/cases.json`, and valid ones that differ little from them, through
//! a router. The other packages run the same table, which `tests/attacks/generate.py` writes and explains.

mod log;
#[path = "../../../tests/conformance/record.rs"]
mod record;
#[expect(dead_code, reason = "issuing is tested with the engine")]
#[path = "../../../tests/attacks/table.rs"]
mod table;

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::AppendHeaders;
use axum_authx::testing::{Answer, answer_to};
use axum_authx::{AuthX, Rejection, Requirement, revocation};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use log::Log;
use table::{Case, Counts, Expected, Refresh, Table};

const CHUNK: usize = 65_536;

#[test]
fn every_hostile_request_gets_its_answer_and_every_valid_one_passes() {
    let table = Table::read();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut ran = Counts::default();
    let mut impossible = 0;
    let mut wrong = Vec::new();
    for case in &table.cases {
        if request(&case.request, "/").is_none() {
            impossible += 1;
            continue;
        }
        for undecodable_status in [401, 422] {
            let request = request(&case.request, "/").expect("a request, as before");
            let log = Log::default();
            let answer = tracing::subscriber::with_default(log.subscriber(), || {
                let app = app(&table, case, undecodable_status);
                runtime.block_on(answer_to(&app, request))
            });
            if let Err(difference) = compare(&table, case, undecodable_status, &answer, &log) {
                wrong.push(format!("{}, {}: {difference}", case.topic, case.name));
            }
        }
        ran.count(&case.topic);
    }
    for case in &table.refreshes {
        let Some(request) = request(&case.request, &case.path) else {
            impossible += 1;
            continue;
        };
        let answer = runtime.block_on(answer_to(&refreshing(&table, case), request));
        if let Err(difference) = compare_refresh(case, &answer) {
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
    let report = format!(
        "{}; {impossible} are requests that its server would not pass on",
        ran.report(&table, "cases ran against axum")
    );
    // Written to stderr directly, because the test harness captures what `println!` writes.
    let _ = writeln!(std::io::stderr(), "attacks: {report}");
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
    record::record("attacks on axum", &report);
}

/// A router whose one route has the requirement of the case, and answers with the token's subject.
fn app(table: &Table, case: &Case, undecodable_status: u16) -> Router {
    let config = table.config(
        &case.configuration,
        &case.settings,
        case.login_type.as_deref(),
        case.ring.as_deref(),
        undecodable_status,
    );
    let now = table.now(case.now);
    let revoked = case.revoked;
    let auth = AuthX::new(config)
        .with_clock(move || now)
        .with_revocation(revocation::from_sync_fn(move |_| revoked));
    let requirement = table.routes[&case.route].requirement();
    Router::new()
        .fallback(subject)
        .layer(auth.require(requirement.clone()))
        .with_state((auth, requirement))
}

/// A router with implicit refresh whose one route asks for no token.
fn refreshing(table: &Table, case: &Refresh) -> Router {
    let login_type = case.login_type.as_deref();
    let config = table.config(&case.configuration, &case.settings, login_type, None, 401);
    let (now, revoked) = (table.now(None), case.revoked);
    let auth = AuthX::new(config)
        .with_clock(move || now)
        .with_revocation(revocation::from_sync_fn(move |_| revoked));
    let status = StatusCode::from_u16(case.status).expect("a status");
    let sets = case.sets.clone();
    Router::new()
        .fallback(move || async move {
            let sets = sets.into_iter().map(|line| (SET_COOKIE, line));
            (status, AppendHeaders(sets.collect::<Vec<_>>()))
        })
        .layer(auth.implicit_refresh())
        .with_state(auth)
}

/// Checks that the answer has the handler's cookies and, if the case expects one, that of the new token.
fn compare_refresh(case: &Refresh, answer: &Answer) -> Result<(), String> {
    if answer.status != case.status {
        return Err(format!("status {} instead of {}", answer.status, case.status));
    }
    let lines: Vec<_> =
        answer.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()).collect();
    let others: Vec<_> =
        lines.iter().filter(|line| !case.sets.contains(&(**line).to_owned())).collect();
    if lines.len() - others.len() != case.sets.len() {
        return Err(format!("{lines:?} lacks the handler's cookies"));
    }
    let renewed = others.iter().find_map(|line| line.strip_prefix("access_token_cookie="));
    case.check(renewed.map(|rest| rest.split(';').next().unwrap_or_default()))
}

async fn subject(
    State((auth, requirement)): State<(AuthX, Requirement)>,
    mut parts: Parts,
) -> Result<String, Rejection> {
    auth.authenticate::<()>(&mut parts, &requirement).await.map(|claims| claims.sub)
}

/// The case's request, or `None` if it has bytes that no HTTP server would pass on.
fn request(parts: &table::Parts, path: &str) -> Option<Request> {
    let query = String::from_utf8(parts.query.bytes()).ok()?;
    if query.contains('#') {
        // A client doesn't send the fragment of a URI (RFC 9110 section 7.1).
        return None;
    }
    let uri = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut announced = 0;
    let mut headers = Vec::new();
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(&value.bytes()).ok()?;
        if name == "content-length" {
            announced = value.to_str().ok()?.parse().ok()?;
        }
        headers.push((name, value));
    }
    let body = CaseBody {
        bytes: Bytes::from(parts.body.bytes()),
        given: 0,
        announced,
        endless: parts.endless,
        frames: 0,
    };
    let mut request = Request::new(Body::new(body));
    *request.method_mut() = Method::from_bytes(parts.method.as_bytes()).ok()?;
    *request.uri_mut() = uri.parse::<Uri>().ok()?;
    for (name, value) in headers {
        request.headers_mut().append(name, value);
    }
    Some(request)
}

struct CaseBody {
    bytes: Bytes,
    given: usize,
    announced: u64,
    endless: bool,
    frames: u32,
}

impl HttpBody for CaseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.frames += 1;
        assert!(self.frames < 10_000, "an endless body is read without a bound");
        if self.given == self.bytes.len() {
            if !self.endless {
                return Poll::Ready(None);
            }
            self.given = 0;
        }
        let end = self.bytes.len().min(self.given + CHUNK);
        let data = self.bytes.slice(self.given..end);
        self.given = end;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.announced);
        hint
    }
}

fn compare(
    table: &Table,
    case: &Case,
    undecodable_status: u16,
    answer: &Answer,
    log: &Log,
) -> Result<(), String> {
    table.check_silence(&log.text())?;
    match &case.expect {
        Expected::Accepted { sub } => {
            // The answer to HEAD has no body.
            let body = if case.request.method == "HEAD" { String::new() } else { sub.expand() };
            if (answer.status, &answer.body) != (200, &body) {
                return Err(format!("{} {} instead of 200 {body}", answer.status, answer.body));
            }
        }
        Expected::Refused { error_type, status, www_authenticate } => {
            let mode = undecodable_status.to_string();
            let expected =
                (Some(error_type.as_str()), status[&mode], www_authenticate[&mode].as_deref());
            let got = (answer.error_type(), answer.status, answer.header("www-authenticate"));
            if got != expected {
                return Err(format!("{got:?} instead of {expected:?}"));
            }
            table.check_silence(&format!("{answer:?}"))?;
        }
    }
    Ok(())
}
