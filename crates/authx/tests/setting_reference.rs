//! The reference of settings is complete and correct, and docs/configuration.md contains it.
//!
//! `make settings-table` writes the tables of the page; otherwise the test compares them.

use std::path::Path;

use authx::Config;
use authx::config::{SETTING_NAMES, SettingGroup, SettingReference, setting_reference};

#[test]
fn the_page_of_settings_has_the_reference() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let there = std::fs::read_to_string(&path).expect("docs/configuration.md");
    let page = sections()
        .into_iter()
        .fold(there.clone(), |page, (title, group)| with_table(&page, title, &table(group)));
    if std::env::var_os("WRITE_SETTINGS").is_some() {
        std::fs::write(&path, page).expect("docs/configuration.md");
    } else {
        assert!(there == page, "docs/configuration.md is out of date: run `make settings-table`");
    }
}

/// The sections of the page, by their headings.
fn sections() -> [(&'static str, SettingGroup); 10] {
    [
        ("Keys and algorithms", SettingGroup::Keys),
        ("What tokens say", SettingGroup::Tokens),
        ("Where tokens travel", SettingGroup::Locations),
        ("WebSockets", SettingGroup::WebSocket),
        ("Cookies", SettingGroup::Cookies),
        ("CSRF", SettingGroup::Csrf),
        ("Implicit refresh", SettingGroup::ImplicitRefresh),
        ("Answers", SettingGroup::Answers),
        ("Rate limits", SettingGroup::RateLimits),
        ("Sessions", SettingGroup::Sessions),
    ]
}

#[test]
fn each_setting_is_in_a_section_of_the_page() {
    for row in setting_reference() {
        let sections = sections().into_iter().filter(|(_, group)| *group == row.group).count();
        assert_eq!(sections, 1, "{}", row.name);
    }
}

fn table(group: SettingGroup) -> String {
    let rows = setting_reference().iter().filter(|row| row.group == group).map(line);
    let head = "| setting | takes | default | effect |\n| --- | --- | --- | --- |\n".to_owned();
    rows.fold(head, |table, row| table + &row)
}

fn line(row: &SettingReference) -> String {
    let SettingReference { name, takes, default, doc, .. } = row;
    let in_python =
        row.python_default.map(|default| format!(", in Python `{default}`")).unwrap_or_default();
    format!("| `{name}` | {takes} | `{default}`{in_python} | {doc} |\n")
}

/// The page with `table` between the marks below the heading `title`.
fn with_table(page: &str, title: &str, table: &str) -> String {
    let heading = format!("\n## {title}\n");
    let begin = "<!-- `make settings-table` writes this -->\n";
    let end = "<!-- end -->\n";
    let section = page.find(&heading).unwrap_or_else(|| panic!("no section on {title}"));
    let place_of = |mark: &str, from: usize| {
        let place = page[from..].find(mark).unwrap_or_else(|| panic!("{title} has no {mark}"));
        from + place
    };
    let first = place_of(begin, section) + begin.len();
    let last = place_of(end, first);
    let next = page[section + 1..].find("\n## ").map_or(page.len(), |next| section + 1 + next);
    assert!(last < next, "the section {title} has no table");
    format!("{}\n{table}\n{}", &page[..first], &page[last..])
}

#[test]
fn every_default_is_the_documented_one() {
    let expected = [
        ("JWT_ALGORITHM", "HS256"),
        // In the peer it is HS256 whatever JWT_ALGORITHM is; here the default follows JWT_ALGORITHM.
        ("JWT_DECODE_ALGORITHMS", "[]"),
        ("JWT_SECRET_KEY", "null"),
        ("JWT_PREVIOUS_SECRET_KEY", "null"),
        ("JWT_PRIVATE_KEY", "null"),
        ("JWT_PUBLIC_KEY", "null"),
        ("JWT_PREVIOUS_PUBLIC_KEY", "null"),
        ("JWT_STRICT_KEYS", "true"),
        ("JWT_ACCESS_TOKEN_EXPIRES", "PT15M"),
        ("JWT_REFRESH_TOKEN_EXPIRES", "P20D"),
        ("JWT_TOKEN_TYPES", "{}"),
        ("JWT_IDENTITY_CLAIM", "sub"),
        ("JWT_ENCODE_AUDIENCE", "null"),
        ("JWT_ENCODE_ISSUER", "null"),
        ("JWT_ENCODE_NBF", "true"),
        ("JWT_DECODE_AUDIENCE", "null"),
        ("JWT_DECODE_ISSUER", "null"),
        ("JWT_DECODE_ANY_LOGIN_TYPE", "false"),
        ("JWT_DECODE_LEEWAY", "0"),
        ("JWT_MAX_TOKEN_SIZE", "8192"),
        ("JWT_VERIFICATION_CACHE_ENTRIES", "0"),
        ("JWT_VERIFICATION_CACHE_BYTES", "67108864"),
        ("JWT_TOKEN_LOCATION", "[\"headers\"]"),
        ("JWT_ACCESS_TOKEN_LOCATION", "null"),
        ("JWT_REFRESH_TOKEN_LOCATION", "null"),
        ("JWT_HEADER_NAME", "Authorization"),
        ("JWT_HEADER_TYPE", "Bearer"),
        ("JWT_QUERY_STRING_NAME", "token"),
        ("JWT_JSON_KEY", "access_token"),
        ("JWT_REFRESH_JSON_KEY", "refresh_token"),
        ("JWT_MAX_BODY_SIZE", "1048576"),
        ("JWT_WEBSOCKET_TOKEN_LOCATION", "null"),
        ("JWT_WEBSOCKET_ALLOWED_ORIGINS", "[]"),
        ("JWT_WEBSOCKET_CHECK_INTERVAL", "PT30S"),
        ("JWT_ACCESS_COOKIE_NAME", "access_token_cookie"),
        ("JWT_ACCESS_COOKIE_PATH", "/"),
        ("JWT_REFRESH_COOKIE_NAME", "refresh_token_cookie"),
        ("JWT_REFRESH_COOKIE_PATH", "/"),
        ("JWT_COOKIE_DOMAIN", "null"),
        ("JWT_COOKIE_MAX_AGE", "null"),
        ("JWT_SESSION_COOKIE", "true"),
        ("JWT_COOKIE_SAMESITE", "lax"),
        ("JWT_COOKIE_SECURE", "true"),
        ("JWT_COOKIE_HTTP_ONLY", "true"),
        ("JWT_COOKIE_CSRF_PROTECT", "true"),
        ("JWT_CSRF_METHODS", "[\"POST\", \"PUT\", \"PATCH\", \"DELETE\"]"),
        ("JWT_CSRF_IN_COOKIES", "true"),
        ("JWT_CSRF_CHECK_FORM", "false"),
        ("JWT_ACCESS_CSRF_COOKIE_NAME", "csrf_access_token"),
        ("JWT_ACCESS_CSRF_COOKIE_PATH", "/"),
        ("JWT_ACCESS_CSRF_FIELD_NAME", "csrf_token"),
        ("JWT_ACCESS_CSRF_HEADER_NAME", "X-CSRF-TOKEN"),
        ("JWT_REFRESH_CSRF_COOKIE_NAME", "csrf_refresh_token"),
        ("JWT_REFRESH_CSRF_COOKIE_PATH", "/"),
        ("JWT_REFRESH_CSRF_FIELD_NAME", "csrf_token"),
        ("JWT_REFRESH_CSRF_HEADER_NAME", "X-CSRF-TOKEN"),
        ("JWT_IMPLICIT_REFRESH_DELTATIME", "PT10M"),
        ("JWT_IMPLICIT_REFRESH_MAX_AGE", "null"),
        ("JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE", "[]"),
        ("JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE", "[]"),
        ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", "[]"),
        ("JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE", "[]"),
        ("JWT_INVALID_TOKEN_STATUS", "401"),
        ("JWT_UNKNOWN_SUBJECT", "refuse"),
        // The peer's default is msg, but the setting has no effect there: its bodies have message, as here.
        ("JWT_ERROR_MESSAGE_KEY", "message"),
        ("JWT_EXPLAIN_ERRORS", "false"),
        ("JWT_RATE_LIMIT_IPV6_PREFIX", "64"),
        ("JWT_SESSION_TRACKING", "false"),
        ("JWT_SESSION_UPDATE_LAST_ACTIVE", "true"),
        ("JWT_REFRESH_GRACE", "PT30S"),
        ("JWT_LOGIN_MAX_AGE", "null"),
        ("JWT_MAX_LOGINS", "null"),
        ("JWT_MAX_FAILED_LOGINS", "null"),
        ("JWT_FAILED_LOGINS_WINDOW", "PT15M"),
        ("JWT_REFRESH_SINGLE_USE", "false"),
        ("JWT_STORE_URL", "null"),
        ("JWT_STORE_MAX_STALENESS", "0"),
        ("JWT_STORE_STALE", "ask"),
    ];
    let actual: Vec<_> =
        setting_reference().iter().map(|row| (row.name, row.default.as_str())).collect();
    assert_eq!(actual, expected);
    let in_python: Vec<_> = setting_reference()
        .iter()
        .filter_map(|row| row.python_default.map(|default| (row.name, default)))
        .collect();
    assert_eq!(in_python, [("JWT_STRICT_KEYS", "false")]);
}

#[test]
fn the_reference_is_complete_and_its_defaults_are_values_of_the_environment() {
    let unchanged = format!("{:?}", Config::builder());
    for row in setting_reference() {
        assert_eq!(format!("JWT_{}", row.method.to_uppercase()), row.name);
        assert!(row.doc.ends_with('.') && !row.takes.is_empty(), "{}", row.name);
        let builder = Config::builder().variables([(row.name, &*row.default)]).expect(row.name);
        assert_eq!(format!("{builder:?}"), unchanged, "{}", row.name);
        if let Some(default) = row.python_default {
            let builder = Config::builder().variables([(row.name, default)]).expect(row.name);
            assert_ne!(format!("{builder:?}"), unchanged, "{}", row.name);
        }
    }
    let names: Vec<_> = setting_reference().iter().map(|row| row.name).collect();
    assert_eq!(names, SETTING_NAMES);
}
