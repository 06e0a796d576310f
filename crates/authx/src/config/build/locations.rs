//! Where requests carry tokens.

use super::{is_http_token, require, require_filled, require_http_token};
use crate::config::settings::Settings;
use crate::config::{ConfigError, Transport};
use crate::location::Location;

pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    for (setting, locations) in [
        ("JWT_TOKEN_LOCATION", Some(&settings.token_location)),
        ("JWT_ACCESS_TOKEN_LOCATION", settings.access_token_location.as_ref()),
        ("JWT_REFRESH_TOKEN_LOCATION", settings.refresh_token_location.as_ref()),
    ] {
        require(
            locations.is_none_or(|locations| !locations.is_empty()),
            setting,
            "it must list at least one of headers, cookies, json, query",
        )?;
        require(
            locations.is_none_or(|locations| !locations.contains(&Location::Subprotocol)),
            setting,
            "subprotocol is a location of WebSockets only: name it in JWT_WEBSOCKET_TOKEN_LOCATION",
        )?;
    }
    require_http_token("JWT_HEADER_NAME", &settings.header_name)?;
    require(
        settings.header_type.is_empty() || is_http_token(&settings.header_type),
        "JWT_HEADER_TYPE",
        "it must be one word without spaces, or empty",
    )?;
    require_filled("JWT_QUERY_STRING_NAME", &settings.query_string_name)?;
    require_filled("JWT_JSON_KEY", &settings.json_key)?;
    require_filled("JWT_REFRESH_JSON_KEY", &settings.refresh_json_key)
}

pub(in crate::config) fn access(settings: &Settings) -> Transport {
    Transport {
        locations: locations(settings, settings.access_token_location.as_ref()),
        lifetime: settings.access_token_expires,
        json_key: settings.json_key.clone(),
        cookie_name: settings.access_cookie_name.clone(),
        cookie_path: settings.access_cookie_path.clone(),
        csrf_cookie_name: settings.access_csrf_cookie_name.clone(),
        csrf_cookie_path: settings.access_csrf_cookie_path.clone(),
        csrf_field_name: settings.access_csrf_field_name.clone(),
        csrf_header_name: settings.access_csrf_header_name.to_ascii_lowercase(),
    }
}

pub(in crate::config) fn refresh(settings: &Settings) -> Transport {
    Transport {
        locations: locations(settings, settings.refresh_token_location.as_ref()),
        lifetime: settings.refresh_token_expires,
        json_key: settings.refresh_json_key.clone(),
        cookie_name: settings.refresh_cookie_name.clone(),
        cookie_path: settings.refresh_cookie_path.clone(),
        csrf_cookie_name: settings.refresh_csrf_cookie_name.clone(),
        csrf_cookie_path: settings.refresh_csrf_cookie_path.clone(),
        csrf_field_name: settings.refresh_csrf_field_name.clone(),
        csrf_header_name: settings.refresh_csrf_header_name.to_ascii_lowercase(),
    }
}

/// The locations of one type of token, or those of all tokens.
fn locations(settings: &Settings, of_type: Option<&Vec<Location>>) -> Vec<Location> {
    of_type.unwrap_or(&settings.token_location).clone()
}
