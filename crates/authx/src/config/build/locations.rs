//! Where requests carry tokens.

use super::{is_http_token, require, require_filled, require_http_token};
use crate::config::settings::Settings;
use crate::config::{ConfigError, TokenTypeSettings, Transport};
use crate::location::Location;
use crate::token_kind::TokenKind;

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
        require_of_requests(setting, locations)?;
    }
    for (_, own) in &settings.token_types.0 {
        require_of_requests("JWT_TOKEN_TYPES", own.locations.as_ref())?;
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

fn access(settings: &Settings) -> Transport {
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
        csrf_header_name_as_set: settings.access_csrf_header_name.clone(),
    }
}

fn refresh(settings: &Settings) -> Transport {
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
        csrf_header_name_as_set: settings.refresh_csrf_header_name.clone(),
    }
}

fn require_of_requests(
    setting: &'static str,
    locations: Option<&Vec<Location>>,
) -> Result<(), ConfigError> {
    require(
        locations.is_none_or(|locations| !locations.contains(&Location::Subprotocol)),
        setting,
        "subprotocol is a location of WebSockets only: name it in JWT_WEBSOCKET_TOKEN_LOCATION",
    )
}

/// The application's own types of token that the settings list.
pub(super) fn listed_types(settings: &Settings) -> Vec<(TokenKind, Transport)> {
    let types = settings.token_types.0.iter();
    // The names were checked before.
    types.filter_map(|(name, own)| Some((name.parse().ok()?, of_type(settings, own)))).collect()
}

/// A type of token of the application's own. No cookie carries it: what its token is exchanged for may be in one.
pub(in crate::config) fn of_type(settings: &Settings, own: &TokenTypeSettings) -> Transport {
    let access = access(settings);
    let mut locations = own.locations.clone().unwrap_or(access.locations);
    locations.retain(|location| *location != Location::Cookies);
    if locations.is_empty() {
        locations.push(Location::Headers);
    }
    Transport {
        locations,
        lifetime: own.expires.unwrap_or(access.lifetime),
        json_key: access.json_key,
        cookie_name: String::new(),
        cookie_path: String::new(),
        csrf_cookie_name: String::new(),
        csrf_cookie_path: String::new(),
        csrf_field_name: String::new(),
        csrf_header_name: String::new(),
        csrf_header_name_as_set: String::new(),
    }
}

/// The transport of one type of token, by the settings so far.
pub(in crate::config) fn of_kind(settings: &Settings, kind: TokenKind) -> Transport {
    match kind {
        TokenKind::Access => access(settings),
        TokenKind::Refresh => refresh(settings),
        TokenKind::Custom(_) => {
            let listed = listed_types(settings).into_iter().find(|(listed, _)| *listed == kind);
            listed.map_or_else(|| of_type(settings, &TokenTypeSettings::default()), |found| found.1)
        }
    }
}

/// The locations of one type of token, or those of all tokens.
fn locations(settings: &Settings, of_type: Option<&Vec<Location>>) -> Vec<Location> {
    of_type.unwrap_or(&settings.token_location).clone()
}
