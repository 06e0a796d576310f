//! The claims of every contestant's token, and the keys that sign it.

use serde::{Deserialize, Serialize};

pub const SUBJECT: &str = "user-5f0b7c1e";
pub const ISSUER: &str = "accounts.example";
pub const JTI: &str = "0b9a3c52-6f0e-4f6e-9d53-8a3f1f2f7f10";
pub const CSRF: &str = "c1d2e3f4-1a2b-4c3d-8e9f-0a1b2c3d4e5f";
pub const LIFETIME_SECONDS: u64 = 15 * 60;
pub const SECRET: &str = "a secret of at least thirty-two bytes";

/// The custom claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub tenant: String,
    pub plan: u32,
    pub beta: bool,
}

impl Account {
    pub fn example() -> Self {
        Self { tenant: "north".to_owned(), plan: 3, beta: true }
    }
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Hs256,
    Rs256,
    Ps256,
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    pub const ALL: [Self; 5] = [Self::Hs256, Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    pub fn is_symmetric(self) -> bool {
        self == Self::Hs256
    }

    /// The key pair as PKCS#8 and SPKI.
    pub fn pem(self) -> (&'static str, &'static str) {
        macro_rules! pair {
            ($name:literal) => {
                (
                    include_str!(concat!("../../../tests/keys/", $name, ".pkcs8.pem")),
                    include_str!(concat!("../../../tests/keys/", $name, ".spki.pem")),
                )
            };
        }
        match self {
            Self::Hs256 => unreachable!("a secret is no key pair"),
            Self::Rs256 | Self::Ps256 => pair!("rsa"),
            Self::Es256 => pair!("p256"),
            Self::EdDsa => pair!("ed25519"),
        }
    }
}
