//! For tests of a protected service: a clock that stands still, tokens, good and bad, requests and their answers.
//!
//! Behind the feature `testing`, for `[dev-dependencies]`.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use axum_authx::AccessToken;
//! use axum_authx::testing::{self, answer_to, bearer};
//! use std::time::Duration;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let (auth, clock) = testing::auth();
//! let app = Router::new()
//!     .route("/me", get(|token: AccessToken| async move { token.sub.clone() }))
//!     .with_state(auth.clone());
//!
//! let token = auth.create_access_token("ada")?;
//! let answer = answer_to(&app, bearer(testing::get("/me"), &token)).await;
//! assert_eq!((answer.status, answer.body.as_str()), (200, "ada"));
//!
//! clock.advance(Duration::from_secs(15 * 60));
//! let answer = answer_to(&app, bearer(testing::get("/me"), &token)).await;
//! assert_eq!(answer.error_type(), Some("TokenExpiredError"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use authx::{
    Claims, Clock, Config, ConfigBuilder, IssueError, NewToken, Secret, Timestamp, TokenKind,
};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method};
use tower_service::Service;

use crate::auth::AuthX;

/// A secret for tests. It is public, so never sign real tokens with it.
pub const SECRET: &str = "a secret for tests, which everybody knows";

/// A clock that stands still between calls of its methods. Clones share one time.
#[derive(Clone, Debug)]
pub struct FrozenClock {
    now: Arc<Mutex<Timestamp>>,
}

impl FrozenClock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(instant: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(instant)) }
    }

    /// Shows this instant from now on.
    pub fn set(&self, instant: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = instant;
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + duration;
    }
}

/// Noon of the first of January 2030, UTC.
impl Default for FrozenClock {
    fn default() -> Self {
        Self::at(Timestamp::from_seconds(1_893_499_200).unwrap_or(Timestamp::MIN))
    }
}

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settings with [`SECRET`] as their key.
pub fn config() -> ConfigBuilder {
    Config::builder().secret_key(Secret::from(SECRET))
}

/// An [`AuthX`] of [`config`], and the clock that it uses.
///
/// # Panics
///
/// Never, because these settings are valid.
pub fn auth() -> (AuthX, FrozenClock) {
    let clock = FrozenClock::default();
    let config = config().build().expect("valid settings");
    (AuthX::new(config).with_clock(clock.clone()), clock)
}

/// The claims of an access token of this subject, for unit tests of handlers and of other code that takes claims. The
/// fields are public.
///
/// ```
/// use axum_authx::{AccessToken, testing};
///
/// async fn hello(token: AccessToken) -> String {
///     format!("hello, {}", token.sub)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// assert_eq!(hello(AccessToken(testing::claims("ada"))).await, "hello, ada");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn claims(sub: &str) -> Claims {
    Claims::new(TokenKind::Access, sub)
}

/// Access tokens of this user, each with one fault for which a protected route must refuse it, and the name of the
/// fault: `"expired"`, `"of the other type"`, `"wrongly signed"` (with the signature of another token),
/// `"changed"` (another subject under the signature), `"unsigned"` (the algorithm `none`, RFC 8725 section 3.1) and
/// `"damaged"` (cut short).
///
/// ```
/// # use axum::{Router, routing::get};
/// # use axum_authx::AccessToken;
/// use axum_authx::testing::{self, answer_to, bearer, refused_tokens};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let (auth, _clock) = testing::auth();
/// # let app = Router::new()
/// #     .route("/me", get(|token: AccessToken| async move { token.sub.clone() }))
/// #     .with_state(auth.clone());
/// for (fault, token) in refused_tokens(&auth, "ada")? {
///     let answer = answer_to(&app, bearer(testing::get("/me"), &token)).await;
///     assert_eq!(answer.status, 401, "{fault}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`AuthX::issue`].
pub fn refused_tokens(auth: &AuthX, uid: &str) -> Result<Vec<(&'static str, String)>, IssueError> {
    let token = auth.create_access_token(uid)?;
    let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
    let (header, payload) = signed.split_once('.').unwrap_or_default();
    let others = auth.create_access_token(&format!("not {uid}"))?;
    let (changed, others_signature) = others.rsplit_once('.').unwrap_or_default();
    let long_ago = Timestamp::from_seconds(1).unwrap_or(Timestamp::MIN);
    Ok(vec![
        ("expired", auth.issue(&NewToken::access(uid).expires_at(long_ago))?),
        ("of the other type", auth.create_refresh_token(uid)?),
        ("wrongly signed", format!("{signed}.{others_signature}")),
        ("changed", format!("{changed}.{signature}")),
        ("unsigned", format!("{UNSIGNED}.{payload}.")),
        ("damaged", format!("{header}.{payload}")),
    ])
}

/// `{"alg":"none","typ":"JWT"}`
const UNSIGNED: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";

/// A GET request.
///
/// # Panics
///
/// When `path` is not a valid path.
#[must_use]
pub fn get(path: &str) -> Request {
    request(Method::GET, path, Body::empty())
}

/// A POST request without a body.
///
/// # Panics
///
/// When `path` is not a valid path.
#[must_use]
pub fn post(path: &str) -> Request {
    request(Method::POST, path, Body::empty())
}

/// A POST request with a JSON body.
///
/// # Panics
///
/// When `path` is not a valid path.
#[must_use]
pub fn json(path: &str, body: &str) -> Request {
    let mut request = request(Method::POST, path, Body::from(body.to_owned()));
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

/// The request with this token in its `Authorization` header.
///
/// # Panics
///
/// When `token` is not valid in a header.
#[must_use]
pub fn bearer(mut request: Request, token: &str) -> Request {
    let value = HeaderValue::try_from(format!("Bearer {token}")).expect("a header's value");
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

/// The request with these cookies.
///
/// # Panics
///
/// When they are not valid in a header.
#[must_use]
pub fn with_cookies<'c>(
    mut request: Request,
    cookies: impl IntoIterator<Item = (&'c str, &'c str)>,
) -> Request {
    let cookies: Vec<_> =
        cookies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let value = HeaderValue::try_from(cookies.join("; ")).expect("a header's value");
    request.headers_mut().insert(COOKIE, value);
    request
}

fn request(method: Method, path: &str, body: Body) -> Request {
    Request::builder().method(method).uri(path).body(body).expect("a path")
}

/// What a service answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as a string.
    pub body: String,
}

impl Answer {
    /// The value of a header, if it is visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `error_type` of a JSON body.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once(r#""error_type":""#)?;
        Some(rest.split_once('"')?.0)
    }

    /// The value of a cookie that the answer sets; empty for one that it deletes.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values.filter_map(|value| value.to_str().ok()).find_map(|cookie| {
            let (key, rest) = cookie.split_once('=')?;
            (key == name).then(|| rest.split(';').next().unwrap_or_default())
        })
    }
}

/// What the service answers to a request.
///
/// # Panics
///
/// When the answer's body breaks off.
pub async fn answer_to<S>(service: &S, request: Request) -> Answer
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    let mut service = service.clone();
    let Ok(()) = poll_fn(|context| service.poll_ready(context)).await;
    let Ok(response) = service.call(request).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
