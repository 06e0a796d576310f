//! Builds a [`Config`] from settings, and checks the rules between them group by group.

mod answers;
mod cookies;
mod csrf;
mod implicit_refresh;
mod keys;
pub(super) mod locations;
mod logins;
mod tokens;
mod websocket;

pub use keys::KEY_SETTINGS;

use std::sync::Arc;
use std::time::Duration;

use super::{Config, ConfigBuilder, ConfigError, SessionPolicy, TokenLifetime, TokenTypeSettings};
use crate::config::settings::Settings;
use crate::token_kind::TokenKind;
use crate::verification_cache::{CacheBounds, UnfitBounds};

pub(super) fn build(builder: ConfigBuilder) -> Result<Config, ConfigError> {
    let ConfigBuilder { settings, keys, login_type, mut warnings } = builder;
    tokens::check(&settings)?;
    locations::check(&settings)?;
    websocket::check(&settings)?;
    answers::check(&settings)?;
    Ok(Config {
        verification_cache: cache_bounds(&settings)?,
        access: locations::of_kind(&settings, TokenKind::Access),
        refresh: locations::of_kind(&settings, TokenKind::Refresh),
        listed_types: locations::listed_types(&settings),
        other_types: locations::of_type(&settings, &TokenTypeSettings::default()),
        cookies: cookies::attributes(&settings)?,
        csrf: csrf::policy(&settings)?,
        implicit_refresh: implicit_refresh::policy(&settings)?,
        sessions: SessionPolicy {
            tracking: settings.session_tracking,
            update_last_active: settings.session_update_last_active,
        },
        logins: logins::policy(&settings)?,
        store_url: logins::store_url(&settings)?,
        // Last, since reading a key takes the longest.
        keys: match keys {
            Some(keys) => {
                keys::check_none(&settings)?;
                keys
            }
            None => Arc::new(keys::key_ring(&settings, &mut warnings)?),
        },
        warnings,
        login_type,
        identity_claim: settings.identity_claim,
        decode_audience: settings.decode_audience.or_else(|| settings.encode_audience.clone()),
        encode_audience: settings.encode_audience,
        encode_issuer: settings.encode_issuer,
        encode_nbf: settings.encode_nbf,
        decode_issuer: settings.decode_issuer,
        leeway: settings.decode_leeway.unwrap_or_default(),
        decode_any_login_type: settings.decode_any_login_type,
        max_token_size: settings.max_token_size,
        max_body_size: settings.max_body_size,
        header_name: settings.header_name.to_ascii_lowercase(),
        header_name_as_set: settings.header_name,
        header_type: settings.header_type,
        query_string_name: settings.query_string_name,
        websocket_locations: settings.websocket_token_location,
        websocket_allowed_origins: settings.websocket_allowed_origins,
        websocket_check_interval: settings.websocket_check_interval,
        error_message_key: settings.error_message_key,
        explain_errors: settings.explain_errors,
        invalid_token_status: settings.invalid_token_status,
        unknown_subject: settings.unknown_subject,
        rate_limit_ipv6_prefix: settings.rate_limit_ipv6_prefix,
    })
}

/// The bounds of the verification cache, if there is to be one.
fn cache_bounds(settings: &Settings) -> Result<Option<CacheBounds>, ConfigError> {
    let (entries, bytes) = (settings.verification_cache_entries, settings.verification_cache_bytes);
    CacheBounds::of_settings(entries, bytes)
        .map_err(|UnfitBounds { setting, reason }| ConfigError::Conflict { setting, reason })
}

/// Fails with an error that names the setting, unless the rule holds.
fn require(holds: bool, setting: &'static str, reason: &'static str) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Conflict { setting, reason }) }
}

/// For names that are used in headers.
fn require_http_token(setting: &'static str, name: &str) -> Result<(), ConfigError> {
    let reason = "it must be a name of letters, digits and !#$%&'*+-.^_`|~";
    require(is_http_token(name), setting, reason)
}

fn require_filled(setting: &'static str, name: &str) -> Result<(), ConfigError> {
    require(!name.is_empty(), setting, "it must not be empty")
}

fn require_methods(setting: &'static str, methods: &[String]) -> Result<(), ConfigError> {
    let named = methods.iter().all(|method| is_http_token(method));
    require(named, setting, "it must list HTTP methods such as POST")
}

/// Adding a duration to an instant must not overflow. A value that was set by name has been checked
/// when it was parsed; one passed to the builder's method has not.
fn require_within_calendar(
    setting: &'static str,
    time: impl Into<Option<Duration>>,
) -> Result<(), ConfigError> {
    let within = time.into().is_none_or(|time| time <= TokenLifetime::LONGEST);
    require(within, setting, "it must be at most a thousand years")
}

/// RFC 9110 section 5.6.2.
fn is_http_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn upper(methods: &[String]) -> Vec<String> {
    methods.iter().map(|method| method.to_ascii_uppercase()).collect()
}
