//! Another login, for operators: tokens of a login type of its own, which belong to sessions, and a policy.

use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{BoxError, Json, Router};
use axum_authx::{
    AccessToken, AuthX, Claims, JsonClaims, Location, Login, NewToken, Of, Policy, PolicyRequest,
    Rejection, Requirement, SessionInfo,
};

use crate::AppState;
use crate::error::DemoError;
use crate::login::{Done, NewAccessToken};
use crate::security::find_user;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/operator/login", post(log_in_operator))
        .route("/operator", get(operator))
        .route("/operator/sessions", get(list_sessions).delete(end_sessions))
        .route("/documents/{id}", get(read_document).post(write_document))
}

/// The policy that the Python service reads too.
pub(crate) fn policy() -> Result<Policy, BoxError> {
    Ok(Policy::from_toml(include_str!("../../policies.toml"), "policies.toml")?)
}

/// Names the login of operators for the extractor `Of`.
struct Operators;

impl Login<AppState> for Operators {
    fn auth(state: &AppState) -> &AuthX {
        &state.operators
    }
}

const ARCHIVED: [&str; 1] = ["letters"];

/// Begins a session of this user as an operator, and gives its token.
async fn log_in_operator(
    State(state): State<AppState>,
    mut parts: Parts,
) -> Result<Json<NewAccessToken>, DemoError> {
    let in_header = Requirement::access().locations([Location::Headers]);
    let claims = state.auth.authenticate::<()>(&mut parts, &in_header).await?;
    let user = find_user(&state.users, &claims.sub, &state.auth)?;
    let session = state.operators.create_session(&user.name).await.map_err(Rejection::from)?;
    let token = NewToken::access(&user.name).scopes(&user.scopes).session(session.session_id);
    Ok(Json(NewAccessToken::of(state.operators.issue(&token)?)))
}

/// Requires the token of an operator.
async fn operator(token: Of<Operators, AccessToken>) -> Json<Done> {
    Json(Done { message: format!("{} is an operator", token.sub) })
}

/// The operator's sessions at this service.
async fn list_sessions(
    State(state): State<AppState>,
    token: Of<Operators, AccessToken>,
) -> Result<Json<Vec<SessionInfo>>, Rejection> {
    Ok(Json(state.operators.list_sessions(&token.sub).await?))
}

/// Ends them all: their tokens are refused from now on.
async fn end_sessions(
    State(state): State<AppState>,
    token: Of<Operators, AccessToken>,
) -> Result<Json<Done>, Rejection> {
    state.operators.revoke_all_sessions(&token.sub).await?;
    Ok(Json(Done { message: format!("All sessions of {} are ended", token.sub) }))
}

// What the policy in examples/policies.toml says.

async fn authorized(
    state: &AppState,
    request: Request,
    action: &str,
    id: &str,
) -> Result<Claims<JsonClaims>, Rejection> {
    let (mut parts, _) = request.into_parts();
    let archived = ARCHIVED.contains(&id);
    let asked = PolicyRequest::new(action, format!("documents:{id}"))
        .attributes(serde_json::json!({ "archived": archived }));
    state.operators.authorize_request(&mut parts, &state.policy, &asked).await
}

/// Reads a document, if the policy allows it.
async fn read_document(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Done>, Rejection> {
    let claims = authorized(&state, request, "read", &id).await?;
    Ok(Json(Done { message: format!("{} may read {id}", claims.sub) }))
}

/// Writes a document, if the policy allows it.
async fn write_document(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Done>, Rejection> {
    let claims = authorized(&state, request, "write", &id).await?;
    Ok(Json(Done { message: format!("{} may write {id}", claims.sub) }))
}
