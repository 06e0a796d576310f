//! What the extractors of tokens have in common.

/// Implements `FromRequestParts`, `OptionalFromRequestParts`, `FromLogin` and `Deref` for the extractor of a token.
macro_rules! token_extractor {
    ($name:ident, $requirement:expr) => {
        impl<C> ::std::ops::Deref for $name<C> {
            type Target = ::authx::Claims<C>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<S, C> ::axum::extract::FromRequestParts<S> for $name<C>
        where
            S: $crate::state::AuthState,
            C: ::authx::token::CustomClaims,
        {
            type Rejection = $crate::Rejection;

            async fn from_request_parts(
                parts: &mut ::http::request::Parts,
                state: &S,
            ) -> Result<Self, $crate::Rejection> {
                <Self as $crate::FromLogin<S>>::from_login(parts, &state.auth(), state).await
            }
        }

        impl<S: Sync, C: ::authx::token::CustomClaims> $crate::FromLogin<S> for $name<C> {
            async fn from_login(
                parts: &mut ::http::request::Parts,
                auth: &$crate::AuthX,
                _: &S,
            ) -> Result<Self, $crate::Rejection> {
                auth.authenticate_once(parts, &$requirement).await.map(Self)
            }
        }

        /// `None` without a token. A bad token is refused all the same.
        impl<S, C> ::axum::extract::OptionalFromRequestParts<S> for $name<C>
        where
            S: $crate::state::AuthState,
            C: ::authx::token::CustomClaims,
        {
            type Rejection = $crate::Rejection;

            async fn from_request_parts(
                parts: &mut ::http::request::Parts,
                state: &S,
            ) -> Result<Option<Self>, $crate::Rejection> {
                let required = <Self as ::axum::extract::FromRequestParts<S>>::from_request_parts;
                $crate::rejection::optional(required(parts, state).await)
            }
        }
    };
}

pub(crate) use token_extractor;
