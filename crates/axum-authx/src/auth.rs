//! [`AuthX`]: the engine with its clock, its source of randomness and its stores.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use authx::config::SETTING_NAMES;
use authx::random::Random;
use authx::transport::oversized_cookie;
use authx::{
    Clock, Config, ConfigError, Engine, Error, IssueError, KeyRing, NewToken, Secret, Stores,
    SystemClock, SystemRandom, Timestamp,
};
use authx_store::memory::MemorySessions;
use authx_store::{Replica, Revocation, SessionStore, Store};
use serde::Serialize;

use crate::current_engine::{CurrentEngine, Handle};
use crate::event_log::EventLog;
use crate::named_store::{named_store, opened_or_unavailable};
use crate::rejection::Rejection;
use crate::renew::Renew;
use crate::token_pair::TokenPair;

/// Everything a service needs to issue and verify tokens. Clones share one inner value.
///
/// The extractors look for it in the router's state, which is an `AuthX` or has one as a field:
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

/// Aligned so that the `Arc`'s reference count is on another cache line: every request changes the count, and would
/// otherwise invalidate the fields that other threads only read.
#[derive(Clone)]
#[repr(align(128))]
struct Inner {
    /// Shared by all clones, so that a new configuration is used by all of them.
    engine: Handle,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random + Send + Sync>,
    /// Shared like the engine: a clone that didn't ask the store would accept revoked tokens.
    revocation: Arc<ArcSwapOption<Arc<dyn Revocation>>>,
    sessions: Arc<ArcSwap<Sessions>>,
    store: Arc<ArcSwapOption<Replica>>,
    /// Asks the application at a refresh.
    renewal: Arc<ArcSwapOption<Arc<dyn Renew>>>,
    events: Arc<EventLog>,
    /// Whether it was logged that nobody reads the cookies.
    has_warned_of_cookies: Arc<AtomicBool>,
    /// Whether it was logged that a cookie is too large.
    has_warned_of_size: Arc<AtomicBool>,
    /// The engines of the application's other logins.
    others: Arc<[Handle]>,
}

/// Where sessions are kept.
enum Sessions {
    /// In this process's memory. Idle sessions are dropped after the configured time.
    InMemory(Arc<MemorySessions>),
    /// In the store that the application passed.
    Chosen(Arc<dyn SessionStore>),
}

impl AuthX {
    /// With this configuration, the system's clock and randomness, and sessions in memory or in the store that
    /// `JWT_STORE_URL` names.
    ///
    /// The configuration's warnings are logged. So is a store that can't be opened; every question to it fails, and the
    /// request is refused. [`AuthX::try_new`] returns that error instead.
    pub fn new(config: Config) -> Self {
        let store = named_store(&config).map(opened_or_unavailable);
        let auth = Self::without_store(config);
        if let Some(store) = store {
            auth.set_store(store);
        }
        auth
    }

    /// With this configuration, and the store that its `JWT_STORE_URL` names, if it does.
    ///
    /// This blocks while it opens a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Store`]: the store can't be opened.
    ///
    /// ```
    /// use axum_authx::{AuthX, Config};
    ///
    /// let secret = "a secret of at least thirty-two bytes";
    /// let auth = AuthX::try_new(Config::builder().secret_key(secret).store_url("memory://").build()?)?;
    ///
    /// let error = AuthX::try_new(Config::builder().secret_key(secret).store_url("memroy://").build()?).unwrap_err();
    /// assert!(error.to_string().starts_with("JWT_STORE_URL: "), "{error}");
    /// # drop(auth);
    /// # Ok::<(), axum_authx::ConfigError>(())
    /// ```
    pub fn try_new(config: Config) -> Result<Self, ConfigError> {
        let opened = named_store(&config).transpose();
        let auth = Self::without_store(config);
        if let Some(store) = opened.map_err(ConfigError::Store)? {
            auth.set_store(store);
        }
        Ok(auth)
    }

    fn without_store(config: Config) -> Self {
        log_warnings(&config);
        let sessions = Arc::new(MemorySessions::new(config.session_max_idle()));
        let sessions = Arc::new(ArcSwap::from_pointee(Sessions::InMemory(sessions)));
        let engine = Handle::new(Engine::new(config));
        Self {
            inner: Arc::new(Inner {
                events: Arc::new(EventLog::new(engine.clone())),
                engine,
                renewal: Arc::default(),
                clock: Arc::new(SystemClock),
                random: Arc::new(SystemRandom),
                revocation: Arc::default(),
                sessions,
                store: Arc::default(),
                has_warned_of_cookies: Arc::default(),
                has_warned_of_size: Arc::default(),
                others: Arc::default(),
            }),
        }
    }

    /// With the settings from environment variables, such as `JWT_SECRET_KEY`, and the store that `JWT_STORE_URL` names.
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
            let setting = SETTING_NAMES.iter().find(|known| known.eq_ignore_ascii_case(&name));
            let value = match (value.into_string(), setting) {
                (Ok(value), _) => value,
                // An error, because a lossy conversion would silently give another secret.
                (Err(_), Some(setting)) => {
                    return Err(ConfigError::Value {
                        setting,
                        found: "a string",
                        expected: "UTF-8",
                    });
                }
                (Err(_), None) => continue,
            };
            settings.push((name, value));
        }
        Self::try_new(Config::builder().variables(settings)?.build()?)
    }

    /// With a random key that is lost when this process ends, and default settings: for a first try
    /// and for examples. A restart logs everybody out, and no second process accepts its tokens.
    ///
    /// # Panics
    ///
    /// When the operating system provides no randomness.
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

    /// Asks `revocation` about every token that passes the other checks, in every clone and in the layers and
    /// states that hold one, from the next request on. It replaces the store of an earlier call.
    pub fn with_revocation(self, revocation: impl Revocation) -> Self {
        self.inner.revocation.store(Some(Arc::new(Arc::new(revocation))));
        self
    }

    /// Keeps sessions in this store, instead of in this process's memory; see [`sessions`](crate::sessions). Every
    /// clone uses it, as with [`AuthX::with_revocation`].
    pub fn with_sessions(self, sessions: impl SessionStore) -> Self {
        self.inner.sessions.store(Arc::new(Sessions::Chosen(Arc::new(sessions))));
        self
    }

    /// Uses this clock instead of the system's. Existing clones keep theirs, as with [`AuthX::with_random`].
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.with(|inner| inner.clock = Arc::new(clock))
    }

    /// Uses this source of randomness instead of the system's.
    pub fn with_random(self, random: impl Random + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.random = Arc::new(random))
    }

    /// Adds the engines of the application's other logins, so that the error for one of their tokens names its login.
    pub(crate) fn among(self, others: Arc<[Handle]>) -> Self {
        self.with(|inner| inner.others = others)
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.inner));
        self
    }

    /// The current engine, for what has no method here.
    #[must_use]
    pub fn engine(&self) -> CurrentEngine {
        self.inner.engine.current()
    }

    /// Uses this configuration from the next request on, in every clone and in the layers and states that
    /// hold one. Requests that have begun finish with the earlier configuration. The store stays what it was.
    ///
    /// Keys can be rotated with it while the service runs: put the new key, which signs, before the earlier ones,
    /// which still verify.
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
        if config.store_url() != self.engine().config().store_url() {
            tracing::warn!("JWT_STORE_URL: the store stays what it was; with_store changes it");
        }
        if let Sessions::InMemory(sessions) = &**self.inner.sessions.load() {
            sessions.set_max_idle(config.session_max_idle());
        }
        self.inner.engine.0.store(Arc::new(Engine::new(config)));
    }

    /// Replaces the keys by those that `change` returns for the current ones, from the next request on, as
    /// [`AuthX::load_config`] does. When several threads change the keys at once, `change` may be called again
    /// with the other thread's keys, so that no change is lost.
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
    /// The error of `change`; the keys are not changed then.
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

    /// The clock's current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(crate) fn random(&self) -> &(dyn Random + Send + Sync) {
        &*self.inner.random
    }

    pub(crate) fn others(&self) -> &[Handle] {
        &self.inner.others
    }

    pub(crate) fn has_revocation(&self) -> bool {
        self.inner.revocation.load().is_some()
    }

    pub(crate) fn revocation(&self) -> Option<Arc<dyn Revocation>> {
        self.inner.revocation.load().as_deref().cloned()
    }

    pub(crate) fn set_store(&self, store: impl Store) {
        self.inner.store.store(Some(Arc::new(Replica::of(store))));
    }

    /// The store, with the copy of its revocations in this process.
    pub(crate) fn store(&self) -> Option<Arc<Replica>> {
        self.inner.store.load_full()
    }

    /// Calls with which stores there are, and with the replica of the one that alone says which tokens are revoked.
    pub(crate) fn with_stores<T>(&self, call: impl FnOnce(Stores, Option<&Replica>) -> T) -> T {
        let store = self.inner.store.load();
        let (has_revocation, logins) = (self.has_revocation(), store.is_some());
        let stores = Stores { revocation: logins || has_revocation, logins };
        call(stores, store.as_deref().filter(|_| !has_revocation))
    }

    pub(crate) fn events(&self) -> &EventLog {
        &self.inner.events
    }

    pub(crate) fn set_renewal(&self, renewal: Arc<dyn Renew>) {
        self.inner.renewal.store(Some(Arc::new(renewal)));
    }

    pub(crate) fn renewal(&self) -> Option<Arc<dyn Renew>> {
        self.inner.renewal.load().as_deref().cloned()
    }

    pub(crate) fn sessions(&self) -> Arc<dyn SessionStore> {
        match &**self.inner.sessions.load() {
            Sessions::InMemory(sessions) => Arc::<MemorySessions>::clone(sessions),
            Sessions::Chosen(sessions) => Arc::clone(sessions),
        }
    }

    pub(crate) fn is_first_warning_of_cookies(&self) -> bool {
        !self.inner.has_warned_of_cookies.swap(true, Ordering::Relaxed)
    }

    /// Warns once of a cookie that browsers will drop.
    pub(crate) fn warn_of_oversized(&self, cookies: &[String]) {
        if let Some(warning) = oversized_cookie(cookies)
            && !self.inner.has_warned_of_size.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("{warning}");
        }
    }

    /// Whether both are clones of one `AuthX`, with the same stores, settings and clock.
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
        Ok(self.token_pair(self.create_access_token(uid)?, self.create_refresh_token(uid)?))
    }

    /// A pair of two tokens of this `AuthX`, for the response to a login, with the seconds until the access token
    /// expires.
    ///
    /// ```
    /// # use axum_authx::{AuthX, NewToken};
    /// # let auth = AuthX::ephemeral();
    /// let access = auth.issue(&NewToken::access("user123").fresh())?;
    /// let pair = auth.token_pair(access, auth.create_refresh_token("user123")?);
    /// assert!(pair.expires_in.is_some_and(|seconds| seconds > 890));
    /// # Ok::<(), axum_authx::IssueError>(())
    /// ```
    #[must_use]
    pub fn token_pair(&self, access_token: String, refresh_token: String) -> TokenPair {
        let expires_in = self.engine().expires_in(&access_token, self.now());
        TokenPair { expires_in, ..TokenPair::new(access_token, refresh_token) }
    }

    /// The answer to a request whose token has this error.
    #[must_use]
    pub fn reject(&self, error: Error) -> Rejection {
        Rejection::refused(&self.engine(), error, |_| None)
    }
}

fn log_warnings(config: &Config) {
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
}

/// Shows no keys.
impl fmt::Debug for AuthX {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthX")
            .field("engine", &self.engine())
            .field("revocation", &self.has_revocation())
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
    fn settings_are_read_from_the_environment() {
        let auth = AuthX::from_variables(variables(&[
            ("PATH", "/bin"),
            ("JWT_SECRET_KEY", testing::SECRET),
            ("JWT_ERROR_MESSAGE_KEY", "detail"),
            ("JWT_COOKIE_DOMAIN", ""),
            ("JWT_COOKIE_HTTPONLY", "false"),
        ]));
        let auth = auth.expect("settings");
        let engine = auth.engine();
        assert_eq!(engine.config().error_message_key(), "detail");
        assert!(engine.config().warnings()[0].contains("JWT_COOKIE_HTTP_ONLY"));
    }

    #[test]
    fn the_environment_without_a_key_is_an_error_that_names_it() {
        let error = AuthX::from_variables(variables(&[("PATH", "/bin")])).expect_err("no key");
        assert!(error.to_string().contains("JWT_SECRET_KEY"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_setting_that_is_not_utf8_is_an_error_that_names_it() {
        use std::os::unix::ffi::OsStringExt as _;

        let secret = OsString::from_vec(vec![0xff; 64]);
        let variables = [("JWT_SECRET_KEY".into(), secret.clone()), (secret.clone(), secret)];
        let error = AuthX::from_variables(variables).expect_err("not UTF-8");
        assert!(error.to_string().starts_with("JWT_SECRET_KEY: "), "{error}");
    }

    #[test]
    fn changing_a_clone_does_not_change_the_original() {
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
