//! Shared by the benchmarks of the engine and of the axum crate.

pub mod backend;
pub mod harness;
