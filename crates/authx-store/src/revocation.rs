//! [`Revocation`]: whether a token was revoked.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, ready};
use std::sync::Arc;

use authx::verify::VerifiedToken;

use crate::{BoxFuture, StoreError};

/// Tells whether a token was revoked.
///
/// ```
/// use authx::verify::VerifiedToken;
/// use authx_store::{BoxFuture, Revocation, StoreError};
/// # #[derive(Clone)]
/// # struct Database;
/// # impl Database {
/// #     async fn is_revoked(&self, _jti: &str) -> Result<bool, std::io::Error> { Ok(false) }
/// # }
///
/// impl Revocation for Database {
///     fn is_revoked<'a>(&'a self, token: &'a VerifiedToken) -> BoxFuture<'a, Result<bool, StoreError>> {
///         Box::pin(async move {
///             // A token without an identifier can't be looked up, so it is refused.
///             let Some(jti) = token.jti() else { return Ok(true) };
///             Ok(self.is_revoked(jti).await?)
///         })
///     }
/// }
/// ```
///
/// [`from_fn`] and [`from_sync_fn`] implement it with a closure; a store of AuthX needs none of this.
pub trait Revocation: Send + Sync + 'static {
    /// Whether this token was revoked.
    ///
    /// Only called for tokens that passed every other check. An implementation that looks tokens up by their
    /// whole string must look for each of [`VerifiedToken::spellings`].
    ///
    /// # Errors
    ///
    /// After an error the request is refused with status 500, and the error is logged.
    fn is_revoked<'a>(
        &'a self,
        token: &'a VerifiedToken,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;
}

impl<T: Revocation + ?Sized> Revocation for Arc<T> {
    fn is_revoked<'a>(
        &'a self,
        token: &'a VerifiedToken,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).is_revoked(token)
    }
}

/// What a closure may return: a `bool`, or a `Result` of one.
pub trait Verdict: Send {
    /// The answer as [`Revocation::is_revoked`] returns it.
    ///
    /// # Errors
    ///
    /// The closure's error.
    fn into_result(self) -> Result<bool, StoreError>;
}

impl Verdict for bool {
    fn into_result(self) -> Result<bool, StoreError> {
        Ok::<_, Infallible>(self).into_result()
    }
}

impl<E: Into<StoreError> + Send> Verdict for Result<bool, E> {
    fn into_result(self) -> Result<bool, StoreError> {
        self.map_err(Into::into)
    }
}

/// Implements [`Revocation`] with an async closure.
///
/// ```
/// use authx_store::revocation;
/// # async fn is_token_revoked(_spellings: &[String]) -> bool { false }
///
/// let revocation = revocation::from_fn(|token| async move {
///     is_token_revoked(token.spellings()).await
/// });
/// ```
pub fn from_fn<F, Fut>(ask: F) -> FromFn<F>
where
    F: Fn(VerifiedToken) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Verdict> + Send + 'static,
{
    FromFn(ask)
}

/// Implements [`Revocation`] with a synchronous closure. It must not block: it must not wait for files, the network
/// or a lock that is held for long.
///
/// ```
/// use authx_store::revocation;
/// use std::collections::HashSet;
///
/// let revoked = HashSet::from(["4c2b9f2a-0000-4000-8000-000000000000".to_owned()]);
/// let revocation = revocation::from_sync_fn(move |token| {
///     token.jti().is_none_or(|jti| revoked.contains(jti))
/// });
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
    fn is_revoked<'a>(
        &'a self,
        token: &'a VerifiedToken,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let answer = (self.0)(token.clone());
        Box::pin(async move { answer.await.into_result() })
    }
}

impl<F, V> Revocation for FromSyncFn<F>
where
    F: Fn(&VerifiedToken) -> V + Send + Sync + 'static,
    V: Verdict,
{
    fn is_revoked<'a>(
        &'a self,
        token: &'a VerifiedToken,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
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
