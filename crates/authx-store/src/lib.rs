//! What AuthX keeps between requests: revocations, sessions, and the counters of rate limits.
//!
//! Each use has a small trait: [`RevocationStore`], [`LoginStore`] and [`CounterStore`], which together are a [`Store`].
//! The module [`memory`] implements them for one process, the module `sqlite` (a feature) for the processes of one
//! machine, and [`open`] opens either by its URL. A store only saves state and looks it up; the engine decides what that means for a token
//! (`authx::Verified`, `authx::login`, `authx::revocation`, `authx::rate_limit`), and [`Flow`] calls both.
//!
//! Applications with tables of their own may implement [`Revocation`], the question alone, and [`SessionStore`].
//!
//! A store has no clock: its caller passes in the time. So a service can use one clock for everything, and tests
//! can stop it.
//!
//! # Implementing a store
//!
//! ```
//! use authx::Timestamp;
//! use authx::rate_limit::{RateLimit, RequestLog, Usage};
//! use authx_store::{BoxFuture, CounterStore, StoreError};
//!
//! # #[derive(Clone)]
//! # struct Connection;
//! # impl Connection {
//! #     async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, std::io::Error> { Ok(None) }
//! #     async fn swap(&self, _: &str, _: Option<&[u8]>, _: &[u8], _: Timestamp) -> Result<bool, std::io::Error> { Ok(true) }
//! #     async fn delete_all(&self, _: &str) -> Result<(), std::io::Error> { Ok(()) }
//! # }
//! struct SharedCounters {
//!     connection: Connection,
//! }
//!
//! impl SharedCounters {
//!     /// Changes a log in one step: what was read is replaced only while it is still there.
//!     async fn change<T>(
//!         &self,
//!         key: &str,
//!         limit: RateLimit,
//!         change: impl Fn(&mut RequestLog) -> T,
//!     ) -> Result<T, StoreError> {
//!         let name = format!("{key} {}", limit.window().as_micros());
//!         loop {
//!             let read = self.connection.get(&name).await?;
//!             let mut log = RequestLog::from_bytes(read.as_deref().unwrap_or_default())?;
//!             let result = change(&mut log);
//!             let ends_at = log.ends_at(limit.window());
//!             if self.connection.swap(&name, read.as_deref(), &log.to_bytes(), ends_at).await? {
//!                 return Ok(result);
//!             }
//!         }
//!     }
//! }
//!
//! impl CounterStore for SharedCounters {
//!     fn count<'a>(
//!         &'a self,
//!         key: &'a str,
//!         limit: RateLimit,
//!         now: Timestamp,
//!     ) -> BoxFuture<'a, Result<Usage, StoreError>> {
//!         Box::pin(self.change(key, limit, move |log| log.count(limit, now)))
//!     }
//!
//!     fn give_back<'a>(
//!         &'a self,
//!         key: &'a str,
//!         limit: RateLimit,
//!         counted_at: Timestamp,
//!     ) -> BoxFuture<'a, Result<(), StoreError>> {
//!         Box::pin(self.change(key, limit, move |log| log.give_back(counted_at)))
//!     }
//!
//!     fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
//!         Box::pin(async move { Ok(self.connection.delete_all(key).await?) })
//!     }
//! }
//! ```
//!
//! With the feature `conformance`, the module `conformance` checks that an implementation keeps the contracts in
//! the documentation of the traits' methods.

#![forbid(unsafe_code)]

/// The README, so that its example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(feature = "conformance")]
pub mod conformance;
mod counters;
mod entries;
mod flow;
mod instant;
mod locks;
mod logins;
pub mod memory;
mod open;
mod replica;
pub mod revocation;
mod sessions;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod unavailable;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

pub use counters::CounterStore;
pub use entries::{Cursor, Look, RevocationStore};
pub use flow::{ClientInfo, Flow, FlowError, IssuedPair, LoginAttempt, Logout, TokenIdentity};
pub use logins::{Login, LoginStore};
pub use open::{OpenError, open};
pub use replica::Replica;
pub use revocation::Revocation;
pub use sessions::{SessionInfo, SessionStore, SessionTooLarge};

/// A boxed future, so that the traits can be used as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A store for all uses. Implemented for every type that fits.
pub trait Store: RevocationStore + LoginStore + CounterStore {}

impl<T: RevocationStore + LoginStore + CounterStore + ?Sized> Store for T {}

/// Why a store failed. The request is then refused.
pub type StoreError = Box<dyn Error + Send + Sync>;
