//! What AuthX keeps between requests: revocations, sessions, and the counters of rate limits.
//!
//! Each use has a trait with the least methods it needs: [`Revocation`] and [`RevocationStore`],
//! [`SessionStore`], [`CounterStore`]. The module [`memory`] implements them for one process. A store keeps
//! and finds; what its answers mean for a token is the engine's decision (`authx::Verified`,
//! `authx::RateLimit`).
//!
//! A store has no clock. Whoever asks it says what time it is, so that one clock decides in a service, and
//! tests can stop it.
//!
//! # A store of one's own
//!
//! ```
//! use authx::{Counted, Timestamp};
//! use authx_store::{BoxFuture, CounterStore, StoreError};
//! use std::time::Duration;
//!
//! # #[derive(Clone)]
//! # struct Connection;
//! # impl Connection {
//! #     async fn increment(&self, _: &str, _: Duration) -> Result<u64, std::io::Error> { Ok(1) }
//! #     async fn delete(&self, _: &str) -> Result<(), std::io::Error> { Ok(()) }
//! # }
//! struct SharedCounters {
//!     connection: Connection,
//! }
//!
//! impl CounterStore for SharedCounters {
//!     fn increment<'a>(
//!         &'a self,
//!         key: &'a str,
//!         window: Duration,
//!         _now: Timestamp,
//!     ) -> BoxFuture<'a, Result<Counted, StoreError>> {
//!         Box::pin(async move {
//!             let requests = self.connection.increment(key, window).await?;
//!             Ok(Counted { requests, time_left: None })
//!         })
//!     }
//!
//!     fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
//!         Box::pin(async move { Ok(self.connection.delete(key).await?) })
//!     }
//! }
//! ```
//!
//! With the feature `conformance`, the module `conformance` checks that an implementation keeps the
//! contracts that stand at the traits' methods.

#![forbid(unsafe_code)]

/// The front page of the package, so that its example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(feature = "conformance")]
pub mod conformance;
mod counters;
pub mod memory;
pub mod revocation;
mod sessions;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

pub use counters::CounterStore;
pub use revocation::{Revocation, RevocationStore};
pub use sessions::{SessionInfo, SessionStore, SessionTooLarge};

/// A future in a box, as a trait object's methods return them.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a store has no answer. In doubt a request is refused.
pub type StoreError = Box<dyn Error + Send + Sync>;
