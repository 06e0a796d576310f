//! Keys and algorithms.

use super::require;
use crate::config::ConfigError;
use crate::config::settings::Settings;
use crate::key::{Algorithm, Key, KeyError, KeyRing, Secret};

/// The configured keys as a ring: for each allowed algorithm, the current and the previous key.
pub(super) fn key_ring(
    settings: &Settings,
    warnings: &mut Vec<String>,
) -> Result<KeyRing, ConfigError> {
    let signer = settings.algorithm;
    let mut keys = Vec::new();
    // The error of the key pair, which is returned if it fits no algorithm.
    let mut unfit = None;
    for algorithm in algorithms(settings)? {
        if algorithm.is_symmetric() {
            keys.extend(secret_keys(settings, algorithm, warnings)?);
        } else {
            // The key pair must fit the signing algorithm. For the others of JWT_DECODE_ALGORITHMS,
            // a pair that doesn't fit is skipped.
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

/// The settings that contain keys, which a ring of keys replaces.
pub const KEY_SETTINGS: [&str; 5] = [
    "JWT_SECRET_KEY",
    "JWT_PREVIOUS_SECRET_KEY",
    "JWT_PRIVATE_KEY",
    "JWT_PUBLIC_KEY",
    "JWT_PREVIOUS_PUBLIC_KEY",
];

/// Beside a ring of keys, the settings have none: one of the two would be without effect.
pub(super) fn check_none(settings: &Settings) -> Result<(), ConfigError> {
    let keys = [
        &settings.secret_key,
        &settings.previous_secret_key,
        &settings.private_key,
        &settings.public_key,
        &settings.previous_public_key,
    ];
    for (setting, key) in KEY_SETTINGS.into_iter().zip(keys) {
        require(
            key.is_none(),
            setting,
            "it is set, and a ring of keys is given too, whose algorithms and keys are used: leave one of them out",
        )?;
    }
    Ok(())
}

/// The algorithms that tokens may have: the signing one first, without duplicates.
fn algorithms(settings: &Settings) -> Result<Vec<Algorithm>, ConfigError> {
    let signer = settings.algorithm;
    require(
        settings.decode_algorithms.is_empty() || settings.decode_algorithms.contains(&signer),
        "JWT_DECODE_ALGORITHMS",
        "it must list JWT_ALGORITHM, or no token that is issued would be accepted",
    )?;
    let mut algorithms = vec![signer];
    for algorithm in &settings.decode_algorithms {
        if !algorithms.contains(algorithm) {
            algorithms.push(*algorithm);
        }
    }
    Ok(algorithms)
}

fn has_current_key(settings: &Settings) -> bool {
    if settings.algorithm.is_symmetric() {
        settings.secret_key.is_some()
    } else {
        settings.private_key.is_some() || settings.public_key.is_some()
    }
}

fn secret_keys(
    settings: &Settings,
    algorithm: Algorithm,
    warnings: &mut Vec<String>,
) -> Result<Vec<Key>, ConfigError> {
    let mut keys = Vec::new();
    for (setting, secret) in [
        ("JWT_SECRET_KEY", &settings.secret_key),
        ("JWT_PREVIOUS_SECRET_KEY", &settings.previous_secret_key),
    ] {
        if let Some(secret) = secret {
            keys.push(secret_key(settings, setting, algorithm, secret, warnings)?);
        }
    }
    Ok(keys)
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
            Some(private) => require(
                private.pairs_with(&public),
                "JWT_PUBLIC_KEY",
                "it is not the public half of JWT_PRIVATE_KEY",
            )?,
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
