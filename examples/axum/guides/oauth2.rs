use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_authx::{AuthX, Config, ConfigError, NewToken, Rejection, RequiredScopes, Scoped, Scopes};
use serde::Deserialize;
use serde_json::json;
use utoipa::openapi::security::{Flow, OAuth2, Password, Scopes as Described, SecurityScheme};
use utoipa::{Modify as _, OpenApi, ToSchema};

const SCOPES: [(&str, &str); 2] =
    [("reports:read", "Read reports"), ("reports:write", "Write reports")];

/// The body of every refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Refusal {
    message: String,
    error_type: String,
}

/// The form of RFC 6749 section 4.3.2.
#[derive(Deserialize)]
struct PasswordForm {
    username: String,
    password: String,
    #[serde(default)]
    scope: String,
}

async fn token(
    State(auth): State<AuthX>,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Rejection> {
    // Ask your own users here, also for what they may do.
    if form.username != "ada" || form.password != "analytical-engine" {
        let body = Json(json!({ "error": "invalid_grant" }));
        return Ok((StatusCode::BAD_REQUEST, body).into_response());
    }
    let asked: Vec<_> = form.scope.split_whitespace().collect();
    let granted = SCOPES.map(|(scope, _)| scope).into_iter();
    let scopes: Vec<_> =
        granted.filter(|scope| asked.is_empty() || asked.contains(scope)).collect();
    let access =
        auth.issue(&NewToken::access(&form.username).fresh().scopes(scopes.iter().copied()))?;
    let refresh = auth.issue(&NewToken::refresh(&form.username).scopes(scopes.iter().copied()))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(auth.token_pair(access, refresh))).into_response())
}

struct ReadReports;

impl Scopes for ReadReports {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["reports:read"])
    }
}

#[utoipa::path(
    get,
    path = "/reports",
    security(("AuthXBearer" = ["reports:read"])),
    responses(
        (status = 200, body = String),
        (status = 401, body = Refusal),
        (status = 403, body = Refusal),
    )
)]
async fn reports(token: Scoped<ReadReports>) -> Json<String> {
    Json(format!("What {} may read", token.sub))
}

#[derive(OpenApi)]
#[openapi(paths(reports), components(schemas(Refusal)))]
struct Description;

/// The description, in which Authorize shows one scheme: a form for the name, the password and the scopes.
fn described(auth: &AuthX) -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    auth.modify(&mut description);
    let form = Flow::Password(Password::new("token", Described::from_iter(SCOPES)));
    if let Some(components) = &mut description.components {
        components.add_security_scheme("AuthXBearer", SecurityScheme::OAuth2(OAuth2::new([form])));
    }
    description
}

pub(crate) fn app() -> Result<Router, ConfigError> {
    let config =
        Config::builder().secret_key("a secret of at least 32 bytes, better from the environment");
    let auth = AuthX::new(config.build()?);
    let description = described(&auth);
    Ok(Router::new()
        .route("/token", post(token))
        .route("/reports", get(reports))
        .route("/openapi.json", get(|| async move { Json(description) }))
        .with_state(auth))
}
