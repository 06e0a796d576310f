//! What the benchmarks of the engine and those of the axum face have in common.

pub mod backend;
pub mod harness;
