//! The client's address in one form for all faces: for policies, and for the keys of rate limits.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The address of the client's end of a connection, as the server reports it.
///
/// A dual-stack socket reports an IPv4 client as an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2);
/// that is the same address as the IPv4 one.
///
/// ```
/// use authx::rate_limit::ClientAddress;
///
/// let address = ClientAddress::of_host("::ffff:192.0.2.1").ok_or("no address")?;
/// assert_eq!(address.to_string(), "192.0.2.1");
/// assert_eq!(address.rate_limit_key(64), "ratelimit:192.0.2.1");
///
/// let address = ClientAddress::of_host("2001:db8::8:800:200c:417a").ok_or("no address")?;
/// assert_eq!(address.rate_limit_key(64), "ratelimit:2001:db8::/64");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress(Host);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    /// What a server without IP sockets reports, such as the name of a test client.
    Named(String),
}

impl ClientAddress {
    /// The address that a server reports as a string. An empty string gives `None`: clients with unknown
    /// addresses must not share one rate limit.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        // The zone of a link-local address (RFC 4007 section 11) names an interface here, not the client.
        let without_zone = host.split_once('%').map_or(host, |(address, _)| address);
        match without_zone.parse::<IpAddr>() {
            Ok(address) => Some(address.into()),
            Err(_) if host.is_empty() => None,
            Err(_) => Some(Self(Host::Named(host.to_owned()))),
        }
    }

    /// The key under which a rate limit counts this client's requests.
    ///
    /// An IPv6 client usually has a whole /64 network and can change its address within it at will, so only
    /// the first `ipv6_prefix` bits count, at most 128 (`JWT_RATE_LIMIT_IPV6_PREFIX`).
    #[must_use]
    pub fn rate_limit_key(&self, ipv6_prefix: u8) -> String {
        match &self.0 {
            Host::Ip(IpAddr::V6(address)) if ipv6_prefix < 128 => {
                let network = network_of(*address, ipv6_prefix);
                format!("ratelimit:{network}/{ipv6_prefix}")
            }
            _ => format!("ratelimit:{self}"),
        }
    }
}

/// The key under which a rate limit counts the requests of a subject.
///
/// ```
/// assert_eq!(authx::rate_limit::subject_rate_limit_key("ada"), "ratelimit:subject:ada");
/// ```
#[must_use]
pub fn subject_rate_limit_key(subject: &str) -> String {
    format!("ratelimit:subject:{subject}")
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(Host::Ip(address.to_canonical()))
    }
}

/// The form that policies get as `client_ip`.
impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Host::Ip(address) => address.fmt(formatter),
            Host::Named(name) => formatter.write_str(name),
        }
    }
}

fn network_of(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_one_address_and_one_key() {
        for (host, name, key) in [
            ("192.0.2.1", "192.0.2.1", "ratelimit:192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1", "ratelimit:192.0.2.1"),
            ("::FFFF:c000:0201", "192.0.2.1", "ratelimit:192.0.2.1"),
            ("2001:DB8::1", "2001:db8::1", "ratelimit:2001:db8::/64"),
            ("2001:db8:0:0:ffff::1", "2001:db8::ffff:0:0:1", "ratelimit:2001:db8::/64"),
            ("2001:db8:0:1::1", "2001:db8:0:1::1", "ratelimit:2001:db8:0:1::/64"),
            ("fe80::1%eth0", "fe80::1", "ratelimit:fe80::/64"),
            ("testclient", "testclient", "ratelimit:testclient"),
        ] {
            let address = ClientAddress::of_host(host).expect("an address");
            assert_eq!(
                (address.to_string().as_str(), address.rate_limit_key(64).as_str()),
                (name, key)
            );
        }
        assert_eq!(ClientAddress::of_host(""), None);
    }

    #[test]
    fn clients_with_the_same_prefix_share_a_key() {
        let address = ClientAddress::of_host("2001:db8:1:2:3:4:5:6").expect("an address");
        for (prefix, key) in [
            (0, "ratelimit:::/0"),
            (1, "ratelimit:::/1"),
            (48, "ratelimit:2001:db8:1::/48"),
            (56, "ratelimit:2001:db8:1::/56"),
            (127, "ratelimit:2001:db8:1:2:3:4:5:6/127"),
            (128, "ratelimit:2001:db8:1:2:3:4:5:6"),
        ] {
            assert_eq!(address.rate_limit_key(prefix), key);
        }
    }
}
