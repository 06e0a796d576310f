//! Whether a token was revoked: the one question that the engine leaves to a store.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

pub use authx::VerifiedToken;
use axum::BoxError;

/// A future in a box, as a trait object's methods return them.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Knows the tokens that were revoked.
///
/// ```
/// use axum::BoxError;
/// use axum_authx::AuthX;
/// use axum_authx::revocation::{BoxFuture, Revocation, VerifiedToken};
/// # #[derive(Clone)]
/// # struct Database;
/// # impl Database {
/// #     async fn is_revoked(&self, _jti: &str) -> Result<bool, std::io::Error> { Ok(false) }
/// # }
///
/// impl Revocation for Database {
///     fn is_revoked<'a>(&'a self, token: &'a VerifiedToken) -> BoxFuture<'a, Result<bool, BoxError>> {
///         Box::pin(async move {
///             // What has no identifier can't be looked up: refused.
///             let Some(jti) = token.jti() else { return Ok(true) };
///             Ok(self.is_revoked(jti).await?)
///         })
///     }
/// }
///
/// let auth = AuthX::ephemeral().with_revocation(Database);
/// ```
///
/// [`from_fn`] and [`from_sync_fn`] make one of a closure.
pub trait Revocation: Send + Sync + 'static {
    /// Whether this token was revoked.
    ///
    /// It is asked about tokens that passed every other check, and only about those. Whoever goes by
    /// the token's text must look for each of [`VerifiedToken::spellings`].
    ///
    /// # Errors
    ///
    /// An error refuses the request with status 500 and is logged: in doubt nobody passes.
    fn is_revoked<'a>(&'a self, token: &'a VerifiedToken) -> BoxFuture<'a, Result<bool, BoxError>>;
}

impl<T: Revocation + ?Sized> Revocation for Arc<T> {
    fn is_revoked<'a>(&'a self, token: &'a VerifiedToken) -> BoxFuture<'a, Result<bool, BoxError>> {
        (**self).is_revoked(token)
    }
}

/// What a closure may answer: a `bool`, or a `Result` of one.
pub trait Verdict: Send {
    /// The answer as [`Revocation::is_revoked`] gives it.
    ///
    /// # Errors
    ///
    /// The closure's.
    fn into_result(self) -> Result<bool, BoxError>;
}

impl Verdict for bool {
    fn into_result(self) -> Result<bool, BoxError> {
        Ok::<_, Infallible>(self).into_result()
    }
}

impl<E: Into<BoxError> + Send> Verdict for Result<bool, E> {
    fn into_result(self) -> Result<bool, BoxError> {
        self.map_err(Into::into)
    }
}

/// Asks an async closure.
///
/// ```
/// use axum_authx::{AuthX, revocation};
/// # async fn is_token_revoked(_spellings: &[String]) -> bool { false }
///
/// let auth = AuthX::ephemeral().with_revocation(revocation::from_fn(|token| async move {
///     is_token_revoked(token.spellings()).await
/// }));
/// ```
pub fn from_fn<F, Fut>(ask: F) -> FromFn<F>
where
    F: Fn(VerifiedToken) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Verdict> + Send + 'static,
{
    FromFn(ask)
}

/// Asks a closure that has the answer at hand. It must not block: no lock that is held for long, no
/// file, no network.
///
/// ```
/// use axum_authx::{AuthX, revocation};
/// use std::collections::HashSet;
///
/// let revoked = HashSet::from(["4c2b9f2a-0000-4000-8000-000000000000".to_owned()]);
/// let auth = AuthX::ephemeral().with_revocation(revocation::from_sync_fn(move |token| {
///     token.jti().is_none_or(|jti| revoked.contains(jti))
/// }));
/// ```
pub fn from_sync_fn<F, V>(ask: F) -> FromSyncFn<F>
where
    F: Fn(&VerifiedToken) -> V + Send + Sync + 'static,
    V: Verdict,
{
    FromSyncFn(ask)
}

/// See [`from_fn`].
#[derive(Clone, Copy)]
#[must_use]
pub struct FromFn<F>(F);

/// See [`from_sync_fn`].
#[derive(Clone, Copy)]
#[must_use]
pub struct FromSyncFn<F>(F);

impl<F, Fut> Revocation for FromFn<F>
where
    F: Fn(VerifiedToken) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Verdict> + Send + 'static,
{
    fn is_revoked<'a>(&'a self, token: &'a VerifiedToken) -> BoxFuture<'a, Result<bool, BoxError>> {
        let answer = (self.0)(token.clone());
        Box::pin(async move { answer.await.into_result() })
    }
}

impl<F, V> Revocation for FromSyncFn<F>
where
    F: Fn(&VerifiedToken) -> V + Send + Sync + 'static,
    V: Verdict,
{
    fn is_revoked<'a>(&'a self, token: &'a VerifiedToken) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(ready((self.0)(token).into_result()))
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FromFn(..)")
    }
}

impl<F> fmt::Debug for FromSyncFn<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FromSyncFn(..)")
    }
}
