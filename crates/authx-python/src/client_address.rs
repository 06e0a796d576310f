//! The client's address as a key for rate limits.

use authx::rate_limit::ClientAddress;
use pyo3::prelude::*;

/// See `address_rate_limit_key` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn address_rate_limit_key(host: &str, ipv6_prefix: u8) -> Option<String> {
    Some(ClientAddress::of_host(host)?.rate_limit_key(ipv6_prefix))
}
