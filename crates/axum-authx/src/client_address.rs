//! The address of the client's end of the connection.

use authx::rate_limit::ClientAddress;
use http::request::Parts;

/// The address of the connection's peer, if the router is served with
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

/// Without the feature `connect-info` there are no addresses.
#[cfg(not(feature = "connect-info"))]
pub(crate) fn client_address(_: &Parts) -> Option<ClientAddress> {
    None
}

/// A request from this address, in the extension that axum's server sets.
#[cfg(all(test, feature = "connect-info"))]
pub(crate) fn from_address<B>(address: &str, mut request: http::Request<B>) -> http::Request<B> {
    let address: std::net::SocketAddr = address.parse().expect("an address with a port");
    request.extensions_mut().insert(axum::extract::ConnectInfo(address));
    request
}
