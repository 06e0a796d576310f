//! Logins that a store keeps.

use std::time::Duration;

use super::{require, require_within_calendar};
use crate::config::settings::Settings;
use crate::config::{ConfigError, LoginPolicy};
use crate::key::Secret;
use crate::rate_limit::RateLimit;

pub(super) fn policy(settings: &Settings) -> Result<LoginPolicy, ConfigError> {
    let max_logins = settings.max_logins;
    require(max_logins != Some(0), "JWT_MAX_LOGINS", "it must be at least 1")?;
    Ok(LoginPolicy {
        grace: grace(settings)?,
        max_age: max_age(settings)?,
        single_use: settings.refresh_single_use,
        max_logins,
        failed_logins: failed_logins(settings)?,
        max_staleness: max_staleness(settings)?,
        stale: settings.store_stale,
    })
}

/// The URL has to be a string, however the builder got it.
pub(super) fn store_url(settings: &Settings) -> Result<Option<Secret>, ConfigError> {
    let url = &settings.store_url;
    let is_string = url.as_ref().is_none_or(|url| std::str::from_utf8(url.expose()).is_ok());
    require(is_string, "JWT_STORE_URL", "it must be UTF-8")?;
    Ok(url.clone())
}

fn grace(settings: &Settings) -> Result<Duration, ConfigError> {
    let grace = settings.refresh_grace;
    require(grace <= LONGEST_GRACE, "JWT_REFRESH_GRACE", "it must be at most an hour")?;
    Ok(grace)
}

fn max_age(settings: &Settings) -> Result<Option<Duration>, ConfigError> {
    let max_age = settings.login_max_age;
    require_within_calendar("JWT_LOGIN_MAX_AGE", max_age)?;
    let is_empty = max_age.is_some_and(|max_age| max_age.is_zero());
    require(!is_empty, "JWT_LOGIN_MAX_AGE", "it must be longer than 0 seconds")?;
    Ok(max_age)
}

fn failed_logins(settings: &Settings) -> Result<Option<RateLimit>, ConfigError> {
    let (max, window) = (settings.max_failed_logins, settings.failed_logins_window);
    require(max != Some(0), "JWT_MAX_FAILED_LOGINS", "it must be at least 1")?;
    require_within_calendar("JWT_FAILED_LOGINS_WINDOW", Some(window))?;
    require(!window.is_zero(), "JWT_FAILED_LOGINS_WINDOW", "it must be longer than 0 seconds")?;
    Ok(max.and_then(|max| RateLimit::new(max.try_into().unwrap_or(u64::MAX), window).ok()))
}

fn max_staleness(settings: &Settings) -> Result<Duration, ConfigError> {
    let staleness = settings.store_max_staleness;
    let is_fitting = staleness.is_zero() || (LEAST_STALENESS..=MOST_STALENESS).contains(&staleness);
    let expected = "it must be 0, or from 100 milliseconds to an hour";
    require(is_fitting, "JWT_STORE_MAX_STALENESS", expected)?;
    Ok(staleness)
}

/// So often a process can look for what is new.
const LEAST_STALENESS: Duration = Duration::from_millis(100);
const MOST_STALENESS: Duration = Duration::from_secs(3600);
const LONGEST_GRACE: Duration = Duration::from_secs(3600);
