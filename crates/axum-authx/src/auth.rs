//! [`AuthX`]: the engine with all that it asks for, a clock, randomness and the store of revocations.

use std::ffi::OsString;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use authx::{
    Clock, Config, ConfigError, Engine, Error, IssueError, KeyRing, NewToken, Random,
    SETTING_NAMES, Secret, SystemClock, SystemRandom, Timestamp,
};
use authx_store::memory::MemorySessions;
use authx_store::{Revocation, SessionStore};
use serde::Serialize;

use crate::rejection::Rejection;
use crate::token_pair::TokenPair;

/// Everything a service needs to issue and verify tokens. A clone is one more reference to the same.
///
/// It belongs into the router's state, alone or as a part of it, where the extractors find it:
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX};
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     auth: AuthX,
///     greeting: &'static str,
/// }
///
/// async fn hello(token: AccessToken) -> String {
///     format!("hello, {}", token.sub)
/// }
///
/// let state = AppState { auth: AuthX::ephemeral(), greeting: "hello" };
/// let app: Router = Router::new().route("/hello", get(hello)).with_state(state);
/// ```
#[derive(Clone)]
#[must_use]
pub struct AuthX {
    inner: Arc<Inner>,
}

/// Apart from the count of the handles, which every request changes: on one cache line with it, the threads would take
/// from each other what they only read.
#[derive(Clone)]
#[repr(align(128))]
struct Inner {
    /// Shared by all handles, so that what one replaces the others use as well.
    engine: Handle,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random + Send + Sync>,
    revocation: Option<Arc<dyn Revocation>>,
    sessions: Sessions,
    /// The engines of the application's other logins.
    others: Arc<[Handle]>,
}

/// Where sessions are kept.
#[derive(Clone)]
enum Sessions {
    /// In this process, for as long as the configuration says.
    InMemory(Arc<MemorySessions>),
    /// In a store of the application's choice.
    Chosen(Arc<dyn SessionStore>),
}

/// One place that holds the engine in force.
#[derive(Clone)]
pub(crate) struct Handle(Arc<ArcSwap<Engine>>);

impl Handle {
    fn new(engine: Engine) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(engine)))
    }

    pub(crate) fn current(&self) -> CurrentEngine {
        CurrentEngine(self.0.load())
    }
}

/// The engine in force when it was asked for. It stays the same while it is held, whatever replaces it.
///
/// ```
/// use axum_authx::AuthX;
///
/// let auth = AuthX::ephemeral();
/// let engine = auth.engine();
/// assert_eq!(engine.config().error_message_key(), "message");
/// ```
pub struct CurrentEngine(Guard<Arc<Engine>>);

impl Deref for CurrentEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl fmt::Debug for CurrentEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl AuthX {
    /// With this configuration, the system's clock and randomness, no revocation, and sessions in memory.
    ///
    /// What the configuration accepts and finds unwise is logged as warnings.
    pub fn new(config: Config) -> Self {
        log_warnings(&config);
        let sessions = Arc::new(MemorySessions::new(config.session_max_idle()));
        let sessions = Sessions::InMemory(sessions);
        Self {
            inner: Arc::new(Inner {
                engine: Handle::new(Engine::new(config)),
                clock: Arc::new(SystemClock),
                random: Arc::new(SystemRandom),
                revocation: None,
                sessions,
                others: Arc::default(),
            }),
        }
    }

    /// With the settings among the environment's variables, such as `JWT_SECRET_KEY`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the setting that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(std::env::vars_os())
    }

    fn from_variables(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut settings = Vec::new();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            let setting = SETTING_NAMES.iter().find(|own| own.eq_ignore_ascii_case(&name));
            let Some(setting) = setting else { continue };
            // A secret that is left out or altered in silence would be another secret.
            let value = value.into_string().map_err(|_| ConfigError::Value {
                setting,
                found: "a string",
                expected: "UTF-8",
            })?;
            settings.push((name, value));
        }
        Ok(Self::new(Config::builder().variables(settings)?.build()?))
    }

    /// With a random key that lives as long as this process, and defaults for the rest: for a first try
    /// and for examples. A restart logs everybody out, and no second process accepts its tokens.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    pub fn ephemeral() -> Self {
        let mut key = [0; 64];
        let config = SystemRandom
            .fill(&mut key)
            .map_err(|error| error.to_string())
            .and_then(|()| {
                let builder = Config::builder().secret_key(Secret::from(key));
                builder.build().map_err(|error| error.to_string())
            })
            .expect("a random key makes a configuration");
        tracing::warn!(
            "JWT_SECRET_KEY is not set: tokens are signed with a random key, and end with this process"
        );
        Self::new(config)
    }

    /// Asks `revocation` about every token that verifies.
    ///
    /// Clones that were made before stay as they are, as with all `with_` methods.
    pub fn with_revocation(self, revocation: impl Revocation) -> Self {
        self.with(|inner| inner.revocation = Some(Arc::new(revocation)))
    }

    /// Keeps sessions in this store, instead of in this process's memory; see [`sessions`](crate::sessions).
    pub fn with_sessions(self, sessions: impl SessionStore) -> Self {
        self.with(|inner| inner.sessions = Sessions::Chosen(Arc::new(sessions)))
    }

    /// Goes by this clock instead of the system's.
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.with(|inner| inner.clock = Arc::new(clock))
    }

    /// Draws from this source instead of the system's.
    pub fn with_random(self, random: impl Random + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.random = Arc::new(random))
    }

    /// Knows the application's other logins, whose tokens get an answer that says so.
    pub(crate) fn among(self, others: Arc<[Handle]>) -> Self {
        self.with(|inner| inner.others = others)
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.inner));
        self
    }

    /// The engine in force, for what has no shorter way here.
    #[must_use]
    pub fn engine(&self) -> CurrentEngine {
        self.inner.engine.current()
    }

    /// Goes by this configuration from the next request on, in every clone and in the layers and states that
    /// hold one. Requests under way finish by the one they began with.
    ///
    /// So keys can be rotated while the service runs: a new key that signs, before the earlier ones that still
    /// verify.
    ///
    /// ```
    /// use axum_authx::{Algorithm, AuthX, Config, Key, KeyRing};
    ///
    /// let (old, new) = (b"the secret of the last thirty days".as_slice(), b"the secret of the next thirty days");
    /// let key = |secret: &[u8]| Key::from_secret(Algorithm::Hs256, secret);
    /// let config = |ring| Config::builder().keys(ring).build();
    ///
    /// let auth = AuthX::new(config(KeyRing::new([key(old)?])?)?);
    /// let token = auth.create_access_token("ada")?;
    /// auth.load_config(config(KeyRing::new([key(new)?, key(old)?])?)?);
    /// # let token = authx::RequestToken::new(&token, authx::TokenKind::Access, authx::Location::Headers);
    /// # assert!(auth.verify_token::<()>(&token, &axum_authx::Requirement::access()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load_config(&self, config: Config) {
        log_warnings(&config);
        if let Sessions::InMemory(sessions) = &self.inner.sessions {
            sessions.set_max_idle(config.session_max_idle());
        }
        self.inner.engine.0.store(Arc::new(Engine::new(config)));
    }

    /// Goes by the keys that `change` makes of the present ones, from the next request on; else as
    /// [`AuthX::load_config`]. Where several threads change them at once, `change` may be called again with the
    /// other thread's keys, so that no change is lost.
    ///
    /// ```
    /// use axum_authx::{Algorithm, AuthX, Key};
    ///
    /// let auth = AuthX::ephemeral();
    /// let key = Key::from_secret(Algorithm::Hs256, b"the secret of the next thirty days".as_slice())?;
    /// auth.change_keys(|ring| ring.signing_with(key.clone()))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// That of `change`; then the keys stay as they are.
    pub fn change_keys<E>(
        &self,
        mut change: impl FnMut(&KeyRing) -> Result<KeyRing, E>,
    ) -> Result<(), E> {
        let engine = &self.inner.engine.0;
        let mut present = engine.load_full();
        loop {
            let next = Arc::new(present.with_keys(change(present.config().keys())?));
            let before = engine.compare_and_swap(&present, next);
            if Arc::ptr_eq(&before, &present) {
                return Ok(());
            }
            present = Guard::into_inner(before);
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.inner.engine
    }

    /// What the clock says.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.random
    }

    pub(crate) fn others(&self) -> &[Handle] {
        &self.inner.others
    }

    pub(crate) fn revocation(&self) -> Option<&Arc<dyn Revocation>> {
        self.inner.revocation.as_ref()
    }

    pub(crate) fn sessions(&self) -> &dyn SessionStore {
        match &self.inner.sessions {
            Sessions::InMemory(sessions) => &**sessions,
            Sessions::Chosen(sessions) => &**sessions,
        }
    }

    /// Whether both ask the same stores, by the same settings and clock.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Issues a token.
    ///
    /// ```
    /// # use axum_authx::{AuthX, NewToken};
    /// # let auth = AuthX::ephemeral();
    /// let token = auth.issue(&NewToken::access("user123").fresh().scopes(["users:read"]))?;
    /// # Ok::<(), axum_authx::IssueError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IssueError`] names the argument at fault. With `?` in a handler it becomes a [`Rejection`] of
    /// status 500.
    pub fn issue<C: Serialize>(&self, token: &NewToken<'_, C>) -> Result<String, IssueError> {
        self.engine().issue(token, self.now(), self.random())
    }

    /// Issues an access token for this subject: not fresh, without scopes.
    ///
    /// # Errors
    ///
    /// As [`AuthX::issue`].
    pub fn create_access_token(&self, uid: &str) -> Result<String, IssueError> {
        self.issue(&NewToken::access(uid))
    }

    /// Issues a refresh token for this subject.
    ///
    /// # Errors
    ///
    /// As [`AuthX::issue`].
    pub fn create_refresh_token(&self, uid: &str) -> Result<String, IssueError> {
        self.issue(&NewToken::refresh(uid))
    }

    /// Issues an access and a refresh token for this subject.
    ///
    /// # Errors
    ///
    /// As [`AuthX::issue`].
    pub fn create_token_pair(&self, uid: &str) -> Result<TokenPair, IssueError> {
        Ok(TokenPair::new(self.create_access_token(uid)?, self.create_refresh_token(uid)?))
    }

    /// The answer to a request whose token has this error.
    #[must_use]
    pub fn reject(&self, error: Error) -> Rejection {
        Rejection::refused(self.engine().answer(&error), error)
    }
}

fn log_warnings(config: &Config) {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
}

/// Without keys, which [`Engine`] would not show either.
impl fmt::Debug for AuthX {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthX")
            .field("engine", &self.engine())
            .field("revocation", &self.inner.revocation.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use authx::Requirement;

    use super::*;
    use crate::testing;

    fn variables(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn the_environment_has_the_settings() {
        let auth = AuthX::from_variables(variables(&[
            ("PATH", "/bin"),
            ("JWT_SECRET_KEY", testing::SECRET),
            ("JWT_ERROR_MESSAGE_KEY", "detail"),
        ]));
        let auth = auth.expect("settings");
        assert_eq!(auth.engine().config().error_message_key(), "detail");
    }

    #[test]
    fn the_environment_without_a_key_is_an_error_that_names_it() {
        let error = AuthX::from_variables(variables(&[("PATH", "/bin")])).expect_err("no key");
        assert!(error.to_string().contains("JWT_SECRET_KEY"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_setting_that_is_no_text_is_an_error_that_names_it() {
        use std::os::unix::ffi::OsStringExt as _;

        let secret = OsString::from_vec(vec![0xff; 64]);
        let variables = [("JWT_SECRET_KEY".into(), secret.clone()), (secret.clone(), secret)];
        let error = AuthX::from_variables(variables).expect_err("no text");
        assert!(error.to_string().starts_with("JWT_SECRET_KEY: "), "{error}");
    }

    #[test]
    fn a_clone_is_the_same_and_a_changed_one_leaves_it_alone() {
        let (auth, clock) = testing::auth();
        let other = auth.clone().with_clock(|| Timestamp::MIN);
        assert_eq!(auth.now(), clock.now());
        assert_eq!(other.now(), Timestamp::MIN);
    }

    #[test]
    fn ephemeral_keys_differ() {
        let token = AuthX::ephemeral().create_access_token("ada").expect("a token");
        let requirement = Requirement::access();
        let other = AuthX::ephemeral();
        let token =
            authx::RequestToken::new(&token, authx::TokenKind::Access, authx::Location::Headers);
        let rejection = other.verify_token::<()>(&token, &requirement).expect_err("another key");
        assert_eq!(rejection.error(), Some(&Error::InvalidSignature));
    }
}
