//! A hand-written extractor with the crate `jsonwebtoken`, like the one in axum's example, with the same checks
//! as ours.

use std::sync::Arc;

use authx_benchmarks::backend::Backend;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{RequestPartsExt as _, Router};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use crate::ours::SECRET;

/// All claims of the token.
#[derive(Clone, Deserialize)]
#[expect(
    dead_code,
    reason = "the handler needs the subject only; all claims are parsed, as ours does"
)]
pub struct Claims {
    pub sub: String,
    pub r#type: TokenType,
    pub jti: String,
    pub iat: u64,
    pub nbf: u64,
    pub exp: u64,
    pub fresh: bool,
    pub csrf: String,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    Access,
    Refresh,
}

struct Verifier {
    key: DecodingKey,
    validation: Validation,
    backend: Backend,
}

pub fn app(backend: Backend) -> Router {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let verifier = Arc::new(Verifier { key, validation, backend });
    Router::new().route("/", get(handler)).with_state(verifier)
}

async fn handler(claims: Claims) -> String {
    claims.sub
}

impl FromRequestParts<Arc<Verifier>> for Claims {
    type Rejection = StatusCode;

    async fn from_request_parts(
        parts: &mut Parts,
        verifier: &Arc<Verifier>,
    ) -> Result<Self, StatusCode> {
        let TypedHeader(Authorization(bearer)) = parts
            .extract::<TypedHeader<Authorization<Bearer>>>()
            .await
            .map_err(|_| StatusCode::UNAUTHORIZED)?;
        verifier.backend.select();
        let token = decode::<Self>(bearer.token(), &verifier.key, &verifier.validation)
            .map_err(|_| StatusCode::UNAUTHORIZED)?;
        if token.claims.r#type != TokenType::Access {
            return Err(StatusCode::UNAUTHORIZED);
        }
        Ok(token.claims)
    }
}
