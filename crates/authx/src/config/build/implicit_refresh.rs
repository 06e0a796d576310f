//! Implicit refresh.

use super::{require_methods, require_within_calendar, upper};
use crate::config::settings::Settings;
use crate::config::{ConfigError, RefreshPolicy};

pub(super) fn policy(settings: &Settings) -> Result<RefreshPolicy, ConfigError> {
    require_within_calendar("JWT_IMPLICIT_REFRESH_DELTATIME", settings.implicit_refresh_deltatime)?;
    require_within_calendar("JWT_IMPLICIT_REFRESH_MAX_AGE", settings.implicit_refresh_max_age)?;
    require_methods(
        "JWT_IMPLICIT_REFRESH_METHOD_INCLUDE",
        &settings.implicit_refresh_method_include,
    )?;
    require_methods(
        "JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE",
        &settings.implicit_refresh_method_exclude,
    )?;
    Ok(RefreshPolicy {
        window: settings.implicit_refresh_deltatime,
        max_age: settings.implicit_refresh_max_age,
        include_paths: settings.implicit_refresh_route_include.clone(),
        exclude_paths: settings.implicit_refresh_route_exclude.clone(),
        include_methods: upper(&settings.implicit_refresh_method_include),
        exclude_methods: upper(&settings.implicit_refresh_method_exclude),
    })
}
