//! [`CurrentSubject`] and [`FromSubject`].

use std::future::Future;
use std::ops::{Deref, DerefMut};

use authx::token::JsonClaims;
use authx::{Claims, Error, Requirement};
use axum::BoxError;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::auth::AuthX;
use crate::login::FromLogin;
use crate::rejection::Rejection;
use crate::rejection::optional;
use crate::state::AuthState;

/// An application's type for a user, which is looked up by a token's subject in the state `S`.
#[diagnostic::on_unimplemented(
    message = "`CurrentSubject<{Self}>` requires that `{Self}` can be looked up by a token's subject in the state `{S}`",
    label = "can't be looked up by a subject",
    note = "implement `FromSubject<{S}>` for `{Self}`"
)]
pub trait FromSubject<S>: Sized {
    /// The error of a failed lookup.
    type Error: Into<BoxError>;

    /// Looks up the user that the claims are about, by `claims.sub` and whatever else is needed, such as a tenant
    /// among the custom claims; `None` if the application has no such user.
    ///
    /// # Errors
    ///
    /// An error refuses the request with status 500 and is logged.
    fn from_subject(
        claims: &Claims<JsonClaims>,
        state: &S,
    ) -> impl Future<Output = Result<Option<Self>, Self::Error>> + Send;
}

/// The user that the request's access token was issued for, as the application's type.
///
/// The token is valid and not revoked. If the application has no such user, or no longer, the request is
/// refused with [`Error::UnknownSubject`]. `Option<CurrentSubject<U>>` is `None` for a request without a token.
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// use axum::routing::get;
/// use axum_authx::{AuthX, Claims, CurrentSubject, FromSubject, JsonClaims};
/// # #[derive(Clone)]
/// # struct Database;
/// # impl Database {
/// #     async fn user(&self, name: &str) -> Result<Option<User>, std::io::Error> { Ok(None) }
/// # }
///
/// struct User {
///     name: String,
/// }
///
/// #[derive(Clone, FromRef)]
/// struct AppState {
///     auth: AuthX,
///     database: Database,
/// }
///
/// impl FromSubject<AppState> for User {
///     type Error = std::io::Error;
///
///     async fn from_subject(claims: &Claims<JsonClaims>, state: &AppState) -> Result<Option<User>, Self::Error> {
///         state.database.user(&claims.sub).await
///     }
/// }
///
/// async fn me(CurrentSubject(user): CurrentSubject<User>) -> String {
///     user.name
/// }
///
/// let state = AppState { auth: AuthX::ephemeral(), database: Database };
/// let app: Router = Router::new().route("/me", get(me)).with_state(state);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentSubject<U>(pub U);

impl<U> Deref for CurrentSubject<U> {
    type Target = U;

    fn deref(&self) -> &U {
        &self.0
    }
}

impl<U> DerefMut for CurrentSubject<U> {
    fn deref_mut(&mut self) -> &mut U {
        &mut self.0
    }
}

impl<S, U> FromRequestParts<S> for CurrentSubject<U>
where
    S: AuthState,
    U: FromSubject<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Self::from_login(parts, &state.auth(), state).await
    }
}

impl<S, U> FromLogin<S> for CurrentSubject<U>
where
    S: Sync,
    U: FromSubject<S>,
{
    async fn from_login(parts: &mut Parts, auth: &AuthX, state: &S) -> Result<Self, Rejection> {
        let found = find(parts, auth, state).await?;
        found.map(Self).ok_or_else(|| auth.reject(Error::UnknownSubject))
    }
}

/// Looks up the user of the request's token; `None` if the application has no such user.
async fn find<S, U>(parts: &mut Parts, auth: &AuthX, state: &S) -> Result<Option<U>, Rejection>
where
    S: Sync,
    U: FromSubject<S>,
{
    let claims = auth.authenticate_once::<JsonClaims>(parts, &Requirement::access()).await?;
    // Converted at once, because the error type need not be `Send`, as values held over an await must be.
    U::from_subject(&claims, state).await.map_err(|error| {
        let error: BoxError = error.into();
        Rejection::failed(format_args!("a token's subject could not be looked up: {error}"))
    })
}

/// `None` without a token, and where `JWT_UNKNOWN_SUBJECT` says so without a user. A bad token is refused all the same.
impl<S, U> OptionalFromRequestParts<S> for CurrentSubject<U>
where
    S: AuthState,
    U: FromSubject<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        let auth = state.auth();
        match optional(find(parts, &auth, state).await)? {
            Some(Some(user)) => Ok(Some(Self(user))),
            Some(None) => match auth.engine().check_unknown_subject() {
                Ok(()) => Ok(None),
                Err(error) => Err(auth.reject(error)),
            },
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use authx::config::UnknownSubject;

    use super::*;
    use crate::AuthX;
    use crate::testing::{self, answer_to, bearer};

    struct User(String);

    impl FromSubject<AuthX> for User {
        type Error = &'static str;

        async fn from_subject(
            claims: &Claims<JsonClaims>,
            _: &AuthX,
        ) -> Result<Option<Self>, &'static str> {
            match claims.sub.as_str() {
                "ada" => Ok(Some(Self("Ada Lovelace".to_owned()))),
                "broken" => Err("the database is gone"),
                _ => Ok(None),
            }
        }
    }

    #[tokio::test]
    async fn the_subject_is_looked_up_in_the_state() {
        let (auth, _) = testing::auth();
        let app = Router::new()
            .route("/me", get(|user: CurrentSubject<User>| async move { user.0.0 }))
            .route(
                "/optional",
                get(|user: Option<CurrentSubject<User>>| async move {
                    user.map_or_else(|| "nobody".to_owned(), |user| user.0.0)
                }),
            )
            .with_state(auth.clone());

        for (subject, status, body) in [
            ("ada", 200, "Ada Lovelace"),
            (
                "zoe",
                401,
                concat!(
                    r#"{"message":"The token's subject is unknown to the application","#,
                    r#""error_type":"UnknownSubjectError"}"#
                ),
            ),
            ("broken", 500, "Internal Server Error"),
        ] {
            let token = auth.create_access_token(subject).expect("a token");
            for path in ["/me", "/optional"] {
                let answer = answer_to(&app, bearer(testing::get(path), &token)).await;
                assert_eq!((answer.status, answer.body.as_str()), (status, body), "{subject}");
            }
        }
        assert_eq!(answer_to(&app, testing::get("/me")).await.status, 401);
        assert_eq!(answer_to(&app, testing::get("/optional")).await.body, "nobody");
    }

    #[tokio::test]
    async fn an_unknown_subject_is_nobody_where_the_settings_say_so() {
        let config = testing::config().unknown_subject(UnknownSubject::None).build();
        let auth = AuthX::new(config.expect("settings"));
        let app = Router::new()
            .route("/me", get(|user: CurrentSubject<User>| async move { user.0.0 }))
            .route(
                "/optional",
                get(|user: Option<CurrentSubject<User>>| async move {
                    user.map_or_else(|| "nobody".to_owned(), |user| user.0.0)
                }),
            )
            .with_state(auth.clone());
        let token = auth.create_access_token("zoe").expect("a token");
        let answer = answer_to(&app, bearer(testing::get("/optional"), &token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "nobody"));
        // There is no user that this route could get.
        assert_eq!(answer_to(&app, bearer(testing::get("/me"), &token)).await.status, 401);
    }
}
