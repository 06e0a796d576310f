//! The crate `jwt-authorizer`: its layer and its extractor of claims, with the same checks as ours.

use axum_07::Router;
use axum_07::routing::get;
use futures_util::FutureExt as _;
use jwt_authorizer::{Authorizer, IntoLayer as _, JwtAuthorizer, JwtClaims, Validation};

use crate::jsonwebtoken_extractor::{Claims, TokenType};
use crate::ours::SECRET;

pub fn app() -> Router {
    let authorizer: Authorizer<Claims> = JwtAuthorizer::from_secret(SECRET)
        .validation(Validation::new().nbf(true).leeway(0))
        .check(|claims: &Claims| claims.r#type == TokenType::Access)
        .build()
        .now_or_never()
        .expect("a secret that needs no request")
        .expect("an authorizer");
    Router::new().route("/", get(handler)).layer(authorizer.into_layer())
}

async fn handler(JwtClaims(claims): JwtClaims<Claims>) -> String {
    claims.sub
}
