//! The engine: a configuration, ready to issue and verify.

use std::sync::Arc;

use crate::config::{Config, UnknownSubject};
use crate::error::Error;
use crate::key::KeyRing;
use crate::verification_cache::{CacheStatistics, VerificationCache};

/// Issues and verifies tokens as its configuration says. Immutable, cheap to clone, and shared between
/// threads without a lock.
///
/// With `JWT_VERIFICATION_CACHE_ENTRIES`, an engine and its clones share a cache of verified tokens. It makes
/// verification cheaper and never changes its result.
///
/// Its methods are defined in several modules: [`Engine::issue`] in `issue.rs`, [`Engine::verify`] in
/// `verify.rs`, [`Engine::find_token`] and the cookies in `transport/`, implicit refresh in
/// `refresh.rs`.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    cache: Option<VerificationCache>,
}

impl Engine {
    /// The engine of a configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let cache = config.verification_cache.map(VerificationCache::new);
        Self { shared: Arc::new(Shared { config, cache }) }
    }

    /// The engine of the same configuration with other keys, which begins with an empty verification cache.
    ///
    /// The subject hash ([`Engine::subject_hash`]) follows the ring's first key, so it changes with the key that
    /// signs and not when other keys come and go.
    ///
    /// ```
    /// use authx::{Algorithm, Config, Engine, Key, KeyRing};
    ///
    /// # let (old, new) = (b"the secret of the last thirty days".as_slice(), b"the secret of the next thirty days");
    /// let ring = KeyRing::new([Key::from_secret(Algorithm::Hs256, old)?])?;
    /// let engine = Engine::new(Config::builder().keys(ring).build()?);
    /// let ring = engine.config().keys().signing_with(Key::from_secret(Algorithm::Hs256, new)?)?;
    /// let engine = engine.with_keys(ring);
    /// assert_eq!(engine.config().keys().keys().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_keys(&self, keys: KeyRing) -> Self {
        // The warnings are about the keys from the settings, which these keys replace.
        let config = Config { keys: Arc::new(keys), warnings: Vec::new(), ..self.config().clone() };
        Self::new(config)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Statistics of the verification cache; `None` where there is none.
    ///
    /// ```
    /// # use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, SystemRandom};
    /// # use authx::{Timestamp, TokenKind};
    /// # let secret = Secret::from("a secret of at least thirty-two bytes");
    /// # let now = Timestamp::from(std::time::SystemTime::now());
    /// let config = Config::builder().secret_key(secret).verification_cache_entries(10_000_usize);
    /// let engine = Engine::new(config.build()?);
    /// let jwt = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
    ///
    /// let token = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
    /// for _ in 0..10 {
    ///     engine.verify::<()>(&token, &Requirement::access(), now)?;
    /// }
    /// let statistics = engine.cache_statistics().expect("a cache was asked for");
    /// assert_eq!((statistics.entries, statistics.misses), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cache_statistics(&self) -> Option<CacheStatistics> {
        self.shared.cache.as_ref().map(VerificationCache::statistics)
    }

    /// Whether a valid token may pass although the application found no user for it, as `JWT_UNKNOWN_SUBJECT` says.
    /// A face asks this after it looked for the user in vain.
    ///
    /// ```
    /// # use authx::{Config, Engine, Error, Secret};
    /// # let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// assert_eq!(engine.check_unknown_subject(), Err(Error::UnknownSubject));
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownSubject`], unless the setting is `none`.
    pub fn check_unknown_subject(&self) -> Result<(), Error> {
        match self.config().unknown_subject {
            UnknownSubject::Refuse => Err(Error::UnknownSubject),
            UnknownSubject::None => Ok(()),
        }
    }

    pub(crate) fn cache(&self) -> Option<&VerificationCache> {
        self.shared.cache.as_ref()
    }

    /// A hash of a subject in 32 hexadecimal digits, for logs that must tell users apart without naming them.
    ///
    /// It is the same in every service whose ring begins with the same key. With a shared secret it is an
    /// HMAC, so only holders of the secret can test whether a guessed subject has this hash. The public key
    /// of a key pair serves only as a salt, which makes precomputed tables of hashes useless.
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
        format!("{:032x}", self.config().keys.keyed_hash(subject))
    }
}
