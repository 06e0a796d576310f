//! The answers of a route that fails.

use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Json};
use axum_authx::{IssueError, Rejection};
use serde::Serialize;

pub(crate) enum DemoError {
    /// The name is unknown or the password is wrong. The answer doesn't say which, so that names can't be guessed.
    LoginRefused,
    /// The token is refused.
    Rejected(Rejection),
    /// The service failed. The cause is only logged, so that the answer reveals nothing of the service.
    Failed(BoxError),
}

impl IntoResponse for DemoError {
    fn into_response(self) -> Response {
        match self {
            Self::LoginRefused => {
                let body = LoginRefused {
                    message: "The name or the password is wrong",
                    error_type: "LoginRefused",
                };
                let headers = [(WWW_AUTHENTICATE, "Bearer")];
                (StatusCode::UNAUTHORIZED, headers, Json(body)).into_response()
            }
            Self::Rejected(rejection) => rejection.into_response(),
            Self::Failed(error) => {
                tracing::error!("{error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
            }
        }
    }
}

/// The same JSON fields as in AuthX's answers.
#[derive(Serialize)]
struct LoginRefused {
    message: &'static str,
    error_type: &'static str,
}

impl From<Rejection> for DemoError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<IssueError> for DemoError {
    fn from(error: IssueError) -> Self {
        Self::Rejected(error.into())
    }
}

impl From<BoxError> for DemoError {
    fn from(error: BoxError) -> Self {
        Self::Failed(error)
    }
}
