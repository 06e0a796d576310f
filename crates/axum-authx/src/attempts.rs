//! Attempts to log in, of which not too many may fail.

use authx::Error;
use authx::event::Event;
use authx::login::Attempt;

use crate::auth::AuthX;
use crate::logins::Client;
use crate::rejection::Rejection;

impl AuthX {
    /// Begins an attempt to log in as this user, for a route of your own, before the password is tried. It counts as failed
    /// until [`LoginAttempt::succeeded`], for the limit of `JWT_MAX_FAILED_LOGINS`; it needs a store.
    ///
    /// The limit is by the client's address too, if `client` has one: serve the router's
    /// [`into_make_service_with_connect_info::<SocketAddr>`](axum::Router::into_make_service_with_connect_info).
    ///
    /// ```
    /// use axum::Form;
    /// use axum::extract::State;
    /// use axum_authx::{AuthX, Client, LoginTokens, NewLogin, Rejection};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Pin {
    ///     user: String,
    ///     pin: String,
    /// }
    ///
    /// async fn login(
    ///     State(auth): State<AuthX>,
    ///     client: Client,
    ///     Form(given): Form<Pin>,
    /// ) -> Result<LoginTokens, Rejection> {
    ///     let attempt = auth.begin_attempt(&given.user, &client).await?;
    ///     if !is_right(&given.pin).await {
    ///         return Err(attempt.failed());
    ///     }
    ///     attempt.succeeded().await?;
    ///     auth.log_in(&NewLogin::of(given.user), client).await
    /// }
    /// # async fn is_right(_: &str) -> bool { true }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Rejection`] with status 429 if too many attempts have failed; then the password must not be tried. That of a
    /// store that fails (503), and of an `AuthX` without a store (500).
    pub async fn begin_attempt(
        &self,
        username: &str,
        client: &Client,
    ) -> Result<LoginAttempt, Rejection> {
        let address = client.0.ip_address.as_deref();
        let counted = self
            .with_flow(async |flow| {
                flow.of_client(address).begin_attempt(Attempt::Login, username).await
            })
            .await?;
        let client_address = address.map(str::to_owned);
        Ok(LoginAttempt {
            auth: self.clone(),
            username: username.to_owned(),
            client_address,
            counted,
        })
    }

    /// Refuses a login whose user name or password is wrong, for a route of your own: status 401, and an event. With a
    /// limit of failed logins use [`AuthX::begin_attempt`].
    #[must_use]
    pub fn refuse_login(&self, username: &str, client: &Client) -> Rejection {
        self.refuse_login_from(username, client.0.ip_address.clone())
    }

    fn refuse_login_from(&self, username: &str, client_address: Option<String>) -> Rejection {
        if let Some(event) = Event::refused(&Error::LoginFailed, self.now()) {
            let mut event = event.subject(username);
            event.client_address = client_address;
            self.notice(event);
        }
        self.reject(Error::LoginFailed)
    }
}

/// An attempt to log in. It counts as failed until [`LoginAttempt::succeeded`], and where it is dropped too.
#[must_use]
pub struct LoginAttempt {
    auth: AuthX,
    username: String,
    client_address: Option<String>,
    counted: authx_store::LoginAttempt,
}

impl LoginAttempt {
    /// The password was right: the attempt doesn't count.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of a store that fails (503).
    pub async fn succeeded(self) -> Result<(), Rejection> {
        self.auth.with_flow(async |flow| flow.attempt_succeeded(&self.counted).await).await
    }

    /// The user name or the password is wrong: status 401, and an event.
    #[must_use]
    pub fn failed(self) -> Rejection {
        self.auth.refuse_login_from(&self.username, self.client_address)
    }
}

/// Without the name: people type passwords into its field.
impl std::fmt::Debug for LoginAttempt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LoginAttempt").finish_non_exhaustive()
    }
}
