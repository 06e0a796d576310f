//! The engine as the Python module `authx._authx`. This crate converts types and raises errors as the
//! exception classes of `authx.exceptions`; all rules of authentication are in the engine.
//!
//! The classes and functions are documented in `python/authx/_authx.pyi`.

mod answer;
mod arguments;
mod bridge;
mod claim_value;
mod claims;
mod client_address;
mod clients;
mod engine;
mod errors;
mod events;
mod forking;
mod instant;
mod json;
mod keys;
mod login_type;
mod mailed;
mod memory_sessions;
mod opened_store;
mod policy;
mod policy_context;
mod policy_value;
mod rate_limit;
mod renewal;
mod request;
mod requirement;
mod security_scheme;
mod settings;
mod store;
mod stores;
mod tokens;
mod verified;

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

/// The module. It has no mutable global state, so it needs no GIL.
#[pymodule(gil_used = false)]
mod _authx {
    use pyo3::prelude::*;
    use pyo3::types::{PyDelta, PyMapping};

    #[pymodule_export]
    use super::answer::{error_message, error_types, failed_close, oversized_cookie};
    #[pymodule_export]
    use super::bridge::{BridgeProbe, Completions, stop_attaching};
    #[pymodule_export]
    use super::client_address::address_rate_limit_key;
    #[pymodule_export]
    use super::clients::{ClientRequest, Clients};
    #[pymodule_export]
    use super::engine::Engine;
    #[pymodule_export]
    use super::events::{event_kinds, events_of_errors};
    #[pymodule_export]
    use super::forking::{after_fork_in_child, after_fork_in_parent, before_fork};
    #[pymodule_export]
    use super::keys::{Key, KeyRing};
    #[pymodule_export]
    use super::login_type::check_login_type;
    #[pymodule_export]
    use super::mailed::{issue_mailed, read_mail_request, read_mailed_use};
    #[pymodule_export]
    use super::memory_sessions::PySessionTable;
    #[pymodule_export]
    use super::policy::{
        Policy, PolicyEvaluation, condition_matches, pattern_covers, read_policy, scopes_match,
    };
    #[pymodule_export]
    use super::policy_context::{circumstances, default_subject};
    #[pymodule_export]
    use super::rate_limit::{RateCounters, RateUsage, rate_limit_key, rate_usage};
    #[pymodule_export]
    use super::renewal::Renewal;
    #[pymodule_export]
    use super::request::selected_subprotocol;
    #[pymodule_export]
    use super::requirement::{Requirement, has_scopes};
    #[pymodule_export]
    use super::security_scheme::security_schemes;
    #[pymodule_export]
    use super::settings::{
        SettingReference, duration_seconds, misspelt_setting, read_setting, read_variable,
        setting_reference,
    };
    #[pymodule_export]
    use super::store::{LoginAttempt, Store};
    #[pymodule_export]
    use super::stores::{RefreshCandidate, Stores};
    #[pymodule_export]
    use super::tokens::{
        FoundToken, check_unverified, decode_unverified, read_credentials, token_header,
    };
    #[pymodule_export]
    use super::verified::{
        Admitted, FirstUseQuestion, LoginQuestion, RevocationQuestion, SessionQuestion,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::refuse_other_interpreters(module.py())?;
        // PyO3 looks these classes up at the first use, and takes a lock without the GIL (see `forking`).
        let none = module.py().None();
        let _ = none.bind(module.py()).cast::<PyMapping>();
        let _ = none.bind(module.py()).cast::<PyDelta>();
        module.add("INACTIVE", authx::oauth::INACTIVE)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// The Python objects that this crate keeps, and the room of its futures, belong to the first interpreter.
fn refuse_other_interpreters(py: Python<'_>) -> PyResult<()> {
    static FIRST: AtomicUsize = AtomicUsize::new(0);
    // Each interpreter has a module `sys` of its own.
    let this = py.import("sys")?.as_ptr() as usize;
    match FIRST.compare_exchange(0, this, Ordering::SeqCst, Ordering::SeqCst) {
        Err(first) if first != this => Err(PyImportError::new_err(
            "authx can be imported in one interpreter of a process only, so not in a subinterpreter too",
        )),
        _ => Ok(()),
    }
}
