//! The address of the client's end of the connection.

use authx::ClientAddress;
use http::request::Parts;

/// The client's address as axum's server knows it, where the service was made with
/// `into_make_service_with_connect_info`. Behind a proxy it is the proxy's.
#[cfg(feature = "connect-info")]
pub(crate) fn client_address(parts: &Parts) -> Option<ClientAddress> {
    use axum::extract::connect_info::{ConnectInfo, MockConnectInfo};
    use std::net::SocketAddr;

    let extensions = &parts.extensions;
    let served = extensions.get().map(|ConnectInfo::<SocketAddr>(address)| address);
    let mocked = || extensions.get().map(|MockConnectInfo::<SocketAddr>(address)| address);
    let address = served.or_else(mocked)?;
    Some(address.ip().into())
}

/// Only the feature `connect-info` knows addresses.
#[cfg(not(feature = "connect-info"))]
pub(crate) fn client_address(_: &Parts) -> Option<ClientAddress> {
    None
}

/// A request that comes from this address, as axum's server marks it.
#[cfg(all(test, feature = "connect-info"))]
pub(crate) fn from_address<B>(address: &str, mut request: http::Request<B>) -> http::Request<B> {
    let address: std::net::SocketAddr = address.parse().expect("an address with a port");
    request.extensions_mut().insert(axum::extract::ConnectInfo(address));
    request
}
