//! One example for each thing that a service does with tokens. AuthX's documentation has the same examples
//! for the Python package, under the same headings.
//!
//! Each is a file of `examples/specification`; `cargo run --example specification` serves them.
//!
//! # Creating tokens
//!
//! ```
#![doc = include_str!("../examples/specification/creating_tokens.rs")]
//! ```
//!
//! # Protecting routes
//!
//! ```
#![doc = include_str!("../examples/specification/access_token_required.rs")]
//! ```
//!
//! ```
#![doc = include_str!("../examples/specification/refresh_token_required.rs")]
//! ```
//!
//! ```
#![doc = include_str!("../examples/specification/fresh_token_required.rs")]
//! ```
//!
//! # Verifying by hand
//!
//! ```
#![doc = include_str!("../examples/specification/token_verification.rs")]
//! ```
//!
//! # Scopes
//!
//! ```
#![doc = include_str!("../examples/specification/scope_based_authorization.rs")]
//! ```
//!
//! # Revocation
//!
//! ```
#![doc = include_str!("../examples/specification/token_revocation_sync.rs")]
//! ```
//!
//! ```
#![doc = include_str!("../examples/specification/token_revocation_async.rs")]
//! ```
//!
//! # Implicit refresh
//!
//! ```
#![doc = include_str!("../examples/specification/implicit_token_refresh.rs")]
//! ```
//!
//! # The current user
//!
//! ```
#![doc = include_str!("../examples/specification/current_user.rs")]
//! ```
