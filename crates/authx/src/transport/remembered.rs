//! How long a cookie was asked to live, for implicit refresh.
//!
//! A request doesn't tell whether its cookie ends with the browser's session. So where the application chose the
//! lifetime of the access cookie itself ("remember me"), a second cookie says until when. It belongs to one token and
//! is authenticated by the key, so that neither an old one nor a forged one changes another cookie's lifetime.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::cookie;
use super::request::Headers;
use crate::config::Config;
use crate::time::Timestamp;
use crate::token::Claims;

/// The cookie's name.
pub(super) fn name(config: &Config) -> String {
    format!("{}_until", config.access.cookie_name)
}

/// The cookie's value for the token with these claims, whose cookie lives for `age` from now.
pub(super) fn value<C>(
    config: &Config,
    claims: &Claims<C>,
    age: Duration,
    now: Timestamp,
) -> String {
    let end = (now + age).floor_to_second().as_whole_seconds().unwrap_or(i64::MAX);
    format!("{end}.{}", authenticator(config, claims, end))
}

/// How much longer the cookie of this token lives, if the application chose its lifetime.
pub(crate) fn remaining<H: Headers + ?Sized, C>(
    config: &Config,
    headers: &H,
    claims: &Claims<C>,
    now: Timestamp,
) -> Option<Duration> {
    let value = cookie::value(&name(config), headers).ok()??;
    let (end, tag) = std::str::from_utf8(&value).ok()?.split_once('.')?;
    let end: i64 = end.parse().ok()?;
    verify_slices_are_equal(authenticator(config, claims, end).as_bytes(), tag.as_bytes()).ok()?;
    let rest = Timestamp::from_seconds(end)?.saturating_since(now);
    (!rest.is_zero()).then_some(rest)
}

fn authenticator<C>(config: &Config, claims: &Claims<C>, end: i64) -> String {
    let token = claims.jti.as_deref().unwrap_or_default();
    format!("{:032x}", config.keys.keyed_hash(&format!("cookie until\0{end}\0{token}")))
}
