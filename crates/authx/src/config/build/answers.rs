//! The responses to refused requests, and rate limits.

use super::{require, require_filled};
use crate::config::ConfigError;
use crate::config::settings::Settings;

pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    require_filled("JWT_ERROR_MESSAGE_KEY", &settings.error_message_key)?;
    require(
        !matches!(settings.error_message_key.as_str(), "error_type" | "explanation"),
        "JWT_ERROR_MESSAGE_KEY",
        "'error_type' and 'explanation' are already names of the body's other fields",
    )?;
    require(
        matches!(settings.invalid_token_status, 401 | 422),
        "JWT_INVALID_TOKEN_STATUS",
        "it must be 401 or 422",
    )?;
    require(
        (1..=128).contains(&settings.rate_limit_ipv6_prefix),
        "JWT_RATE_LIMIT_IPV6_PREFIX",
        "it must be from 1 to 128",
    )
}
