//! Why a request counts as one without a token, in words for a developer. tests/interoperation has the texts.

use authx::answer::ErrorType;
use authx::{ConfigBuilder, Error, Location, Request, Requirement};

mod support;
use support::{engine, engine_with, now};

/// Every value of the requests has this.
const MARKER: &str = "s3cret";

fn everywhere(config: ConfigBuilder) -> ConfigBuilder {
    config.token_location([Location::Headers, Location::Cookies, Location::Query, Location::Json])
}

#[test]
fn an_explanation_has_no_value_of_the_request() {
    type Change = fn(ConfigBuilder) -> ConfigBuilder;
    let settings: [Change; 4] = [
        |config| config,
        everywhere,
        |config| config.token_location([Location::Query]).header_type(""),
        |config| config.csrf_check_form(true).csrf_in_cookies(false).cookie_secure(false),
    ];
    let headers = [
        ("authorization", "Basic s3cret"),
        ("cookie", "access_token_cookie=s3cret; refresh_token_cookie=s3cret; s3cret=s3cret"),
        ("cookie", "csrf_access_token=s3cret"),
        ("x-csrf-token", "s3cret"),
        ("content-type", "application/json; s3cret"),
        ("origin", "https://s3cret"),
        ("host", "s3cret"),
    ];
    let form = [("csrf_token", "s3cret")];
    let errors = [
        ErrorType::MissingToken,
        ErrorType::MissingCsrfToken,
        ErrorType::Csrf,
        ErrorType::ForeignOrigin,
    ];
    for change in settings {
        let engine = engine_with(change);
        for without in 0..=headers.len() {
            let sent: Vec<_> = headers.iter().copied().take(without).collect();
            let request = Request::new(MARKER, sent.as_slice())
                .query(b"token=s3cret&s3cret")
                .json(br#"{"access_token": "s3cret", "refresh_token": "s3cret"}"#)
                .form(&form)
                .authority(b"s3cret");
            for requirement in [Requirement::access(), Requirement::refresh()] {
                for error in errors {
                    let text = engine.explain(error, &request, &requirement).expect("a text");
                    assert!(!text.contains(MARKER), "{text}");
                }
            }
        }
    }
}

#[test]
fn an_error_that_is_about_something_else_is_not_explained() {
    let headers: [(&str, &str); 0] = [];
    let request = Request::new("GET", headers.as_slice());
    let explained = ErrorType::ALL
        .into_iter()
        .filter(|error| engine().explain(*error, &request, &Requirement::access()).is_some());
    let names: Vec<_> = explained.map(ErrorType::as_str).collect();
    assert_eq!(
        names,
        ["MissingTokenError", "MissingCSRFTokenError", "CSRFError", "ForeignOriginError"]
    );
}

#[test]
fn an_answer_has_the_explanation_only_with_the_setting() {
    let silent = engine().answer_explained(&Error::MissingToken, Some("because"));
    assert_eq!(silent, engine().answer(&Error::MissingToken));
    let engine = engine_with(|config| config.explain_errors(true));
    let answer = engine.answer_explained(&Error::MissingToken, Some("because"));
    let body =
        r#"{"message":"Token Error","error_type":"MissingTokenError","explanation":"because"}"#;
    assert_eq!(answer.body, body);
}

#[test]
fn a_requirement_with_locations_of_its_own_names_them() {
    let headers = [("authorization", "Bearer abc")];
    let request = Request::new("GET", headers.as_slice());
    let requirement = Requirement::refresh().locations([Location::Query]);
    let text = engine().explain(ErrorType::MissingToken, &request, &requirement);
    assert_eq!(
        text.as_deref(),
        Some(
            "No refresh token was found. There is no query parameter 'token'. The header 'Authorization' does not \
             count: only query is searched here."
        )
    );
}

#[test]
fn implicit_refresh_explains_a_missing_cookie_and_gives_other_reasons_as_they_are() {
    let engine = engine_with(everywhere);
    let headers = [("authorization", "Bearer abc")];
    let request = Request::new("GET", headers.as_slice());
    let reason = engine.refresh_candidate(&request, "/", now()).expect_err("no cookie");
    assert_eq!(
        engine.explain_no_refresh(&reason, &request),
        "no implicit refresh: The request carries no token: No access token was found. There is no cookie \
         'access_token_cookie'. A browser sends it only over https (JWT_COOKIE_SECURE), from pages of the same site \
         or along a link (JWT_COOKIE_SAMESITE). The header 'Authorization' does not count: only cookies is searched \
         here."
    );
    let headers = [("cookie", "access_token_cookie=a.b.c")];
    let request = Request::new("GET", headers.as_slice());
    let reason = engine.refresh_candidate(&request, "/", now()).expect_err("no token");
    assert_eq!(engine.explain_no_refresh(&reason, &request), reason.to_string());
}
