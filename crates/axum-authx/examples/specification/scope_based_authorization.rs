//! Scope-based authorization.

use axum::extract::Path;
use axum::routing::{delete, get};
use axum::{Json, Router};
use axum_authx::{AuthX, RequiredScopes, Requirement, Scoped, Scopes};
use serde_json::{Value, json};

pub fn app(auth: AuthX) -> Router {
    // A layer can require the scopes too. Any scope under "admin:" matches.
    let users_of_admin = Router::new()
        .route("/admin/users", get(admin_users))
        .route_layer(auth.require(Requirement::access().scopes(RequiredScopes::all(["admin:*"]))));

    Router::new()
        .route("/users", get(list_users))
        .route("/users/{id}", delete(delete_user))
        .route("/admin", get(admin_panel))
        .merge(users_of_admin)
        .with_state(auth)
}

// One scope.
struct ReadUsers;

impl Scopes for ReadUsers {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["users:read"])
    }
}

async fn list_users(_: Scoped<ReadUsers>) -> Json<Value> {
    Json(json!({ "users": [] }))
}

// All of several scopes.
struct DeleteUsers;

impl Scopes for DeleteUsers {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["users:read", "users:delete"])
    }
}

async fn delete_user(_: Scoped<DeleteUsers>, Path(id): Path<u32>) -> Json<Value> {
    Json(json!({ "message": format!("User {id} deleted") }))
}

// Any of several scopes.
struct Administer;

impl Scopes for Administer {
    fn required() -> RequiredScopes {
        RequiredScopes::any(["admin", "superuser"])
    }
}

async fn admin_panel(_: Scoped<Administer>) -> Json<Value> {
    Json(json!({ "admin": true }))
}

async fn admin_users() -> Json<Value> {
    Json(json!({ "users": [] }))
}
