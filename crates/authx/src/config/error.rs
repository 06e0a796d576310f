//! Errors about configurations. A message names the setting, and never shows its value.

use std::fmt;

use crate::key::{KeyError, KeyRingError};

/// Why no configuration can be built from the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no setting of this name.
    UnknownSetting(String),
    /// A value that the setting does not accept.
    Value {
        /// The setting.
        setting: &'static str,
        /// The kind of the value.
        found: &'static str,
        /// The values that are accepted.
        expected: &'static str,
    },
    /// The algorithm needs a key, and its setting has none.
    MissingKey {
        /// The settings of which one is needed.
        settings: &'static str,
        /// The algorithm's name.
        algorithm: &'static str,
    },
    /// A key that can't be parsed, or does not fit the algorithm.
    Key {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        error: KeyError,
    },
    /// Keys that can't form a ring.
    KeyRing(KeyRingError),
    /// A value of the right type that breaks a rule, by itself or together with another setting.
    Conflict {
        /// The setting at fault.
        setting: &'static str,
        /// What is wrong, and what to do.
        reason: &'static str,
    },
    /// The store that `JWT_STORE_URL` names can't be opened: what is wrong, and what to do.
    Store(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSetting(name) => write!(formatter, "{name} is not a setting"),
            Self::Value { setting, found, expected } => {
                write!(formatter, "{setting}: {found} that is not allowed, expected {expected}")
            }
            Self::MissingKey { settings, algorithm } => {
                write!(formatter, "JWT_ALGORITHM {algorithm} requires a key: set {settings}")
            }
            Self::Key { setting, error } => write!(formatter, "{setting}: {error}"),
            Self::KeyRing(error) => write!(formatter, "JWT_*_KEY settings: {error}"),
            Self::Conflict { setting, reason } => write!(formatter, "{setting}: {reason}"),
            Self::Store(reason) => write!(formatter, "JWT_STORE_URL: {reason}"),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key { error, .. } => Some(error),
            Self::KeyRing(error) => Some(error),
            Self::UnknownSetting(_)
            | Self::Value { .. }
            | Self::MissingKey { .. }
            | Self::Conflict { .. }
            | Self::Store(_) => None,
        }
    }
}
