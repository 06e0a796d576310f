//! Implicit refresh: when the access token in a cookie is replaced, and what the new token contains.

use std::time::Duration;

use authx::refresh::{NoRefresh, Outcome, Renewable};
use authx::token::{Audience, decode_unverified_header};
use authx::{
    Claims, ConfigBuilder, Engine, Error, NewToken, Request, SystemRandom, Timestamp, Verified,
};
use serde_json::json;

mod support;
use support::{
    FailingRandom, NOW, admitted, at, config, engine_with, issue, payload_of, reissued_token,
    seconds, sign_payload, verify_at,
};

type Change = fn(ConfigBuilder) -> ConfigBuilder;

/// Its access tokens live 900 seconds, and are replaced in their last 600.
fn engine(change: Change) -> Engine {
    engine_with(|config| change(config.token_location([authx::Location::Cookies])))
}

/// The first half of the decision, for a request of `method` and `path` that carries `token`.
fn candidate(
    engine: &Engine,
    token: &str,
    method: &str,
    path: &str,
    now: Timestamp,
) -> Result<Verified<'static, Renewable>, NoRefresh> {
    let cookie = format!("access_token_cookie={token}");
    let headers = [("cookie", cookie.as_str())];
    engine.refresh_candidate(&Request::new(method, headers.as_slice()), path, now)
}

/// The claims of a token that is due for replacement and that the stores admit.
fn due(engine: &Engine, token: &str, now: Timestamp) -> Claims<Renewable> {
    let candidate = candidate(engine, token, "GET", "/", now).expect("a token that is due");
    admitted(candidate, false).expect("not revoked")
}

/// The token that replaces `token`.
fn renewed(engine: &Engine, token: &str, now: Timestamp) -> String {
    let reissued = engine.reissue(&due(engine, token, now), &success(), now, &SystemRandom);
    reissued_token(&reissued.expect("a new token"))
}

const NO_HEADERS: &[(&str, &str)] = &[];

fn success() -> Outcome<'static, [(&'static str, &'static str)]> {
    Outcome { status: 200, headers: NO_HEADERS }
}

fn default(config: ConfigBuilder) -> ConfigBuilder {
    config
}

#[test]
fn a_token_is_due_in_its_last_minutes() {
    let engine = engine(default);
    let token = issue(&engine, &NewToken::access("a"));
    for (name, now, is_due) in [
        ("new", at(0), false),
        ("just before", at(299), false),
        ("at the window", at(300), true),
        ("in the window", at(600), true),
        ("in the last second", at(899), true),
    ] {
        match candidate(&engine, &token, "GET", "/", now) {
            Ok(candidate) => {
                assert!(is_due, "{name}");
                assert_eq!(candidate.token().as_str(), token);
                assert_eq!(candidate.token().sub(), "a");
            }
            Err(reason) => {
                assert!(!is_due && matches!(reason, NoRefresh::NotDue), "{name}: {reason:?}");
            }
        }
    }
}

#[test]
fn the_first_half_says_why_there_is_no_candidate() {
    type Expected = fn(&NoRefresh) -> bool;
    let cases: [(&str, Change, Expected); 9] = [
        (
            "tokens are not in cookies",
            |config| config.token_location([authx::Location::Headers]),
            |reason| matches!(reason, NoRefresh::NoCookies),
        ),
        (
            "the path is excluded",
            |config| config.implicit_refresh_route_exclude(["/items".to_owned()]),
            |reason| matches!(reason, NoRefresh::NotConfigured),
        ),
        (
            "the path is not included",
            |config| {
                config.implicit_refresh_route_include(["/other".to_owned(), "/item".to_owned()])
            },
            |reason| matches!(reason, NoRefresh::NotConfigured),
        ),
        (
            "the path is both",
            |config| {
                let items = || ["/items".to_owned()];
                config
                    .implicit_refresh_route_include(items())
                    .implicit_refresh_route_exclude(items())
            },
            |reason| matches!(reason, NoRefresh::NotConfigured),
        ),
        (
            "the method is excluded",
            |config| config.implicit_refresh_method_exclude(["get".to_owned()]),
            |reason| matches!(reason, NoRefresh::NotConfigured),
        ),
        (
            "the method is not included",
            |config| config.implicit_refresh_method_include(["POST".to_owned()]),
            |reason| matches!(reason, NoRefresh::NotConfigured),
        ),
        (
            "another issuer",
            |config| config.decode_issuer("me".to_owned()),
            |reason| matches!(reason, NoRefresh::NotVerified(Error::InvalidIssuer)),
        ),
        (
            "another key",
            |config| config.secret_key(authx::Secret::from(support::OTHER_SECRET)),
            |reason| matches!(reason, NoRefresh::NotVerified(Error::InvalidSignature)),
        ),
        (
            "a narrow window",
            |config| config.implicit_refresh_deltatime(seconds(1)),
            |reason| matches!(reason, NoRefresh::NotDue),
        ),
    ];
    let token = issue(&engine(default), &NewToken::access("a"));
    assert!(candidate(&engine(default), &token, "GET", "/items", at(600)).is_ok());
    for (name, change, expected) in cases {
        let engine =
            engine_with(|config| change(config.token_location([authx::Location::Cookies])));
        let reason = candidate(&engine, &token, "GET", "/items", at(600)).expect_err(name);
        assert!(expected(&reason), "{name}: {reason:?}");
    }

    let included: Change = |config| {
        config
            .implicit_refresh_route_include(["/items".to_owned()])
            .implicit_refresh_method_include(["Get".to_owned()])
            .implicit_refresh_route_exclude(["/other".to_owned()])
            .implicit_refresh_method_exclude(["POST".to_owned()])
    };
    assert!(candidate(&engine(included), &token, "get", "/items", at(600)).is_ok());
    for path in ["/items/", "/Items", "/items/7", ""] {
        let reason = candidate(&engine(included), &token, "GET", path, at(600)).expect_err(path);
        assert!(matches!(reason, NoRefresh::NotConfigured), "{path}: {reason:?}");
    }
}

#[test]
fn only_an_access_cookie_that_verifies_is_replaced() {
    let engine = engine(default);
    let refresh = issue(&engine, &NewToken::refresh("a").expires_in(seconds(900)));
    let access = issue(&engine, &NewToken::access("a"));
    let reason = candidate(&engine, &refresh, "GET", "/", at(600)).expect_err("a refresh token");
    assert!(matches!(reason, NoRefresh::NotVerified(Error::WrongTokenType { .. })), "{reason:?}");
    let reason = candidate(&engine, &access, "GET", "/", at(900)).expect_err("expired");
    assert!(matches!(reason, NoRefresh::NotVerified(Error::Expired)), "{reason:?}");

    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    let request = Request::new("GET", headers.as_slice());
    let reason = engine.refresh_candidate(&request, "/", at(600)).expect_err("no cookie");
    assert!(matches!(reason, NoRefresh::NotVerified(Error::MissingToken)), "{reason:?}");

    let endless = engine_with(|config| {
        config
            .token_location([authx::Location::Cookies])
            .access_token_expires(authx::config::TokenLifetime::Never)
    });
    let token = issue(&endless, &NewToken::access("a"));
    let reason = candidate(&endless, &token, "GET", "/", at(600)).expect_err("no end");
    assert!(matches!(reason, NoRefresh::NotDue), "{reason:?}");
}

#[test]
fn the_csrf_value_is_required_as_for_any_request() {
    let engine = engine(default);
    let token = issue(&engine, &NewToken::access("a").csrf("right"));
    let cookie = format!("access_token_cookie={token}");
    let ask = |csrf: Option<&str>| {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(csrf.map(|csrf| ("x-csrf-token", csrf)));
        let request = Request::new("POST", headers.as_slice());
        engine.refresh_candidate(&request, "/", at(600))
    };
    assert!(matches!(ask(None), Err(NoRefresh::NotVerified(Error::MissingCsrfToken))));
    assert!(matches!(ask(Some("wrong")), Err(NoRefresh::NotVerified(Error::CsrfMismatch))));
    assert!(ask(Some("right")).is_ok());
}

#[test]
fn the_second_half_says_why_the_token_is_not_replaced() {
    let engine = engine(|config| config.access_cookie_name("at"));
    let token = issue(&engine, &NewToken::access("a"));
    let cookie = format!("at={token}");
    let headers = [("cookie", cookie.as_str())];
    let request = Request::new("GET", headers.as_slice());
    let candidate = || engine.refresh_candidate(&request, "/", at(600)).expect("due");
    assert_eq!(admitted(candidate(), true).err(), Some(Error::Revoked));
    let claims = admitted(candidate(), false).expect("not revoked");
    let decide = |status, headers: &[(&str, &str)]| {
        engine.reissue(&claims, &Outcome { status, headers }, at(600), &SystemRandom)
    };
    for status in [100, 200, 204, 302, 304, 399] {
        assert!(decide(status, &[]).is_ok(), "{status}");
    }
    for status in [400, 401, 403, 404, 422, 500, 503] {
        assert!(matches!(decide(status, &[]), Err(NoRefresh::FailedRequest)), "{status}");
    }
    for cookie in ["at=x; Path=/", "at=; Max-Age=0", " at =x", "at="] {
        let reason = decide(200, &[("Set-Cookie", "b=1"), ("SET-COOKIE", cookie)]);
        assert!(matches!(reason, Err(NoRefresh::CookieInAnswer)), "{cookie}: {reason:?}");
    }
    for other in ["att=x", "b=at=x", "a=t", "AT=x", "", "at"] {
        assert!(decide(200, &[("set-cookie", other)]).is_ok(), "{other}");
    }
    for cleared in ["\"cookies\"", "\"cache\", \"cookies\"", "\"*\""] {
        let reason = decide(200, &[("clear-site-data", cleared)]);
        assert!(matches!(reason, Err(NoRefresh::CookieInAnswer)), "{cleared}: {reason:?}");
    }
    assert!(decide(200, &[("clear-site-data", "\"cache\"")]).is_ok());
    for shared in ["public, max-age=60", "s-maxage=60", "immutable", "max-age=60"] {
        let reason = decide(200, &[("cache-control", shared)]);
        assert!(matches!(reason, Err(NoRefresh::SharedCache)), "{shared}: {reason:?}");
    }
    let reason = engine.reissue(&claims, &success(), at(600), &FailingRandom);
    assert!(matches!(reason, Err(NoRefresh::NotIssued(_))), "{reason:?}");
}

#[test]
fn the_new_token_keeps_the_claims_of_the_old_one_and_is_not_fresh() {
    let engine = engine(|config| {
        config
            .login_type("admin")
            .decode_audience(Audience::One("us".into()))
            .encode_issuer("the configured issuer".to_owned())
    });
    let custom = json!({"tenant": 7, "roles": ["a", {"b": null}]});
    let old = NewToken::access("user123")
        .fresh()
        .scopes(["users:read", "users:*"])
        .audience(Audience::Many(vec!["us".into(), "them".into()]))
        .issuer("me")
        .claims(&custom);
    let old = issue(&engine, &old);
    let claims = due(&engine, &old, at(600));
    let new = engine.reissue(&claims, &success(), at(601), &SystemRandom).expect("a token");
    let new = reissued_token(&new);

    let (old, mut expected) = (payload_of(&old), payload_of(&old));
    let new_payload = payload_of(&new);
    assert_ne!(new_payload["jti"], old["jti"]);
    expected["jti"] = new_payload["jti"].clone();
    expected["fresh"] = json!(false);
    expected["iat"] = json!(NOW + 601);
    expected["nbf"] = json!(NOW + 601);
    expected["exp"] = json!(NOW + 601 + 900);
    expected["auth_time"] = json!(NOW);
    assert_eq!(new_payload, expected);
    assert!(verify_at(&engine, &new, at(601)).is_ok());
}

#[test]
fn every_new_token_keeps_the_time_of_the_login() {
    let engine = engine(default);
    let mut token = issue(&engine, &NewToken::access("a"));
    for turn in 1..=5 {
        let now = at(turn * 800);
        token = renewed(&engine, &token, now);
        let payload = payload_of(&token);
        assert_eq!(
            (&payload["auth_time"], &payload["iat"]),
            (&json!(NOW), &json!(NOW + turn * 800))
        );
    }
}

#[test]
fn a_login_has_an_absolute_end_where_one_is_configured() {
    let engine = engine(|config| config.implicit_refresh_max_age(seconds(2000)));
    let first = issue(&engine, &NewToken::access("a"));
    let replace = |token: &str, now| {
        engine.reissue(&due(&engine, token, now), &success(), now, &SystemRandom)
    };
    let second = reissued_token(&replace(&first, at(800)).expect("within the login"));
    assert_eq!(payload_of(&second)["exp"], NOW + 1700);
    let third = reissued_token(&replace(&second, at(1600)).expect("up to the login's end"));
    assert_eq!(payload_of(&third)["exp"], NOW + 2000);
    for now in [1700, 1999] {
        let reason = replace(&third, at(now));
        assert!(matches!(reason, Err(NoRefresh::LoginTooOld)), "{reason:?}");
    }
    // The time of the login is `auth_time`, not the later `iat`.
    let old = sign_payload(&json!({
        "sub": "a", "type": "access", "iat": NOW, "exp": NOW + 60, "auth_time": NOW - 2000,
    }));
    let reason = replace(&old, at(0));
    assert!(matches!(reason, Err(NoRefresh::LoginTooOld)), "{reason:?}");
}

#[test]
fn a_token_in_its_leeway_is_replaced_too() {
    let engine = engine(|config| config.decode_leeway(Duration::from_secs(10)));
    let token = issue(&engine, &NewToken::access("a"));
    assert!(candidate(&engine, &token, "GET", "/", at(909)).is_ok());
    assert!(candidate(&engine, &token, "GET", "/", at(910)).is_err());
    assert!(config().build().is_ok());
}

#[test]
fn a_sub_claim_beside_another_identity_claim_is_not_copied() {
    let engine = engine(|config| config.identity_claim("uid"));
    let token = sign_payload(
        &json!({"uid": "ada", "sub": "another name", "type": "access", "exp": NOW + 60, "team": 7}),
    );
    let payload = payload_of(&renewed(&engine, &token, at(0)));
    assert_eq!((&payload["uid"], &payload["team"]), (&json!("ada"), &json!(7)));
    assert!(payload.get("sub").is_none());
}

#[test]
fn a_response_with_a_new_cookie_is_kept_out_of_shared_caches() {
    let engine = engine(default);
    let token = issue(&engine, &NewToken::access("a"));
    let claims = due(&engine, &token, at(600));
    type Headers = [(&'static str, &'static str)];
    let cases: [(&str, &Headers, &Headers); 4] = [
        ("no header", &[], &[("cache-control", "private"), ("vary", "Cookie")]),
        ("stricter", &[("Cache-Control", "no-store"), ("Vary", "*")], &[]),
        ("private", &[("cache-control", "private, max-age=60"), ("vary", "cookie")], &[]),
        (
            "others",
            &[("cache-control", "no-cache"), ("vary", "Accept"), ("vary", "Origin")],
            &[("cache-control", "no-cache, private"), ("vary", "Accept, Origin, Cookie")],
        ),
    ];
    for (name, headers, expected) in cases {
        let outcome = Outcome { status: 200, headers };
        let reissued = engine.reissue(&claims, &outcome, at(600), &SystemRandom).expect(name);
        let replaced: Vec<_> =
            reissued.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(replaced, expected, "{name}");
    }
}

#[test]
fn the_new_token_lives_as_long_as_the_old_one_was_issued_for() {
    let engine = engine(default);
    let long = issue(&engine, &NewToken::access("a").expires_in(seconds(3600)));
    assert_eq!(payload_of(&renewed(&engine, &long, at(3500)))["exp"], NOW + 3500 + 3600);
    let short = issue(&engine, &NewToken::access("a").expires_in(seconds(60)));
    assert_eq!(payload_of(&renewed(&engine, &short, at(30)))["exp"], NOW + 30 + 60);

    let endless: Change = |config| config.access_token_expires(authx::config::TokenLifetime::Never);
    let engine = self::engine(endless);
    assert_eq!(payload_of(&renewed(&engine, &short, at(30)))["exp"], NOW + 30 + 60);
    let unknown = sign_payload(&json!({"sub": "a", "type": "access", "exp": NOW + 60}));
    let reason = engine.reissue(&due(&engine, &unknown, at(0)), &success(), at(0), &SystemRandom);
    assert!(matches!(reason, Err(NoRefresh::LifetimeUnknown)), "{reason:?}");
}

#[test]
fn the_new_token_keeps_login_type_header_and_csrf_value() {
    let engine = engine(default);
    let headers = json!({"typ": "at+jwt", "kid": "k1", "cty": "x"});
    let headers = headers.as_object().expect("an object").clone();
    let old = issue(&engine, &NewToken::access("a").csrf("shown-in-a-form").headers(headers));
    let new = renewed(&engine, &old, at(600));
    assert_eq!(payload_of(&new)["csrf"], "shown-in-a-form");
    let header: serde_json::Value =
        serde_json::from_str(decode_unverified_header(&new).expect("a header").get())
            .expect("JSON");
    assert_eq!(header, json!({"alg": "HS256", "typ": "at+jwt", "kid": "k1"}));

    // Another key signs now, so the old key's `kid` would be wrong.
    let rotated = self::engine(|config| {
        config
            .secret_key(authx::Secret::from(support::OTHER_SECRET))
            .previous_secret_key(authx::Secret::from(support::SECRET))
    });
    let new = renewed(&rotated, &old, at(600));
    let header: serde_json::Value =
        serde_json::from_str(decode_unverified_header(&new).expect("a header").get())
            .expect("JSON");
    assert_eq!(header, json!({"alg": "HS256", "typ": "at+jwt"}));

    let old = sign_payload(
        &json!({"sub": "a", "type": "access", "iat": NOW, "exp": NOW + 60, "login_type": "admin"}),
    );
    let sharing = self::engine(|config| config.decode_any_login_type(true));
    assert_eq!(payload_of(&renewed(&sharing, &old, at(0)))["login_type"], "admin");
}

#[test]
fn a_cookie_whose_lifetime_the_application_chose_keeps_the_rest_of_it() {
    let engine = engine(default);
    let token = issue(&engine, &NewToken::access("a"));
    let values = |cookies: &[String]| -> Vec<(String, String)> {
        let pair = |cookie: &String| {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            (name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned())
        };
        cookies.iter().map(pair).collect()
    };
    let renew = |sent: &[(String, String)], now| {
        let pairs: Vec<_> = sent.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = pairs.join("; ");
        let headers = [("cookie", cookie.as_str())];
        let request = Request::new("GET", headers.as_slice());
        let candidate = engine.refresh_candidate(&request, "/", now).expect("due");
        let claims = admitted(candidate, false).expect("not revoked");
        engine.reissue(&claims, &success(), now, &SystemRandom).expect("a token").cookies
    };
    let kept = |cookies: &[String]| cookies.iter().all(|cookie| cookie.contains("Max-Age=2400"));

    let day = engine
        .set_cookies(&token, authx::TokenKind::Access, Some(seconds(3000)), at(0))
        .expect("cookies");
    let sent = values(&day);
    let second = renew(&sent, at(600));
    assert!(second.len() == 3 && kept(&second), "{second:?}");
    let third = renew(&values(&second), at(600 + 600));
    assert!(third.iter().all(|cookie| cookie.contains("Max-Age=1800")), "{third:?}");

    let session =
        engine.set_cookies(&token, authx::TokenKind::Access, None, at(0)).expect("cookies");
    let is_of_session =
        |cookies: &[String]| cookies.len() == 2 && cookies.iter().all(|c| !c.contains("Max-Age"));
    assert!(is_of_session(&renew(&values(&session), at(600))));
    // A value of another token, a forged one, and nonsense change nothing.
    let other = issue(&engine, &NewToken::access("a"));
    for value in [sent[2].1.as_str(), "99999999999.00000000000000000000000000000000", "x", ""] {
        let foreign = [
            ("access_token_cookie".to_owned(), other.clone()),
            (sent[2].0.clone(), value.to_owned()),
        ];
        assert!(is_of_session(&renew(&foreign, at(600))), "{value}");
    }
}

#[test]
fn a_reason_why_no_token_is_replaced_is_an_error_with_its_cause() {
    use std::error::Error as _;

    let refused = NoRefresh::NotVerified(Error::Malformed(authx::error::Malformed::Segments));
    assert_eq!(refused.to_string(), "no implicit refresh: A token has three segments");
    let cause = refused.source().expect("a cause");
    let malformed = cause.source().expect("a cause of the cause");
    assert!(malformed.is::<authx::error::Malformed>());
    assert!(NoRefresh::LoginTooOld.to_string().contains("JWT_IMPLICIT_REFRESH_MAX_AGE"));
}
