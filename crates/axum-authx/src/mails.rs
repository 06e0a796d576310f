//! Ready routes for what needs a mail: a forgotten password, and the verification of an address.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use authx::login::{Attempt, MailedToken, MailedTokenUse};
use authx::{Claims, Error, IssueError, Location, RequestToken, Requirement};
use axum::extract::{Request, State};
use axum::routing::post;
use axum::{BoxError, Router};
use http::StatusCode;
use http::request::Parts;

use crate::auth::AuthX;
use crate::authenticate::Asked;
use crate::body::{content_type, parts_and_bytes};
use crate::logins::Client;
use crate::rejection::Rejection;

type Done = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

/// Sends the mails for a forgotten password, and sets the new one: see [`Paths`](crate::Paths).
///
/// ```
/// use axum_authx::{Mail, PasswordReset};
///
/// async fn send(mail: Mail) -> Result<(), axum::BoxError> {
///     // Only if there is such a user. Put it into a queue, so that the answer takes as long where there is none.
///     let token = mail.token_for(&mail.username)?;
///     println!("to {}: https://app.example/reset#{token}", mail.username);
///     Ok(())
/// }
///
/// async fn change(subject: String, password: String) -> Result<(), axum::BoxError> {
///     println!("{subject} has a password of {} bytes now", password.len());
///     Ok(())
/// }
///
/// let reset = PasswordReset::new(send, change).accepting(|password| password.len() >= 12);
/// ```
#[derive(Clone)]
#[must_use]
pub struct PasswordReset {
    send: Arc<dyn Fn(Mail) -> Done + Send + Sync>,
    change: Arc<dyn Fn(String, String) -> Done + Send + Sync>,
    accepts: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl PasswordReset {
    /// `send` gets the name that was given, and a way to make a token for its user; it sends nothing if there is no such
    /// user. `change` gets the token's subject and the new password; all logins of the subject end after it.
    pub fn new<S, C>(
        send: impl Fn(Mail) -> S + Send + Sync + 'static,
        change: impl Fn(String, String) -> C + Send + Sync + 'static,
    ) -> Self
    where
        S: Future<Output = Result<(), BoxError>> + Send + 'static,
        C: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self {
            send: Arc::new(move |mail| Box::pin(send(mail))),
            change: Arc::new(move |subject, password| Box::pin(change(subject, password))),
            accepts: Arc::new(|_| true),
        }
    }

    /// Whether a new password is good enough. It is asked before the token is used up.
    pub fn accepting(mut self, accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.accepts = Arc::new(accepts);
        self
    }
}

/// Sends the mails that verify an address, and notes that it was: see [`Paths`](crate::Paths).
#[derive(Clone)]
#[must_use]
pub struct Verification {
    send: Arc<dyn Fn(Mail) -> Done + Send + Sync>,
    confirm: Arc<dyn Fn(String) -> Done + Send + Sync>,
}

impl Verification {
    /// `send` as for [`PasswordReset::new`]. `confirm` gets the token's subject.
    pub fn new<S, C>(
        send: impl Fn(Mail) -> S + Send + Sync + 'static,
        confirm: impl Fn(String) -> C + Send + Sync + 'static,
    ) -> Self
    where
        S: Future<Output = Result<(), BoxError>> + Send + 'static,
        C: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self {
            send: Arc::new(move |mail| Box::pin(send(mail))),
            confirm: Arc::new(move |subject| Box::pin(confirm(subject))),
        }
    }
}

/// A mail that somebody asks for.
#[derive(Clone)]
#[non_exhaustive]
pub struct Mail {
    /// Who is to get it, as the request says.
    pub username: String,
    purpose: MailedToken,
    auth: AuthX,
}

impl Mail {
    /// The token for the mail's link, for one use. `subject` is the user's.
    ///
    /// # Errors
    ///
    /// As [`AuthX::issue`].
    pub fn token_for(&self, subject: &str) -> Result<String, IssueError> {
        let auth = &self.auth;
        auth.engine().issue_mailed(self.purpose, subject, auth.now(), auth.random())
    }
}

/// The routes of a forgotten password, at the paths where it is asked for and where it is set.
pub(crate) fn password_routes(
    reset: &PasswordReset,
    [forgot, set]: [Option<&str>; 2],
) -> Router<AuthX> {
    let mut router = Router::new();
    if let Some(path) = forgot {
        router = router.route(path, request_route(MailedToken::PasswordReset, &reset.send));
    }
    if let Some(path) = set {
        let reset = reset.clone();
        let route = async move |State(auth): State<AuthX>, request: Request| {
            let (parts, read) = read_use(&auth, MailedToken::PasswordReset, request).await?;
            let password = read.password.unwrap_or_default();
            if !(reset.accepts)(&password) {
                return Err(auth.reject(Error::LoginRequest(WEAK_PASSWORD)));
            }
            let claims = auth.use_mailed(MailedToken::PasswordReset, &read.token, &parts).await?;
            done((reset.change)(claims.sub.clone(), password).await)?;
            // Whoever knew the old password is logged out.
            auth.end_logins(&claims.sub, None, PASSWORD_CHANGED).await?;
            Ok(StatusCode::NO_CONTENT)
        };
        router = router.route(path, post(route));
    }
    router
}

/// The routes of a verification, at the paths where it is asked for and where it is done.
pub(crate) fn verification_routes(
    verification: &Verification,
    [request, verify]: [Option<&str>; 2],
) -> Router<AuthX> {
    let mut router = Router::new();
    if let Some(path) = request {
        router = router.route(path, request_route(MailedToken::Verification, &verification.send));
    }
    if let Some(path) = verify {
        let verification = verification.clone();
        let route = async move |State(auth): State<AuthX>, request: Request| {
            let (parts, read) = read_use(&auth, MailedToken::Verification, request).await?;
            let claims = auth.use_mailed(MailedToken::Verification, &read.token, &parts).await?;
            done((verification.confirm)(claims.sub).await)?;
            Ok::<_, Rejection>(StatusCode::NO_CONTENT)
        };
        router = router.route(path, post(route));
    }
    router
}

/// Answers alike whether or not there is such a user, and whether or not the mail could be sent.
fn request_route(
    purpose: MailedToken,
    send: &Arc<dyn Fn(Mail) -> Done + Send + Sync>,
) -> axum::routing::MethodRouter<AuthX> {
    let send = Arc::clone(send);
    post(async move |State(auth): State<AuthX>, request: Request| {
        let (parts, body) = parts_and_bytes(&auth, request).await;
        let read = MailedToken::read_request(content_type(&parts), body.as_deref());
        let username = read.map_err(|error| auth.reject(error))?;
        auth.count_mail(&username, &Client::of(&parts)).await?;
        let mail = Mail { username, purpose, auth: auth.clone() };
        if let Err(error) = send(mail).await {
            tracing::error!("a mail could not be sent: {error}");
        }
        Ok::<_, Rejection>(StatusCode::ACCEPTED)
    })
}

async fn read_use(
    auth: &AuthX,
    purpose: MailedToken,
    request: Request,
) -> Result<(Parts, MailedTokenUse), Rejection> {
    let (parts, body) = parts_and_bytes(auth, request).await;
    let read = purpose.read_use(content_type(&parts), body.as_deref());
    Ok((parts, read.map_err(|error| auth.reject(error))?))
}

fn done(result: Result<(), BoxError>) -> Result<(), Rejection> {
    result.map_err(|error| Rejection::failed(format_args!("a mailed token was used, and: {error}")))
}

impl AuthX {
    /// Counts a mail, which is never given back.
    async fn count_mail(&self, username: &str, client: &Client) -> Result<(), Rejection> {
        let address = client.0.ip_address.as_deref();
        self.with_flow(async |flow| {
            flow.of_client(address).begin_attempt(Attempt::Mail, username).await
        })
        .await
        .map(drop)
    }

    /// Makes every check on a token from a mail, and uses it up.
    async fn use_mailed(
        &self,
        purpose: MailedToken,
        token: &str,
        parts: &Parts,
    ) -> Result<Claims, Rejection> {
        let engine = self.engine();
        let token = RequestToken::new(token, purpose.kind(), Location::Json);
        let requirement = Requirement::of(purpose.kind());
        let refused = |refusal| self.refuse(refusal, Some(parts));
        let verified = self.verify_found::<()>(&engine, &token, &requirement, self.now());
        let step = verified.map_err(|error| refused(error.into()))?.ask(self.stores());
        self.admit(step, Asked::anew()).await.map_err(refused)
    }
}

const WEAK_PASSWORD: &str = "password: it is not accepted";
const PASSWORD_CHANGED: &str = "password changed";

impl fmt::Debug for PasswordReset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PasswordReset").finish_non_exhaustive()
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verification").finish_non_exhaustive()
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mail").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
