//! [`Flow`]: the life of a login, from its beginning to its end, as calls to a store.
//!
//! The engine decides each step; this module makes the calls in the order that keeps them safe, for every face.

use std::fmt;

use authx::login::{LoginState, NewLogin, PresentedLogin, Rotatable, Rotation};
use authx::random::{Random, RandomUnavailable};
use authx::revocation::EntryKey;
use authx::session::new_session_id;
use authx::verify::VerifiedToken;
use authx::{Claims, Engine, Error, IssueError, Timestamp};
use serde::Serialize;

use crate::{Login, SessionInfo, Store, StoreError};

/// What happens to logins now, with this engine and this store.
///
/// ```
/// use authx::login::NewLogin;
/// use authx::{Config, Engine, SystemRandom, Timestamp};
/// use authx_store::memory::MemoryStore;
/// use authx_store::{ClientInfo, Flow};
///
/// # let mut test = std::pin::pin!(async {
/// let secret = "a secret of at least thirty-two bytes";
/// let engine = Engine::new(Config::builder().secret_key(secret).build()?);
/// let store = MemoryStore::default();
/// let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
/// let flow = Flow { engine: &engine, store: &store, random: &SystemRandom, now };
///
/// let issued = flow.log_in(&NewLogin::of("ada"), ClientInfo::default()).await?;
/// assert_eq!(flow.logins_of("ada").await?.len(), 1);
/// flow.end_login(&issued.session.session_id, "logout").await?;
/// assert!(flow.logins_of("ada").await?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # });
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # let std::task::Poll::Ready(result) = std::future::Future::poll(test.as_mut(), &mut context) else { panic!() };
/// # result?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    /// Decides.
    pub engine: &'a Engine,
    /// Keeps logins and revocations.
    pub store: &'a dyn Store,
    /// For identifiers.
    pub random: &'a (dyn Random + Sync),
    /// The time of this call.
    pub now: Timestamp,
}

/// What is known of the client that logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its address.
    pub ip_address: Option<String>,
    /// Its program.
    pub user_agent: Option<String>,
    /// Anything else that the application wants to keep.
    pub device_info: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The tokens of a login. `Debug` doesn't show them.
#[derive(Clone)]
#[non_exhaustive]
pub struct IssuedPair {
    /// For protected routes.
    pub access_token: String,
    /// To be exchanged for the next pair.
    pub refresh_token: String,
    /// The login.
    pub session: SessionInfo,
}

impl Flow<'_> {
    /// Begins a login, and issues its tokens.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`] and [`FlowError::Issue`]; the login does not begin then.
    pub async fn log_in<C: Serialize + Sync>(
        &self,
        login: &NewLogin<'_, C>,
        client: ClientInfo,
    ) -> Result<IssuedPair, FlowError> {
        let sid = new_session_id(self.random)?;
        let cut = [EntryKey::of_subject(login.subject())];
        let found = self.store.find(&cut, self.now).await?;
        let state = self.engine.begin_login(&found, self.now);
        let tokens = self.engine.issue_login(login, &sid, &state, self.now, self.random)?;
        let row = Login::new(sid, login.subject().to_owned(), state);
        Ok(IssuedPair::new(tokens, self.keep(row, client).await?))
    }

    /// Begins a login whose tokens the application issues by itself.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`]; the login does not begin then.
    pub async fn begin_session(
        &self,
        subject: String,
        client: ClientInfo,
    ) -> Result<SessionInfo, FlowError> {
        let state = self.engine.begin_session(self.now);
        self.keep(Login::new(new_session_id(self.random)?, subject, state), client).await
    }

    /// Uses up a refresh token that was verified, and was not revoked, and issues its successors.
    ///
    /// # Errors
    ///
    /// [`FlowError::Refused`] with the error of a login that has ended or is unknown, or of a token that was used
    /// before, which ends the login. After [`FlowError::Store`] the client may try again with the same token.
    pub async fn rotate(&self, claims: &Claims<Rotatable>) -> Result<IssuedPair, FlowError> {
        let presented = PresentedLogin::of_claims(claims)?;
        // Each time that it goes round, somebody else has changed the login. The second time this token is the last
        // one or an older one, unless the login has ended.
        for _ in 0..MAX_ROUNDS {
            let login = self.login_of(&presented).await?;
            let state = match self.engine.rotation(&presented, &login.state, self.now)? {
                Rotation::Again => login.state,
                Rotation::Reused => return Err(self.end_reused(&presented.sid).await),
                Rotation::Advance { to, .. } => {
                    let from = login.state.generation;
                    if !self.store.advance(&presented.sid, from, &to, self.now).await? {
                        continue;
                    }
                    to
                }
            };
            let sid = &presented.sid;
            let tokens = self.engine.issue_rotated(claims, sid, &state, self.now, self.random)?;
            return Ok(IssuedPair::new(tokens, login.session));
        }
        Err(FlowError::Store("a login changed again and again while its token was rotated".into()))
    }

    /// The state of the login that a refresh token belongs to, for
    /// [`LoginQuestion::answer`](authx::verify::LoginQuestion::answer). If the token was used up before, the login is
    /// ended first.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn state_of(
        &self,
        presented: &PresentedLogin,
    ) -> Result<Option<LoginState>, FlowError> {
        let Some(login) = self.store.get(&presented.sid, self.now).await? else { return Ok(None) };
        if self.engine.rotation(presented, &login.state, self.now) == Ok(Rotation::Reused) {
            self.end_login(&presented.sid, REUSED).await?;
        }
        Ok(Some(login.state))
    }

    /// Whether a token that was verified is revoked.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn is_revoked(&self, token: &VerifiedToken) -> Result<bool, FlowError> {
        let found = self.store.find(&token.revocation_keys(), self.now).await?;
        Ok(token.is_revoked_by(&found))
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
        Ok(self.store.revoke(&[entry], self.now).await?)
    }

    /// Ends the login with this `sid`, known to the store or not: all its tokens are revoked.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn end_login(&self, sid: &str, reason: &str) -> Result<(), FlowError> {
        // First the entry: a rotation that is under way can only issue tokens that it revokes.
        let entry = self.engine.entry_of_login(sid, reason, self.now);
        self.store.revoke(&[entry], self.now).await?;
        Ok(self.store.end(sid, reason).await?)
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
        self.store.revoke(&[all], self.now).await?;
        let logins = self.logins_of(subject).await?;
        let sids = logins.iter().map(|login| &*login.session.session_id);
        let ended: Vec<&str> = sids.filter(|sid| Some(*sid) != except).collect();
        let entry = |sid: &&str| self.engine.entry_of_login(sid, reason, self.now);
        let entries: Vec<_> = ended.iter().map(entry).collect();
        self.store.revoke(&entries, self.now).await?;
        for sid in ended {
            self.store.end(sid, reason).await?;
        }
        Ok(())
    }

    /// The logins of a subject that have not ended, the oldest first.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn logins_of(&self, subject: &str) -> Result<Vec<Login>, FlowError> {
        Ok(self.store.list(subject, self.now).await?)
    }

    /// Keeps a new login of this client.
    async fn keep(&self, mut login: Login, client: ClientInfo) -> Result<SessionInfo, FlowError> {
        login.session.ip_address = client.ip_address;
        login.session.user_agent = client.user_agent;
        login.session.device_info = client.device_info;
        if !self.store.insert(&login, self.now).await? {
            return Err(FlowError::Store("a new login has the identifier of another one".into()));
        }
        Ok(login.session)
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

    async fn end_reused(&self, sid: &str) -> FlowError {
        match self.end_login(sid, REUSED).await {
            Ok(()) => FlowError::Refused(Error::RefreshReused),
            Err(error) => error,
        }
    }
}

/// Why a login ended whose refresh token was used twice.
const REUSED: &str = "refresh token reused";

const MAX_ROUNDS: usize = 4;

impl IssuedPair {
    fn new([access_token, refresh_token]: [String; 2], session: SessionInfo) -> Self {
        Self { access_token, refresh_token, session }
    }
}

impl fmt::Debug for IssuedPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("IssuedPair").field("session", &self.session).finish_non_exhaustive()
    }
}

impl fmt::Debug for Flow<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Flow").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Why a step in the life of a login failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum FlowError {
    /// The engine refuses the token.
    Refused(Error),
    /// The store failed. What was asked of it may have happened or not.
    Store(StoreError),
    /// No tokens were issued.
    Issue(IssueError),
}

impl fmt::Display for FlowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(formatter),
            Self::Store(error) => write!(formatter, "the store of logins failed: {error}"),
            Self::Issue(error) => write!(formatter, "no token was issued: {error}"),
        }
    }
}

impl std::error::Error for FlowError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Store(error) => Some(&**error),
            Self::Issue(error) => Some(error),
        }
    }
}

impl From<Error> for FlowError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IssueError> for FlowError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}

impl From<RandomUnavailable> for FlowError {
    fn from(error: RandomUnavailable) -> Self {
        Self::Issue(error.into())
    }
}
