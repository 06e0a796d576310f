//! A whole request: request line, headers and body.

use authx::refresh::NoRefresh;
use authx::token::JsonClaims;
use authx::transport::{BodyWanted, offered_subprotocols, selected_subprotocol};
use authx::{Location, Request, Requirement};

use crate::shared::{check_refusal, engine, now};

/// The bytes are `METHOD PATH?QUERY`, then headers, then an empty line and a body. Only line ends are parsed here.
pub(crate) fn request(data: &[u8]) {
    let (head, body) = split_at(data, b"\n\n");
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = split_at(lines.next().unwrap_or_default(), b" ");
    let (path, query) = split_at(target, b"?");
    let (Ok(method), Ok(path)) = (std::str::from_utf8(method), std::str::from_utf8(path)) else {
        return;
    };
    let headers: Vec<(&str, &[u8])> = lines
        .map(|line| split_at(line, b": "))
        .filter_map(|(name, value)| Some((std::str::from_utf8(name).ok()?, value)))
        .collect();
    for requirement in [
        Requirement::access(),
        Requirement::refresh(),
        Requirement::fresh(),
        Requirement::access().any_kind(),
        Requirement::access().websocket(),
        Requirement::access().websocket().locations([Location::Subprotocol, Location::Cookies]),
    ] {
        let request = Request::new(method, headers.as_slice()).query(query);
        let request = match engine().wants_body(&request, &requirement, now()) {
            Some(BodyWanted::Json) => request.json(body),
            Some(BodyWanted::Form) | None => request,
        };
        let found = engine().find_token(&request, &requirement);
        let verified = found.and_then(|found| {
            assert!(!found.as_bytes().is_empty(), "an empty string is no token");
            if found.location() == Location::Subprotocol {
                check_answered_subprotocol(headers.as_slice(), found.as_bytes());
            }
            engine()
                .verify::<JsonClaims>(&found, &requirement, now())
                .map(authx::Verified::without_asking)
        });
        if let Err(error) = verified {
            check_refusal(&error, data);
        }
        if let Err(NoRefresh::NotVerified(error)) =
            engine().refresh_candidate(&request, path, now())
        {
            check_refusal(&error, data);
        }
    }
}

/// An answer can't select the token, even if the application would.
fn check_answered_subprotocol(headers: &[(&str, &[u8])], token: &[u8]) {
    assert!(!offered_subprotocols(headers).contains(&token), "a token is no subprotocol");
    let own = std::str::from_utf8(token).ok();
    let selected = selected_subprotocol(headers, own);
    assert!(selected.is_none_or(|selected| selected.as_bytes() != token), "the token is selected");
}

fn split_at<'d>(data: &'d [u8], separator: &[u8]) -> (&'d [u8], &'d [u8]) {
    match data.windows(separator.len()).position(|window| window == separator) {
        Some(position) => (&data[..position], &data[position + separator.len()..]),
        None => (data, &[]),
    }
}
