//! The table of all settings: name, type, default and effect. Everything else about settings is generated from it.

use std::sync::LazyLock;
use std::time::Duration;

use super::value::{self, SettingType};
use super::{
    ConfigError, Given, SameSite, SettingValue, StaleReplica, TokenLifetime, TokenTypes,
    UnknownSubject,
};
use crate::key::{Algorithm, Secret};
use crate::location::Location;
use crate::token::Audience;

/// One row of the settings' reference.
///
/// ```
/// let reference = authx::config::setting_reference();
/// let strict = reference.iter().find(|setting| setting.name == "JWT_STRICT_KEYS").unwrap();
/// assert_eq!((strict.default.as_str(), strict.python_default), ("true", Some("false")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingReference {
    /// The name, in the environment and in Python.
    pub name: &'static str,
    /// The name of the builder's method.
    pub method: &'static str,
    /// What the setting is about.
    pub group: SettingGroup,
    /// The values that are allowed, in Markdown.
    pub takes: String,
    /// The default, as written in an environment variable.
    pub default: String,
    /// The Python package's default where it differs, because its users rely on it.
    pub python_default: Option<&'static str>,
    /// What it does, in Markdown.
    pub doc: &'static str,
}

/// What a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingGroup {
    /// Keys and algorithms.
    Keys,
    /// The claims of tokens, and how long tokens are valid.
    Tokens,
    /// Where requests carry tokens.
    Locations,
    /// Where the token of a WebSocket is, who may open one, and how often its token is verified again.
    WebSocket,
    /// The attributes of cookies.
    Cookies,
    /// CSRF values for tokens in cookies.
    Csrf,
    /// Implicit refresh.
    ImplicitRefresh,
    /// The responses to refused requests.
    Answers,
    /// Rate limits.
    RateLimits,
    /// Sessions.
    Sessions,
}

/// Name, type, default and meaning of every setting, for the reference in the documentation.
#[must_use]
pub fn setting_reference() -> &'static [SettingReference] {
    static REFERENCE: LazyLock<Vec<SettingReference>> = LazyLock::new(reference);
    &REFERENCE
}

macro_rules! settings {
    ($($group:ident {
        $($(#[doc = $doc:literal])+
        $name:ident $field:ident : $type:ty = $default:expr $(, in Python $python:literal)? $(, takes $takes:literal)?;)+
    })+) => {
        /// The value of every setting, not yet checked. [`super::ConfigBuilder`] fills it, and builds the
        /// [`super::Config`] from it.
        #[derive(Clone, Debug)]
        pub(super) struct Settings {
            $($(pub(super) $field: $type,)+)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($($field: $default,)+)+ }
            }
        }

        impl Settings {
            /// Returns the value as it was read, for callers who keep it themselves.
            pub(super) fn set(
                &mut self,
                name: &str,
                value: &SettingValue,
            ) -> Result<SettingValue, ConfigError> {
                match name {
                    $($(stringify!($name) => {
                        self.$field = <$type>::from_setting(value).ok_or(ConfigError::Value {
                            setting: stringify!($name),
                            found: value.kind(),
                            expected: <$type as SettingType>::EXPECTED,
                        })?;
                        Ok(self.$field.to_value())
                    })+)+
                    _ => Err(ConfigError::UnknownSetting(name.to_owned())),
                }
            }

            /// As [`Settings::set`], with an environment variable's text. `None`: it counts as not set.
            pub(super) fn set_variable(
                &mut self,
                name: &str,
                text: String,
            ) -> Result<Option<SettingValue>, ConfigError> {
                let value = match name {
                    $($(stringify!($name) => value::of_variable::<$type>(text),)+)+
                    _ => return Err(ConfigError::UnknownSetting(name.to_owned())),
                };
                value.map(|value| self.set(name, &value)).transpose()
            }
        }

        impl super::ConfigBuilder {
            $($(
                $(#[doc = $doc])+
                ///
                #[doc = concat!("The setting `", stringify!($name), "`.")]
                pub fn $field(mut self, value: impl Into<Given<$type>>) -> Self {
                    self.settings.$field = value.into().0;
                    self
                }
            )+)+
        }

        fn reference() -> Vec<SettingReference> {
            let default = Settings::default();
            vec![$($(SettingReference {
                name: stringify!($name),
                method: stringify!($field),
                group: SettingGroup::$group,
                takes: [$($takes)?].first().copied().map_or_else(<$type as SettingType>::takes, str::to_owned),
                default: default.$field.to_value().to_text(),
                python_default: [$($python)?].first().copied(),
                doc: concat!($($doc),+).trim(),
            },)+)+]
        }

        /// The names of all settings.
        pub const SETTING_NAMES: &[&str] = &[$($(stringify!($name),)+)+];
    };
}

settings! {
    Keys {
        /// The algorithm that signs new tokens.
        JWT_ALGORITHM algorithm: Algorithm = Algorithm::Hs256;
        /// The algorithms that a token may have. Empty: only `JWT_ALGORITHM`, which must otherwise be in the list.
        /// An algorithm without a configured key has no effect; a key pair that fits none of them is an error.
        JWT_DECODE_ALGORITHMS decode_algorithms: Vec<Algorithm> = Vec::new();
        /// The shared secret of the HS algorithms. At least 32 random bytes for HS256, 48 for HS384, 64 for
        /// HS512.
        JWT_SECRET_KEY secret_key: Option<Secret> = None;
        /// The previous shared secret. Tokens that it signed stay valid until they expire.
        JWT_PREVIOUS_SECRET_KEY previous_secret_key: Option<Secret> = None;
        /// The private key of the other algorithms, as PEM: PKCS#8, PKCS#1 or SEC1, not encrypted. Certificates beside
        /// it are ignored. The PEM may be in quotes, have `\n` in place of line ends, or be in base64 as a whole.
        JWT_PRIVATE_KEY private_key: Option<Secret> = None;
        /// The public key of the other algorithms, as PEM: SPKI, PKCS#1 or a certificate, or as a line of OpenSSH. Of a
        /// certificate only the key counts, and not its dates. Not needed if the private key is set. Without the private
        /// key, tokens can be verified but not issued.
        JWT_PUBLIC_KEY public_key: Option<Secret> = None;
        /// The previous public key. Tokens that its private key signed stay valid until they expire.
        JWT_PREVIOUS_PUBLIC_KEY previous_public_key: Option<Secret> = None;
        /// Whether a shared secret that is shorter than its hash is an error rather than a warning.
        JWT_STRICT_KEYS strict_keys: bool = true, in Python "false";
    }
    Tokens {
        /// How long an access token is valid. Switched off: without end; only then is a token of this type accepted
        /// without `exp`.
        JWT_ACCESS_TOKEN_EXPIRES access_token_expires: TokenLifetime = TokenLifetime::Expires(Duration::from_secs(15 * 60));
        /// How long a refresh token is valid. Switched off: without end; only then is a token of this type accepted
        /// without `exp`.
        JWT_REFRESH_TOKEN_EXPIRES refresh_token_expires: TokenLifetime = TokenLifetime::Expires(Duration::from_secs(20 * 24 * 60 * 60));
        /// Types of token of the application's own, such as `password_reset`, that have a lifetime (`expires`) or
        /// `locations` of their own. A type without them, and one that is not listed, has the lifetime of access tokens
        /// and their locations without `cookies`.
        JWT_TOKEN_TYPES token_types: TokenTypes = TokenTypes::default();
        /// The claim that names the user.
        JWT_IDENTITY_CLAIM identity_claim: String = "sub".to_owned();
        /// The `aud` of new tokens.
        JWT_ENCODE_AUDIENCE encode_audience: Option<Audience> = None;
        /// The `iss` of new tokens.
        JWT_ENCODE_ISSUER encode_issuer: Option<String> = None;
        /// Whether new tokens have `nbf`, the instant of their issue.
        JWT_ENCODE_NBF encode_nbf: bool = true;
        /// The audiences of this service: a token's `aud` must name one of them. Unset: those of
        /// `JWT_ENCODE_AUDIENCE`. Where neither is set, a token with `aud` is refused.
        JWT_DECODE_AUDIENCE decode_audience: Option<Audience> = None;
        /// The issuer that a token's `iss` must name. Unset: not checked.
        JWT_DECODE_ISSUER decode_issuer: Option<String> = None;
        /// Whether a token's `login_type` is left unchecked, for applications that share tokens. Otherwise it must be
        /// the one of this instance, and a token with one is refused where the instance has none.
        JWT_DECODE_ANY_LOGIN_TYPE decode_any_login_type: bool = false;
        /// How far other machines' clocks may be off, for `exp`, `nbf` and `iat`. In Python a number of
        /// seconds.
        JWT_DECODE_LEEWAY decode_leeway: Option<Duration> = Some(Duration::ZERO);
        /// The longest token that is accepted, in bytes.
        JWT_MAX_TOKEN_SIZE max_token_size: usize = 8 * 1024;
        /// How many verified tokens each process caches, so that a repeated token is neither verified nor parsed
        /// again; 0: none. All other checks, including revocation, are made each time.
        JWT_VERIFICATION_CACHE_ENTRIES verification_cache_entries: usize = 0;
        /// How many bytes the cached tokens may take together, at least 65536.
        JWT_VERIFICATION_CACHE_BYTES verification_cache_bytes: usize = 64 * 1024 * 1024;
    }
    Locations {
        /// Where a token is looked for, in this order.
        JWT_TOKEN_LOCATION token_location: Vec<Location> = vec![Location::Headers];
        /// Where an access token is looked for. Unset: as in `JWT_TOKEN_LOCATION`.
        JWT_ACCESS_TOKEN_LOCATION access_token_location: Option<Vec<Location>> = None;
        /// Where a refresh token is looked for. Unset: as in `JWT_TOKEN_LOCATION`.
        JWT_REFRESH_TOKEN_LOCATION refresh_token_location: Option<Vec<Location>> = None;
        /// The header that carries a token.
        JWT_HEADER_NAME header_name: String = "Authorization".to_owned();
        /// The scheme before the token in the header, compared without regard to case. Empty: the header is the
        /// token alone.
        JWT_HEADER_TYPE header_type: String = "Bearer".to_owned();
        /// The parameter of the query string that carries a token. Query strings end up in logs; use this
        /// location where nothing else works.
        JWT_QUERY_STRING_NAME query_string_name: String = "token".to_owned();
        /// The field of a JSON body that carries the access token.
        JWT_JSON_KEY json_key: String = "access_token".to_owned();
        /// The field of a JSON body that carries the refresh token.
        JWT_REFRESH_JSON_KEY refresh_json_key: String = "refresh_token".to_owned();
        /// The largest JSON body that is searched for a token, in bytes.
        JWT_MAX_BODY_SIZE max_body_size: usize = 1024 * 1024;
    }
    WebSocket {
        /// Where the token of a WebSocket's handshake is looked for, in this order. `subprotocol` is what a page sends
        /// with `new WebSocket(url, ["bearer", token])`. Unset: as in `JWT_TOKEN_LOCATION` and the settings for one type
        /// of token.
        JWT_WEBSOCKET_TOKEN_LOCATION websocket_token_location: Option<Vec<Location>> = None, takes "a list of `headers`, `cookies`, `query` or `subprotocol`, or `null`";
        /// Origins, besides the service's own, whose pages may open a WebSocket with a token in a cookie.
        JWT_WEBSOCKET_ALLOWED_ORIGINS websocket_allowed_origins: Vec<String> = Vec::new();
        /// How often the token of an open, guarded WebSocket is verified again, to notice a revocation. When the
        /// token expires, the socket is closed at once.
        JWT_WEBSOCKET_CHECK_INTERVAL websocket_check_interval: Duration = Duration::from_secs(30);
    }
    Cookies {
        /// The cookie of the access token. The rules of the name prefixes `__Host-` and `__Secure-` are enforced.
        JWT_ACCESS_COOKIE_NAME access_cookie_name: String = "access_token_cookie".to_owned();
        /// The path of the access token's cookie.
        JWT_ACCESS_COOKIE_PATH access_cookie_path: String = "/".to_owned();
        /// The cookie of the refresh token.
        JWT_REFRESH_COOKIE_NAME refresh_cookie_name: String = "refresh_token_cookie".to_owned();
        /// The path of the refresh token's cookie.
        JWT_REFRESH_COOKIE_PATH refresh_cookie_path: String = "/".to_owned();
        /// The domain of all cookies. Unset: the host that sets them, without its subdomains.
        JWT_COOKIE_DOMAIN cookie_domain: Option<String> = None;
        /// How long all cookies live. Unset: as `JWT_SESSION_COOKIE` says. In Python a whole number of seconds.
        JWT_COOKIE_MAX_AGE cookie_max_age: Option<Duration> = None;
        /// Whether cookies end with the browser's session, unless `JWT_COOKIE_MAX_AGE` is set. If not, they end
        /// with their token, and those of a token without end after 400 days, the longest that browsers keep one.
        JWT_SESSION_COOKIE session_cookie: bool = true;
        /// The `SameSite` attribute of all cookies; `none` needs `JWT_COOKIE_SECURE`. Switched off: without the
        /// attribute.
        JWT_COOKIE_SAMESITE cookie_samesite: Option<SameSite> = Some(SameSite::Lax);
        /// Whether cookies travel over https only. Switch it off only while developing.
        JWT_COOKIE_SECURE cookie_secure: bool = true;
        /// Whether scripts can't read the tokens' cookies. The CSRF cookies can always be read.
        JWT_COOKIE_HTTP_ONLY cookie_http_only: bool = true;
    }
    Csrf {
        /// Whether a request whose token is in a cookie must repeat the token's CSRF value.
        JWT_COOKIE_CSRF_PROTECT cookie_csrf_protect: bool = true;
        /// The methods that must repeat the CSRF value.
        JWT_CSRF_METHODS csrf_methods: Vec<String> = ["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).to_vec();
        /// Whether the CSRF value is also set as a cookie, from which the page's own scripts read it.
        JWT_CSRF_IN_COOKIES csrf_in_cookies: bool = true;
        /// Whether the CSRF value may also be in a form field. In Python that needs the extra `form`; in axum a
        /// multipart form needs the feature `multipart`.
        JWT_CSRF_CHECK_FORM csrf_check_form: bool = false;
        /// The cookie with the access token's CSRF value.
        JWT_ACCESS_CSRF_COOKIE_NAME access_csrf_cookie_name: String = "csrf_access_token".to_owned();
        /// The path of the cookie with the access token's CSRF value.
        JWT_ACCESS_CSRF_COOKIE_PATH access_csrf_cookie_path: String = "/".to_owned();
        /// The form field with the access token's CSRF value.
        JWT_ACCESS_CSRF_FIELD_NAME access_csrf_field_name: String = "csrf_token".to_owned();
        /// The header with the access token's CSRF value.
        JWT_ACCESS_CSRF_HEADER_NAME access_csrf_header_name: String = "X-CSRF-TOKEN".to_owned();
        /// The cookie with the refresh token's CSRF value.
        JWT_REFRESH_CSRF_COOKIE_NAME refresh_csrf_cookie_name: String = "csrf_refresh_token".to_owned();
        /// The path of the cookie with the refresh token's CSRF value.
        JWT_REFRESH_CSRF_COOKIE_PATH refresh_csrf_cookie_path: String = "/".to_owned();
        /// The form field with the refresh token's CSRF value.
        JWT_REFRESH_CSRF_FIELD_NAME refresh_csrf_field_name: String = "csrf_token".to_owned();
        /// The header with the refresh token's CSRF value.
        JWT_REFRESH_CSRF_HEADER_NAME refresh_csrf_header_name: String = "X-CSRF-TOKEN".to_owned();
    }
    ImplicitRefresh {
        /// How long before its end an access token in a cookie is replaced.
        JWT_IMPLICIT_REFRESH_DELTATIME implicit_refresh_deltatime: Duration = Duration::from_secs(10 * 60);
        /// For how long after the login access tokens are replaced. Unset: without limit.
        JWT_IMPLICIT_REFRESH_MAX_AGE implicit_refresh_max_age: Option<Duration> = None;
        /// The only paths whose requests replace the token. Empty: all paths.
        JWT_IMPLICIT_REFRESH_ROUTE_INCLUDE implicit_refresh_route_include: Vec<String> = Vec::new();
        /// Paths whose requests never replace the token.
        JWT_IMPLICIT_REFRESH_ROUTE_EXCLUDE implicit_refresh_route_exclude: Vec<String> = Vec::new();
        /// The only methods whose requests replace the token. Empty: all methods.
        JWT_IMPLICIT_REFRESH_METHOD_INCLUDE implicit_refresh_method_include: Vec<String> = Vec::new();
        /// Methods whose requests never replace the token.
        JWT_IMPLICIT_REFRESH_METHOD_EXCLUDE implicit_refresh_method_exclude: Vec<String> = Vec::new();
    }
    Answers {
        /// The HTTP status of the response to a token that can't be decoded or has expired. RFC 6750 asks for 401, and
        /// clients refresh on nothing else; 422 is what version 1.7.1 answers.
        JWT_INVALID_TOKEN_STATUS invalid_token_status: u16 = 401;
        /// What happens to a valid token whose user the application doesn't know, most likely because the account was
        /// deleted: `refuse` answers 401, `none` gives the handler no user.
        JWT_UNKNOWN_SUBJECT unknown_subject: UnknownSubject = UnknownSubject::Refuse;
        /// The field of an error's body that carries the message.
        JWT_ERROR_MESSAGE_KEY error_message_key: String = "message".to_owned();
        /// Whether the answer to a request without a token, or without its CSRF value, has a field `explanation` that
        /// says where it was looked for and why what came did not count. For development only: it tells everybody the
        /// names of cookies, headers and settings.
        JWT_EXPLAIN_ERRORS explain_errors: bool = false;
    }
    RateLimits {
        /// How many leading bits of an IPv6 address count as one client in rate limits by address. A single
        /// customer commonly has all 2^64 addresses of a /64.
        JWT_RATE_LIMIT_IPV6_PREFIX rate_limit_ipv6_prefix: u8 = 64;
    }
    Sessions {
        /// Whether a token that names a session, in its `sid`, is refused unless the session is active. Tokens can
        /// be issued for a session only if this is on.
        JWT_SESSION_TRACKING session_tracking: bool = false;
        /// Whether each request with a token of a session is recorded as the session's last activity.
        JWT_SESSION_UPDATE_LAST_ACTIVE session_update_last_active: bool = true;
        /// For how long a refresh token that was used may be used again, with a store of logins: the client that lost the
        /// answer gets the same one. After that it counts as stolen. Zero switches it off; at most an hour.
        JWT_REFRESH_GRACE refresh_grace: Duration = Duration::from_secs(30);
        /// When a login ends, however often its tokens are refreshed, with a store of logins. Unset: never.
        JWT_LOGIN_MAX_AGE login_max_age: Option<Duration> = None;
        /// How many logins a user may have at once, with a store of logins: for one more, the oldest ends. Unset: any
        /// number.
        JWT_MAX_LOGINS max_logins: Option<usize> = None;
        /// How often a user name and a password may be wrong in `JWT_FAILED_LOGINS_WINDOW`, for one name from one address,
        /// with a store of logins: the next attempt is answered 429. For one address, whatever the name, ten times as
        /// often; for one name, from whatever address, twenty times as often. Unset: any number.
        JWT_MAX_FAILED_LOGINS max_failed_logins: Option<usize> = None;
        /// In how long a time failed logins count, see `JWT_MAX_FAILED_LOGINS`.
        JWT_FAILED_LOGINS_WINDOW failed_logins_window: Duration = Duration::from_secs(15 * 60);
        /// Whether each use of a refresh token uses it up, with a store of logins, on routes that only verify it too.
        /// Otherwise only the exchange for the next pair uses it up.
        JWT_REFRESH_SINGLE_USE refresh_single_use: bool = false;
        /// The URL of the store of logins and revocations, such as `sqlite:///auth.db`. It is kept like a key, because it
        /// may contain a password. Unset: none, unless the application names one.
        JWT_STORE_URL store_url: Option<Secret> = None;
        /// How old the copy of the revocations may be that each process keeps, with a store of logins: a request with an
        /// access token is then answered from memory, and a revocation of another process takes effect within this time.
        /// At least 100 milliseconds, at most an hour. Zero: there is no copy, and the store is asked each time.
        JWT_STORE_MAX_STALENESS store_max_staleness: Duration = Duration::ZERO;
        /// What happens where the copy is older, see `JWT_STORE_MAX_STALENESS`: `ask` asks the store, `refuse` answers
        /// 503, `accept` goes by the old copy, with a warning.
        JWT_STORE_STALE store_stale: StaleReplica = StaleReplica::Ask;
    }
}
