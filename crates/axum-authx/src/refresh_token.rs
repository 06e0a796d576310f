//! [`RefreshToken`].

use authx::{Claims, Requirement};

use crate::token_extractor::token_extractor;

/// The claims of the request's refresh token, which is valid, of type `refresh` and not revoked.
///
/// The type parameter and `Option` are as with [`AccessToken`](crate::AccessToken).
///
/// ```
/// use axum::extract::State;
/// use axum::routing::post;
/// use axum::{Json, Router};
/// use axum_authx::{AuthX, RefreshToken, Rejection};
/// use serde_json::{Value, json};
///
/// async fn refresh(
///     State(auth): State<AuthX>,
///     token: RefreshToken,
/// ) -> Result<Json<Value>, Rejection> {
///     let access = auth.create_access_token(&token.sub)?;
///     Ok(Json(json!({ "access_token": access })))
/// }
///
/// let app: Router = Router::new().route("/refresh", post(refresh)).with_state(AuthX::ephemeral());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshToken<C = ()>(pub Claims<C>);

token_extractor!(RefreshToken, Requirement::refresh());

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::testing::{self, answer_to, bearer};

    #[tokio::test]
    async fn only_a_refresh_token_passes() {
        let (auth, _) = testing::auth();
        let app = Router::new()
            .route("/", get(|token: RefreshToken| async move { token.0.sub }))
            .with_state(auth.clone());

        let token = auth.create_refresh_token("ada").expect("a token");
        assert_eq!(answer_to(&app, bearer(testing::get("/"), &token)).await.body, "ada");

        let token = auth.create_access_token("ada").expect("a token");
        let answer = answer_to(&app, bearer(testing::get("/"), &token)).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.error_type(), Some("RefreshTokenRequiredError"));
    }
}
