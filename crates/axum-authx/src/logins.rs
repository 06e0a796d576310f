//! Logins that a store keeps: refresh tokens that rotate, and ends for one login or all of a user.

use std::fmt;
use std::ops::Deref;

use authx::login::{NewLogin, Rotatable};
use authx::{Claims, Error, Requirement, Stores, Timestamp, TokenKind};
use authx_store::{ClientInfo, Flow, FlowError, IssuedPair, Logout, SessionInfo};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use serde::Serialize;

use crate::auth::AuthX;
use crate::authenticate::Asked;
use crate::client_address::client_address;
use crate::cookies::UnsetCookies;
use crate::rejection::Rejection;
use crate::state::AuthState;
use crate::token_pair::TokenPair;

impl AuthX {
    /// Begins a login: its tokens, and what the store keeps of it. The access token is fresh.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of a store that fails (503), of a token that can't be issued, and of an `AuthX` without a store
    /// (500).
    pub async fn log_in<C: Serialize + Sync>(
        &self,
        login: &NewLogin<'_, C>,
        client: Client,
    ) -> Result<LoginTokens, Rejection> {
        self.with_flow(async |flow| flow.log_in(login, client.0).await)
            .await
            .map(|issued| self.login_tokens(issued))
    }

    /// Uses up the request's refresh token, and issues its successors, as [`Rotated`] does.
    ///
    /// Requests with the same token at the same time, and within `JWT_REFRESH_GRACE` after it, all get the same
    /// successor. Any other use of a token that was used before ends the login (RFC 9700 section 4.14.2).
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails.
    pub async fn rotate(&self, parts: &mut Parts) -> Result<LoginTokens, Rejection> {
        let requirement = Requirement::refresh();
        let stores = Stores { logins: false, ..self.stores() };
        let question = self.with_request(parts, &requirement, |engine, request| {
            let token = engine.find_token(request, &requirement)?;
            let verified = engine.verify_rotatable(&token, &requirement, self.now());
            Ok(verified.map_err(|error| self.among_others(engine, error, &token))?.ask(stores))
        })?;
        let admitted = self.admit(question, Asked::anew()).await;
        let mut claims = admitted.map_err(|refusal| self.refuse(refusal, Some(parts)))?;
        let address = client_address(parts).map(|address| address.to_string());
        self.renew(&mut claims, address.as_deref()).await?;
        let rotated = self
            .with_flow(async |flow| flow.of_client(address.as_deref()).rotate(&claims).await)
            .await?;
        Ok(self.login_tokens(rotated))
    }

    /// Asks the application whether the login goes on. A token that was used before is found out first.
    async fn renew(
        &self,
        claims: &mut Claims<Rotatable>,
        address: Option<&str>,
    ) -> Result<(), Rejection> {
        if self.renewal().is_none() {
            return Ok(());
        }
        self.with_flow(async |flow| flow.of_client(address).check(claims).await).await?;
        match self.renewed(claims).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let sid = &claims.custom.presented().sid;
                self.with_flow(async |flow| Err(flow.of_client(address).refuse_renewal(sid).await))
                    .await
            }
            Err(error) => Err(Rejection::failed(format_args!("a renewal failed: {error}"))),
        }
    }

    /// Ends the login that the token belongs to, and revokes the token itself. The returned part of a response deletes
    /// the cookies.
    ///
    /// # Errors
    ///
    /// As [`AuthX::log_in`]. The user is still logged in then.
    pub async fn logout<C: Sync>(&self, claims: &Claims<C>) -> Result<UnsetCookies, Rejection> {
        self.log_out(claims, Logout::Here).await?;
        Ok(self.unset_cookies())
    }

    /// Ends all logins of the token's subject, and revokes all tokens that the subject got until now.
    ///
    /// # Errors
    ///
    /// As [`AuthX::log_in`].
    pub async fn logout_everywhere<C: Sync>(
        &self,
        claims: &Claims<C>,
    ) -> Result<UnsetCookies, Rejection> {
        self.log_out(claims, Logout::Everywhere).await?;
        Ok(self.unset_cookies())
    }

    /// Ends all logins of the token's subject but the token's own, for example after a change of the password.
    ///
    /// # Errors
    ///
    /// As [`AuthX::log_in`].
    pub async fn logout_elsewhere<C: Sync>(&self, claims: &Claims<C>) -> Result<(), Rejection> {
        self.log_out(claims, Logout::Elsewhere).await
    }

    async fn log_out<C: Sync>(&self, claims: &Claims<C>, what: Logout) -> Result<(), Rejection> {
        self.with_flow(async |flow| flow.log_out(claims.into(), what).await).await
    }

    /// Ends all logins of a subject, except the one with the `sid` `except`, and revokes all other tokens that the subject
    /// got until now. The reason is kept in the store.
    ///
    /// # Errors
    ///
    /// As [`AuthX::log_in`].
    pub async fn end_logins(
        &self,
        subject: &str,
        except: Option<&str>,
        reason: &str,
    ) -> Result<(), Rejection> {
        self.with_flow(async |flow| flow.end_logins(subject, except, reason).await).await
    }

    /// Revokes the token with this `jti`, whether the store knows it or not. `exp` is when it expires; without it the
    /// revocation is kept for as long as the configured lifetimes.
    ///
    /// # Errors
    ///
    /// As [`AuthX::log_in`].
    pub async fn revoke_token(
        &self,
        jti: &str,
        exp: Option<Timestamp>,
        reason: &str,
    ) -> Result<(), Rejection> {
        self.with_flow(async |flow| flow.revoke_token(jti, exp, reason).await).await
    }

    pub(crate) async fn with_flow<T>(
        &self,
        call: impl AsyncFnOnce(Flow<'_>) -> Result<T, FlowError>,
    ) -> Result<T, Rejection> {
        let store = self.store().ok_or_else(|| Rejection::failed(NO_STORE))?;
        let answer = call(self.flow(&self.engine(), &store)).await;
        answer.map_err(|error| self.refuse_flow(error))
    }

    pub(crate) fn refuse_flow(&self, error: FlowError) -> Rejection {
        if let Some(event) = error.event(self.now()) {
            self.notice(event);
        }
        match error {
            FlowError::Refused(error) => self.reject(error),
            FlowError::Issue(error) => error.into(),
            _ => self.reject(Error::StoreUnavailable),
        }
    }

    fn login_tokens(&self, issued: IssuedPair) -> LoginTokens {
        let pair = self.token_pair(issued.access_token, issued.refresh_token);
        LoginTokens { auth: self.clone(), pair, session: issued.session }
    }
}

pub(crate) const NO_STORE: &str =
    "logins need a store: AuthX::with_store, such as with MemoryStore::default(), or JWT_STORE_URL";

/// What is known of the client that logs in, for the list of a user's logins: as an extractor its `User-Agent`, and with
/// the feature `connect-info` its address. `Client::default()` for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client(pub ClientInfo);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

impl Client {
    pub(crate) fn of(parts: &Parts) -> Self {
        let user_agent = parts.headers.get(USER_AGENT);
        Self(ClientInfo {
            ip_address: client_address(parts).map(|address| address.to_string()),
            user_agent: user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()).into()),
            device_info: None,
        })
    }
}

/// The tokens of a login, as a response: cookies for the tokens whose locations have `cookies`, and a body in the shape of
/// a [`TokenPair`] with the tokens that may be anywhere else. So a token whose only location is a cookie is never shown
/// to scripts.
#[derive(Clone)]
pub struct LoginTokens {
    auth: AuthX,
    pair: TokenPair,
    session: SessionInfo,
}

impl LoginTokens {
    /// The login, whose `session_id` is the `sid` of the tokens.
    #[must_use]
    pub fn session(&self) -> &SessionInfo {
        &self.session
    }

    /// The tokens, for a response of your own.
    #[must_use]
    pub fn into_pair(self) -> TokenPair {
        self.pair
    }
}

impl Deref for LoginTokens {
    type Target = TokenPair;

    fn deref(&self) -> &TokenPair {
        &self.pair
    }
}

/// Without a token, its field is left out.
#[derive(Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
}

impl IntoResponse for LoginTokens {
    fn into_response(self) -> Response {
        let Self { auth, pair, .. } = self;
        let engine = auth.engine();
        let config = engine.config();
        let in_cookies = |kind| config.is_set_as_cookie(kind);
        let shown = |kind, token: &String| config.is_shown_to_scripts(kind).then(|| token.clone());
        let body = Body {
            access_token: shown(TokenKind::Access, &pair.access_token),
            refresh_token: shown(TokenKind::Refresh, &pair.refresh_token),
            token_type: "bearer",
            expires_in: pair.expires_in,
        };
        let access =
            in_cookies(TokenKind::Access).then(|| auth.set_access_cookies(&pair.access_token));
        let refresh =
            in_cookies(TokenKind::Refresh).then(|| auth.set_refresh_cookies(&pair.refresh_token));
        let Ok(body) = serde_json::to_string(&body) else {
            return Rejection::failed("the tokens can't be written as JSON").into_response();
        };
        // RFC 6749 section 5.1: a response with tokens must not be kept.
        let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, "application/json")];
        (headers, access, refresh, body).into_response()
    }
}

/// Shows no tokens.
impl fmt::Debug for LoginTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LoginTokens")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// The successors of the request's refresh token, which is used up: extracting it reads, verifies and rotates the token,
/// and returning it answers with the new ones. See [`AuthX::rotate`].
///
/// ```
/// use axum_authx::Rotated;
///
/// async fn refresh(tokens: Rotated) -> Rotated {
///     tokens
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Rotated(pub LoginTokens);

impl<S: AuthState> FromRequestParts<S> for Rotated {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        state.auth().rotate(parts).await.map(Self)
    }
}

impl Deref for Rotated {
    type Target = LoginTokens;

    fn deref(&self) -> &LoginTokens {
        &self.0
    }
}

impl IntoResponse for Rotated {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
