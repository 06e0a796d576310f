//! The engine as the Python module `authx._authx`: types converted, errors raised as the exception
//! classes of `authx.exceptions`, and no rule of authentication.
//!
//! What each class and function does is said once, in `python/authx/_authx.pyi`.

mod claim_value;
mod claims;
mod engine;
mod errors;
mod json;
mod login_type;
mod policy;
mod policy_value;
mod rate_limit;
mod request;
mod requirement;
mod settings;
mod tokens;

use pyo3::prelude::*;

/// The module. It keeps no state of its own, so it needs no global lock.
#[pymodule(gil_used = false)]
mod _authx {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::engine::Engine;
    #[pymodule_export]
    use super::login_type::{check_login_type, verify_among};
    #[pymodule_export]
    use super::policy::{
        Policy, PolicyEvaluation, condition_matches, pattern_covers, read_policy, scopes_match,
    };
    #[pymodule_export]
    use super::rate_limit::{RateCounters, check_rate};
    #[pymodule_export]
    use super::requirement::{Requirement, has_scopes};
    #[pymodule_export]
    use super::tokens::{
        FoundToken, RefreshCandidate, Verified, decode_unverified, socket_close, token_header,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
