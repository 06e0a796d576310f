//! Where the token of a WebSocket's handshake is found: in locations of its own, a subprotocol among them.

use authx::error::Malformed;
use authx::refresh::NoRefresh;
use authx::transport::BodyWanted;
use authx::{Engine, Error, Location, NewToken, Request, RequiredScopes, Requirement};

mod support;
use support::{at, engine_with, issue, now};

use Location::{Cookies, Headers, Json, Query, Subprotocol};

const BEARER: (&str, &str) = ("authorization", "Bearer from.a.header");
const COOKIE: (&str, &str) = ("cookie", "access_token_cookie=from.a.cookie");
const OWN_PAGE: [(&str, &str); 2] = [("host", "app.example"), ("origin", "https://app.example")];
const UPGRADE: (&str, &str) = ("upgrade", "websocket");
const PROTOCOLS: (&str, &str) = ("sec-websocket-protocol", "bearer, from.a.subprotocol");
const QUERY: &[u8] = b"token=from.a.query";

fn engine(http: &[Location], sockets: &[Location]) -> Engine {
    let (http, sockets) = (http.to_vec(), sockets.to_vec());
    engine_with(|config| config.token_location(http).websocket_token_location(sockets))
}

/// Where the token of a request with these headers and a token in its query is.
fn location(
    engine: &Engine,
    headers: &[(&str, &str)],
    requirement: &Requirement,
) -> Result<Location, Error> {
    let request = Request::new("GET", headers).query(QUERY);
    engine.find_token(&request, requirement).map(|token| token.location())
}

#[test]
fn a_handshake_has_its_own_locations_however_it_is_recognised() {
    let engine = engine(&[Headers, Cookies], &[Subprotocol, Query]);
    let everything = [BEARER, COOKIE, PROTOCOLS, OWN_PAGE[0], OWN_PAGE[1]];
    for requirement in [Requirement::access(), Requirement::refresh(), Requirement::fresh()] {
        assert_eq!(location(&engine, &everything, &requirement), Ok(Headers), "a request");
        let socket = requirement.clone().websocket();
        assert_eq!(location(&engine, &everything, &socket), Ok(Subprotocol));
        let upgrade = [&everything[..], &[UPGRADE]].concat();
        assert_eq!(location(&engine, &upgrade, &requirement), Ok(Subprotocol));
        for request in [
            Request::new("CONNECT", everything.as_slice()),
            Request::new("GET", everything.as_slice()).websocket(),
        ] {
            let found = engine.find_token(&request, &requirement).map(|token| token.location());
            assert_eq!(found, Ok(Subprotocol));
        }
        assert_eq!(location(&engine, &[BEARER, COOKIE, UPGRADE], &requirement), Ok(Query));
    }
}

#[test]
fn without_the_setting_a_handshake_has_the_locations_of_a_request() {
    let engine =
        engine_with(|config| config.token_location([Headers]).refresh_token_location(vec![Query]));
    let access = location(&engine, &[BEARER, PROTOCOLS, UPGRADE], &Requirement::access());
    assert_eq!(access, Ok(Headers));
    let refresh = location(&engine, &[BEARER, PROTOCOLS, UPGRADE], &Requirement::refresh());
    assert_eq!(refresh, Ok(Query));
    let neither = location(&engine, &[PROTOCOLS, UPGRADE], &Requirement::access());
    assert_eq!(neither, Err(Error::MissingToken));
}

#[test]
fn the_locations_of_a_route_apply_to_a_handshake_and_a_subprotocol_only_to_that() {
    let engine = engine(&[Headers], &[Query]);
    let route = Requirement::access().locations([Subprotocol, Cookies]);
    let handshake = [BEARER, PROTOCOLS, UPGRADE];
    assert_eq!(location(&engine, &handshake, &route), Ok(Subprotocol));
    assert_eq!(location(&engine, &handshake[..2], &route), Err(Error::MissingToken));
    assert_eq!(location(&engine, &handshake[..2], &route.websocket()), Ok(Subprotocol));
}

#[test]
fn only_a_cookie_needs_a_trusted_origin() {
    let engine = engine(&[Headers], &[Subprotocol, Cookies]);
    let access = Requirement::access();
    let foreign = [("host", "app.example"), ("origin", "https://evil.example"), UPGRADE];
    let with = |carrier| [&foreign[..], &[carrier]].concat();
    assert_eq!(location(&engine, &with(PROTOCOLS), &access), Ok(Subprotocol));
    assert_eq!(location(&engine, &with(COOKIE), &access), Err(Error::ForeignOrigin));
    let own = [OWN_PAGE[0], OWN_PAGE[1], UPGRADE, COOKIE];
    assert_eq!(location(&engine, &own, &access), Ok(Cookies));
}

#[test]
fn a_token_in_a_subprotocol_passes_every_check_but_that_of_csrf() {
    let engine = engine(&[Headers], &[Subprotocol]);
    let verify = |jwt: &str, requirement: &Requirement| {
        let offered = format!("chat.v2, bearer, {jwt}");
        let headers = [("sec-websocket-protocol", offered.as_str()), UPGRADE];
        let request = Request::new("GET", headers.as_slice());
        let token = engine.find_token(&request, requirement)?;
        let verified = engine.verify::<()>(&token, requirement, now())?;
        Ok::<_, Error>(verified.without_asking().sub)
    };
    let reader = issue(&engine, &NewToken::access("ada").scopes(&["events:read".to_owned()]));
    let events = Requirement::access().scopes(RequiredScopes::all(["events:read"]));
    assert_eq!(verify(&reader, &events), Ok("ada".to_owned()));
    let csrf = authx::CsrfCheck::Always;
    assert_eq!(verify(&reader, &events.clone().csrf(csrf)), Ok("ada".to_owned()));

    let stranger = issue(&engine, &NewToken::access("eve"));
    let refused = verify(&stranger, &events);
    assert!(matches!(refused, Err(Error::InsufficientScope { .. })), "{refused:?}");
    let refresh = issue(&engine, &NewToken::refresh("ada"));
    assert!(matches!(verify(&refresh, &events), Err(Error::WrongTokenType { .. })));
    assert_eq!(verify(&"a".repeat(9000), &events), Err(Error::TokenTooLarge));
    assert_eq!(verify("", &events), Err(Error::MissingToken));
    let two = Err(Error::Malformed(Malformed::Ambiguous));
    assert_eq!(verify(&format!("{reader}, bearer, {stranger}"), &events), two);
}

#[test]
fn a_body_is_not_read_for_a_handshake_with_locations_of_its_own() {
    let engine = engine(&[Json], &[Subprotocol]);
    let json = ("content-type", "application/json");
    let wanted = |headers: &[(&str, &str)]| {
        engine.wants_body(&Request::new("GET", headers), &Requirement::access(), now())
    };
    assert_eq!(wanted(&[json]), Some(BodyWanted::Json));
    assert_eq!(wanted(&[json, UPGRADE]), None);
    assert!(engine.may_want_body(&Requirement::access()));
}

#[test]
fn a_cookie_that_is_no_location_of_sockets_is_not_renewed_by_a_handshake() {
    let renewable = |sockets: &[Location]| {
        let engine = engine(&[Cookies], sockets);
        let cookie = format!("access_token_cookie={}", issue(&engine, &NewToken::access("ada")));
        let headers = [("cookie", cookie.as_str()), OWN_PAGE[0], OWN_PAGE[1], UPGRADE];
        let request = Request::new("GET", headers.as_slice());
        engine.refresh_candidate(&request, "/", at(600)).map(drop)
    };
    assert!(matches!(renewable(&[Subprotocol]), Err(NoRefresh::NoCookies)));
    assert!(renewable(&[Subprotocol, Cookies]).is_ok());
}
