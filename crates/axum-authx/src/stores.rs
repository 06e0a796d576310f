//! The store of an [`AuthX`], and what it does with it.

use authx_store::{Flow, Replica, Store};

use crate::auth::AuthX;

impl AuthX {
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

    /// What happens to logins now.
    pub(crate) fn flow<'a>(&'a self, engine: &'a authx::Engine, store: &'a Replica) -> Flow<'a> {
        Flow::new(engine, store.store(), self.random(), self.now())
            .with_replica(store)
            .observed_by(self.events())
    }
}
