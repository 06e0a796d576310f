//! [`TypedToken`] and [`TokenType`].

use std::marker::PhantomData;

use authx::{Claims, Requirement, TokenKind};

use crate::token_extractor::token_extractor_by_type;

/// Names a token type of the application's own; the type parameter of [`TypedToken`].
#[diagnostic::on_unimplemented(
    message = "`TypedToken<{Self}>` requires that `{Self}` names a token type",
    label = "names no token type",
    note = "implement `TokenType` for `{Self}`"
)]
pub trait TokenType: 'static {
    /// The name, the claim `type`: 1 to 30 bytes without blanks. Another one doesn't compile.
    const NAME: &'static str;
}

/// The claims of the request's token of the type `T`, which is valid and not revoked. No other token passes, and a
/// token of this type opens no other route (RFC 8725 section 3.12).
///
/// `JWT_TOKEN_TYPES` says where it is looked for and how long it is valid. `C` and `Option` work as with
/// [`AccessToken`](crate::AccessToken). A token can be used until it expires, any number of times.
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use axum_authx::{AuthX, NewToken, TokenType, TypedToken};
///
/// struct PasswordReset;
///
/// impl TokenType for PasswordReset {
///     const NAME: &'static str = "password_reset";
/// }
///
/// async fn new_password(token: TypedToken<PasswordReset>) -> String {
///     format!("a new password for {}", token.sub)
/// }
///
/// let auth = AuthX::ephemeral();
/// let for_the_mail = auth.issue(&NewToken::of(PasswordReset::NAME, "ada"))?;
/// let app: Router = Router::new().route("/new-password", post(new_password)).with_state(auth);
/// # Ok::<(), axum_authx::IssueError>(())
/// ```
pub struct TypedToken<T, C = ()> {
    claims: Claims<C>,
    of: PhantomData<fn() -> T>,
}

impl<T: TokenType, C> TypedToken<T, C> {
    const KIND: TokenKind = match TokenKind::named(T::NAME) {
        Ok(kind) => kind,
        Err(_) => panic!("TokenType::NAME: a name of 1 to 30 bytes without blanks is expected"),
    };
}

token_extractor_by_type!(TypedToken, TokenType, T => &Requirement::of(Self::KIND));

#[cfg(test)]
mod tests {
    use authx::NewToken;
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::testing::{self, answer_to, bearer};
    use crate::{AccessToken, RefreshToken};

    struct PasswordReset;

    impl TokenType for PasswordReset {
        const NAME: &'static str = "password_reset";
    }

    struct Invitation;

    impl TokenType for Invitation {
        const NAME: &'static str = "invitation";
    }

    #[tokio::test]
    async fn a_token_opens_the_routes_of_its_type_only() {
        let (auth, _) = testing::auth();
        let app = Router::new()
            .route("/access", get(|token: AccessToken| async move { token.0.sub }))
            .route("/refresh", get(|token: RefreshToken| async move { token.0.sub }))
            .route(
                "/reset",
                get(|token: TypedToken<PasswordReset>| async move { token.sub.clone() }),
            )
            .route(
                "/invitation",
                get(|token: Option<TypedToken<Invitation>>| async move {
                    token.map_or_else(|| "nobody".to_owned(), |token| token.into_claims().sub)
                }),
            )
            .with_state(auth.clone());
        let reset = auth.issue(&NewToken::of(PasswordReset::NAME, "ada")).expect("a token");
        let access = auth.create_access_token("ada").expect("a token");

        for (path, token, expected) in [
            ("/reset", &reset, None),
            ("/access", &reset, Some("AccessTokenRequiredError")),
            ("/refresh", &reset, Some("RefreshTokenRequiredError")),
            ("/invitation", &reset, Some("TokenTypeError")),
            ("/reset", &access, Some("TokenTypeError")),
            ("/access", &access, None),
        ] {
            let answer = answer_to(&app, bearer(testing::get(path), token)).await;
            assert_eq!(answer.error_type(), expected, "{path}");
        }
        assert_eq!(answer_to(&app, bearer(testing::get("/reset"), &reset)).await.body, "ada");
        assert_eq!(answer_to(&app, testing::get("/invitation")).await.body, "nobody");
        assert_eq!(
            answer_to(&app, testing::get("/reset")).await.error_type(),
            Some("MissingTokenError")
        );
    }
}
