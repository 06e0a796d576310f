//! Ends: of one token, of a login, of everything of a subject.

use authx::event::EventKind;
use authx::{Claims, Timestamp};

use super::{Flow, FlowError};

/// What of a token says which logins a logout ends.
#[derive(Clone, Copy, Debug)]
pub struct TokenIdentity<'a> {
    /// Its subject.
    pub sub: &'a str,
    /// Its own identifier.
    pub jti: Option<&'a str>,
    /// Its login.
    pub sid: Option<&'a str>,
    /// When it expires.
    pub exp: Option<Timestamp>,
}

impl<'a, C> From<&'a Claims<C>> for TokenIdentity<'a> {
    fn from(claims: &'a Claims<C>) -> Self {
        Self {
            sub: &claims.sub,
            jti: claims.jti.as_deref(),
            sid: claims.sid.as_deref(),
            exp: claims.exp,
        }
    }
}

/// What a logout ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logout {
    /// The token, and the login that it belongs to.
    Here,
    /// All logins of its subject, and all tokens that the subject got until now.
    Everywhere,
    /// The same, except the login that the token belongs to.
    Elsewhere,
}

impl Flow<'_> {
    /// Ends what a logout by this token ends.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`]; the user is still logged in.
    pub async fn log_out(&self, token: TokenIdentity<'_>, what: Logout) -> Result<(), FlowError> {
        match what {
            Logout::Everywhere => self.end_logins(token.sub, None, "logout everywhere").await,
            Logout::Elsewhere => self.end_logins(token.sub, token.sid, "logout elsewhere").await,
            Logout::Here => self.end_token(token, LOGOUT).await,
        }
    }

    /// Revokes a token, and ends the login that it belongs to.
    pub(super) async fn end_token(
        &self,
        token: TokenIdentity<'_>,
        reason: &str,
    ) -> Result<(), FlowError> {
        if let Some(jti) = token.jti {
            let entry = self.engine.entry_of_token(jti, token.exp, reason, self.now);
            self.revoke(&[entry]).await?;
        }
        if let Some(sid) = token.sid {
            self.end_login_quietly(sid, reason).await?;
        }
        let mut event = self.event(EventKind::Revoked).subject(token.sub).reason(reason);
        event.sid = token.sid.map(str::to_owned);
        self.notice(event);
        Ok(())
    }

    /// Revokes the token with this `jti`, known to the store or not. `exp` is when it expires, if that is known.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn revoke_token(
        &self,
        jti: &str,
        exp: Option<Timestamp>,
        reason: &str,
    ) -> Result<(), FlowError> {
        let entry = self.engine.entry_of_token(jti, exp, reason, self.now);
        self.revoke(&[entry]).await?;
        self.notice(self.event(EventKind::Revoked).reason(reason));
        Ok(())
    }

    /// Records the use of a one-off token, and returns whether it is the first one.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`]. The token may be used up then, or not.
    pub async fn use_once(&self, jti: &str, exp: Option<Timestamp>) -> Result<bool, FlowError> {
        let entry = self.engine.entry_of_use(jti, exp, self.now);
        Ok(self.store.revoke_once(&entry, self.now).await?)
    }

    /// Ends the login with this `sid`, known to the store or not: all its tokens are revoked.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn end_login(&self, sid: &str, reason: &str) -> Result<(), FlowError> {
        self.end_login_quietly(sid, reason).await?;
        self.notice(self.event(EventKind::Revoked).sid(sid).reason(reason));
        Ok(())
    }

    /// Without an event.
    pub(super) async fn end_login_quietly(&self, sid: &str, reason: &str) -> Result<(), FlowError> {
        // First the entry: a rotation that is under way can only issue tokens that it revokes.
        let entry = self.engine.entry_of_login(sid, reason, self.now);
        self.revoke(&[entry]).await?;
        Ok(self.store.end(sid, reason).await?)
    }

    /// Ends one of the subject's own logins, at the wish of the subject. One of another subject, or one that is not known,
    /// is left as it is.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn end_own_login(&self, subject: &str, sid: &str) -> Result<(), FlowError> {
        match self.store.get(sid, self.now).await? {
            Some(login) if login.session.uid == subject => self.end_login(sid, ENDED_BY_USER).await,
            _ => Ok(()),
        }
    }

    /// Ends all logins of a subject, except the one with the `sid` `except`, and revokes all other tokens that the
    /// subject got until now.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn end_logins(
        &self,
        subject: &str,
        except: Option<&str>,
        reason: &str,
    ) -> Result<(), FlowError> {
        // The entry of the subject first: a login that begins after it is not among those that end.
        let all = self.engine.entry_of_subject(subject, except, reason, self.now);
        self.revoke(&[all]).await?;
        let logins = self.logins_of(subject).await?;
        let sids = logins.iter().map(|login| &*login.session.session_id);
        let ended: Vec<&str> = sids.filter(|sid| Some(*sid) != except).collect();
        self.end_all(&ended, reason).await?;
        self.notice(self.event(EventKind::Revoked).subject(subject).reason(reason));
        Ok(())
    }

    /// Ends a session, in the words of the interface of sessions.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn revoke_session(&self, sid: &str) -> Result<(), FlowError> {
        self.end_login(sid, SESSION_REVOKED).await
    }

    /// Ends all sessions of a subject.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn revoke_sessions_of(&self, subject: &str) -> Result<(), FlowError> {
        self.end_logins(subject, None, SESSION_REVOKED).await
    }

    /// Ends the oldest logins of a subject that has more than `JWT_MAX_LOGINS`, but not the one that has just begun. Where
    /// only one is allowed, two that begin at the same moment may end each other.
    pub(super) async fn end_surplus(&self, subject: &str, newest: &str) -> Result<(), FlowError> {
        let Some(allowed) = self.engine.config().max_logins() else { return Ok(()) };
        let logins = self.logins_of(subject).await?;
        let surplus = logins.len().saturating_sub(allowed);
        let sids = logins.iter().map(|login| &*login.session.session_id);
        let ended: Vec<&str> = sids.filter(|sid| *sid != newest).take(surplus).collect();
        if ended.is_empty() {
            return Ok(());
        }
        self.end_all(&ended, TOO_MANY).await?;
        for sid in ended {
            self.notice(self.event(EventKind::Revoked).subject(subject).sid(sid).reason(TOO_MANY));
        }
        Ok(())
    }

    async fn end_all(&self, sids: &[&str], reason: &str) -> Result<(), FlowError> {
        let entry = |sid: &&str| self.engine.entry_of_login(sid, reason, self.now);
        let entries: Vec<_> = sids.iter().map(entry).collect();
        self.revoke(&entries).await?;
        for sid in sids {
            self.store.end(sid, reason).await?;
        }
        Ok(())
    }
}

const LOGOUT: &str = "logout";
const ENDED_BY_USER: &str = "ended by the user";
const SESSION_REVOKED: &str = "session revoked";
const TOO_MANY: &str = "too many logins";
