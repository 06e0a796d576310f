//! From settings to a [`Config`]: the rules between settings, and the ring of keys.

use std::sync::Arc;

use super::settings::Settings;
use super::{
    Config, ConfigBuilder, ConfigError, CookieAttributes, CsrfPolicy, RefreshPolicy, SameSite,
    SessionPolicy, TokenLifetime, Transport,
};
use crate::key::{Algorithm, Key, KeyError, KeyRing, Secret};
use crate::location::Location;
use crate::token::is_registered;
use crate::verification_cache::CacheBounds;

pub(super) fn build(builder: ConfigBuilder) -> Result<Config, ConfigError> {
    let ConfigBuilder { settings, keys, login_type } = builder;
    check_names(&settings)?;
    check_numbers(&settings)?;
    check_cookies(&settings)?;
    let mut warnings = Vec::new();
    let keys = match keys {
        Some(keys) => keys,
        None => Arc::new(key_ring(&settings, &mut warnings)?),
    };
    let locations = |own: &Option<Vec<Location>>| match own {
        Some(own) => own.clone(),
        None => settings.token_location.clone(),
    };
    Ok(Config {
        keys,
        warnings,
        login_type,
        access: Transport {
            locations: locations(&settings.access_token_location),
            lifetime: settings.access_token_expires,
            json_key: settings.json_key,
            cookie_name: settings.access_cookie_name,
            cookie_path: settings.access_cookie_path,
            csrf_cookie_name: settings.access_csrf_cookie_name,
            csrf_cookie_path: settings.access_csrf_cookie_path,
            csrf_field_name: settings.access_csrf_field_name,
            csrf_header_name: settings.access_csrf_header_name.to_ascii_lowercase(),
        },
        refresh: Transport {
            locations: locations(&settings.refresh_token_location),
            lifetime: settings.refresh_token_expires,
            json_key: settings.refresh_json_key,
            cookie_name: settings.refresh_cookie_name,
            cookie_path: settings.refresh_cookie_path,
            csrf_cookie_name: settings.refresh_csrf_cookie_name,
            csrf_cookie_path: settings.refresh_csrf_cookie_path,
            csrf_field_name: settings.refresh_csrf_field_name,
            csrf_header_name: settings.refresh_csrf_header_name.to_ascii_lowercase(),
        },
        identity_claim: settings.identity_claim,
        decode_audience: settings.decode_audience.or_else(|| settings.encode_audience.clone()),
        encode_audience: settings.encode_audience,
        encode_issuer: settings.encode_issuer,
        encode_nbf: settings.encode_nbf,
        decode_issuer: settings.decode_issuer,
        leeway: settings.decode_leeway.unwrap_or_default(),
        max_token_size: settings.max_token_size,
        max_body_size: settings.max_body_size,
        verification_cache: (settings.verification_cache_entries > 0).then_some(CacheBounds {
            entries: settings.verification_cache_entries,
            bytes: settings.verification_cache_bytes,
        }),
        header_name: settings.header_name.to_ascii_lowercase(),
        header_type: settings.header_type,
        query_string_name: settings.query_string_name,
        cookies: CookieAttributes {
            domain: settings.cookie_domain.filter(|domain| !domain.is_empty()),
            max_age: settings.cookie_max_age,
            session: settings.session_cookie,
            same_site: settings.cookie_samesite,
            secure: settings.cookie_secure,
            http_only: settings.cookie_http_only,
        },
        csrf: CsrfPolicy {
            protect: settings.cookie_csrf_protect,
            methods: upper(settings.csrf_methods),
            in_cookies: settings.csrf_in_cookies,
            check_form: settings.csrf_check_form,
        },
        implicit_refresh: RefreshPolicy {
            window: settings.implicit_refresh_deltatime,
            max_age: settings.implicit_refresh_max_age,
            include_paths: settings.implicit_refresh_route_include,
            exclude_paths: settings.implicit_refresh_route_exclude,
            include_methods: upper(settings.implicit_refresh_method_include),
            exclude_methods: upper(settings.implicit_refresh_method_exclude),
        },
        sessions: SessionPolicy {
            tracking: settings.session_tracking,
            update_last_active: settings.session_update_last_active,
        },
        websocket_allowed_origins: settings.websocket_allowed_origins,
        websocket_check_interval: settings.websocket_check_interval,
        error_message_key: settings.error_message_key,
        invalid_token_status: settings.invalid_token_status,
    })
}

/// The settings' keys as a ring: for each algorithm that is allowed, the present key and the one before.
fn key_ring(settings: &Settings, warnings: &mut Vec<String>) -> Result<KeyRing, ConfigError> {
    let signer = settings.algorithm;
    if !settings.decode_algorithms.is_empty() && !settings.decode_algorithms.contains(&signer) {
        return Err(ConfigError::Conflict {
            setting: "JWT_DECODE_ALGORITHMS",
            reason: "it must list JWT_ALGORITHM, or no token that is issued would be accepted",
        });
    }
    let mut algorithms = vec![signer];
    for algorithm in &settings.decode_algorithms {
        if !algorithms.contains(algorithm) {
            algorithms.push(*algorithm);
        }
    }

    let mut keys = Vec::new();
    // What is wrong with the key pair, unless it fits some algorithm.
    let mut unfit = None;
    for algorithm in algorithms {
        if algorithm.is_symmetric() {
            for (setting, secret) in [
                ("JWT_SECRET_KEY", &settings.secret_key),
                ("JWT_PREVIOUS_SECRET_KEY", &settings.previous_secret_key),
            ] {
                if let Some(secret) = secret {
                    let key = secret_key(settings, setting, algorithm, secret, warnings)?;
                    keys.push(key);
                }
            }
        } else {
            // Only the signing algorithm says what the key pair must be; for the others of
            // JWT_DECODE_ALGORITHMS, a pair of another kind is no key.
            match key_pair(settings, algorithm) {
                Ok(pair) => keys.extend(pair),
                Err(error) if algorithm == signer => return Err(error),
                Err(error) => unfit = Some(error),
            }
        }
    }
    if let Some(error) = unfit
        && keys.iter().all(|key| key.algorithm().is_symmetric())
    {
        return Err(error);
    }
    if keys.first().is_none_or(|key| key.algorithm() != signer) || !has_current_key(settings) {
        let settings = if signer.is_symmetric() {
            "JWT_SECRET_KEY"
        } else {
            "JWT_PRIVATE_KEY, or JWT_PUBLIC_KEY to verify only"
        };
        return Err(ConfigError::MissingKey { settings, algorithm: signer.name() });
    }
    KeyRing::new(keys).map_err(ConfigError::KeyRing)
}

fn has_current_key(settings: &Settings) -> bool {
    if settings.algorithm.is_symmetric() {
        settings.secret_key.is_some()
    } else {
        settings.private_key.is_some() || settings.public_key.is_some()
    }
}

fn secret_key(
    settings: &Settings,
    setting: &'static str,
    algorithm: Algorithm,
    secret: &Secret,
    warnings: &mut Vec<String>,
) -> Result<Key, ConfigError> {
    let error = |error| ConfigError::Key { setting, error };
    match Key::from_secret(algorithm, secret.clone()) {
        Err(weak @ KeyError::WeakSecret { .. }) if !settings.strict_keys => {
            warnings.push(format!("{setting}: {weak} for {algorithm} (RFC 7518 section 3.2)"));
            Key::from_weak_secret(algorithm, secret.clone()).map_err(error)
        }
        key => key.map_err(error),
    }
}

fn key_pair(settings: &Settings, algorithm: Algorithm) -> Result<Vec<Key>, ConfigError> {
    let mut keys = Vec::new();
    if let Some(pem) = &settings.private_key {
        let key = Key::from_private_pem(algorithm, pem.clone())
            .map_err(|error| ConfigError::Key { setting: "JWT_PRIVATE_KEY", error })?;
        keys.push(key);
    }
    if let Some(pem) = &settings.public_key {
        let public = public_key("JWT_PUBLIC_KEY", algorithm, pem)?;
        match keys.first() {
            None => keys.push(public),
            Some(private) if private.pairs_with(&public) => {}
            Some(_) => {
                return Err(ConfigError::Conflict {
                    setting: "JWT_PUBLIC_KEY",
                    reason: "it is not the public half of JWT_PRIVATE_KEY",
                });
            }
        }
    }
    if let Some(pem) = &settings.previous_public_key {
        keys.push(public_key("JWT_PREVIOUS_PUBLIC_KEY", algorithm, pem)?);
    }
    Ok(keys)
}

fn public_key(
    setting: &'static str,
    algorithm: Algorithm,
    pem: &Secret,
) -> Result<Key, ConfigError> {
    Key::from_public_pem(algorithm, pem.expose())
        .map_err(|error| ConfigError::Key { setting, error })
}

/// Names that end up in headers must be such names.
fn check_names(settings: &Settings) -> Result<(), ConfigError> {
    for (setting, name) in [
        ("JWT_HEADER_NAME", &settings.header_name),
        ("JWT_ACCESS_COOKIE_NAME", &settings.access_cookie_name),
        ("JWT_REFRESH_COOKIE_NAME", &settings.refresh_cookie_name),
        ("JWT_ACCESS_CSRF_COOKIE_NAME", &settings.access_csrf_cookie_name),
        ("JWT_REFRESH_CSRF_COOKIE_NAME", &settings.refresh_csrf_cookie_name),
        ("JWT_ACCESS_CSRF_HEADER_NAME", &settings.access_csrf_header_name),
        ("JWT_REFRESH_CSRF_HEADER_NAME", &settings.refresh_csrf_header_name),
    ] {
        if !is_http_token(name) {
            return Err(ConfigError::Conflict {
                setting,
                reason: "it must be a name of letters, digits and !#$%&'*+-.^_`|~",
            });
        }
    }
    if !settings.header_type.is_empty() && !is_http_token(&settings.header_type) {
        return Err(ConfigError::Conflict {
            setting: "JWT_HEADER_TYPE",
            reason: "it must be one word without spaces, or empty",
        });
    }
    for (setting, name) in [
        ("JWT_QUERY_STRING_NAME", &settings.query_string_name),
        ("JWT_JSON_KEY", &settings.json_key),
        ("JWT_REFRESH_JSON_KEY", &settings.refresh_json_key),
        ("JWT_ACCESS_CSRF_FIELD_NAME", &settings.access_csrf_field_name),
        ("JWT_REFRESH_CSRF_FIELD_NAME", &settings.refresh_csrf_field_name),
        ("JWT_IDENTITY_CLAIM", &settings.identity_claim),
        ("JWT_ERROR_MESSAGE_KEY", &settings.error_message_key),
    ] {
        if name.is_empty() {
            return Err(ConfigError::Conflict { setting, reason: "it must not be empty" });
        }
    }
    if settings.error_message_key == "error_type" {
        return Err(ConfigError::Conflict {
            setting: "JWT_ERROR_MESSAGE_KEY",
            reason: "'error_type' is already the name of the body's other member",
        });
    }
    if settings.identity_claim != "sub" && is_registered(&settings.identity_claim) {
        return Err(ConfigError::Conflict {
            setting: "JWT_IDENTITY_CLAIM",
            reason: "it must not be a claim with a meaning of its own, such as exp",
        });
    }
    for (setting, locations) in [
        ("JWT_TOKEN_LOCATION", Some(&settings.token_location)),
        ("JWT_ACCESS_TOKEN_LOCATION", settings.access_token_location.as_ref()),
        ("JWT_REFRESH_TOKEN_LOCATION", settings.refresh_token_location.as_ref()),
    ] {
        if locations.is_some_and(Vec::is_empty) {
            return Err(ConfigError::Conflict {
                setting,
                reason: "it must list at least one of headers, cookies, json, query",
            });
        }
    }
    if !settings.websocket_allowed_origins.iter().all(|origin| is_origin(origin)) {
        return Err(ConfigError::Conflict {
            setting: "JWT_WEBSOCKET_ALLOWED_ORIGINS",
            reason: "it must list origins such as https://example.com, without a path",
        });
    }
    for (setting, methods) in [
        ("JWT_CSRF_METHODS", &settings.csrf_methods),
        ("JWT_IMPLICIT_REFRESH_METHOD_INCLUDE", &settings.implicit_refresh_method_include),
        ("JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE", &settings.implicit_refresh_method_exclude),
    ] {
        if !methods.iter().all(|method| is_http_token(method)) {
            return Err(ConfigError::Conflict {
                setting,
                reason: "it must list HTTP methods such as POST",
            });
        }
    }
    Ok(())
}

/// What the builder's own methods could say beyond what a setting's value can.
fn check_numbers(settings: &Settings) -> Result<(), ConfigError> {
    let lifetime = |lifetime| match lifetime {
        TokenLifetime::Expires(time) => Some(time),
        TokenLifetime::Never => None,
    };
    for (setting, time) in [
        ("JWT_ACCESS_TOKEN_EXPIRES", lifetime(settings.access_token_expires)),
        ("JWT_REFRESH_TOKEN_EXPIRES", lifetime(settings.refresh_token_expires)),
        ("JWT_DECODE_LEEWAY", settings.decode_leeway),
        ("JWT_COOKIE_MAX_AGE", settings.cookie_max_age),
        ("JWT_WEBSOCKET_CHECK_INTERVAL", Some(settings.websocket_check_interval)),
        ("JWT_IMPLICIT_REFRESH_DELTATIME", Some(settings.implicit_refresh_deltatime)),
        ("JWT_IMPLICIT_REFRESH_MAX_AGE", settings.implicit_refresh_max_age),
    ] {
        if time.is_some_and(|time| time > TokenLifetime::LONGEST) {
            return Err(ConfigError::Conflict {
                setting,
                reason: "it must be at most a thousand years",
            });
        }
    }
    if settings.websocket_check_interval.is_zero() {
        return Err(ConfigError::Conflict {
            setting: "JWT_WEBSOCKET_CHECK_INTERVAL",
            reason: "it must be longer than 0",
        });
    }
    if settings.verification_cache_entries > 0
        && settings.verification_cache_bytes < CacheBounds::LEAST_BYTES
    {
        return Err(ConfigError::Conflict {
            setting: "JWT_VERIFICATION_CACHE_BYTES",
            reason: "it must be at least 65536, or hardly a token would be kept",
        });
    }
    if !matches!(settings.invalid_token_status, 401 | 422) {
        return Err(ConfigError::Conflict {
            setting: "JWT_INVALID_TOKEN_STATUS",
            reason: "it must be 401 or 422",
        });
    }
    Ok(())
}

/// What browsers ask of cookies, among it the rules of name prefixes (RFC 6265bis section 4.1.3).
fn check_cookies(settings: &Settings) -> Result<(), ConfigError> {
    if settings.cookie_samesite == Some(SameSite::None) && !settings.cookie_secure {
        return Err(ConfigError::Conflict {
            setting: "JWT_COOKIE_SAMESITE",
            reason: "browsers take 'none' only with JWT_COOKIE_SECURE",
        });
    }
    let invalid =
        |text: &str| text.bytes().any(|byte| byte == b';' || !(b' '..=b'~').contains(&byte));
    if settings.cookie_domain.as_deref().is_some_and(invalid) {
        return Err(ConfigError::Conflict {
            setting: "JWT_COOKIE_DOMAIN",
            reason: "it must be a host name",
        });
    }
    let cookies = [
        (
            "JWT_ACCESS_COOKIE_NAME",
            &settings.access_cookie_name,
            "JWT_ACCESS_COOKIE_PATH",
            &settings.access_cookie_path,
        ),
        (
            "JWT_REFRESH_COOKIE_NAME",
            &settings.refresh_cookie_name,
            "JWT_REFRESH_COOKIE_PATH",
            &settings.refresh_cookie_path,
        ),
        (
            "JWT_ACCESS_CSRF_COOKIE_NAME",
            &settings.access_csrf_cookie_name,
            "JWT_ACCESS_CSRF_COOKIE_PATH",
            &settings.access_csrf_cookie_path,
        ),
        (
            "JWT_REFRESH_CSRF_COOKIE_NAME",
            &settings.refresh_csrf_cookie_name,
            "JWT_REFRESH_CSRF_COOKIE_PATH",
            &settings.refresh_csrf_cookie_path,
        ),
    ];
    for (index, (setting, name, path_setting, path)) in cookies.into_iter().enumerate() {
        if !path.starts_with('/') || invalid(path) {
            return Err(ConfigError::Conflict {
                setting: path_setting,
                reason: "it must be a path that begins with /",
            });
        }
        let host = has_prefix(name, "__Host-");
        if (host || has_prefix(name, "__Secure-")) && !settings.cookie_secure {
            return Err(ConfigError::Conflict {
                setting,
                reason: "a cookie of this prefix needs JWT_COOKIE_SECURE",
            });
        }
        if host && (path != "/" || settings.cookie_domain.is_some()) {
            return Err(ConfigError::Conflict {
                setting,
                reason: "a __Host- cookie needs the path / and no JWT_COOKIE_DOMAIN",
            });
        }
        if cookies[..index].iter().any(|(_, other, _, _)| *other == name) {
            return Err(ConfigError::Conflict {
                setting,
                reason: "two of the cookies would have the same name",
            });
        }
    }
    Ok(())
}

/// Browsers compare the prefixes without regard to case.
fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// RFC 9110 section 5.6.2.
fn is_http_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// As browsers write it (RFC 6454 section 6.2): scheme, host and perhaps a port.
fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        is_http_token(scheme)
            && !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#*".contains(&byte))
    })
}

fn upper(methods: Vec<String>) -> Vec<String> {
    methods.into_iter().map(|method| method.to_ascii_uppercase()).collect()
}
