//! Builds a checked [`Config`] from settings. Every `Config` that exists is valid.

mod build;
mod duration;
mod error;
mod given;
mod misspelt;
mod security_scheme;
mod settings;
mod token_types;
mod value;

use std::sync::Arc;
use std::time::Duration;

pub use build::KEY_SETTINGS;
pub use error::ConfigError;
pub use given::Given;
pub use misspelt::misspelt;
pub use security_scheme::{SecurityScheme, SecuritySchemePlace};
pub use settings::{SETTING_NAMES, SettingGroup, SettingReference, setting_reference};
pub use token_types::{TokenTypeSettings, TokenTypes};
pub use value::SettingValue;

use crate::key::{KeyRing, Secret};
use crate::location::Location;
use crate::rate_limit::RateLimit;
use crate::token::Audience;
use crate::token_kind::TokenKind;
use crate::verification_cache::CacheBounds;
use settings::Settings;

/// Reads a duration as a setting in the environment is read: `900`, `15m`, `00:15:00` or `PT15M`. `None` for any other
/// string.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(authx::config::parse_duration("15m"), Some(Duration::from_secs(900)));
/// assert_eq!(authx::config::parse_duration("soon"), None);
/// ```
#[must_use]
pub fn parse_duration(string: &str) -> Option<Duration> {
    value::SettingType::from_setting(&SettingValue::string(string))
}

/// Reads an environment variable of this setting, as [`ConfigBuilder::variables`] does: for callers that keep settings
/// themselves. `None`: the variable is blank, and counts as not set, because the setting may be unset.
///
/// ```
/// use authx::config::{SettingValue, read_variable};
///
/// assert_eq!(read_variable("JWT_COOKIE_MAX_AGE", "15m")?, Some(SettingValue::Seconds(900.0)));
/// assert_eq!(read_variable("JWT_COOKIE_MAX_AGE", "null")?, Some(SettingValue::None));
/// assert_eq!(read_variable("JWT_COOKIE_MAX_AGE", "")?, None);
/// # Ok::<(), authx::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] names the setting, and says what is allowed.
pub fn read_variable(name: &str, text: &str) -> Result<Option<SettingValue>, ConfigError> {
    Settings::default().set_variable(name, text.to_owned())
}

/// Reads a value of this setting, as [`ConfigBuilder::set`] does: for callers that keep settings themselves.
///
/// ```
/// use authx::config::{SettingValue, read_setting};
///
/// let locations = read_setting("JWT_TOKEN_LOCATION", &SettingValue::string("headers, Cookies"))?;
/// assert_eq!(locations, SettingValue::List(vec!["headers".to_owned(), "cookies".to_owned()]));
/// # Ok::<(), authx::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] names the setting, and says what is allowed.
pub fn read_setting(name: &str, value: &SettingValue) -> Result<SettingValue, ConfigError> {
    Settings::default().set(name, value)
}

/// How long a type of token is valid from its issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLifetime {
    /// For this duration.
    Expires(Duration),
    /// Without end: such tokens have no `exp`, and are accepted without it.
    Never,
}

impl TokenLifetime {
    /// A thousand years, so that adding it to an instant can't overflow.
    pub(crate) const LONGEST: Duration = Duration::from_secs(1000 * 365 * 86_400);
}

impl From<Duration> for TokenLifetime {
    fn from(duration: Duration) -> Self {
        Self::Expires(duration)
    }
}

/// When a browser sends a cookie along with requests from other sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// With top-level navigation only.
    Lax,
    /// Never.
    Strict,
    /// Always; needs `Secure`.
    None,
}

/// What happens to a valid token whose user the application doesn't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownSubject {
    /// The request is refused, see [`Error::UnknownSubject`](crate::Error::UnknownSubject).
    Refuse,
    /// The handler gets no user.
    None,
}

/// What happens where a process's copy of the revocations is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleReplica {
    /// The store is asked.
    Ask,
    /// The request is refused, see [`Error::StoreUnavailable`](crate::Error::StoreUnavailable).
    Refuse,
    /// The old copy answers, with a warning.
    Accept,
}

/// Builds a [`Config`], setting by setting.
///
/// ```
/// use authx::{Config, Location};
/// use std::time::Duration;
///
/// let config = Config::builder()
///     .secret_key("a secret of at least thirty-two bytes")
///     .token_location([Location::Headers, Location::Cookies])
///     .decode_issuer("https://login.example")
///     .access_token_expires(Duration::from_secs(300))
///     .build()?;
///
/// let error = Config::builder().build().unwrap_err();
/// assert!(error.to_string().contains("JWT_SECRET_KEY"));
/// # Ok::<(), authx::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ConfigBuilder {
    settings: Settings,
    keys: Option<Arc<KeyRing>>,
    login_type: Option<String>,
    warnings: Vec<String>,
}

impl ConfigBuilder {
    /// A ring of keys, instead of the settings that contain keys. With both, [`ConfigBuilder::build`] is an error that
    /// names the setting.
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = Some(Arc::new(keys));
        self
    }

    /// The name of this login, for applications that have several: tokens carry it, and those of
    /// another login are refused.
    pub fn login_type(mut self, login_type: impl Into<String>) -> Self {
        self.login_type = Some(login_type.into());
        self
    }

    /// Sets one setting by its `JWT_*` name.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the setting, the kind of the value and what is allowed.
    pub fn set(mut self, name: &str, value: &SettingValue) -> Result<Self, ConfigError> {
        self.settings.set(name, value)?;
        Ok(self)
    }

    /// Sets the settings among environment variables, by their `JWT_*` names; other variables are ignored. Lists are
    /// JSON arrays or comma-separated, durations are seconds, `15m` or ISO 8601. `null` or `none` switches a setting off
    /// that may be unset, and a blank variable of such a setting counts as not set.
    ///
    /// A name that looks like a misspelt setting is among the [`Config::warnings`], see [`misspelt()`].
    ///
    /// ```
    /// use authx::Config;
    ///
    /// let variables = [("JWT_SECRET_KEY", "a secret of at least thirty-two bytes"), ("PATH", "/bin")];
    /// let config = Config::builder().variables(variables)?.build()?;
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable, and says what is allowed.
    pub fn variables<N: AsRef<str>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        for (name, value) in variables {
            let name = name.as_ref().to_ascii_uppercase();
            if SETTING_NAMES.contains(&name.as_str()) {
                self.settings.set_variable(&name, value.into())?;
            } else if let Some(warning) = misspelt(&name)
                && !self.warnings.contains(&warning)
            {
                self.warnings.push(warning);
            }
        }
        Ok(self)
    }

    /// Checks everything, and parses the keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the setting at fault.
    pub fn build(self) -> Result<Config, ConfigError> {
        build::build(self)
    }
}

/// The settings of one token type: its lifetime, its locations and the names in them.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    pub(crate) locations: Vec<Location>,
    pub(crate) lifetime: TokenLifetime,
    pub(crate) json_key: String,
    pub(crate) cookie_name: String,
    pub(crate) cookie_path: String,
    pub(crate) csrf_cookie_name: String,
    pub(crate) csrf_cookie_path: String,
    pub(crate) csrf_field_name: String,
    /// In lower case, as requests are searched for it.
    pub(crate) csrf_header_name: String,
    pub(crate) csrf_header_name_as_set: String,
}

/// Which requests take part in implicit refresh.
#[derive(Clone, Debug)]
pub(crate) struct RefreshPolicy {
    pub(crate) window: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) include_paths: Vec<String>,
    pub(crate) exclude_paths: Vec<String>,
    pub(crate) include_methods: Vec<String>,
    pub(crate) exclude_methods: Vec<String>,
}

/// Whether sessions are checked, and whether their last activity is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionPolicy {
    pub(crate) tracking: bool,
    pub(crate) update_last_active: bool,
}

/// How logins in a store go on and end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoginPolicy {
    pub(crate) grace: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) single_use: bool,
    pub(crate) max_logins: Option<usize>,
    /// For one name from one address.
    pub(crate) failed_logins: Option<RateLimit>,
    pub(crate) max_staleness: Duration,
    pub(crate) stale: StaleReplica,
}

/// The attributes of all cookies.
#[derive(Clone, Debug)]
pub(crate) struct CookieAttributes {
    pub(crate) domain: Option<String>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) session: bool,
    pub(crate) same_site: Option<SameSite>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
}

/// When a request must repeat its token's CSRF value, and where it can.
#[derive(Clone, Debug)]
pub(crate) struct CsrfPolicy {
    pub(crate) protect: bool,
    pub(crate) methods: Vec<String>,
    pub(crate) in_cookies: bool,
    pub(crate) check_form: bool,
}

/// A checked configuration with its keys.
///
/// It is always valid, because [`ConfigBuilder::build`] is the only way to get one.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) warnings: Vec<String>,
    pub(crate) login_type: Option<String>,
    pub(crate) identity_claim: String,
    pub(crate) encode_audience: Option<Audience>,
    pub(crate) encode_issuer: Option<String>,
    pub(crate) encode_nbf: bool,
    pub(crate) decode_audience: Option<Audience>,
    pub(crate) decode_issuer: Option<String>,
    pub(crate) leeway: Duration,
    pub(crate) decode_any_login_type: bool,
    pub(crate) max_token_size: usize,
    pub(crate) max_body_size: usize,
    pub(crate) verification_cache: Option<CacheBounds>,
    /// In lower case, as requests are searched for it.
    pub(crate) header_name: String,
    pub(crate) header_name_as_set: String,
    pub(crate) header_type: String,
    pub(crate) query_string_name: String,
    pub(crate) access: Transport,
    pub(crate) refresh: Transport,
    /// The application's own types of token in `JWT_TOKEN_TYPES`, and all others.
    pub(crate) listed_types: Vec<(TokenKind, Transport)>,
    pub(crate) other_types: Transport,
    pub(crate) cookies: CookieAttributes,
    pub(crate) csrf: CsrfPolicy,
    pub(crate) implicit_refresh: RefreshPolicy,
    pub(crate) sessions: SessionPolicy,
    pub(crate) logins: LoginPolicy,
    pub(crate) store_url: Option<Secret>,
    /// `None`: those of the token's type.
    pub(crate) websocket_locations: Option<Vec<Location>>,
    pub(crate) websocket_allowed_origins: Vec<String>,
    pub(crate) websocket_check_interval: Duration,
    pub(crate) error_message_key: String,
    pub(crate) explain_errors: bool,
    pub(crate) invalid_token_status: u16,
    pub(crate) unknown_subject: UnknownSubject,
    pub(crate) rate_limit_ipv6_prefix: u8,
}

impl Config {
    /// Starts with every setting's default.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// Warnings about accepted but unsafe values, and about variables that look like misspelt settings. Each names its
    /// setting.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The ring of keys.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The types of token that have locations and a lifetime of their own: access, refresh, and those that
    /// `JWT_TOKEN_TYPES` lists.
    pub fn token_kinds(&self) -> impl Iterator<Item = TokenKind> {
        let listed = self.listed_types.iter().map(|(kind, _)| *kind);
        [TokenKind::Access, TokenKind::Refresh].into_iter().chain(listed)
    }

    /// Where tokens of this type are looked for, in order.
    #[must_use]
    pub fn locations(&self, kind: TokenKind) -> &[Location] {
        &self.transport(kind).locations
    }

    /// Whether a login sets a cookie with its token of this type: cookies are among the type's locations.
    #[must_use]
    pub fn is_set_as_cookie(&self, kind: TokenKind) -> bool {
        self.locations(kind).contains(&Location::Cookies)
    }

    /// Whether the response to a login shows its token of this type in the body: it can be sent elsewhere than in a
    /// cookie. Scripts need not see another one.
    #[must_use]
    pub fn is_shown_to_scripts(&self, kind: TokenKind) -> bool {
        self.locations(kind).iter().any(|location| *location != Location::Cookies)
    }

    /// Where the token of a WebSocket's handshake is looked for, in order: in `JWT_WEBSOCKET_TOKEN_LOCATION`, or else
    /// where a request's is.
    ///
    /// ```
    /// # use authx::{Config, Location, Secret, TokenKind};
    /// let config = Config::builder()
    ///     .secret_key(Secret::from("a secret of at least thirty-two bytes"))
    ///     .websocket_token_location(vec![Location::Subprotocol])
    ///     .build()?;
    /// assert_eq!(config.websocket_locations(TokenKind::Access), [Location::Subprotocol]);
    /// assert_eq!(config.locations(TokenKind::Access), [Location::Headers]);
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn websocket_locations(&self, kind: TokenKind) -> &[Location] {
        self.websocket_locations.as_deref().unwrap_or_else(|| self.locations(kind))
    }

    /// Whether the engine reads the request header of this name, so that callers need not pass the others.
    #[must_use]
    pub fn reads_header(&self, name: &[u8]) -> bool {
        let is = |header: &str| header.as_bytes().eq_ignore_ascii_case(name);
        is("cookie")
            || is(&self.header_name)
            || is(&self.access.csrf_header_name)
            || is(&self.refresh.csrf_header_name)
            || is("content-type")
            || is("origin")
            || is("upgrade")
            || is("sec-websocket-protocol")
            || is("host")
    }

    /// The longest JSON body that is searched for a token, in bytes.
    #[must_use]
    pub fn max_body_size(&self) -> usize {
        self.max_body_size
    }

    /// How long before its expiry implicit refresh replaces an access token.
    #[must_use]
    pub fn implicit_refresh_deltatime(&self) -> Duration {
        self.implicit_refresh.window
    }

    /// The field of an error's body that contains the message.
    #[must_use]
    pub fn error_message_key(&self) -> &str {
        &self.error_message_key
    }

    /// Whether answers have the explanation of [`Engine::explain`](crate::Engine::explain): `JWT_EXPLAIN_ERRORS`.
    #[must_use]
    pub fn explains_errors(&self) -> bool {
        self.explain_errors
    }

    /// The HTTP status of the response to a token that can't be decoded.
    #[must_use]
    pub fn invalid_token_status(&self) -> u16 {
        self.invalid_token_status
    }

    /// How many leading bits of an IPv6 address count as one client in rate limits, from 1 to 128.
    ///
    /// ```
    /// # use authx::{Config, Secret};
    /// let config = Config::builder()
    ///     .secret_key(Secret::from("a secret of at least thirty-two bytes"))
    ///     .rate_limit_ipv6_prefix(48)
    ///     .build()?;
    /// assert_eq!(config.rate_limit_ipv6_prefix(), 48);
    /// # Ok::<(), authx::ConfigError>(())
    /// ```
    #[must_use]
    pub fn rate_limit_ipv6_prefix(&self) -> u8 {
        self.rate_limit_ipv6_prefix
    }

    /// The URL of the store of logins, which may contain a password.
    #[must_use]
    pub fn store_url(&self) -> Option<&str> {
        self.store_url.as_ref().and_then(|url| std::str::from_utf8(url.expose()).ok())
    }

    /// How old a process's copy of the revocations in the store may be; zero where there is none.
    #[must_use]
    pub fn store_max_staleness(&self) -> Duration {
        self.logins.max_staleness
    }

    /// What happens where the copy is older.
    #[must_use]
    pub fn store_stale(&self) -> StaleReplica {
        self.logins.stale
    }

    /// How many logins a user may have at once, in a store of logins; `None` for any number.
    #[must_use]
    pub fn max_logins(&self) -> Option<usize> {
        self.logins.max_logins
    }

    /// Whether each use of a refresh token uses it up, in a store of logins.
    #[must_use]
    pub fn refresh_single_use(&self) -> bool {
        self.logins.single_use
    }

    /// The name of this login, if it has one.
    #[must_use]
    pub fn login_type(&self) -> Option<&str> {
        self.login_type.as_deref()
    }

    /// Whether `JWT_TOKEN_TYPES` has this type.
    pub(crate) fn lists(&self, kind: TokenKind) -> bool {
        self.listed_types.iter().any(|(listed, _)| *listed == kind)
    }

    pub(crate) fn transport(&self, kind: TokenKind) -> &Transport {
        match kind {
            TokenKind::Access => &self.access,
            TokenKind::Refresh => &self.refresh,
            TokenKind::Custom(_) => {
                let listed = self.listed_types.iter().find(|(listed, _)| *listed == kind);
                listed.map_or(&self.other_types, |(_, transport)| transport)
            }
        }
    }
}
