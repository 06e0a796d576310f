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

/// Defines the rest of an extractor `$name<P, C>`, whose type parameter `P: $trait` says what a token must have: the
/// struct has the fields `claims` and `of`. `$requirement` is a reference to the requirement of `P`.
macro_rules! token_extractor_by_type {
    ($name:ident, $trait:ident, $parameter:ident => $requirement:expr) => {
        impl<P, C> $name<P, C> {
            /// The claims.
            #[must_use]
            pub fn into_claims(self) -> ::authx::Claims<C> {
                self.claims
            }
        }

        impl<P, C> ::std::ops::Deref for $name<P, C> {
            type Target = ::authx::Claims<C>;

            fn deref(&self) -> &Self::Target {
                &self.claims
            }
        }

        impl<S, P, C> ::axum::extract::FromRequestParts<S> for $name<P, C>
        where
            S: $crate::state::AuthState,
            P: $trait,
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

        impl<S, $parameter, C> $crate::FromLogin<S> for $name<$parameter, C>
        where
            S: Sync,
            $parameter: $trait,
            C: ::authx::token::CustomClaims,
        {
            async fn from_login(
                parts: &mut ::http::request::Parts,
                auth: &$crate::AuthX,
                _: &S,
            ) -> Result<Self, $crate::Rejection> {
                let claims = auth.authenticate_once(parts, $requirement).await?;
                Ok(Self { claims, of: ::std::marker::PhantomData })
            }
        }

        /// `None` without a token. A bad token, and one that lacks what the type asks for, is refused all the same.
        impl<S, P, C> ::axum::extract::OptionalFromRequestParts<S> for $name<P, C>
        where
            S: $crate::state::AuthState,
            P: $trait,
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

        impl<P, C: ::std::fmt::Debug> ::std::fmt::Debug for $name<P, C> {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.debug_tuple(stringify!($name)).field(&self.claims).finish()
            }
        }
    };
}

pub(crate) use token_extractor_by_type;
