//! Every setting there is, once: its name, its type, its default and what it does.

use std::time::Duration;

use super::value::FromSetting;
use super::{ConfigError, SameSite, SettingValue, TokenLifetime};
use crate::key::{Algorithm, Secret};
use crate::location::Location;
use crate::token::Audience;

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident $field:ident : $type:ty = $default:expr;)+) => {
        /// The value of every setting, unchecked. [`super::ConfigBuilder`] fills it,
        /// [`super::Config`] is what comes of it.
        #[derive(Clone, Debug)]
        pub(super) struct Settings {
            $(pub(super) $field: $type,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl Settings {
            pub(super) fn set(&mut self, name: &str, value: &SettingValue) -> Result<(), ConfigError> {
                match name {
                    $(stringify!($name) => {
                        self.$field = <$type>::from_setting(value).ok_or(ConfigError::Value {
                            setting: stringify!($name),
                            found: value.kind(),
                            expected: <$type as FromSetting>::EXPECTED,
                        })?;
                    })+
                    _ => return Err(ConfigError::UnknownSetting(name.to_owned())),
                }
                Ok(())
            }
        }

        impl super::ConfigBuilder {
            $(
                $(#[doc = $doc])+
                ///
                #[doc = concat!("The setting `", stringify!($name), "`.")]
                pub fn $field(mut self, value: impl Into<$type>) -> Self {
                    self.settings.$field = value.into();
                    self
                }
            )+
        }

        /// Name, default and meaning of every setting, for the reference in the documentation.
        pub fn setting_reference() -> Vec<SettingReference> {
            let default = Settings::default();
            vec![$(SettingReference {
                name: stringify!($name),
                default: format!("{:?}", default.$field),
                allowed: <$type as FromSetting>::EXPECTED,
                doc: concat!($($doc),+).trim(),
            },)+]
        }

        /// The names of all settings.
        pub const SETTING_NAMES: &[&str] = &[$(stringify!($name),)+];
    };
}

/// One row of the settings' reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingReference {
    /// The name, in the environment and in Python.
    pub name: &'static str,
    /// The default, as `Debug` writes it.
    pub default: String,
    /// The values that are allowed.
    pub allowed: &'static str,
    /// What it does.
    pub doc: &'static str,
}

settings! {
    /// The algorithm that signs new tokens.
    JWT_ALGORITHM algorithm: Algorithm = Algorithm::Hs256;
    /// The algorithms that tokens may have; empty means the one that signs. An algorithm without a key has no effect.
    JWT_DECODE_ALGORITHMS decode_algorithms: Vec<Algorithm> = Vec::new();
    /// The shared secret of the HS algorithms.
    JWT_SECRET_KEY secret_key: Option<Secret> = None;
    /// The shared secret before this one: what it signed stays valid until it expires.
    JWT_PREVIOUS_SECRET_KEY previous_secret_key: Option<Secret> = None;
    /// The private key of the other algorithms, as PEM text.
    JWT_PRIVATE_KEY private_key: Option<Secret> = None;
    /// The public key of the other algorithms, as PEM text. With the private key it can be left out; without the private key tokens can be verified, not issued.
    JWT_PUBLIC_KEY public_key: Option<Secret> = None;
    /// The public key before this one: what its private key signed stays valid until it expires.
    JWT_PREVIOUS_PUBLIC_KEY previous_public_key: Option<Secret> = None;
    /// Whether a shared secret that is shorter than its hash is an error rather than a warning.
    JWT_STRICT_KEYS strict_keys: bool = true;
    /// How long an access token is valid, in seconds; null means for ever.
    JWT_ACCESS_TOKEN_EXPIRES access_token_expires: TokenLifetime = TokenLifetime::Expires(Duration::from_secs(15 * 60));
    /// How long a refresh token is valid, in seconds; null means for ever.
    JWT_REFRESH_TOKEN_EXPIRES refresh_token_expires: TokenLifetime = TokenLifetime::Expires(Duration::from_secs(20 * 24 * 60 * 60));
    /// The claim that names the user.
    JWT_IDENTITY_CLAIM identity_claim: String = "sub".to_owned();
    /// The `aud` of new tokens.
    JWT_ENCODE_AUDIENCE encode_audience: Option<Audience> = None;
    /// The `iss` of new tokens.
    JWT_ENCODE_ISSUER encode_issuer: Option<String> = None;
    /// Whether new tokens say `nbf`, the instant of their issue.
    JWT_ENCODE_NBF encode_nbf: bool = true;
    /// The audiences that this service is; a token's `aud` must name one. Unset, the audience of new tokens.
    JWT_DECODE_AUDIENCE decode_audience: Option<Audience> = None;
    /// The issuer that a token's `iss` must name.
    JWT_DECODE_ISSUER decode_issuer: Option<String> = None;
    /// How far the issuer's clock may be off, in seconds, for `exp`, `nbf` and `iat`.
    JWT_DECODE_LEEWAY decode_leeway: Option<Duration> = None;
    /// The longest token that is looked at, in bytes.
    JWT_MAX_TOKEN_SIZE max_token_size: usize = 8 * 1024;
    /// The longest JSON body that is searched for a token, in bytes.
    JWT_MAX_BODY_SIZE max_body_size: usize = 1024 * 1024;
    /// How many verified tokens are kept in memory, so that the same token again is neither verified nor parsed anew; 0 for none. All other checks are made each time.
    JWT_VERIFICATION_CACHE_ENTRIES verification_cache_entries: usize = 0;
    /// How many bytes they may take together.
    JWT_VERIFICATION_CACHE_BYTES verification_cache_bytes: usize = 64 * 1024 * 1024;
    /// Where tokens are looked for, in this order.
    JWT_TOKEN_LOCATION token_location: Vec<Location> = vec![Location::Headers];
    /// Where access tokens are looked for; unset, as `JWT_TOKEN_LOCATION`.
    JWT_ACCESS_TOKEN_LOCATION access_token_location: Option<Vec<Location>> = None;
    /// Where refresh tokens are looked for; unset, as `JWT_TOKEN_LOCATION`.
    JWT_REFRESH_TOKEN_LOCATION refresh_token_location: Option<Vec<Location>> = None;
    /// The header that carries a token.
    JWT_HEADER_NAME header_name: String = "Authorization".to_owned();
    /// The scheme before the token in the header; empty for a header that is only the token.
    JWT_HEADER_TYPE header_type: String = "Bearer".to_owned();
    /// The member of the query string that carries a token.
    JWT_QUERY_STRING_NAME query_string_name: String = "token".to_owned();
    /// The member of a JSON body that carries an access token.
    JWT_JSON_KEY json_key: String = "access_token".to_owned();
    /// The member of a JSON body that carries a refresh token.
    JWT_REFRESH_JSON_KEY refresh_json_key: String = "refresh_token".to_owned();
    /// The cookie that carries the access token.
    JWT_ACCESS_COOKIE_NAME access_cookie_name: String = "access_token_cookie".to_owned();
    /// The path of the access token's cookie.
    JWT_ACCESS_COOKIE_PATH access_cookie_path: String = "/".to_owned();
    /// The cookie that carries the refresh token.
    JWT_REFRESH_COOKIE_NAME refresh_cookie_name: String = "refresh_token_cookie".to_owned();
    /// The path of the refresh token's cookie.
    JWT_REFRESH_COOKIE_PATH refresh_cookie_path: String = "/".to_owned();
    /// The domain of all cookies; unset, the host that sets them.
    JWT_COOKIE_DOMAIN cookie_domain: Option<String> = None;
    /// The Max-Age of all cookies, in seconds; unset, see `JWT_SESSION_COOKIE`.
    JWT_COOKIE_MAX_AGE cookie_max_age: Option<Duration> = None;
    /// Whether cookies without a Max-Age of their own end with the browser's session; if not, with the token.
    JWT_SESSION_COOKIE session_cookie: bool = true;
    /// The `SameSite` attribute of all cookies.
    JWT_COOKIE_SAMESITE cookie_samesite: Option<SameSite> = Some(SameSite::Lax);
    /// Whether cookies travel over HTTPS only.
    JWT_COOKIE_SECURE cookie_secure: bool = true;
    /// Whether scripts can't read the tokens' cookies.
    JWT_COOKIE_HTTP_ONLY cookie_http_only: bool = true;
    /// Whether a request whose token is in a cookie must repeat the token's CSRF value.
    JWT_COOKIE_CSRF_PROTECT cookie_csrf_protect: bool = true;
    /// The methods that must repeat the CSRF value.
    JWT_CSRF_METHODS csrf_methods: Vec<String> = ["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).to_vec();
    /// Whether the CSRF value is also set as a cookie that scripts can read.
    JWT_CSRF_IN_COOKIES csrf_in_cookies: bool = true;
    /// Whether the CSRF value may also come as a field of a form.
    JWT_CSRF_CHECK_FORM csrf_check_form: bool = false;
    /// The cookie with the access token's CSRF value.
    JWT_ACCESS_CSRF_COOKIE_NAME access_csrf_cookie_name: String = "csrf_access_token".to_owned();
    /// The path of that cookie.
    JWT_ACCESS_CSRF_COOKIE_PATH access_csrf_cookie_path: String = "/".to_owned();
    /// The form field with the access token's CSRF value.
    JWT_ACCESS_CSRF_FIELD_NAME access_csrf_field_name: String = "csrf_token".to_owned();
    /// The header with the access token's CSRF value.
    JWT_ACCESS_CSRF_HEADER_NAME access_csrf_header_name: String = "X-CSRF-TOKEN".to_owned();
    /// The cookie with the refresh token's CSRF value.
    JWT_REFRESH_CSRF_COOKIE_NAME refresh_csrf_cookie_name: String = "csrf_refresh_token".to_owned();
    /// The path of that cookie.
    JWT_REFRESH_CSRF_COOKIE_PATH refresh_csrf_cookie_path: String = "/".to_owned();
    /// The form field with the refresh token's CSRF value.
    JWT_REFRESH_CSRF_FIELD_NAME refresh_csrf_field_name: String = "csrf_token".to_owned();
    /// The header with the refresh token's CSRF value.
    JWT_REFRESH_CSRF_HEADER_NAME refresh_csrf_header_name: String = "X-CSRF-TOKEN".to_owned();
    /// Origins, besides the service's own, whose pages may open a WebSocket with a token in a cookie.
    JWT_WEBSOCKET_ALLOWED_ORIGINS websocket_allowed_origins: Vec<String> = Vec::new();
    /// How often the token of an open WebSocket is verified again, in seconds, which finds a revocation; its expiry closes the socket at once.
    JWT_WEBSOCKET_CHECK_INTERVAL websocket_check_interval: Duration = Duration::from_secs(30);
    /// How long before its end an access token in a cookie is replaced, in seconds.
    JWT_IMPLICIT_REFRESH_DELTATIME implicit_refresh_deltatime: Duration = Duration::from_secs(10 * 60);
    /// How long after the login access tokens are still replaced, in seconds; unset, for ever.
    JWT_IMPLICIT_REFRESH_MAX_AGE implicit_refresh_max_age: Option<Duration> = None;
    /// Paths whose requests never replace the token.
    JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE implicit_refresh_route_exclude: Vec<String> = Vec::new();
    /// If there are any: the only paths whose requests replace the token.
    JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE implicit_refresh_route_include: Vec<String> = Vec::new();
    /// Methods whose requests never replace the token.
    JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE implicit_refresh_method_exclude: Vec<String> = Vec::new();
    /// If there are any: the only methods whose requests replace the token.
    JWT_IMPLICIT_REFRESH_METHOD_INCLUDE implicit_refresh_method_include: Vec<String> = Vec::new();
    /// The member of an error's body that carries the message.
    JWT_ERROR_MESSAGE_KEY error_message_key: String = "message".to_owned();
    /// The status of the answer to a token that can't be decoded; 401, and 422 in Python unless it is set.
    JWT_INVALID_TOKEN_STATUS invalid_token_status: u16 = 401;
    /// Whether the session that a token names, its `sid`, has to be active.
    JWT_SESSION_TRACKING session_tracking: bool = false;
    /// Whether a request with a session's token is noted as the session's last activity.
    JWT_SESSION_UPDATE_LAST_ACTIVE session_update_last_active: bool = true;
}
