//! Logins that a store keeps.

use std::time::Duration;

use super::{require, require_within_calendar};
use crate::config::ConfigError;
use crate::config::settings::Settings;

pub(super) fn grace(settings: &Settings) -> Result<Duration, ConfigError> {
    let grace = settings.refresh_grace;
    require(grace <= LONGEST_GRACE, "JWT_REFRESH_GRACE", "it must be at most an hour")?;
    Ok(grace)
}

pub(super) fn max_age(settings: &Settings) -> Result<Option<Duration>, ConfigError> {
    let max_age = settings.login_max_age;
    require_within_calendar("JWT_LOGIN_MAX_AGE", max_age)?;
    let is_empty = max_age.is_some_and(|max_age| max_age.is_zero());
    require(!is_empty, "JWT_LOGIN_MAX_AGE", "it must be longer than 0 seconds")?;
    Ok(max_age)
}

const LONGEST_GRACE: Duration = Duration::from_secs(3600);
