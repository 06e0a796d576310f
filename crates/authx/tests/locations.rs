//! Where a request's token is found, and when the body must be read for it.

use authx::error::Malformed;
use authx::transport::BodyWanted;
use authx::{
    ConfigBuilder, CsrfCheck, Engine, Error, Location, NewToken, Request, RequestToken,
    Requirement, TokenKind,
};

mod support;
use support::{engine, engine_with, issue, now, sign_payload};

use Location::{Cookies, Headers, Json, Query};

type Change = fn(ConfigBuilder) -> ConfigBuilder;
type Found = Result<(String, Location), Error>;

/// The CSRF value of the tests' tokens.
const VALUE: &str = "the value";
const FORM: &str = "application/x-www-form-urlencoded";

/// The parts of a test's request.
#[derive(Clone, Copy, Default)]
struct Parts<'r> {
    method: &'r str,
    headers: &'r [(&'r str, &'r str)],
    query: &'r str,
    json: Option<&'r str>,
    form: &'r [(&'r str, &'r str)],
}

impl<'r> Parts<'r> {
    fn request(&self) -> Request<'r, [(&'r str, &'r str)]> {
        let request = Request::new(self.method, self.headers).query(self.query.as_bytes());
        let request = request.form(self.form);
        match self.json {
            Some(json) => request.json(json.as_bytes()),
            None => request,
        }
    }
}

fn headers<'r>(headers: &'r [(&'r str, &'r str)]) -> Parts<'r> {
    Parts { headers, ..Parts::default() }
}

fn query(query: &str) -> Parts<'_> {
    Parts { query, ..Parts::default() }
}

fn json_body(json: &str) -> Parts<'_> {
    let headers = &[("content-type", "application/json; charset=utf-8")];
    Parts { headers, json: Some(json), ..Parts::default() }
}

/// The token that was found, and its location.
fn found(engine: &Engine, parts: &Parts<'_>, requirement: &Requirement) -> Found {
    let token = engine.find_token(&parts.request(), requirement)?;
    Ok((String::from_utf8_lossy(token.as_bytes()).into_owned(), token.location()))
}

fn in_locations(locations: &[Location]) -> Engine {
    engine_with(|config| config.token_location(locations.to_vec()))
}

#[test]
fn a_token_is_read_from_each_location() {
    let engine = in_locations(&[Headers, Cookies, Query, Json]);
    let missing = Err(Error::MissingToken);
    let ambiguous = Err(Error::Malformed(Malformed::Ambiguous));
    let not_a_string = Err(Error::Malformed(Malformed::NotText));
    let at = |location| Ok(("abc".to_owned(), location));
    let cases: Vec<(&str, Parts<'_>, Found)> = vec![
        ("nothing", Parts::default(), missing.clone()),
        ("header", headers(&[("authorization", "Bearer abc")]), at(Headers)),
        ("header name in other case", headers(&[("AUTHORIZATION", "bearer  abc")]), at(Headers)),
        ("another scheme", headers(&[("authorization", "Basic abc")]), missing.clone()),
        ("no scheme", headers(&[("authorization", "abc")]), missing.clone()),
        (
            "another scheme first",
            headers(&[("authorization", "Basic x"), ("authorization", "Bearer abc")]),
            at(Headers),
        ),
        (
            "the same twice",
            headers(&[("authorization", "Bearer abc"), ("authorization", "Bearer abc")]),
            at(Headers),
        ),
        (
            "two different headers",
            headers(&[("authorization", "Bearer abc"), ("authorization", "Bearer abd")]),
            ambiguous.clone(),
        ),
        ("cookie", headers(&[("cookie", "access_token_cookie=abc")]), at(Cookies)),
        (
            "cookie among others",
            headers(&[("cookie", "a=1; access_token_cookie=abc; b=2")]),
            at(Cookies),
        ),
        (
            "cookie in a second header",
            headers(&[("cookie", "a=1"), ("cookie", "access_token_cookie=abc")]),
            at(Cookies),
        ),
        ("cookie in quotes", headers(&[("cookie", "access_token_cookie=\"abc\"")]), at(Cookies)),
        (
            "the other type's cookie",
            headers(&[("cookie", "refresh_token_cookie=abc")]),
            missing.clone(),
        ),
        (
            "cookie in other case",
            headers(&[("cookie", "Access_token_cookie=abc")]),
            missing.clone(),
        ),
        ("an empty cookie", headers(&[("cookie", "access_token_cookie=; a")]), missing.clone()),
        (
            "two different cookies",
            headers(&[("cookie", "access_token_cookie=abc; access_token_cookie=abd")]),
            Err(Error::DuplicateCookie { name: "access_token_cookie".to_owned() }),
        ),
        ("query", query("a=1&token=abc"), at(Query)),
        ("query with escapes", query("%74oken=a%62c"), at(Query)),
        ("an empty query", query("token="), missing.clone()),
        ("two different in the query", query("token=abc&token=abd"), ambiguous.clone()),
        ("JSON", json_body(r#"{"access_token": "abc"}"#), at(Json)),
        (
            "JSON without its content type",
            Parts { json: Some(r#"{"access_token": "abc"}"#), ..Parts::default() },
            missing.clone(),
        ),
        ("the other type's field", json_body(r#"{"refresh_token": "abc"}"#), missing.clone()),
        ("not a string in JSON", json_body(r#"{"access_token": 7}"#), not_a_string),
        ("twice in JSON", json_body(r#"{"access_token": "a", "access_token": "a"}"#), ambiguous),
        ("not JSON", json_body("access_token=abc"), missing),
    ];
    for (name, parts, expected) in cases {
        assert_eq!(found(&engine, &parts, &Requirement::access()), expected, "{name}");
    }
}

#[test]
fn names_and_scheme_are_the_configured_ones() {
    let cases: [(&str, Change, Requirement, Parts<'_>); 9] = [
        (
            "header",
            |c| c.header_name("X-Token"),
            Requirement::access(),
            headers(&[("x-token", "Bearer abc")]),
        ),
        (
            "scheme",
            |c| c.header_type("JWT"),
            Requirement::access(),
            headers(&[("authorization", "jwt abc")]),
        ),
        (
            "no scheme",
            |c| c.header_type(""),
            Requirement::access(),
            headers(&[("authorization", "abc")]),
        ),
        (
            "query",
            |c| c.token_location([Query]).query_string_name("t"),
            Requirement::access(),
            query("t=abc"),
        ),
        (
            "access cookie",
            |c| c.token_location([Cookies]).access_cookie_name("t"),
            Requirement::access(),
            headers(&[("cookie", "t=abc")]),
        ),
        (
            "refresh cookie",
            |c| c.token_location([Cookies]).refresh_cookie_name("t"),
            Requirement::refresh(),
            headers(&[("cookie", "t=abc")]),
        ),
        (
            "JSON",
            |c| c.token_location([Json]).json_key("t"),
            Requirement::access(),
            json_body(r#"{"t":"abc"}"#),
        ),
        (
            "refresh JSON",
            |c| c.token_location([Json]).refresh_json_key("t"),
            Requirement::refresh(),
            json_body(r#"{"t":"abc"}"#),
        ),
        (
            "a location for refresh tokens",
            |c| c.refresh_token_location(vec![Query]),
            Requirement::refresh(),
            query("token=abc"),
        ),
    ];
    for (name, change, requirement, parts) in cases {
        let token = found(&engine_with(change), &parts, &requirement).map(|(token, _)| token);
        assert_eq!(token, Ok("abc".to_owned()), "{name}");
        let by_default = found(&engine(), &parts, &requirement);
        assert_eq!(by_default, Err(Error::MissingToken), "{name} by default");
    }
}

#[test]
fn the_first_location_with_a_token_wins_even_if_its_token_is_bad() {
    let everywhere = Parts {
        headers: &[
            ("authorization", "Bearer in-header"),
            ("cookie", "access_token_cookie=in-cookie"),
            ("content-type", "application/json"),
        ],
        query: "token=in-query",
        json: Some(r#"{"access_token": "in-json"}"#),
        ..Parts::default()
    };
    for locations in [
        [Headers, Cookies, Query, Json],
        [Cookies, Headers, Json, Query],
        [Query, Json, Headers, Cookies],
        [Json, Query, Cookies, Headers],
    ] {
        let engine = in_locations(&locations);
        let (_, location) = found(&engine, &everywhere, &Requirement::access()).expect("a token");
        assert_eq!(location, locations[0]);
        for only in locations {
            let requirement = Requirement::access().locations([only]);
            let (_, location) = found(&engine, &everywhere, &requirement).expect("a token");
            assert_eq!(location, only, "the locations of the requirement");
        }
    }
    let nowhere = Requirement::access().locations([]);
    assert_eq!(found(&engine(), &everywhere, &nowhere), Err(Error::MissingToken));

    let engine = in_locations(&[Headers, Query]);
    let good = issue(&engine, &NewToken::access("a"));
    let query = format!("token={good}");
    let headers = [("authorization", "Bearer bad")];
    let parts = Parts { headers: &headers, query: &query, ..Parts::default() };
    let request = parts.request();
    let token = engine.find_token(&request, &Requirement::access()).expect("a token");
    let refused = engine.verify::<()>(&token, &Requirement::access(), now());
    assert_eq!(refused.map(drop), Err(Error::Malformed(Malformed::Segments)));
}

#[test]
fn a_body_is_read_only_where_it_can_make_a_difference() {
    let jwt = issue(&engine_with(|config| config), &NewToken::access("a"));
    let cookie = format!("access_token_cookie={jwt}");
    let forged = cookie.replace(".", "x.");
    let cookie = ("cookie", cookie.as_str());
    let forged = ("cookie", forged.as_str());
    let header = ("authorization", "Bearer abc");
    let json = ("content-type", "application/json");
    let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let multipart = ("content-type", "multipart/form-data; boundary=x");
    let plain = ("content-type", "text/plain");
    let shown = ("x-csrf-token", "x");
    let wants_json = Some(BodyWanted::Json);
    let wants_form = Some(BodyWanted::Form);
    let all: &[Location] = &[Headers, Cookies, Query, Json];
    type Case<'c> = (&'c str, &'c [Location], &'c str, Vec<(&'c str, &'c str)>, Option<BodyWanted>);
    let cases: Vec<Case<'_>> = vec![
        ("JSON, and no token before it", all, "POST", vec![json], wants_json),
        ("JSON, and a token in the header", all, "POST", vec![header, json], None),
        ("JSON, and a token in the cookie", all, "POST", vec![cookie, json], None),
        ("JSON comes first", &[Json, Headers], "POST", vec![header, json], wants_json),
        ("JSON is no location", &[Headers], "POST", vec![json], None),
        ("another content type", all, "POST", vec![plain], None),
        ("no content type", all, "POST", vec![], None),
        ("a form, and the cookie's CSRF value", all, "POST", vec![cookie, form], wants_form),
        ("a form of several parts", all, "POST", vec![cookie, multipart], wants_form),
        ("a form, and the CSRF value in the header", all, "POST", vec![cookie, form, shown], None),
        ("a form, and a method without CSRF protection", all, "GET", vec![cookie, form], None),
        ("a form without a cookie", all, "POST", vec![form], None),
        ("a form, and a token in the header", all, "POST", vec![header, cookie, form], None),
        (
            "a form, where JSON comes first",
            &[Json, Cookies],
            "POST",
            vec![cookie, form],
            wants_form,
        ),
        ("no form", all, "POST", vec![cookie, plain], None),
        ("a form, and a forged token in the cookie", all, "POST", vec![forged, form], None),
    ];
    for (name, locations, method, headers, expected) in cases {
        let engine =
            engine_with(|config| config.token_location(locations.to_vec()).csrf_check_form(true));
        let request = Request::new(method, headers.as_slice());
        assert_eq!(engine.wants_body(&request, &Requirement::access(), now()), expected, "{name}");
        if expected.is_some() {
            assert!(engine.may_want_body(&Requirement::access()), "{name}");
        }
    }
    let headers = [cookie, form];
    let request = Request::new("GET", headers.as_slice());
    let engine = engine_with(|config| config.token_location([Cookies]).csrf_check_form(true));
    let always = Requirement::access().csrf(CsrfCheck::Always);
    assert_eq!(engine.wants_body(&request, &always, now()), wants_form);
    let request = Request::new("POST", headers.as_slice());
    let never = Requirement::access().csrf(CsrfCheck::Never);
    assert_eq!(engine.wants_body(&request, &never, now()), None);

    let no_forms = in_locations(&[Headers, Cookies, Query]);
    assert!(!no_forms.may_want_body(&Requirement::access()));
    assert_eq!(no_forms.wants_body(&request, &Requirement::access(), now()), None);
}

/// The outcome of a request whose token is in a cookie, and whose CSRF value is [`VALUE`].
fn with_cookie(
    change: Change,
    method: &str,
    check: CsrfCheck,
    headers: &[(&str, &str)],
    form: &[(&str, &str)],
) -> Result<(), Error> {
    let engine = engine_with(|config| change(config.token_location([Cookies, Headers])));
    let jwt = issue(&engine, &NewToken::access("a").csrf(VALUE));
    let cookie = format!("access_token_cookie={jwt}");
    let bearer = format!("Bearer {jwt}");
    let requirement = Requirement::access().csrf(check);
    let outcome = |carrier: (&str, &str)| {
        let all = [&[carrier], headers].concat();
        let request = Request::new(method, all.as_slice()).form(form);
        let token = engine.find_token(&request, &requirement)?;
        engine.verify::<()>(&token, &requirement, now()).map(drop)
    };
    assert_eq!(
        outcome(("authorization", &bearer)),
        Ok(()),
        "a token in a header needs no CSRF value"
    );
    outcome(("cookie", &cookie))
}

#[test]
fn a_token_in_a_cookie_needs_its_csrf_value_if_method_and_configuration_require_it() {
    use CsrfCheck::{Always, AsConfigured, Never};
    let default: Change = |config| config;
    let off: Change = |config| config.cookie_csrf_protect(false);
    let get: Change = |config| config.csrf_methods(["get".to_owned()]);
    for (name, change, method, check, is_required) in [
        ("a reading method", default, "GET", AsConfigured, false),
        ("POST", default, "POST", AsConfigured, true),
        ("PUT", default, "PUT", AsConfigured, true),
        ("PATCH", default, "PATCH", AsConfigured, true),
        ("DELETE", default, "DELETE", AsConfigured, true),
        ("in small letters", default, "delete", AsConfigured, true),
        ("always", default, "GET", Always, true),
        ("never", default, "POST", Never, false),
        ("no protection", off, "POST", AsConfigured, false),
        ("no protection, but always", off, "POST", Always, true),
        ("a method of the list", get, "GET", AsConfigured, true),
        ("a method beside the list", get, "POST", AsConfigured, false),
    ] {
        let (missing, mismatch) = if is_required {
            (Err(Error::MissingCsrfToken), Err(Error::CsrfMismatch))
        } else {
            (Ok(()), Ok(()))
        };
        let outcome = |headers| with_cookie(change, method, check, headers, &[]);
        assert_eq!(outcome(&[]), missing, "{name}: none");
        assert_eq!(outcome(&[("x-csrf-token", "x")]), mismatch, "{name}: another");
        assert_eq!(outcome(&[("x-csrf-token", VALUE)]), Ok(()), "{name}: the value");
    }
}

#[test]
fn the_csrf_value_is_compared_exactly_and_read_only_from_its_header() {
    let default: Change = |config| config;
    let renamed: Change = |config| config.access_csrf_header_name("X-Mine");
    type Pairs<'p> = &'p [(&'p str, &'p str)];
    let missing = || Err(Error::MissingCsrfToken);
    let mismatch = || Err(Error::CsrfMismatch);
    let cases: [(&str, Change, Pairs<'_>, Result<(), Error>); 10] = [
        ("a name in other case", default, &[("X-Csrf-Token", VALUE)], Ok(())),
        ("nothing", default, &[("x-csrf-token", "")], mismatch()),
        ("part of it", default, &[("x-csrf-token", "the valu")], mismatch()),
        ("more than it", default, &[("x-csrf-token", "the value ")], mismatch()),
        ("other case", default, &[("x-csrf-token", "The Value")], mismatch()),
        ("any bytes", default, &[("x-csrf-token", "ä\u{0}")], mismatch()),
        ("two", default, &[("x-csrf-token", VALUE), ("x-csrf-token", "x")], mismatch()),
        ("only the CSRF cookie", default, &[("cookie", "csrf_access_token=the value")], missing()),
        ("the configured header", renamed, &[("x-mine", VALUE)], Ok(())),
        ("not the configured header", renamed, &[("x-csrf-token", VALUE)], missing()),
    ];
    for (name, change, headers, expected) in cases {
        let outcome = with_cookie(change, "POST", CsrfCheck::AsConfigured, headers, &[]);
        assert_eq!(outcome, expected, "{name}");
    }
}

#[test]
fn the_csrf_value_may_be_a_field_of_a_form_where_that_is_switched_on() {
    let off: Change = |config| config;
    let on: Change = |config| config.csrf_check_form(true);
    let renamed: Change = |config| config.csrf_check_form(true).access_csrf_field_name("mine");
    type Pairs<'p> = &'p [(&'p str, &'p str)];
    let missing = || Err(Error::MissingCsrfToken);
    let mismatch = || Err(Error::CsrfMismatch);
    let cases: [(&str, Change, Pairs<'_>, Result<(), Error>); 6] = [
        ("switched off", off, &[("csrf_token", VALUE)], missing()),
        ("switched on", on, &[("csrf_token", VALUE)], Ok(())),
        ("another value", on, &[("csrf_token", "x")], mismatch()),
        ("two values", on, &[("csrf_token", VALUE), ("csrf_token", "x")], mismatch()),
        ("the configured field", renamed, &[("mine", VALUE)], Ok(())),
        ("not the configured field", renamed, &[("csrf_token", VALUE)], missing()),
    ];
    for (name, change, form, expected) in cases {
        let outcome = with_cookie(change, "POST", CsrfCheck::AsConfigured, &[], form);
        assert_eq!(outcome, expected, "{name}");
    }
    let wrong_header = &[("x-csrf-token", "x")];
    let form = &[("csrf_token", VALUE)];
    let outcome = with_cookie(on, "POST", CsrfCheck::AsConfigured, wrong_header, form);
    assert_eq!(outcome, mismatch(), "the header takes precedence over the form");
}

#[test]
fn a_token_without_a_csrf_value_is_refused_where_one_is_required() {
    let engine = in_locations(&[Cookies]);
    for csrf in [None, Some("")] {
        let mut payload = support::minimal_payload();
        if let Some(csrf) = csrf {
            payload["csrf"] = csrf.into();
        }
        let cookie = format!("access_token_cookie={}", sign_payload(&payload));
        for presented in ["", "null"] {
            let headers = [("cookie", cookie.as_str()), ("x-csrf-token", presented)];
            let request = Request::new("POST", headers.as_slice());
            let token = engine.find_token(&request, &Requirement::access()).expect("a token");
            let refused = engine.verify::<()>(&token, &Requirement::access(), now());
            assert_eq!(refused.map(drop), Err(Error::CsrfMismatch), "{csrf:?} {presented:?}");
        }
    }
    // A `RequestToken` that the caller created with the location of cookies needs the CSRF value too.
    let jwt = issue(&engine, &NewToken::access("a"));
    let token = RequestToken::new(jwt, TokenKind::Access, Cookies);
    let refused = engine.verify::<()>(&token, &Requirement::access(), now());
    assert_eq!(refused.map(drop), Err(Error::MissingCsrfToken));
}

#[test]
fn a_websocket_without_https_is_open_to_its_own_pages_if_cookies_are_not_secure() {
    let host = ("host", "127.0.0.1:8000");
    let headers =
        [host, ("origin", "http://127.0.0.1:8000"), ("cookie", "access_token_cookie=abc")];
    let request = Request::new("GET", headers.as_slice());
    for (secure, is_trusted) in [(false, true), (true, false)] {
        let engine = engine_with(|config| config.token_location([Cookies]).cookie_secure(secure));
        let found = engine.find_token(&request, &Requirement::access().websocket());
        assert_eq!(found.is_ok(), is_trusted, "{secure}");
    }
}

#[test]
fn a_websocket_accepts_a_cookie_only_from_an_allowed_origin() {
    let engine = engine_with(|config| {
        config
            .token_location([Headers, Cookies])
            .websocket_allowed_origins(["https://App.example".to_owned()])
    });
    let host = ("host", "service.example:8443");
    let trusted = [
        vec![host, ("origin", "https://service.example:8443")],
        vec![host, ("origin", "https://SERVICE.example:8443")],
        vec![host, ("origin", "https://app.example")],
        vec![("origin", "https://app.example")],
    ];
    let foreign = [
        vec![host],
        vec![("origin", "https://service.example:8443")],
        vec![host, ("origin", "https://service.example")],
        vec![host, ("origin", "https://service.example:8443.evil.example")],
        vec![host, ("origin", "https://evil.example")],
        vec![host, ("origin", "http://service.example:8443")],
        vec![host, ("origin", "https://app.example:444")],
        vec![host, ("origin", "http://app.example")],
        vec![host, ("origin", "https://app.example.evil.example")],
        vec![host, ("origin", "null")],
        vec![host, ("origin", "")],
        vec![host, ("origin", "service.example:8443")],
        vec![host, ("origin", "https://app.example"), ("origin", "https://app.example")],
        vec![host, ("host", "evil.example"), ("origin", "https://evil.example")],
    ];
    let cookie = ("cookie", "access_token_cookie=abc");
    let bearer = ("authorization", "Bearer abc");
    let handshake = Requirement::access().websocket();
    for (headers, expected) in trusted
        .map(|headers| (headers, Ok(())))
        .into_iter()
        .chain(foreign.map(|headers| (headers, Err(Error::ForeignOrigin))))
    {
        let find = |carrier, requirement: &Requirement| {
            let mut all = headers.clone();
            all.push(carrier);
            engine.find_token(&Request::new("GET", all.as_slice()), requirement).map(drop)
        };
        assert_eq!(find(cookie, &handshake), expected, "{headers:?}");
        assert_eq!(find(bearer, &handshake), Ok(()), "a token in a header needs no origin");
        assert_eq!(find(cookie, &Requirement::access()), Ok(()), "not a WebSocket");

        // A handshake is one whatever the requirement says.
        let access = Requirement::access();
        for upgrade in ["websocket", "WebSocket", "h2c, websocket"] {
            let mut all = headers.clone();
            all.extend([("upgrade", upgrade), cookie]);
            let found = engine.find_token(&Request::new("GET", all.as_slice()), &access).map(drop);
            assert_eq!(found, expected, "{headers:?} {upgrade}");
        }
        let mut all = headers.clone();
        all.push(cookie);
        for request in [
            Request::new("CONNECT", all.as_slice()),
            Request::new("GET", all.as_slice()).websocket(),
        ] {
            assert_eq!(engine.find_token(&request, &access).map(drop), expected, "{headers:?}");
        }
    }
}

#[test]
fn the_origin_of_a_websocket_is_compared_with_the_authority_and_without_default_ports() {
    let find = |secure: bool, host: Option<&str>, authority: &str, origin: &str| {
        let engine = engine_with(|config| config.token_location([Cookies]).cookie_secure(secure));
        let mut headers = vec![("cookie", "access_token_cookie=abc"), ("origin", origin)];
        headers.extend(host.map(|host| ("host", host)));
        let request = Request::new("CONNECT", headers.as_slice()).authority(authority.as_bytes());
        engine.find_token(&request, &Requirement::access()).is_ok()
    };
    let host = |host, origin| find(true, Some(host), "", origin);
    assert!(host("app.example:443", "https://app.example"));
    assert!(host("app.example", "https://app.example:443"));
    assert!(!host("app.example:80", "https://app.example"));
    assert!(!host("app.example", "https://app.example:80"));
    assert!(!host("app.example", "http://app.example:443"));
    assert!(find(false, Some("app.example:80"), "", "http://app.example"));
    assert!(!find(false, Some("app.example:443"), "", "http://app.example"));

    assert!(find(true, None, "app.example", "https://app.example"));
    assert!(!find(true, None, "app.example", "https://evil.example"));
    assert!(!find(true, None, "", "https://app.example"));
    assert!(!find(true, None, "", "https://"));
    assert!(!find(true, Some(""), "", "https://"));
    let spoofed = find(true, Some("app.example"), "evil.example", "https://evil.example");
    assert!(!spoofed, "the header counts where there is one");
}

#[test]
fn the_csrf_value_may_be_in_a_form_with_any_order_of_locations() {
    let engine = engine_with(|config| config.token_location([Json, Cookies]).csrf_check_form(true));
    let jwt = issue(&engine, &NewToken::access("a").csrf("right"));
    let cookie = format!("access_token_cookie={jwt}");
    let headers = [("cookie", cookie.as_str()), ("content-type", FORM)];
    let request = Request::new("POST", headers.as_slice());
    let requirement = Requirement::access();
    assert_eq!(engine.wants_body(&request, &requirement, now()), Some(BodyWanted::Form));
    let request = request.form(&[("csrf_token", "right")]);
    let token = engine.find_token(&request, &requirement).expect("a token");
    assert!(engine.verify::<()>(&token, &requirement, now()).is_ok());
}
