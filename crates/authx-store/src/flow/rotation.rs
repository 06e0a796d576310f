//! Refresh tokens in use: exchanged for the next pair, or only verified.

use authx::event::{Event, EventKind};
use authx::login::{LoginState, PresentedLogin, Rotatable, Rotation};
use authx::{Claims, Error};

use super::{Flow, FlowError, IssuedPair};
use crate::Login;

impl Flow<'_> {
    /// Whether the login of a refresh token goes on: for a caller that asks the application about it before it calls
    /// [`rotate`](Self::rotate). Uses nothing up. If the token was used up before, the login is ended.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub async fn check(&self, claims: &Claims<Rotatable>) -> Result<(), FlowError> {
        let presented = claims.custom.presented();
        let Some(login) = self.store.get(&presented.sid, self.now).await? else {
            return match self.engine.adopt_login(presented, self.now) {
                Some(_) => Ok(()),
                None => Err(Error::LoginUnknown.into()),
            };
        };
        match self.engine.rotation(presented, &login.state, self.now)? {
            Rotation::Reused => Err(self.end_reused(presented).await),
            Rotation::Again | Rotation::Advance { .. } => Ok(()),
        }
    }

    /// Uses up a refresh token that was verified, and was not revoked, and issues its successors.
    ///
    /// # Errors
    ///
    /// [`FlowError::Refused`] with the error of a login that has ended or is unknown, or of a token that was used
    /// before, which ends the login. After [`FlowError::Store`] the client may try again with the same token.
    pub async fn rotate(&self, claims: &Claims<Rotatable>) -> Result<IssuedPair, FlowError> {
        let presented = claims.custom.presented();
        match self.use_up(presented).await? {
            Used::Again(login) => self.issue(claims, &login.state, login.session),
            Used::Now { to, login, .. } => self.issue(claims, &to, login.session),
            Used::Before(_) => Err(self.end_reused(presented).await),
        }
    }

    /// As [`rotate`](Self::rotate), for a token that [`state_of`](Self::state_of) let pass in the same request, and used
    /// up if `JWT_REFRESH_SINGLE_USE` is on.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub async fn rotate_verified(
        &self,
        claims: &Claims<Rotatable>,
    ) -> Result<IssuedPair, FlowError> {
        if self.engine.config().refresh_single_use() {
            let presented = claims.custom.presented();
            let login = self.store.get(&presented.sid, self.now).await?;
            let login = login.ok_or(Error::LoginUnknown)?;
            if presented.is_predecessor_of(&login.state) && login.state.ended_for.is_none() {
                return self.issue(claims, &login.state, login.session);
            }
        }
        self.rotate(claims).await
    }

    /// Ends the login of a refresh token because the application refuses to go on with it, and returns the error for
    /// its client.
    pub async fn refuse_renewal(&self, sid: &str) -> FlowError {
        match self.end_login(sid, NOT_RENEWED).await {
            Ok(()) => Error::RefreshRefused.into(),
            Err(error) => error,
        }
    }

    /// The state of the login that a refresh token belongs to, for
    /// [`LoginQuestion::answer`](authx::verify::LoginQuestion::answer). If the token was used up before, the login is
    /// ended first. With `JWT_REFRESH_SINGLE_USE` the token is used up.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn state_of(
        &self,
        presented: &PresentedLogin,
    ) -> Result<Option<LoginState>, FlowError> {
        if self.engine.config().refresh_single_use() {
            return match self.use_up(presented).await {
                Ok(used) => {
                    if matches!(used, Used::Before(_)) {
                        self.end_reused(presented).await.or_failed()?;
                    }
                    Ok(Some(used.state_before()))
                }
                // The engine says the same of what is there.
                Err(FlowError::Refused(_)) => {
                    Ok(self.store.get(&presented.sid, self.now).await?.map(|login| login.state))
                }
                Err(error) => Err(error),
            };
        }
        let Some(login) = self.store.get(&presented.sid, self.now).await? else { return Ok(None) };
        if self.engine.rotation(presented, &login.state, self.now) == Ok(Rotation::Reused) {
            self.end_reused(presented).await.or_failed()?;
        }
        Ok(Some(login.state))
    }

    /// Moves the login of a refresh token to its next generation, if the token is the newest one.
    async fn use_up(&self, presented: &PresentedLogin) -> Result<Used, FlowError> {
        // Each time that it goes round, somebody else has changed the login. The second time this token is the last
        // one or an older one, unless the login has ended.
        for _ in 0..MAX_ROUNDS {
            let login = self.login_of(presented).await?;
            match self.engine.rotation(presented, &login.state, self.now)? {
                Rotation::Again => return Ok(Used::Again(login)),
                Rotation::Reused => return Ok(Used::Before(login)),
                Rotation::Advance { to, is_store_behind } => {
                    let from = login.state.generation;
                    if self.store.advance(&presented.sid, from, &to, self.now).await? {
                        if is_store_behind {
                            self.notice(self.event_of(EventKind::Behind, presented));
                        }
                        self.notice(self.event_of(EventKind::Rotated, presented));
                        return Ok(Used::Now { to, login });
                    }
                }
            }
        }
        Err(FlowError::Store("a login changed again and again while its token was rotated".into()))
    }

    fn issue(
        &self,
        claims: &Claims<Rotatable>,
        state: &LoginState,
        session: crate::SessionInfo,
    ) -> Result<IssuedPair, FlowError> {
        let sid = &claims.custom.presented().sid;
        let tokens = self.engine.issue_rotated(claims, sid, state, self.now, self.random)?;
        Ok(IssuedPair::new(tokens, session))
    }

    /// The login of a refresh token, which is added if the token was issued without a store.
    async fn login_of(&self, presented: &PresentedLogin) -> Result<Login, FlowError> {
        for _ in 0..MAX_ROUNDS {
            if let Some(login) = self.store.get(&presented.sid, self.now).await? {
                return Ok(login);
            }
            let state = self.engine.adopt_login(presented, self.now);
            let state = state.ok_or(Error::LoginUnknown)?;
            let login = Login::new(presented.sid.clone(), presented.subject.clone(), state);
            if self.store.insert(&login, self.now).await? {
                return Ok(login);
            }
        }
        Err(FlowError::Store("a login is neither there nor can it be added".into()))
    }

    async fn end_reused(&self, presented: &PresentedLogin) -> FlowError {
        self.notice(self.event_of(EventKind::Reused, presented));
        match self.end_login_quietly(&presented.sid, REUSED).await {
            Ok(()) => Error::RefreshReused.into(),
            Err(error) => error,
        }
    }

    fn event_of(&self, kind: EventKind, presented: &PresentedLogin) -> Event {
        self.event(kind).subject(&*presented.subject).sid(&*presented.sid)
    }
}

/// What became of a refresh token that was to be used up.
enum Used {
    /// It was the newest one.
    Now { to: LoginState, login: Login },
    /// It was used up within the grace period.
    Again(Login),
    /// It was used up, and not just now.
    Before(Login),
}

impl Used {
    /// The state before this use.
    fn state_before(self) -> LoginState {
        match self {
            Self::Now { login, .. } | Self::Again(login) | Self::Before(login) => login.state,
        }
    }
}

/// Why a login ended whose refresh token was used twice.
const REUSED: &str = "refresh token reused";

/// Why a login ended that the application refused to renew.
const NOT_RENEWED: &str = "renewal refused";

const MAX_ROUNDS: usize = 4;
