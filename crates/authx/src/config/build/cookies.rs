//! The attributes of cookies, and the rules that browsers have for them.

use super::{require, require_http_token, require_within_calendar};
use crate::config::settings::Settings;
use crate::config::{ConfigError, CookieAttributes, SameSite};

pub(super) fn attributes(settings: &Settings) -> Result<CookieAttributes, ConfigError> {
    require(
        settings.cookie_samesite != Some(SameSite::None) || settings.cookie_secure,
        "JWT_COOKIE_SAMESITE",
        "browsers take 'none' only with JWT_COOKIE_SECURE",
    )?;
    require(
        settings.cookie_domain.as_deref().is_none_or(is_host_name),
        "JWT_COOKIE_DOMAIN",
        "it must be a host name such as example.com, without scheme, port, path and wildcard",
    )?;
    require_within_calendar("JWT_COOKIE_MAX_AGE", settings.cookie_max_age)?;
    require(
        settings.cookie_max_age.is_none_or(|age| age.subsec_nanos() == 0),
        "JWT_COOKIE_MAX_AGE",
        "it must be a whole number of seconds",
    )?;
    let cookies = cookies(settings);
    for (index, cookie) in cookies.iter().enumerate() {
        cookie.check(settings)?;
        require(
            cookies[..index].iter().all(|other| other.name != cookie.name),
            cookie.setting,
            "two of the cookies would have the same name",
        )?;
    }
    Ok(CookieAttributes {
        domain: settings.cookie_domain.clone().filter(|domain| !domain.is_empty()),
        max_age: settings.cookie_max_age,
        session: settings.session_cookie,
        same_site: settings.cookie_samesite,
        secure: settings.cookie_secure,
        http_only: settings.cookie_http_only,
    })
}

/// One of the cookies, with the settings that name it and its path.
struct Cookie<'s> {
    setting: &'static str,
    name: &'s str,
    path_setting: &'static str,
    path: &'s str,
}

fn cookies(settings: &Settings) -> [Cookie<'_>; 4] {
    [
        Cookie {
            setting: "JWT_ACCESS_COOKIE_NAME",
            name: &settings.access_cookie_name,
            path_setting: "JWT_ACCESS_COOKIE_PATH",
            path: &settings.access_cookie_path,
        },
        Cookie {
            setting: "JWT_REFRESH_COOKIE_NAME",
            name: &settings.refresh_cookie_name,
            path_setting: "JWT_REFRESH_COOKIE_PATH",
            path: &settings.refresh_cookie_path,
        },
        Cookie {
            setting: "JWT_ACCESS_CSRF_COOKIE_NAME",
            name: &settings.access_csrf_cookie_name,
            path_setting: "JWT_ACCESS_CSRF_COOKIE_PATH",
            path: &settings.access_csrf_cookie_path,
        },
        Cookie {
            setting: "JWT_REFRESH_CSRF_COOKIE_NAME",
            name: &settings.refresh_csrf_cookie_name,
            path_setting: "JWT_REFRESH_CSRF_COOKIE_PATH",
            path: &settings.refresh_csrf_cookie_path,
        },
    ]
}

impl Cookie<'_> {
    /// The rules of name prefixes are those of RFC 6265bis section 4.1.3.
    fn check(&self, settings: &Settings) -> Result<(), ConfigError> {
        require_http_token(self.setting, self.name)?;
        require(
            self.path.starts_with('/') && is_attribute_value(self.path),
            self.path_setting,
            "it must be a path that begins with /",
        )?;
        let host = self.has_prefix("__Host-");
        require(
            settings.cookie_secure || !(host || self.has_prefix("__Secure-")),
            self.setting,
            "a cookie of this prefix needs JWT_COOKIE_SECURE",
        )?;
        require(
            !host || (self.path == "/" && settings.cookie_domain.is_none()),
            self.setting,
            "a __Host- cookie needs the path / and no JWT_COOKIE_DOMAIN",
        )
    }

    /// Browsers compare the prefixes without regard to case.
    fn has_prefix(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }
}

/// A host name, as RFC 6265 section 4.1.2.3 allows it in a cookie: a leading dot is ignored there. An empty one means
/// that there is none.
fn is_host_name(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    domain.is_empty() || domain.strip_prefix('.').unwrap_or(domain).split('.').all(is_label)
}

fn is_attribute_value(value: &str) -> bool {
    value.bytes().all(|byte| byte != b';' && (b' '..=b'~').contains(&byte))
}
