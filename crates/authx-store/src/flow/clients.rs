//! What clients ask about tokens: introspection (RFC 7662) and revocation (RFC 7009).

use authx::oauth::{ClientRequest, INACTIVE};
use authx::revocation::EntryKey;
use authx::token::JsonClaims;
use authx::{
    Claims, CsrfCheck, Error, Location, RequestToken, Requirement, Step, Stores, TokenKind,
    Verified,
};

use super::{Flow, FlowError, TokenIdentity};
use crate::{Revocation, SessionInfo};

impl Flow<'_> {
    /// The answer to a client that asks about a token (RFC 7662 section 2.2): JSON with its claims, or that it is not
    /// active, for whatever reason. It uses nothing up: neither a refresh token, nor one for one use.
    ///
    /// `also` is asked too, if the service has another record of revoked tokens.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn introspect(
        &self,
        request: &ClientRequest,
        also: Option<&dyn Revocation>,
    ) -> Result<String, FlowError> {
        match self.active(request.token(), also).await {
            Ok(claims) => Ok(self.engine.introspection(claims)),
            Err(FlowError::Refused(_)) => Ok(INACTIVE.to_owned()),
            Err(error) => Err(error),
        }
    }

    /// Revokes a token at the wish of a client (RFC 7009 section 2), and ends the login that it belongs to. One that is not
    /// accepted anyway changes nothing, and is no error (section 2.2).
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`]; the token is still accepted.
    pub async fn revoke_for_client(&self, request: &ClientRequest) -> Result<(), FlowError> {
        let token = found(request.token());
        let Ok(verified) = self.verified(&token) else { return Ok(()) };
        let token = verified.token();
        let identity = TokenIdentity {
            sub: token.sub(),
            jti: token.jti(),
            sid: token.sid(),
            exp: token.exp(),
        };
        self.end_token(identity, &format!("revoked by the client {}", request.client_id)).await
    }

    async fn active(
        &self,
        token: &str,
        also: Option<&dyn Revocation>,
    ) -> Result<Claims<JsonClaims>, FlowError> {
        let token = found(token);
        let mut step = self.verified(&token)?.ask(Stores { revocation: true, logins: true });
        loop {
            step = match step {
                Step::Admitted(claims) => return Ok(claims),
                Step::AskRevocation(question) => {
                    let token = question.token();
                    let also_revoked = match also {
                        Some(also) => also.is_revoked(token).await?,
                        None => false,
                    };
                    let is_revoked = also_revoked || self.is_revoked(token).await?;
                    question.answer(is_revoked)?
                }
                Step::AskLogin(question) => {
                    let login = self.store.get(&question.presented()?.sid, self.now).await?;
                    question.answer(login.map(|login| login.state).as_ref(), self.now)?
                }
                Step::AskSession(question) => {
                    let login = self.store.get(question.session_id(), self.now).await?;
                    let session = login.map(|login| login.session);
                    question.answer(SessionInfo::state(session.as_ref()))?
                }
                Step::AskFirstUse(question) => {
                    let used = [EntryKey::of_use(question.jti())];
                    let is_unused = self.store.find(&used, self.now).await?.is_empty();
                    question.answer(is_unused)?
                }
            };
        }
    }

    fn verified<'t>(&self, token: &'t RequestToken<'_>) -> Result<Verified<'t, JsonClaims>, Error> {
        let requirement = Requirement::access().every_kind().csrf(CsrfCheck::Never);
        self.engine.verify(token, &requirement, self.now)
    }
}

/// Its type and its place don't matter.
fn found(token: &str) -> RequestToken<'_> {
    RequestToken::new(token, TokenKind::Access, Location::Headers)
}
