//! The engine: a configuration, ready to issue and verify.

use std::sync::Arc;

use crate::config::Config;
use crate::error::{Answer, Error};

/// A configuration at work. Immutable, cheap to clone, and shared between threads without a lock.
///
/// What it can do is in the modules it belongs to: [`Engine::issue`] in `issue.rs`, [`Engine::verify`]
/// in `verify.rs`, [`Engine::find_token`] and the cookies in `transport/`, implicit refresh in
/// `refresh.rs`.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Arc<Config>,
}

impl Engine {
    /// The engine of a configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config: Arc::new(config) }
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A subject in 32 hexadecimal digits, for logs that shall tell users apart and not name them.
    ///
    /// It is the same in every service whose ring begins with the same key; another key makes another
    /// hash. A shared secret keys it (HMAC), and keeps it from whoever guesses subjects. The public key of
    /// a key pair only salts it, which makes tables of hashes useless.
    ///
    /// ```
    /// # use authx::{Config, Engine, Secret};
    /// # let secret = Secret::from("a secret of at least thirty-two bytes");
    /// # let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// let hash = engine.subject_hash("ada@example.org");
    /// assert_eq!(hash.len(), 32);
    /// assert_ne!(hash, engine.subject_hash("grace@example.org"));
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn subject_hash(&self, subject: &str) -> String {
        format!("{:032x}", self.config.keys.keyed_hash(subject))
    }

    /// How HTTP answers an error, with the configured status of a token that can't be decoded.
    #[must_use]
    pub fn answer(&self, error: &Error) -> Answer {
        error.answer(self.config.invalid_token_status)
    }
}
