//! CSRF values for tokens in cookies. Their cookies are checked with the other cookies.

use super::{require_filled, require_http_token, require_methods, upper};
use crate::config::settings::Settings;
use crate::config::{ConfigError, CsrfPolicy};

pub(super) fn policy(settings: &Settings) -> Result<CsrfPolicy, ConfigError> {
    require_http_token("JWT_ACCESS_CSRF_HEADER_NAME", &settings.access_csrf_header_name)?;
    require_http_token("JWT_REFRESH_CSRF_HEADER_NAME", &settings.refresh_csrf_header_name)?;
    require_filled("JWT_ACCESS_CSRF_FIELD_NAME", &settings.access_csrf_field_name)?;
    require_filled("JWT_REFRESH_CSRF_FIELD_NAME", &settings.refresh_csrf_field_name)?;
    require_methods("JWT_CSRF_METHODS", &settings.csrf_methods)?;
    Ok(CsrfPolicy {
        protect: settings.cookie_csrf_protect,
        methods: upper(&settings.csrf_methods),
        in_cookies: settings.csrf_in_cookies,
        check_form: settings.csrf_check_form,
    })
}
