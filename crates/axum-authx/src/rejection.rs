//! The answer to a refused request.

use std::fmt;

use authx::answer::Answer;
use authx::{Engine, Error, IssueError};
use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use tracing::Level;

/// Why an extractor or a layer of this crate refuses a request, and the answer to it.
///
/// The engine gives the answer to an error of the request: its status, its `WWW-Authenticate` (RFC 6750
/// section 3) and a JSON body with the message and `error_type`. An error of the service is answered with
/// status 500 and no details; the reason is logged.
///
/// # Answering otherwise
///
/// The response to a refused request, of an extractor or of a layer, has the `Rejection` in its extensions. A layer
/// around all routes can replace it there, such as for browsers, which get a page to log in:
///
/// ```
/// use axum::Router;
/// use axum::extract::Request;
/// use axum::http::header::ACCEPT;
/// use axum::middleware::{self, Next};
/// use axum::response::{IntoResponse, Redirect, Response};
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX, Rejection, Requirement};
///
/// async fn redirect_browsers(request: Request, next: Next) -> Response {
///     let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
///     let is_browser = accept.is_some_and(|accept| accept.contains("text/html"));
///     let response = next.run(request).await;
///     let refused = response.extensions().get::<Rejection>();
///     match refused.and_then(Rejection::error) {
///         Some(error) if is_browser && error.is_logged_out() => {
///             Redirect::to("/login").into_response()
///         }
///         _ => response,
///     }
/// }
///
/// # use axum_authx::testing::{self, answer_to};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let auth = AuthX::ephemeral();
/// let app: Router = Router::new()
///     .route("/behind-a-layer", get(|| async { "in" }))
///     .route_layer(auth.require(Requirement::access()))
///     .route("/me", get(|token: AccessToken| async move { token.sub.clone() }))
///     .layer(middleware::from_fn(redirect_browsers))
///     .with_state(auth);
/// # for path in ["/behind-a-layer", "/me"] {
/// #     let mut request = testing::get(path);
/// #     request.headers_mut().insert(ACCEPT, "text/html".parse()?);
/// #     let answer = answer_to(&app, request).await;
/// #     assert_eq!((answer.status, answer.header("location")), (303, Some("/login")));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// For one handler, convert the rejection into an error type of yours:
///
/// ```
/// use axum::extract::FromRequestParts;
/// use axum::http::StatusCode;
/// use axum::response::{IntoResponse, Response};
/// use axum_authx::{AccessToken, AuthX, Rejection};
///
/// #[derive(FromRequestParts)]
/// #[from_request(state(AuthX), rejection(ApiError))]
/// struct Caller {
///     token: AccessToken,
/// }
///
/// struct ApiError(Rejection);
///
/// impl From<Rejection> for ApiError {
///     fn from(rejection: Rejection) -> Self {
///         Self(rejection)
///     }
/// }
///
/// impl IntoResponse for ApiError {
///     fn into_response(self) -> Response {
///         (self.0.status(), format!("Sorry: {}", self.0.message())).into_response()
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Rejection {
    reason: Reason,
}

#[derive(Clone)]
enum Reason {
    /// The request's fault.
    Refused(Box<Refused>),
    /// The service's fault.
    Failed,
}

#[derive(Clone)]
struct Refused {
    error: Error,
    answer: Answer,
    explanation: Option<String>,
}

impl Rejection {
    /// For an error without an explanation, or with one from `explain`, which is called only if somebody is to read it.
    pub(crate) fn refused(
        engine: &Engine,
        error: Error,
        explain: impl FnOnce(&Error) -> Option<String>,
    ) -> Self {
        let error_type = error.error_type();
        let is_read = engine.config().explains_errors() || tracing::enabled!(Level::DEBUG);
        let explanation = if is_read { explain(&error) } else { None };
        match (&error, &explanation) {
            (Error::UnexpectedClaims { reason }, _) => {
                tracing::debug!(error_type, %error, reason, "request refused");
            }
            (_, Some(explanation)) => {
                tracing::debug!(error_type, %error, explanation, "request refused");
            }
            _ => tracing::debug!(error_type, %error, "request refused"),
        }
        let answer = engine.answer_explained(&error, explanation.as_deref());
        Self { reason: Reason::Refused(Box::new(Refused { error, answer, explanation })) }
    }

    /// With more headers in its answer.
    pub(crate) fn with_headers(mut self, headers: [(&'static str, String); 2]) -> Self {
        if let Reason::Refused(refused) = &mut self.reason {
            refused.answer.headers.extend(headers);
        }
        self
    }

    /// The cause is only logged, so that the answer reveals nothing of the service.
    pub(crate) fn failed(cause: impl fmt::Display) -> Self {
        tracing::error!("{cause}");
        Self { reason: Reason::Failed }
    }

    /// Whether the request carries no token at all, rather than a bad one.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.error() == Some(&Error::MissingToken)
    }

    /// The error of the request; `None` if the service failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.reason {
            Reason::Refused(refused) => Some(&refused.error),
            Reason::Failed => None,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer()
            .and_then(|answer| StatusCode::from_u16(answer.status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The `error_type` of the answer, if it has one.
    #[must_use]
    pub fn error_type(&self) -> Option<&'static str> {
        self.error().map(Error::error_type)
    }

    /// The message of the answer.
    #[must_use]
    pub fn message(&self) -> String {
        self.answer().map_or_else(|| FAILED.to_owned(), |answer| answer.message.clone())
    }

    /// Where the token or its CSRF value was looked for and why what came did not count, for the developer of a client.
    /// It has no value of the request.
    ///
    /// `None` for an error that is about something else; for every error unless `JWT_EXPLAIN_ERRORS` is set or `tracing`
    /// collects this crate's events of level `DEBUG`; and where there was no request to look in, as in
    /// [`AuthX::verify_token`](crate::AuthX::verify_token).
    ///
    /// ```
    /// use axum::extract::FromRequestParts;
    /// use axum_authx::{AccessToken, AuthX, Config, Secret};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let secret = Secret::from("a secret of at least thirty-two bytes");
    /// let auth = AuthX::new(Config::builder().secret_key(secret).explain_errors(true).build()?);
    /// # let (mut parts, ()) = http::Request::new(()).into_parts();
    /// let token = <AccessToken as FromRequestParts<AuthX>>::from_request_parts(&mut parts, &auth).await;
    /// assert_eq!(
    ///     token.unwrap_err().explanation(),
    ///     Some("No access token was found. There is no header 'Authorization'.")
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn explanation(&self) -> Option<&str> {
        match &self.reason {
            Reason::Refused(refused) => refused.explanation.as_deref(),
            Reason::Failed => None,
        }
    }

    /// The value of the answer's `WWW-Authenticate`, if it has one.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<&str> {
        self.answer()?.header(WWW_AUTHENTICATE.as_str())
    }

    /// The code and reason to close an open WebSocket with.
    #[cfg(feature = "ws")]
    pub(crate) fn socket_close(&self) -> authx::answer::SocketClose {
        self.answer().map_or(authx::answer::SocketClose::FAILED, |answer| answer.close)
    }

    fn answer(&self) -> Option<&Answer> {
        match &self.reason {
            Reason::Refused(refused) => Some(&refused.answer),
            Reason::Failed => None,
        }
    }
}

const FAILED: &str = "Internal Server Error";

/// A status 500, because a token that can't be issued is a mistake of the service.
impl From<IssueError> for Rejection {
    fn from(error: IssueError) -> Self {
        Self::failed(format_args!("no token was issued: {error}"))
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = match self.answer() {
            None => (status, FAILED).into_response(),
            Some(answer) => {
                let mut response = (status, answer.body.clone()).into_response();
                for (name, value) in &answer.headers {
                    // The engine's header values are all ASCII.
                    if let Ok(value) = HeaderValue::try_from(value) {
                        response.headers_mut().insert(*name, value);
                    }
                }
                response
            }
        };
        // For layers that answer otherwise.
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rejection")
            .field("status", &self.status().as_u16())
            .field("error", &self.error())
            .finish()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Refused(refused) => refused.error.fmt(formatter),
            Reason::Failed => formatter.write_str("The service failed; the log says why"),
        }
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().map(|error| error as _)
    }
}

/// `None` if the request has no token; every other rejection is returned.
pub(crate) fn optional<T>(result: Result<T, Rejection>) -> Result<Option<T>, Rejection> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(rejection) if rejection.is_missing() => Ok(None),
        Err(rejection) => Err(rejection),
    }
}

#[cfg(test)]
mod tests {
    use authx::{Config, NewToken, Secret};
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::testing::{self, answer_to, bearer};
    use crate::{AccessToken, AuthX};

    fn app(auth: &AuthX) -> Router {
        Router::new().route("/", get(|_: AccessToken| async {})).with_state(auth.clone())
    }

    #[tokio::test]
    async fn the_answer_has_the_fields_and_headers_of_the_fastapi_package() {
        let (auth, _) = testing::auth();
        let answer = answer_to(&app(&auth), testing::get("/")).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body, r#"{"message":"Token Error","error_type":"MissingTokenError"}"#);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));

        let answer = answer_to(&app(&auth), bearer(testing::get("/"), "a.b.c")).await;
        assert_eq!(answer.body, r#"{"message":"Invalid Token","error_type":"JWTDecodeError"}"#);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }

    #[tokio::test]
    async fn settings_name_the_message_and_the_status_of_an_undecodable_token() {
        let config = testing::config().error_message_key("detail").invalid_token_status(422_u16);
        let auth = AuthX::new(config.build().expect("settings"));
        let answer = answer_to(&app(&auth), bearer(testing::get("/"), "a.b.c")).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.body, r#"{"detail":"Invalid Token","error_type":"JWTDecodeError"}"#);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }

    #[tokio::test]
    async fn another_login_is_told_both_login_types() {
        let config = || Config::builder().secret_key(Secret::from(testing::SECRET));
        let admin = AuthX::new(config().login_type("admin").build().expect("settings"));
        let user = AuthX::new(config().login_type("user").build().expect("settings"));
        let token = user.create_access_token("ada").expect("a token");
        let answer = answer_to(&app(&admin), bearer(testing::get("/"), &token)).await;
        assert_eq!(
            answer.body,
            concat!(
                r#"{"message":"Token type mismatch: expected 'admin', got 'user'","#,
                r#""error_type":"LoginTypeMismatchError","expected_type":"admin","actual_type":"user"}"#
            )
        );
    }

    #[test]
    fn an_issue_that_fails_is_a_bare_500() {
        let (auth, _) = testing::auth();
        let error = auth.issue(&NewToken::access("")).expect_err("no subject");
        let rejection = Rejection::from(error);
        assert_eq!(rejection.status(), 500);
        assert_eq!((rejection.error(), rejection.error_type()), (None, None));
        assert!(!rejection.is_missing());
    }

    #[test]
    fn debug_shows_no_key() {
        let (auth, _) = testing::auth();
        let rejection = auth.reject(Error::MissingToken);
        assert_eq!(
            format!("{rejection:?}"),
            "Rejection { status: 401, error: Some(MissingToken) }"
        );
        assert!(!format!("{auth:?}").contains(testing::SECRET));
    }
}
