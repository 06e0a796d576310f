//! The claims and the lifetime of tokens.

use std::time::Duration;

use super::{require, require_within_calendar};
use crate::config::settings::Settings;
use crate::config::{ConfigError, TokenLifetime};
use crate::token::is_registered;

pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    require(!settings.identity_claim.is_empty(), "JWT_IDENTITY_CLAIM", "it must not be empty")?;
    require(
        settings.identity_claim == "sub" || !is_registered(&settings.identity_claim),
        "JWT_IDENTITY_CLAIM",
        "it must not be a claim that already has a meaning, such as exp",
    )?;
    require_within_calendar("JWT_ACCESS_TOKEN_EXPIRES", finite(settings.access_token_expires))?;
    require_within_calendar("JWT_REFRESH_TOKEN_EXPIRES", finite(settings.refresh_token_expires))?;
    require_within_calendar("JWT_DECODE_LEEWAY", settings.decode_leeway)
}

fn finite(lifetime: TokenLifetime) -> Option<Duration> {
    match lifetime {
        TokenLifetime::Expires(time) => Some(time),
        TokenLifetime::Never => None,
    }
}
