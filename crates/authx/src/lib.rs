//! JSON Web Tokens for web applications: issuing, reading from requests, verifying, refreshing and revoking.
//!
//! A sans-I/O engine. It reads no clock, uses no randomness of the system and asks no store by itself: the
//! caller passes in the time and the randomness, and asks its stores about revocation. Each face, the
//! integration with one web framework, translates requests for the engine and its answers into responses.
//!
//! ```
//! use authx::{Config, Engine, Location, NewToken, Request, Requirement, Secret, Step, Stores};
//! use authx::{SystemRandom, Timestamp};
//! use std::time::SystemTime;
//!
//! let config = Config::builder()
//!     .secret_key(Secret::from("a secret of at least thirty-two bytes"))
//!     .token_location([Location::Headers, Location::Cookies])
//!     .build()?;
//! let engine = Engine::new(config);
//! let now = Timestamp::from(SystemTime::now());
//!
//! let token = engine.issue(&NewToken::access("user123").scopes(["users:read"]), now, &SystemRandom)?;
//!
//! let headers = [("Authorization", format!("Bearer {token}"))];
//! let request = Request::new("GET", headers.as_slice());
//! let requirement = Requirement::access();
//! let found = engine.find_token(&request, &requirement)?;
//! let verified = engine.verify::<()>(&found, &requirement, now)?;
//! // A service with a store of revoked tokens asks the store here.
//! let Step::Admitted(claims) = verified.ask(Stores::default()) else { unreachable!("there is no store") };
//! assert_eq!(claims.sub, "user123");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What almost every caller needs is at the top; the rest is in the module that it belongs to, in the order in which
//! a token passes through them: [`config`] and [`key`] make an [`Engine`]; [`token`] has claims and the codec;
//! [`transport`] finds a token in a request and writes cookies; [`verify`] checks it and asks the stores; [`session`],
//! [`policy`] and [`rate_limit`] decide what else a request needs; [`refresh`] replaces a cookie's token; [`error`]
//! says why a request is refused, and [`answer`] is the HTTP response to that.
//!
//! # Features
//!
//! Both are on by default. A service that only verifies tokens compiles less without them.
//!
//! - `policy-files`: policies from TOML and JSON.
//! - `verification-cache`: `JWT_VERIFICATION_CACHE_ENTRIES`. Without the feature that setting is an error.
//! - `http` (off by default): [`transport::Headers`] for the header map of the crate `http`.

#![forbid(unsafe_code)]

/// The README, so that its example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod answer;
mod base64url;
mod client_address;
mod clock;
pub mod config;
mod engine;
pub mod error;
mod error_type;
pub mod event;
mod form;
mod issue;
mod issue_error;
pub mod key;
mod location;
pub mod login;
mod login_type;
pub mod oauth;
pub mod policy;
pub mod random;
pub mod rate_limit;
pub mod refresh;
mod requirement;
pub mod revocation;
mod scope;
pub mod session;
mod time;
pub mod token;
mod token_kind;
pub mod transport;
mod verification_cache;
mod verified;
mod verified_token;
pub mod verify;
mod verify_any;
mod websocket;

pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigBuilder, ConfigError};
pub use engine::Engine;
pub use error::Error;
pub use issue::NewToken;
pub use issue_error::IssueError;
pub use key::{Algorithm, Key, KeyRing, Secret};
pub use location::Location;
pub use random::SystemRandom;
pub use requirement::{CsrfCheck, Requirement};
pub use scope::RequiredScopes;
pub use time::Timestamp;
pub use token::Claims;
pub use token_kind::TokenKind;
pub use transport::{Request, RequestToken};
pub use verified::{Step, Stores, Verified};
