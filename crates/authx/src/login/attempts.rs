//! How often a login may fail.

use std::fmt;

use crate::config::Config;
use crate::rate_limit::{ClientAddress, RateLimit};

/// What is tried too often. Each is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// To log in with a wrong password.
    Login,
    /// To have a mail sent, whether or not there is such a user.
    Mail,
}

/// A limit that an attempt to log in counts against, until it succeeds.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptLimit {
    /// What a store counts the attempts under.
    pub key: String,
    /// How many may fail.
    pub limit: RateLimit,
}

/// From one address any names may be tried, so that a common password can't be tried on many names; a company's users
/// may share an address.
const TIMES_PER_ADDRESS: u64 = 10;

/// One name may be tried from any addresses, but so often that nobody can lock a user out from a few of them. With five
/// attempts from each address it is the number that NIST SP 800-63B section 5.2.2 allows for an account: 100.
const TIMES_PER_NAME: u64 = 20;

impl Config {
    /// The limits that an attempt to log in as this user counts against, the widest first: `JWT_MAX_FAILED_LOGINS`. None
    /// where the setting is unset. Where the client's address is unknown, only the limit of the name.
    ///
    /// An attempt counts before the password is tried, so that many at once don't pass a limit, and is given back when
    /// it has succeeded.
    #[must_use]
    pub fn attempt_limits(
        &self,
        what: Attempt,
        username: &str,
        client: Option<&ClientAddress>,
    ) -> Vec<AttemptLimit> {
        let Some(limit) = self.logins.failed_logins else { return Vec::new() };
        let what = match what {
            Attempt::Login => "failed logins",
            Attempt::Mail => "mails",
        };
        // Names that many applications take as one, and that would otherwise have as many limits as spellings.
        let name = username.trim().to_lowercase();
        let of_name = format!("{what}\nname\n{name}");
        let mut limits = vec![AttemptLimit::new(of_name, limit, TIMES_PER_NAME)];
        if let Some(client) = client {
            let client = client.rate_limit_key(self.rate_limit_ipv6_prefix);
            let of_client = format!("{what}\naddress\n{client}");
            limits.push(AttemptLimit::new(of_client, limit, TIMES_PER_ADDRESS));
            let of_both = format!("{what}\nboth\n{client}\n{name}");
            limits.push(AttemptLimit::new(of_both, limit, 1));
        }
        limits
    }
}

impl AttemptLimit {
    fn new(key: String, limit: RateLimit, times: u64) -> Self {
        Self { key, limit: limit.times(times) }
    }
}

/// Without the key: people type passwords into the field of their name.
impl fmt::Debug for AttemptLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AttemptLimit").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::Secret;

    use super::*;

    fn config(max: Option<usize>) -> Config {
        Config::builder()
            .secret_key(Secret::from("a secret of at least thirty-two bytes"))
            .max_failed_logins(max)
            .build()
            .expect("settings")
    }

    fn keys(username: &str, address: &str) -> Vec<String> {
        let client = ClientAddress::of_host(address);
        let limits = config(Some(5)).attempt_limits(Attempt::Login, username, client.as_ref());
        limits.into_iter().map(|limit| limit.key).collect()
    }

    #[test]
    fn without_the_setting_there_is_no_limit() {
        assert!(config(None).attempt_limits(Attempt::Login, "ada", None).is_empty());
    }

    #[test]
    fn a_name_an_address_and_both_have_limits_of_their_own() {
        let client = ClientAddress::of_host("192.0.2.1");
        let limits = config(Some(5)).attempt_limits(Attempt::Login, "ada", client.as_ref());
        let numbers: Vec<_> = limits.iter().map(|limit| limit.limit.max_requests()).collect();
        assert_eq!(numbers, [100, 50, 5]);
        let (ada, bob) = (keys("ada", "192.0.2.1"), keys("bob", "192.0.2.1"));
        assert!(ada[0] != bob[0] && ada[1] == bob[1] && ada[2] != bob[2]);
        let elsewhere = keys("ada", "192.0.2.2");
        assert!(ada[0] == elsewhere[0] && ada[1] != elsewhere[1] && ada[2] != elsewhere[2]);
        assert_eq!(keys("ada", "").len(), 1);
    }

    #[test]
    fn spellings_of_a_name_and_addresses_of_a_network_count_together() {
        assert_eq!(keys(" Ada\n", "2001:db8::1"), keys("ada", "2001:db8::2"));
        assert_ne!(keys("ada", "2001:db8::1"), keys("ada", "2001:db8:0:1::1"));
    }

    #[test]
    fn mails_count_by_themselves() {
        let [login, mail] = [Attempt::Login, Attempt::Mail]
            .map(|what| config(Some(5)).attempt_limits(what, "ada", None)[0].key.clone());
        assert_ne!(login, mail);
    }

    #[test]
    fn debug_shows_no_name() {
        let limits = config(Some(5)).attempt_limits(Attempt::Login, "hunter2", None);
        assert!(!format!("{limits:?}").contains("hunter2"));
    }
}
