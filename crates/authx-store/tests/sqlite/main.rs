//! The store in a SQLite file, from the outside.
//!
//! `AUTHX_STORE_ROUNDS=20` runs the tests with several processes and the random ones for twenty times as long.

mod conforms;
mod failures;
mod life;
mod processes;
mod random_calls;
mod replicas;
mod speed;
mod support;
