//! The exact `Set-Cookie` values.

use std::time::Duration;

use authx::config::SameSite;
use authx::error::Malformed;
use authx::transport::oversized_cookie;
use authx::{ConfigBuilder, Error, NewToken, SystemRandom, TokenKind};

mod support;
use support::{at, engine, engine_of_ring, engine_with, issue, now, seconds, secret_key};

type Change = fn(ConfigBuilder) -> ConfigBuilder;

/// The cookies for an access or a refresh token, with `TOKEN` in its place; its CSRF value is `CSRF`.
fn cookies(change: Change, kind: TokenKind, max_age: Option<Duration>) -> Vec<String> {
    let engine = engine_with(change);
    let token = issue(&engine, &NewToken::new(kind, "a").csrf("CSRF"));
    let cookies = engine.set_cookies(&token, kind, max_age, now()).expect("our own token");
    cookies.into_iter().map(|cookie| cookie.replace(&token, "TOKEN")).collect()
}

#[test]
fn a_token_and_its_csrf_value_are_stored_with_every_attribute() {
    let everything: Change = |config| {
        config
            .access_cookie_name("a")
            .access_cookie_path("/api")
            .access_csrf_cookie_name("ac")
            .access_csrf_cookie_path("/page")
            .refresh_cookie_name("r")
            .refresh_cookie_path("/refresh")
            .refresh_csrf_cookie_name("rc")
            .refresh_csrf_cookie_path("/login")
            .cookie_domain("example.com".to_owned())
            .cookie_samesite(SameSite::Strict)
            .cookie_max_age(seconds(60))
    };
    let bare: Change = |config| {
        config
            .cookie_samesite(None)
            .cookie_secure(false)
            .cookie_http_only(false)
            .csrf_in_cookies(false)
    };
    let (access, refresh) = (TokenKind::Access, TokenKind::Refresh);
    let cases: [(&str, Change, TokenKind, &[&str]); 9] = [
        (
            "access by default",
            |config| config,
            access,
            &[
                "access_token_cookie=TOKEN; HttpOnly; SameSite=Lax; Secure; Path=/",
                "csrf_access_token=CSRF; SameSite=Lax; Secure; Path=/",
            ],
        ),
        (
            "refresh by default",
            |config| config,
            refresh,
            &[
                "refresh_token_cookie=TOKEN; HttpOnly; SameSite=Lax; Secure; Path=/",
                "csrf_refresh_token=CSRF; SameSite=Lax; Secure; Path=/",
            ],
        ),
        (
            "access with everything",
            everything,
            access,
            &[
                "a=TOKEN; HttpOnly; SameSite=Strict; Secure; Path=/api; Domain=example.com; Max-Age=60",
                "ac=CSRF; SameSite=Strict; Secure; Path=/page; Domain=example.com; Max-Age=60",
            ],
        ),
        (
            "refresh with everything",
            everything,
            refresh,
            &[
                "r=TOKEN; HttpOnly; SameSite=Strict; Secure; Path=/refresh; Domain=example.com; Max-Age=60",
                "rc=CSRF; SameSite=Strict; Secure; Path=/login; Domain=example.com; Max-Age=60",
            ],
        ),
        ("bare", bare, access, &["access_token_cookie=TOKEN; Path=/"]),
        (
            "SameSite=None",
            |config| config.cookie_samesite(SameSite::None).cookie_csrf_protect(false),
            access,
            &["access_token_cookie=TOKEN; HttpOnly; SameSite=None; Secure; Path=/"],
        ),
        (
            "without CSRF cookies",
            |config| config.csrf_in_cookies(false),
            access,
            &["access_token_cookie=TOKEN; HttpOnly; SameSite=Lax; Secure; Path=/"],
        ),
        (
            "without CSRF protection",
            |config| config.cookie_csrf_protect(false),
            refresh,
            &["refresh_token_cookie=TOKEN; HttpOnly; SameSite=Lax; Secure; Path=/"],
        ),
        (
            "an empty domain is none",
            |config| config.cookie_domain(String::new()).csrf_in_cookies(false),
            access,
            &["access_token_cookie=TOKEN; HttpOnly; SameSite=Lax; Secure; Path=/"],
        ),
    ];
    for (name, change, kind, expected) in cases {
        assert_eq!(cookies(change, kind, None), expected, "{name}");

        // A cookie is deleted only by one with the same name and attributes.
        let deleted: Vec<_> = expected
            .iter()
            .map(|cookie| {
                let cookie = cookie.replace("=TOKEN", "=").replace("=CSRF", "=");
                let attributes = cookie.trim_end_matches("; Max-Age=60");
                format!("{attributes}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
            })
            .collect();
        assert_eq!(engine_with(change).unset_cookies(kind), deleted, "{name}");
    }
}

#[test]
fn the_max_age_is_that_of_the_call_the_configuration_or_the_token() {
    let default: Change = |config| config;
    let configured: Change = |config| config.cookie_max_age(seconds(60));
    let lasting: Change = |config| config.session_cookie(false);
    let never: Change = |config| {
        config.session_cookie(false).access_token_expires(authx::config::TokenLifetime::Never)
    };
    let both: Change = |config| config.session_cookie(false).cookie_max_age(seconds(60));
    let zero: Change = |config| config.cookie_max_age(Duration::ZERO);
    let deleted = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    for (name, change, given, expected) in [
        ("the session", default, None, ""),
        ("given", default, Some(seconds(5)), "; Max-Age=5"),
        ("configured", configured, None, "; Max-Age=60"),
        ("given wins", configured, Some(seconds(5)), "; Max-Age=5"),
        ("as the token", lasting, None, "; Max-Age=900"),
        ("given wins over the token", lasting, Some(seconds(5)), "; Max-Age=5"),
        ("configured wins over the token", both, None, "; Max-Age=60"),
        ("400 days for a token without an end", never, None, "; Max-Age=34560000"),
        ("zero given", configured, Some(Duration::ZERO), deleted),
        ("zero configured", zero, None, deleted),
        ("less than a second is not zero", default, Some(Duration::from_millis(1)), "; Max-Age=1"),
        ("fractions are cut", default, Some(Duration::from_millis(2900)), "; Max-Age=2"),
        ("a thousand years are enough", default, Some(Duration::MAX), "; Max-Age=31536000000"),
    ] {
        for cookie in cookies(change, TokenKind::Access, given) {
            let (_, after_path) = cookie.split_once("Path=/").expect("a path");
            assert_eq!(after_path, expected, "{name}: {cookie}");
        }
    }
}

#[test]
fn a_cookie_that_browsers_drop_is_warned_of_with_the_names_of_its_largest_claims() {
    let engine = engine();
    let set = |claims: serde_json::Value| {
        let token = issue(&engine, &NewToken::access("ada").claims(claims));
        engine.set_cookies(&token, TokenKind::Access, None, now()).expect("cookies")
    };
    assert_eq!(oversized_cookie(&set(serde_json::json!({"note": "x".repeat(2000)}))), None);
    let cookies = set(serde_json::json!({
        "permissions": vec!["marked"; 300],
        "profile": {"text": "marked".repeat(100)},
        "small": 1,
    }));
    let warning = oversized_cookie(&cookies).expect("a warning");
    let size = cookies[0].len();
    assert!(size > 4096, "{size}");
    assert!(
        warning.starts_with(&format!("the cookie access_token_cookie has {size} bytes")),
        "{warning}"
    );
    assert!(
        warning.contains(r#"its largest claims are "permissions" (2701 bytes), "profile" ("#),
        "{warning}"
    );
    assert!(!warning.contains("marked") && !warning.contains("small"), "{warning}");
    let large = format!("csrf_access_token={}", "x".repeat(4096));
    let warning = oversized_cookie(&[large]).expect("a warning");
    assert!(warning.ends_with("nobody is logged in by it"), "{warning}");
}

#[test]
fn only_a_token_with_a_valid_signature_is_stored() {
    let engine = engine();
    let set = |token: &str| engine.set_cookies(token, TokenKind::Access, None, now());
    let foreign =
        issue(&engine_of_ring([secret_key(support::OTHER_SECRET)]), &NewToken::access("a"));
    assert_eq!(set(&foreign), Err(Error::InvalidSignature));
    assert!(matches!(set("a; Domain=evil.example"), Err(Error::Malformed(_))));
    // Only the signature is checked, not whether the token has expired.
    let expired =
        engine.issue(&NewToken::access("a"), at(-10_000), &SystemRandom).expect("a token");
    assert!(set(&expired).is_ok());
}

#[test]
fn a_csrf_value_that_would_add_attributes_or_headers_is_not_stored() {
    let engine = engine();
    for value in
        ["a; Domain=evil.example", "a\r\nSet-Cookie: b=c", "a b", "a,b", "\"a\"", "ä", "a\\b"]
    {
        let token = issue(&engine, &NewToken::access("a").csrf(value));
        let refused = engine.set_cookies(&token, TokenKind::Access, None, now());
        assert_eq!(refused, Err(Error::Malformed(Malformed::Claim("csrf"))), "{value:?}");
    }
    let token = issue(&engine, &NewToken::access("a").csrf("a=b/c+d.~|"));
    assert!(engine.set_cookies(&token, TokenKind::Access, None, now()).is_ok());
}

#[test]
fn a_token_is_not_stored_as_one_of_the_other_type() {
    let engine = engine_with(|config| config);
    let token = issue(&engine, &NewToken::refresh("a"));
    let refused = engine.set_cookies(&token, TokenKind::Access, None, now());
    assert_eq!(refused, Err(Error::WrongTokenType { expected: TokenKind::Access }));
}
