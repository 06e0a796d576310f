//! The demo's settings. Each can be changed by an environment variable of its name.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use axum_authx::{Config, ConfigBuilder, ConfigError, Location, Secret};

use crate::security::random_bytes;
use crate::services::Service;

/// The demo's settings.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How tokens are issued and verified: the `JWT_*` variables, else the demo's defaults.
    pub config: Config,
    /// The same for the login of operators.
    pub(crate) operators: Config,
    /// The same for the logins in the store.
    pub(crate) stored: Config,
    /// `AUTHX_DEMO_STORE`, the URL of one store for services that share logins; without it logins are in memory.
    pub(crate) store: String,
    /// `AUTHX_DEMO_BLOCKLIST`, one file for services that share logouts; without it logouts are in memory.
    pub blocklist: Option<PathBuf>,
    /// `AUTHX_DEMO_HOST`, the address to listen on.
    pub host: String,
    /// `AUTHX_DEMO_PORT`, the port to listen on.
    pub port: u16,
    /// `AUTHX_DEMO_SERVICES`, the services that the page's header links to.
    pub(crate) services: Vec<Service>,
}

impl Settings {
    /// From the environment of this process.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] names the variable.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(std::env::vars_os())
    }

    /// From these variables.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] names the variable.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
    ) -> Result<Self, SettingsError> {
        let mut demo = DemoVariables::default();
        let mut jwt = Vec::new();
        for (name, value) in variables {
            let Ok(name) = name.into().into_string() else { continue };
            let value = value.into();
            match name.as_str() {
                "AUTHX_DEMO_BLOCKLIST" if !value.is_empty() => demo.blocklist = Some(value.into()),
                "AUTHX_DEMO_STORE" if !value.is_empty() => demo.store = Some(string(&name, value)?),
                "AUTHX_DEMO_HOST" => demo.host = Some(string(&name, value)?),
                "AUTHX_DEMO_PORT" => demo.port = Some(string(&name, value)?),
                "AUTHX_DEMO_SERVICES" => demo.services = Some(string(&name, value)?),
                _ if name.starts_with("JWT_") => jwt.push((name.clone(), string(&name, value)?)),
                _ => {}
            }
        }
        let settings = demo_defaults()?.variables(jwt)?;
        Ok(Self {
            config: settings.clone().build()?,
            operators: of_operators(settings.clone()).build()?,
            stored: of_stored_logins(settings).build()?,
            store: demo.store.unwrap_or_else(|| "memory://".to_owned()),
            blocklist: demo.blocklist,
            host: demo.host.unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: demo.port.map_or(Ok(8001), |port| {
                port.parse().map_err(|_| {
                    SettingsError(format!("AUTHX_DEMO_PORT: '{port}' is no port (0 to 65535)"))
                })
            })?,
            services: demo.services.map_or(Ok(Vec::new()), |services| Service::list(&services))?,
        })
    }
}

/// Short lifetimes, so that a person can watch the implicit refresh at work. The cookies are not `Secure`
/// because the demo speaks plain http on 127.0.0.1; behind https, set `JWT_COOKIE_SECURE=true`.
fn demo_defaults() -> Result<ConfigBuilder, SettingsError> {
    let secret = random_bytes::<32>()
        .map_err(|error| SettingsError(format!("JWT_SECRET_KEY is not set, and {error}")))?;
    Ok(Config::builder()
        .secret_key(Secret::from(secret))
        .token_location([Location::Headers, Location::Cookies, Location::Query, Location::Json])
        .access_token_expires(Duration::from_secs(60))
        .implicit_refresh_deltatime(Duration::from_secs(30))
        .refresh_token_expires(Duration::from_secs(8 * 60 * 60))
        // No access token outlives the refresh token, because a logout needs the refresh token.
        .implicit_refresh_max_age(Duration::from_secs(8 * 60 * 60 - 60))
        // A page can send a token with a WebSocket's handshake as a subprotocol. A revoked one closes the
        // socket soon.
        .websocket_token_location(vec![Location::Subprotocol])
        .websocket_check_interval(Duration::from_secs(1))
        .cookie_secure(false)
        // The browser sends the refresh token only to the routes that need it; its CSRF value must be
        // readable on the page.
        .refresh_cookie_path("/auth")
        .refresh_csrf_cookie_path("/"))
}

/// The demo's settings, with those that the login of operators has of its own.
fn of_operators(settings: ConfigBuilder) -> ConfigBuilder {
    settings
        .token_location(Location::Headers)
        // Longer than a user's token, because nothing renews it.
        .access_token_expires(Duration::from_secs(15 * 60))
        .session_tracking(true)
        .login_type("operator")
}

/// The demo's settings, with those that the logins in the store have of their own.
fn of_stored_logins(settings: ConfigBuilder) -> ConfigBuilder {
    settings
        .token_location(Location::Headers)
        .access_token_expires(Duration::from_secs(15 * 60))
        // So that a used token counts as stolen at once. A service leaves clients the time to ask again.
        .refresh_grace(Duration::ZERO)
        .login_type("stored")
}

#[derive(Default)]
struct DemoVariables {
    store: Option<String>,
    blocklist: Option<PathBuf>,
    host: Option<String>,
    port: Option<String>,
    services: Option<String>,
}

fn string(name: &str, value: OsString) -> Result<String, SettingsError> {
    value.into_string().map_err(|_| SettingsError(format!("{name}: the value is not UTF-8")))
}

/// An invalid environment variable. The message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(pub(crate) String);

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

impl From<ConfigError> for SettingsError {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}
