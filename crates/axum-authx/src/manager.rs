//! [`AuthManager`]: several logins of one application.

use std::fmt;

use authx::Requirement;

use crate::auth::AuthX;
use crate::rejection::Rejection;
use crate::require::RequireLayer;

/// Several [`AuthX`], each for one kind of login, such as users and operators.
///
/// Each has its own settings: keys, lifetimes, cookies, revocation. A token of one login is refused where
/// another is asked for, and the answer names both login types. [`AuthManager::get`] returns the instance of
/// a login: use it as the state of that login's routes, and its layers to protect them. Register all logins
/// before, because an instance tells apart only the logins that were registered when it was returned.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthManager, AuthX, Config, Secret};
/// # let user_secret = Secret::from("a secret of the users, of at least thirty-two bytes");
/// # let admin_secret = Secret::from("a secret of the operators, of at least thirty-two bytes");
///
/// let mut manager = AuthManager::new();
/// let users = Config::builder().secret_key(user_secret).login_type("user");
/// manager.register(AuthX::new(users.build()?))?;
/// let admins = Config::builder().secret_key(admin_secret).login_type("admin");
/// manager.register(AuthX::new(admins.build()?))?;
///
/// let app: Router = Router::new()
///     .route("/me", get(|token: AccessToken| async move { token.sub.clone() }))
///     .with_state(manager.get("user")?)
///     .merge(
///         Router::new()
///             .route("/panel", get(|| async { "the panel" }))
///             .route_layer(manager.access_token_required("admin")?),
///     );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AuthManager {
    instances: Vec<(String, AuthX)>,
}

/// Why a login can't be registered or found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginTypeError {
    /// The instance has no login type.
    Missing,
    /// Another instance has this login type.
    Registered(String),
    /// No instance has this login type.
    Unknown(String),
}

impl AuthManager {
    /// A manager without logins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an instance under its login type, which [`authx::ConfigBuilder::login_type`] gives it.
    ///
    /// # Errors
    ///
    /// The instance has no login type, or another one has the same.
    pub fn register(&mut self, auth: AuthX) -> Result<(), LoginTypeError> {
        let login_type = login_type(&auth).ok_or(LoginTypeError::Missing)?;
        if self.login_types().any(|known| known == login_type) {
            return Err(LoginTypeError::Registered(login_type));
        }
        self.instances.push((login_type, auth));
        Ok(())
    }

    /// The instance of a login. Its errors name the other registered logins.
    ///
    /// # Errors
    ///
    /// No instance has this login type.
    pub fn get(&self, login_type: &str) -> Result<AuthX, LoginTypeError> {
        let wanted = self.instances.iter().find(|(name, _)| name == login_type);
        let (_, auth) = wanted.ok_or_else(|| LoginTypeError::Unknown(login_type.to_owned()))?;
        let others = self.instances.iter().filter(|(name, _)| name != login_type);
        let others = others.map(|(_, other)| other.handle().clone()).collect();
        Ok(auth.clone().among(others))
    }

    /// The registered login types, in the order of their registration.
    pub fn login_types(&self) -> impl Iterator<Item = &str> {
        self.instances.iter().map(|(login_type, _)| login_type.as_str())
    }

    /// A layer that lets only requests through whose token of this login meets `requirement`.
    ///
    /// # Errors
    ///
    /// No instance has this login type.
    pub fn token_required(
        &self,
        login_type: &str,
        requirement: Requirement,
    ) -> Result<RequireLayer, LoginTypeError> {
        Ok(self.get(login_type)?.require(requirement))
    }

    /// A layer that asks for a valid access token of this login.
    ///
    /// # Errors
    ///
    /// No instance has this login type.
    pub fn access_token_required(&self, login_type: &str) -> Result<RequireLayer, LoginTypeError> {
        self.token_required(login_type, Requirement::access())
    }

    /// A layer that asks for a valid refresh token of this login.
    ///
    /// # Errors
    ///
    /// No instance has this login type.
    pub fn refresh_token_required(&self, login_type: &str) -> Result<RequireLayer, LoginTypeError> {
        self.token_required(login_type, Requirement::refresh())
    }

    /// A layer that asks for a valid and fresh access token of this login.
    ///
    /// # Errors
    ///
    /// No instance has this login type.
    pub fn fresh_token_required(&self, login_type: &str) -> Result<RequireLayer, LoginTypeError> {
        self.token_required(login_type, Requirement::fresh())
    }
}

/// The instance's login type, which is not empty.
fn login_type(auth: &AuthX) -> Option<String> {
    let engine = auth.engine();
    let login_type = engine.config().login_type()?;
    (!login_type.is_empty()).then(|| login_type.to_owned())
}

impl fmt::Display for LoginTypeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => {
                formatter.write_str("login_type: an AuthX of an AuthManager must have one")
            }
            Self::Registered(name) => {
                write!(formatter, "login_type: '{name}' is registered already")
            }
            Self::Unknown(name) => write!(formatter, "login_type: '{name}' is not registered"),
        }
    }
}

impl std::error::Error for LoginTypeError {}

/// A status 500, because a missing login is a mistake of the service.
impl From<LoginTypeError> for Rejection {
    fn from(error: LoginTypeError) -> Self {
        Self::failed(error)
    }
}

#[cfg(test)]
mod tests {
    use authx::{Config, NewToken, Secret};
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::testing::{self, answer_to, bearer};
    use crate::{AccessToken, RefreshToken};

    fn instance(login_type: &str, secret: &str) -> AuthX {
        let secret = Secret::from(format!("{secret}'s secret of at least thirty-two bytes"));
        let config = Config::builder().secret_key(secret).login_type(login_type);
        AuthX::new(config.build().expect("settings")).with_clock(testing::FrozenClock::default())
    }

    fn manager() -> AuthManager {
        let mut manager = AuthManager::new();
        for login_type in ["user", "admin"] {
            manager.register(instance(login_type, login_type)).expect("a new login");
        }
        manager
    }

    const MISMATCH: &str = concat!(
        r#"{"message":"Token type mismatch: expected 'admin', got 'user'","#,
        r#""error_type":"LoginTypeMismatchError","expected_type":"admin","actual_type":"user"}"#
    );

    #[tokio::test]
    async fn a_token_of_another_login_names_both_in_extractors_and_layers() {
        let manager = manager();
        let app = Router::new()
            .route("/extractor", get(|token: AccessToken| async move { token.0.sub }))
            .route("/refresh", get(|token: RefreshToken| async move { token.0.sub }))
            .merge(
                Router::new()
                    .route("/layer", get(|| async { "ada" }))
                    .route_layer(manager.access_token_required("admin").expect("a login")),
            )
            .with_state(manager.get("admin").expect("a login"));
        let user = manager.get("user").expect("a login");
        let admin = manager.get("admin").expect("a login");
        for path in ["/extractor", "/layer"] {
            let token = admin.create_access_token("ada").expect("a token");
            let answer = answer_to(&app, bearer(testing::get(path), &token)).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "ada"), "{path}");
        }
        for (path, token) in [
            ("/extractor", user.create_access_token("ada")),
            ("/layer", user.create_access_token("ada")),
            ("/layer", user.create_refresh_token("ada")),
            ("/refresh", user.create_refresh_token("ada")),
        ] {
            let token = token.expect("a token");
            let answer = answer_to(&app, bearer(testing::get(path), &token)).await;
            assert_eq!((answer.status, answer.body.as_str()), (401, MISMATCH), "{path}");
        }
    }

    #[tokio::test]
    async fn a_token_of_no_login_keeps_its_error() {
        let manager = manager();
        let app = Router::new()
            .route("/", get(|| async {}))
            .route_layer(manager.access_token_required("admin").expect("a login"));
        let stranger = instance("user", "a stranger").create_access_token("ada").expect("a token");
        for (token, error) in
            [(stranger.as_str(), "TokenInvalidSignatureError"), ("a.b.c", "JWTDecodeError")]
        {
            let answer = answer_to(&app, bearer(testing::get("/"), token)).await;
            assert_eq!((answer.status, answer.error_type()), (401, Some(error)));
        }
    }

    #[tokio::test]
    async fn each_kind_of_token_opens_its_layer() {
        let manager = manager();
        let user = manager.get("user").expect("a login");
        let tokens = [
            user.create_access_token("ada").expect("a token"),
            user.create_refresh_token("ada").expect("a token"),
            user.issue(&NewToken::access("ada").fresh()).expect("a token"),
        ];
        let layers = [
            (manager.access_token_required("user"), [200, 401, 200]),
            (manager.refresh_token_required("user"), [401, 200, 401]),
            (manager.fresh_token_required("user"), [401, 401, 200]),
        ];
        for (layer, expected) in layers {
            let app =
                Router::new().route("/", get(|| async {})).route_layer(layer.expect("a login"));
            for (token, status) in tokens.iter().zip(expected) {
                let answer = answer_to(&app, bearer(testing::get("/"), token)).await;
                assert_eq!(answer.status, status);
            }
        }
    }

    #[test]
    fn registering_needs_a_login_type_that_no_other_instance_has() {
        let mut manager = manager();
        let (without, _) = testing::auth();
        assert_eq!(manager.register(without), Err(LoginTypeError::Missing));
        let again = manager.register(instance("user", "another"));
        assert_eq!(again, Err(LoginTypeError::Registered("user".to_owned())));
        let error = manager.get("guest").expect_err("no such login");
        assert_eq!(error.to_string(), "login_type: 'guest' is not registered");
        assert_eq!(Rejection::from(error).status(), 500);
        assert_eq!(manager.login_types().collect::<Vec<_>>(), ["user", "admin"]);
    }
}
