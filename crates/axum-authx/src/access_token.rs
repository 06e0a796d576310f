//! [`AccessToken`].

use authx::{Claims, Requirement};

use crate::token_extractor::token_extractor;

/// The claims of the request's access token, which is valid, of type `access` and not revoked.
///
/// `C` is the type of the custom claims: `()` to ignore them, a struct of yours, or
/// [`JsonClaims`](crate::JsonClaims) for all of them as JSON. `Option<AccessToken<C>>` is `None` for a
/// request without a token; a bad token is refused all the same.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use axum_authx::{AccessToken, AuthX};
///
/// #[derive(Clone, serde::Deserialize)]
/// struct Tenant {
///     tenant: u32,
/// }
///
/// async fn protected(token: AccessToken) -> String {
///     format!("hello, {}", token.sub)
/// }
///
/// async fn tenant(AccessToken(claims): AccessToken<Tenant>) -> String {
///     format!("{} of tenant {}", claims.sub, claims.custom.tenant)
/// }
///
/// async fn greeting(token: Option<AccessToken>) -> String {
///     format!("hello, {}", token.as_ref().map_or("whoever you are", |token| &token.sub))
/// }
///
/// let app: Router = Router::new()
///     .route("/protected", get(protected))
///     .route("/tenant", get(tenant))
///     .route("/greeting", get(greeting))
///     .with_state(AuthX::ephemeral());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AccessToken<C = ()>(pub Claims<C>);

token_extractor!(AccessToken, Requirement::access());

#[cfg(test)]
mod tests {
    use authx::{Error, NewToken};
    use axum::Router;
    use axum::routing::get;
    use std::time::Duration;

    use super::*;
    use crate::testing::{self, answer_to, bearer};
    use crate::{AuthX, JsonClaims};

    fn app(auth: &AuthX) -> Router {
        Router::new()
            .route("/", get(|token: AccessToken| async move { token.sub.clone() }))
            .route(
                "/optional",
                get(|token: Option<AccessToken>| async move {
                    token.map_or_else(|| "nobody".to_owned(), |token| token.0.sub)
                }),
            )
            .route(
                "/custom",
                get(|token: AccessToken<JsonClaims>| async move {
                    token.custom.keys().cloned().collect::<String>()
                }),
            )
            .with_state(auth.clone())
    }

    #[tokio::test]
    async fn a_valid_token_gives_its_claims() {
        let (auth, _) = testing::auth();
        let token = auth.create_access_token("ada").expect("a token");
        let answer = answer_to(&app(&auth), bearer(testing::get("/"), &token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ada"));
    }

    #[tokio::test]
    async fn custom_claims_are_of_the_handlers_type() {
        #[derive(serde::Serialize)]
        struct Tenant {
            tenant: u32,
        }

        let (auth, _) = testing::auth();
        let token = NewToken::access("ada").claims(Tenant { tenant: 7 });
        let token = auth.issue(&token).expect("a token");
        let answer = answer_to(&app(&auth), bearer(testing::get("/custom"), &token)).await;
        assert_eq!(answer.body, "tenant");
    }

    #[tokio::test]
    async fn optional_is_none_without_a_token_and_refuses_a_bad_one() {
        let (auth, clock) = testing::auth();
        let answer = answer_to(&app(&auth), testing::get("/optional")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "nobody"));

        let token = auth.create_access_token("ada").expect("a token");
        let request = || bearer(testing::get("/optional"), &token);
        assert_eq!(answer_to(&app(&auth), request()).await.body, "ada");
        clock.advance(Duration::from_secs(15 * 60));
        let answer = answer_to(&app(&auth), request()).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.error_type(), Some(Error::Expired.error_type()));
    }

    #[tokio::test]
    async fn a_refresh_token_is_no_access_token() {
        let (auth, _) = testing::auth();
        let token = auth.create_refresh_token("ada").expect("a token");
        let answer = answer_to(&app(&auth), bearer(testing::get("/"), &token)).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.error_type(), Some("AccessTokenRequiredError"));
    }
}
