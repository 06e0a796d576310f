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
//! The modules, in the order in which a token passes through them: `config` (settings to a checked [`Config`]),
//! `key` ([`Key`], [`KeyRing`]), `issue` ([`NewToken`]), `token` (the codec, [`Claims`]), `transport`
//! ([`Request`], [`RequestToken`], cookies, CSRF), `verify` ([`Requirement`] and the ordered checks),
//! `verification_cache` (verified tokens, opt-in),
//! `login_type` (several logins of one application), `scope`, `session`, `policy` ([`Policy`], rules over
//! attributes), `refresh` (implicit refresh), `websocket`, `rate_limit`, `error` (why a request is refused), `answer` (the HTTP response to it), `time`
//! and `random`.

#![forbid(unsafe_code)]

/// The README, so that its example is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod answer;
mod base64url;
mod client_address;
mod clock;
mod config;
mod engine;
mod error;
mod error_type;
mod issue;
mod key;
mod location;
mod login_type;
mod policy;
mod random;
mod rate_limit;
mod refresh;
mod requirement;
mod scope;
mod session;
mod time;
mod token;
mod token_kind;
mod transport;
mod verification_cache;
mod verified;
mod verify;
mod websocket;

pub use answer::{Answer, ErrorDetails, ReportedError, SocketClose};
pub use client_address::{ClientAddress, subject_rate_limit_key};
pub use clock::{Clock, SystemClock};
pub use config::{
    Config, ConfigBuilder, ConfigError, SETTING_NAMES, SameSite, SecurityScheme,
    SecuritySchemePlace, SettingGroup, SettingReference, SettingValue, TokenLifetime,
    setting_reference,
};
pub use engine::Engine;
pub use error::{Error, Malformed};
pub use error_type::{ErrorType, UnknownErrorType};
pub use issue::{IssueError, NewToken};
pub use key::{
    Algorithm, Key, KeyError, KeyKind, KeyRing, KeyRingError, Kid, Secret, UnknownAlgorithm,
};
pub use location::{Location, UnknownLocation};
pub use policy::{
    Attribute, AttributePath, AttributeValues, Attributes, Circumstances, Policy, PolicyCondition,
    PolicyContext, PolicyDecision, PolicyEffect, PolicyEvaluation, PolicyFileError, PolicyOperator,
    PolicyRule, PolicySource, PolicyStep, default_subject, pattern_covers,
};
pub use random::{Random, RandomUnavailable, SystemRandom};
pub use rate_limit::{Counted, RateLimit, RateLimitError};
pub use refresh::{NoRefresh, Outcome};
pub use requirement::{CsrfCheck, Requirement};
pub use scope::RequiredScopes;
pub use session::{SessionState, new_session_id};
pub use time::Timestamp;
pub use token::{
    Audience, Claims, CsrfToken, CustomClaims, JsonClaims, decode_unverified_header,
    decode_unverified_payload, verify_signature,
};
pub use token_kind::{TokenKind, UnknownTokenKind};
pub use transport::{BodyWanted, CsrfProof, Headers, Request, RequestToken};
pub use verification_cache::CacheStatistics;
pub use verified::{RevocationQuestion, SessionQuestion, Step, Stores, Verified, VerifiedToken};
pub use verify::check_login_type;
