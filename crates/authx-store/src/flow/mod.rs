//! [`Flow`]: the life of a login, from its beginning to its end, as calls to a store.
//!
//! The engine decides each step; this module makes the calls in the order that keeps them safe, for every face.

mod attempts;
mod clients;
mod ending;
mod error;
mod rotation;

use std::fmt;

use authx::config::StaleReplica;
use authx::event::{Event, EventKind, Observer};
use authx::login::NewLogin;
use authx::random::Random;
use authx::revocation::{Entry, EntryKey, Revocable};
use authx::session::new_session_id;
use authx::verify::VerifiedToken;
use authx::{Engine, Timestamp};
use serde::Serialize;

pub use attempts::LoginAttempt;
pub use ending::{Logout, TokenIdentity};
pub use error::FlowError;

use crate::{Login, Replica, SessionInfo, Store};

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
/// let flow = Flow::new(&engine, &store, &SystemRandom, now);
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
    engine: &'a Engine,
    store: &'a dyn Store,
    random: &'a (dyn Random + Sync),
    now: Timestamp,
    observer: &'a dyn Observer,
    client_address: Option<&'a str>,
    replica: Option<&'a Replica>,
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

impl<'a> Flow<'a> {
    /// With the engine that decides, the store, a source of identifiers, and the time of this call.
    #[must_use]
    pub fn new(
        engine: &'a Engine,
        store: &'a dyn Store,
        random: &'a (dyn Random + Sync),
        now: Timestamp,
    ) -> Self {
        Self { engine, store, random, now, observer: &(), client_address: None, replica: None }
    }

    /// With the replica of the store, which may answer in its place.
    #[must_use]
    pub fn with_replica(self, replica: &'a Replica) -> Self {
        Self { replica: Some(replica), ..self }
    }

    /// Tells this observer what happens.
    #[must_use]
    pub fn observed_by(self, observer: &'a dyn Observer) -> Self {
        Self { observer, ..self }
    }

    /// For a request of the client with this address, which its events have.
    #[must_use]
    pub fn of_client(self, address: Option<&'a str>) -> Self {
        Self { client_address: address, ..self }
    }

    fn event(&self, kind: EventKind) -> Event {
        let mut event = Event::new(kind, self.now);
        event.client_address = self.client_address.map(str::to_owned);
        event
    }

    fn notice(&self, event: Event) {
        self.observer.notice(event);
    }
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

    /// Whether a token that was verified is revoked.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`].
    pub async fn is_revoked(&self, token: &VerifiedToken) -> Result<bool, FlowError> {
        if let Some(is_revoked) = self.known_revocation(token.revocable()) {
            return Ok(is_revoked);
        }
        if let Some(answer) = self.answer_of_stale_replica(token.revocable()) {
            return answer;
        }
        let found = self.store.find(&token.revocation_keys(), self.now).await?;
        Ok(token.is_revoked_by(&found))
    }

    /// Whether a token is revoked, where the replica knows it without asking the store (`JWT_STORE_MAX_STALENESS`).
    fn known_revocation(&self, token: Revocable<'_>) -> Option<bool> {
        self.replica?.is_revoked(token, self.now, self.engine.config().store_max_staleness())
    }

    /// What to do where the replica is too old (`JWT_STORE_STALE`); `None` is to ask the store.
    fn answer_of_stale_replica(&self, token: Revocable<'_>) -> Option<Result<bool, FlowError>> {
        let config = self.engine.config();
        let replica = self.replica.filter(|_| !config.store_max_staleness().is_zero())?;
        let fault = replica.staleness()?;
        match config.store_stale() {
            StaleReplica::Ask => None,
            StaleReplica::Refuse => Some(Err(FlowError::Store(fault))),
            StaleReplica::Accept => {
                let is_revoked = replica.was_revoked(token, self.now)?;
                if replica.is_to_warn() {
                    self.notice(self.event(EventKind::Stale).reason(fault.to_string()));
                }
                Some(Ok(is_revoked))
            }
        }
    }

    /// Adds entries to the store, and to the replica, so that they count in this process at once.
    async fn revoke(&self, entries: &[Entry]) -> Result<(), FlowError> {
        self.store.revoke(entries, self.now).await?;
        if let Some(replica) = self.replica {
            replica.add(entries);
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

    /// Keeps a new login of this client. If its subject has too many, the oldest ends.
    async fn keep(&self, mut login: Login, client: ClientInfo) -> Result<SessionInfo, FlowError> {
        let address = client.ip_address.clone();
        login.session.ip_address = client.ip_address;
        login.session.user_agent = client.user_agent;
        login.session.device_info = client.device_info;
        if !self.store.insert(&login, self.now).await? {
            return Err(FlowError::Store("a new login has the identifier of another one".into()));
        }
        let session = login.session;
        if let Err(error) = self.end_surplus(&session.uid, &session.session_id).await {
            // Nobody gets its tokens. If this fails too, it ends unused.
            let _ = self.store.end(&session.session_id, "not begun").await;
            return Err(error);
        }
        let mut event =
            self.event(EventKind::LoggedIn).subject(&*session.uid).sid(&*session.session_id);
        event.client_address = address.or(event.client_address);
        self.notice(event);
        Ok(session)
    }
}

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
