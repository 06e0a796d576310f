//! [`UnavailableStore`]: a store that gives no answer, in the place of one that could not be opened.

use authx::Timestamp;
use authx::login::LoginState;
use authx::rate_limit::{RateLimit, Usage};
use authx::revocation::{Entry, EntryKey};

use crate::{BoxFuture, CounterStore, Login, LoginStore, RevocationStore, StoreError};

/// Fails at every question with the same reason, so that whatever depends on it is refused.
///
/// ```
/// use authx_store::unavailable::UnavailableStore;
///
/// let store = UnavailableStore::new("JWT_STORE_URL: the file can't be opened");
/// ```
#[derive(Clone, Debug)]
pub struct UnavailableStore {
    reason: String,
}

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl UnavailableStore {
    /// With the reason that its errors give.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    fn fail<T: Send + 'static>(&self) -> Answer<'_, T> {
        let error = StoreError::from(self.reason.as_str());
        Box::pin(std::future::ready(Err(error)))
    }
}

impl RevocationStore for UnavailableStore {
    fn revoke<'a>(&'a self, _: &'a [Entry], _: Timestamp) -> Answer<'a, ()> {
        self.fail()
    }

    fn revoke_once<'a>(&'a self, _: &'a Entry, _: Timestamp) -> Answer<'a, bool> {
        self.fail()
    }

    fn find<'a>(&'a self, _: &'a [EntryKey], _: Timestamp) -> Answer<'a, Vec<Entry>> {
        self.fail()
    }
}

impl LoginStore for UnavailableStore {
    fn insert<'a>(&'a self, _: &'a Login, _: Timestamp) -> Answer<'a, bool> {
        self.fail()
    }

    fn get<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Option<Login>> {
        self.fail()
    }

    fn advance<'a>(
        &'a self,
        _: &'a str,
        _: u32,
        _: &'a LoginState,
        _: Timestamp,
    ) -> Answer<'a, bool> {
        self.fail()
    }

    fn touch<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, ()> {
        self.fail()
    }

    fn end<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        self.fail()
    }

    fn list<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Vec<Login>> {
        self.fail()
    }
}

impl CounterStore for UnavailableStore {
    fn count<'a>(&'a self, _: &'a str, _: RateLimit, _: Timestamp) -> Answer<'a, Usage> {
        self.fail()
    }

    fn give_back<'a>(&'a self, _: &'a str, _: RateLimit, _: Timestamp) -> Answer<'a, ()> {
        self.fail()
    }

    fn reset<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        self.fail()
    }
}
