//! Whether a token was revoked: the one question that the engine leaves to a store.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use authx::{Claims, Engine, RequestToken, Timestamp, TokenKind};
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

/// A token that passed every check of the engine's.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    spellings: Vec<String>,
    kind: TokenKind,
    sub: String,
    jti: Option<String>,
    sid: Option<String>,
    exp: Option<Timestamp>,
    session_matters: bool,
}

impl VerifiedToken {
    pub(crate) fn of<C>(engine: &Engine, token: &RequestToken<'_>, claims: &Claims<C>) -> Self {
        // What verified is base64url and dots.
        Self::new(engine, &String::from_utf8_lossy(token.text()), claims)
    }

    pub(crate) fn new<C>(engine: &Engine, text: &str, claims: &Claims<C>) -> Self {
        Self {
            spellings: engine.spellings(text).into_iter().map(Into::into).collect(),
            kind: claims.kind,
            sub: claims.sub.clone(),
            jti: claims.jti.clone(),
            sid: claims.sid.clone(),
            exp: claims.exp,
            session_matters: engine.session_in_question(claims).is_some(),
        }
    }

    /// Every text that verifies as this token: the one in the request first, and for ECDSA its twin.
    #[must_use]
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// The token's type.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Who the token is about.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The token's own identifier. The engine gives one to every token that it issues.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.jti.as_deref()
    }

    /// The session that the token belongs to, if any.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When the token ends. A store may forget it after this and `JWT_DECODE_LEEWAY`, for as long it is
    /// accepted.
    #[must_use]
    pub fn exp(&self) -> Option<Timestamp> {
        self.exp
    }

    /// The session that has to be asked about.
    pub(crate) fn session_in_question(&self) -> Option<&str> {
        self.sid.as_deref().filter(|_| self.session_matters)
    }

    /// The request's own spelling.
    pub(crate) fn text(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }
}

/// Without the token.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedToken")
            .field("kind", &self.kind)
            .field("jti", &self.jti)
            .finish_non_exhaustive()
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
