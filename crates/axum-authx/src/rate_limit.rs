//! Limits on how often a client may ask.

use std::fmt;
use std::sync::Arc;

use authx::Requirement;
use authx::rate_limit::{LimitName, RateLimit, RateLimitError, Usage, subject_rate_limit_key};
use authx_store::memory::MemoryCounters;
use authx_store::{CounterStore, FlowError};
use axum::extract::Request;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use crate::auth::AuthX;
use crate::body::with_body_read;
#[cfg(feature = "connect-info")]
use crate::client_address::client_address;
use crate::gate::{Gate, ResponseHeaders, gate_layer};
use crate::rejection::Rejection;

impl AuthX {
    /// A layer that refuses a client's requests beyond a limit; see [`RateLimiter`].
    pub fn rate_limit(&self, limiter: RateLimiter) -> RateLimitLayer {
        RateLimitLayer::new(self.clone(), limiter, None)
    }

    /// A layer that refuses a client's requests beyond a limit, and those without a valid access token.
    ///
    /// Unless the limit is by subject, requests are counted before their token is verified, so that
    /// guessing is limited too.
    pub fn rate_limited(&self, limiter: RateLimiter) -> RateLimitLayer {
        RateLimitLayer::new(self.clone(), limiter, Some(Requirement::access()))
    }
}

/// A limit and the key that requests are counted by. A layer of [`AuthX::rate_limit`] or
/// [`AuthX::rate_limited`] with it answers requests beyond the limit with 429 and `Retry-After`. Every response has the
/// headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
///
/// A limiter with a [name](RateLimiter::named) counts in the store of its [`AuthX`], so that all processes with that store
/// count together. One without a name, or of an `AuthX` without a store, counts in memory, by itself; several count
/// together if they are given one [`RateLimiter::backend`]. Clones count together.
///
/// ```
/// use axum::Router;
/// use axum::routing::{get, post};
/// use axum_authx::{AuthX, RateLimit, RateLimiter};
/// use std::time::Duration;
///
/// let auth = AuthX::ephemeral();
/// let minute = Duration::from_secs(60);
/// let per_client = RateLimiter::by_key(RateLimit::new(5, minute)?, |parts| {
///     let address = parts.headers.get("x-real-ip").and_then(|value| value.to_str().ok());
///     format!("ratelimit:{}", address.unwrap_or("unknown"))
/// });
/// let per_user = RateLimiter::by_subject(RateLimit::new(100, minute)?);
/// let app: Router = Router::new()
///     .route("/login", post(|| async { "a token" }))
///     .route_layer(auth.rate_limit(per_client))
///     .merge(
///         Router::new()
///             .route("/reports", get(|| async { "what a user may read" }))
///             .route_layer(auth.rate_limited(per_user)),
///     );
/// # Ok::<(), axum_authx::RateLimitError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct RateLimiter {
    limit: RateLimit,
    key: Key,
    name: Option<LimitName>,
    backend: Option<Arc<dyn CounterStore>>,
    memory: Arc<MemoryCounters>,
}

#[derive(Clone)]
enum Key {
    #[cfg(feature = "connect-info")]
    Address,
    Subject,
    Function(Arc<dyn Fn(&Parts) -> String + Send + Sync>),
}

impl RateLimiter {
    /// Counts by the client's address, with the feature `connect-info`, which is on by default.
    ///
    /// The service must be served with
    /// [`into_make_service_with_connect_info::<SocketAddr>`](axum::Router::into_make_service_with_connect_info),
    /// else every request is answered with 500. Behind a proxy the address is the proxy's: use
    /// [`RateLimiter::by_key`] there, with a header that the proxy sets.
    #[cfg(feature = "connect-info")]
    pub fn by_address(limit: RateLimit) -> Self {
        Self::new(limit, Key::Address)
    }

    /// Counts by the subject of the request's access token, which must be valid.
    pub fn by_subject(limit: RateLimit) -> Self {
        Self::new(limit, Key::Subject)
    }

    /// Counts by the key that this function returns for a request.
    pub fn by_key(
        limit: RateLimit,
        key: impl Fn(&Parts) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::new(limit, Key::Function(Arc::new(key)))
    }

    /// Counts in the store of the [`AuthX`], under this name, which is also that of the policy in the headers of responses.
    /// Limiters of one name count together.
    ///
    /// ```
    /// use axum_authx::{RateLimit, RateLimiter};
    /// use std::time::Duration;
    ///
    /// let limit = RateLimit::new(100, Duration::from_secs(60))?;
    /// let limiter = RateLimiter::by_subject(limit).named("reports")?;
    /// # Ok::<(), axum_authx::RateLimitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RateLimitError::BadName`]: 1 to 64 printable characters of ASCII are expected, without `"` and `\`.
    pub fn named(mut self, name: &str) -> Result<Self, RateLimitError> {
        self.name = Some(LimitName::new(name)?);
        Ok(self)
    }

    /// Counts in this store, whatever the [`AuthX`] has.
    pub fn backend(mut self, backend: impl CounterStore) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    fn new(limit: RateLimit, key: Key) -> Self {
        Self { limit, key, name: None, backend: None, memory: Arc::default() }
    }

    /// The headers for the response to a request that the limit admits.
    async fn count(
        &self,
        auth: &AuthX,
        key: &str,
        parts: &Parts,
    ) -> Result<ResponseHeaders, Rejection> {
        let usage = self.usage(auth, key).await?;
        let headers = usage.headers(self.name.as_ref().map_or("default", LimitName::as_str));
        match usage.check() {
            Ok(()) => Ok(response_headers(headers)),
            Err(error) => Err(auth.refuse(error.into(), Some(parts)).with_headers(headers)),
        }
    }

    async fn usage(&self, auth: &AuthX, key: &str) -> Result<Usage, Rejection> {
        let (limit, now) = (self.limit, auth.now());
        if let Some(backend) = &self.backend {
            return backend.count(key, limit, now).await.map_err(|error| {
                Rejection::failed(format_args!(
                    "a request could not be counted for its rate limit, so it is refused: {error}"
                ))
            });
        }
        let Some((name, store)) = self.name.as_ref().zip(auth.store()) else {
            return Ok(self.memory.count_now(key, limit, now));
        };
        let counted = store.store().count(&name.key(key), limit, now).await;
        counted.map_err(|error| auth.refuse_flow(FlowError::Store(error)))
    }
}

fn response_headers(headers: [(&'static str, String); 2]) -> ResponseHeaders {
    ResponseHeaders(headers.map(|(name, value)| {
        let value = HeaderValue::try_from(value);
        (HeaderName::from_static(name), value.unwrap_or(HeaderValue::from_static("")))
    }))
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RateLimiter").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Refuses requests beyond a limit; see [`AuthX::rate_limit`] and [`AuthX::rate_limited`].
///
/// Add it with [`Router::route_layer`](axum::Router::route_layer), so that a path without a route stays
/// a 404.
#[derive(Clone, Debug)]
#[must_use]
pub struct RateLimitLayer {
    auth: AuthX,
    limiter: RateLimiter,
    requirement: Option<Arc<Requirement>>,
}

impl RateLimitLayer {
    pub(crate) fn new(auth: AuthX, limiter: RateLimiter, requirement: Option<Requirement>) -> Self {
        let by_subject = matches!(limiter.key, Key::Subject);
        let requirement = requirement.or_else(|| by_subject.then(Requirement::access));
        Self { auth, limiter, requirement: requirement.map(Arc::new) }
    }

    /// The key of a request; `None` if it is the token's subject, for which the token must be verified first.
    fn key(&self, parts: &Parts) -> Result<Option<String>, Rejection> {
        match &self.limiter.key {
            Key::Subject => Ok(None),
            Key::Function(key) => Ok(Some(key(parts))),
            #[cfg(feature = "connect-info")]
            Key::Address => {
                let address = client_address(parts).ok_or_else(|| Rejection::failed(NO_ADDRESS))?;
                Ok(Some(
                    address.rate_limit_key(self.auth.engine().config().rate_limit_ipv6_prefix()),
                ))
            }
        }
    }
}

#[cfg(feature = "connect-info")]
const NO_ADDRESS: &str = "a rate limit by address needs the client's address: serve the router's \
    `into_make_service_with_connect_info::<SocketAddr>()`";

gate_layer!(RateLimitLayer);

impl Gate for RateLimitLayer {
    async fn admit(&self, request: Request) -> Result<Request, Rejection> {
        let (mut parts, body) = request.into_parts();
        if let Some(key) = self.key(&parts)? {
            let headers = self.limiter.count(&self.auth, &key, &parts).await?;
            parts.extensions.insert(headers);
        }
        let request = Request::from_parts(parts, body);
        let Some(requirement) = &self.requirement else { return Ok(request) };

        let request = with_body_read(&self.auth, request, std::slice::from_ref(requirement)).await;
        let (mut parts, body) = request.into_parts();
        let claims = self.auth.authenticate_once::<()>(&mut parts, requirement).await?;
        if matches!(self.limiter.key, Key::Subject) {
            let key = subject_rate_limit_key(&claims.sub);
            let headers = self.limiter.count(&self.auth, &key, &parts).await?;
            parts.extensions.insert(headers);
        }
        Ok(Request::from_parts(parts, body))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use authx::Timestamp;
    use authx_store::{BoxFuture, StoreError};
    use axum::Router;
    use axum::routing::get;

    use super::*;
    #[cfg(feature = "connect-info")]
    use crate::client_address::from_address;
    use crate::testing::{self, Answer, answer_to, bearer};

    fn limit(max_requests: u64) -> RateLimit {
        RateLimit::new(max_requests, Duration::from_secs(60)).expect("a window")
    }

    fn anybody(max_requests: u64) -> RateLimiter {
        RateLimiter::by_key(limit(max_requests), |_| "anybody".to_owned())
    }

    fn app(layer: RateLimitLayer) -> Router {
        Router::new().route("/", get(|| async { "welcome" })).route_layer(layer)
    }

    async fn ask(app: &Router, token: &str) -> Answer {
        answer_to(app, bearer(testing::get("/"), token)).await
    }

    #[tokio::test]
    async fn requests_beyond_the_limit_are_refused_until_the_window_ends() {
        let (auth, clock) = testing::auth();
        let app = app(auth.rate_limit(anybody(2)));
        assert_eq!(answer_to(&app, testing::get("/")).await.status, 200);
        assert_eq!(answer_to(&app, testing::get("/")).await.status, 200);
        assert_eq!(answer_to(&app, testing::get("/nowhere")).await.status, 404);

        clock.advance(Duration::from_secs(53));
        let answer = answer_to(&app, testing::get("/")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
        assert_eq!(
            answer.body,
            concat!(
                r#"{"message":"Rate limit exceeded. Retry after 7 seconds.","#,
                r#""error_type":"RateLimitExceeded","retry_after":7}"#
            )
        );
        clock.advance(Duration::from_secs(7));
        assert_eq!(answer_to(&app, testing::get("/")).await.status, 200);
    }

    #[tokio::test]
    async fn each_subject_is_counted_separately_and_needs_a_token() {
        let (auth, _) = testing::auth();
        let limiter = RateLimiter::by_subject(limit(1));
        let ada = auth.create_access_token("ada").expect("a token");
        let bob = auth.create_access_token("bob").expect("a token");
        for layer in
            [auth.rate_limit(limiter.clone()), auth.rate_limited(RateLimiter::by_subject(limit(1)))]
        {
            let app = app(layer);
            let mut statuses = Vec::new();
            for token in [&ada, &bob, &ada] {
                statuses.push(ask(&app, token).await.status);
            }
            assert_eq!(statuses, [200, 200, 429]);
            assert_eq!(answer_to(&app, testing::get("/")).await.status, 401);
        }
    }

    #[tokio::test]
    async fn rate_limited_asks_for_a_token_and_counts_bad_ones_too() {
        let (auth, _) = testing::auth();
        let token = auth.create_access_token("ada").expect("a token");
        let app = app(auth.rate_limited(anybody(2)));
        assert_eq!(ask(&app, &token).await.body, "welcome");
        assert_eq!(ask(&app, "a.b.c").await.status, 401);
        let answer = ask(&app, &token).await;
        assert_eq!((answer.status, answer.error_type()), (429, Some("RateLimitExceeded")));
    }

    #[tokio::test]
    async fn limiters_count_together_where_they_share_a_backend() {
        let (auth, _) = testing::auth();
        let backend = Arc::new(MemoryCounters::default());
        let first = app(auth.rate_limit(anybody(1).backend(Arc::clone(&backend))));
        let second = app(auth.rate_limit(anybody(1).backend(Arc::clone(&backend))));
        let alone = app(auth.rate_limit(anybody(1)));
        assert_eq!(answer_to(&first, testing::get("/")).await.status, 200);
        assert_eq!(answer_to(&second, testing::get("/")).await.status, 429);
        assert_eq!(answer_to(&alone, testing::get("/")).await.status, 200);
        backend.reset("anybody").await.expect("forgotten");
        assert_eq!(answer_to(&second, testing::get("/")).await.status, 200);
    }

    #[tokio::test]
    async fn a_backend_that_fails_lets_nobody_in() {
        struct Failing;

        impl CounterStore for Failing {
            fn count<'a>(
                &'a self,
                _: &'a str,
                _: RateLimit,
                _: Timestamp,
            ) -> BoxFuture<'a, Result<Usage, StoreError>> {
                Box::pin(async { Err("no store".into()) })
            }

            fn give_back<'a>(
                &'a self,
                _: &'a str,
                _: RateLimit,
                _: Timestamp,
            ) -> BoxFuture<'a, Result<(), StoreError>> {
                Box::pin(async { Ok(()) })
            }

            fn reset<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
                Box::pin(async { Ok(()) })
            }
        }

        let (auth, _) = testing::auth();
        let app = app(auth.rate_limit(anybody(1).backend(Failing)));
        assert_eq!(answer_to(&app, testing::get("/")).await.status, 500);
    }

    #[cfg(feature = "connect-info")]
    #[tokio::test]
    async fn each_address_is_counted_separately_and_an_unknown_one_is_a_500() {
        let (auth, _) = testing::auth();
        let app = app(auth.rate_limit(RateLimiter::by_address(limit(1))));
        let mut statuses = Vec::new();
        for address in ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.1:2", "[::ffff:192.0.2.1]:3"] {
            let request = from_address(address, testing::get("/"));
            statuses.push(answer_to(&app, request).await.status);
        }
        assert_eq!(statuses, [200, 200, 429, 429]);
        assert_eq!(answer_to(&app, testing::get("/")).await.status, 500);
    }
}
