//! The store of an [`AuthX`]: given by the application, or named by `JWT_STORE_URL`.

use std::sync::Arc;

use authx::{Config, ConfigError};
use authx_store::unavailable::UnavailableStore;
use authx_store::{Flow, Store};

use crate::auth::AuthX;

impl AuthX {
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
        match opened.map_err(ConfigError::Store)? {
            Some(store) => Ok(auth.with_store(store)),
            None => Ok(auth),
        }
    }

    /// Keeps logins, revocations and sessions in this store, in every clone and in the layers and states that hold one,
    /// from the next request on. With it, refresh tokens rotate, a stolen one is found out, and logins can be listed and
    /// ended.
    ///
    /// ```
    /// use axum::extract::State;
    /// use axum::routing::post;
    /// use axum::{Json, Router};
    /// use axum_authx::memory::MemoryStore;
    /// use axum_authx::{AccessToken, AuthX, Client, LoginTokens, NewLogin, Rejection, Rotated, UnsetCookies};
    ///
    /// async fn login(State(auth): State<AuthX>, client: Client) -> Result<LoginTokens, Rejection> {
    ///     // After the password was checked.
    ///     auth.log_in(&NewLogin::of("ada").scopes(["notes:write"]), client).await
    /// }
    ///
    /// async fn refresh(tokens: Rotated) -> Rotated {
    ///     tokens
    /// }
    ///
    /// async fn logout(State(auth): State<AuthX>, token: AccessToken) -> Result<UnsetCookies, Rejection> {
    ///     auth.logout(&token).await
    /// }
    ///
    /// let auth = AuthX::ephemeral().with_store(MemoryStore::default());
    /// let app: Router = Router::new()
    ///     .route("/login", post(login))
    ///     .route("/refresh", post(refresh))
    ///     .route("/logout", post(logout))
    ///     .with_state(auth);
    /// ```
    pub fn with_store(self, store: impl Store) -> Self {
        self.set_store(store);
        self
    }

    /// The store that `JWT_STORE_URL` names. One that can't be opened is logged, and gives no answer to any question, so
    /// that every request that needs it is refused.
    pub(crate) fn with_named_store(self, url: Option<Result<Arc<dyn Store>, String>>) -> Self {
        match url {
            None => self,
            Some(Ok(store)) => self.with_store(store),
            Some(Err(problem)) => {
                let problem = ConfigError::Store(problem).to_string();
                tracing::error!("{problem}");
                self.with_store(UnavailableStore::new(problem))
            }
        }
    }

    /// What happens to logins now.
    pub(crate) fn flow<'a>(&'a self, engine: &'a authx::Engine, store: &'a dyn Store) -> Flow<'a> {
        Flow::new(engine, store, self.random(), self.now()).observed_by(self.events())
    }
}

/// The store that the configuration names.
pub(crate) fn named_store(config: &Config) -> Option<Result<Arc<dyn Store>, String>> {
    let url = config.store_url()?;
    Some(authx_store::open(url).map_err(|error| error.to_string()))
}
