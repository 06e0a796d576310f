//! [`FreshToken`].

use authx::{Claims, Requirement};

use crate::token_extractor::token_extractor;

/// The claims of the request's access token, which is valid, not revoked, and fresh: issued at a login, not
/// by a refresh.
///
/// The type parameter and `Option` are as with [`AccessToken`](crate::AccessToken).
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use axum_authx::{AuthX, FreshToken};
///
/// async fn change_password(token: FreshToken) -> String {
///     format!("the password of {} is changed", token.sub)
/// }
///
/// let app: Router =
///     Router::new().route("/change-password", post(change_password)).with_state(AuthX::ephemeral());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FreshToken<C = ()>(pub Claims<C>);

token_extractor!(FreshToken, Requirement::fresh());

#[cfg(test)]
mod tests {
    use authx::NewToken;
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::testing::{self, answer_to, bearer};

    #[tokio::test]
    async fn only_a_fresh_token_passes() {
        let (auth, _) = testing::auth();
        let app = Router::new()
            .route("/", get(|token: FreshToken| async move { token.0.sub }))
            .with_state(auth.clone());

        let token = auth.issue(&NewToken::access("ada").fresh()).expect("a token");
        assert_eq!(answer_to(&app, bearer(testing::get("/"), &token)).await.body, "ada");

        let token = auth.create_access_token("ada").expect("a token");
        let answer = answer_to(&app, bearer(testing::get("/"), &token)).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.error_type(), Some("FreshTokenRequiredError"));
    }
}
