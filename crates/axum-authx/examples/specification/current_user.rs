//! Getting the current user.

use std::convert::Infallible;

use axum::extract::FromRef;
use axum::routing::get;
use axum::{Json, Router};
use axum_authx::{AuthX, Claims, CurrentSubject, FromSubject, JsonClaims};
use serde::Serialize;

#[derive(Clone, FromRef)]
struct AppState {
    auth: AuthX,
    database: Database,
}

#[derive(Serialize)]
struct User {
    name: String,
}

// How a user is found.
impl FromSubject<AppState> for User {
    type Error = Infallible;

    async fn from_subject(
        claims: &Claims<JsonClaims>,
        state: &AppState,
    ) -> Result<Option<User>, Infallible> {
        Ok(state.database.get_user(&claims.sub).await)
    }
}

// Where a user is needed.
async fn get_current_user(CurrentSubject(user): CurrentSubject<User>) -> Json<User> {
    Json(user)
}

pub fn app(auth: AuthX) -> Router {
    let state = AppState { auth, database: Database };
    Router::new().route("/me", get(get_current_user)).with_state(state)
}

#[derive(Clone)]
struct Database;

impl Database {
    async fn get_user(&self, uid: &str) -> Option<User> {
        (uid == "ada").then(|| User { name: "Ada".to_owned() })
    }
}
