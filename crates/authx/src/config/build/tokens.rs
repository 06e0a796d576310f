//! The claims and the lifetime of tokens.

use std::time::Duration;

use super::{require, require_within_calendar};
use crate::config::settings::Settings;
use crate::config::{ConfigError, TokenLifetime, TokenTypes, token_types};
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
    if let Some(reason) = token_types::fault(&settings.token_types) {
        return Err(ConfigError::Conflict { setting: "JWT_TOKEN_TYPES", reason });
    }
    require_within_calendar("JWT_TOKEN_TYPES", longest_listed(&settings.token_types))?;
    require_within_calendar("JWT_DECODE_LEEWAY", settings.decode_leeway)
}

fn longest_listed(types: &TokenTypes) -> Option<Duration> {
    types.0.iter().filter_map(|(_, settings)| finite(settings.expires?)).max()
}

fn finite(lifetime: TokenLifetime) -> Option<Duration> {
    match lifetime {
        TokenLifetime::Expires(time) => Some(time),
        TokenLifetime::Never => None,
    }
}
