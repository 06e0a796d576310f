//! The type of a token.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a token is for, its claim `type`. One never passes for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Opens protected routes.
    Access,
    /// Buys new access tokens, and nothing else.
    Refresh,
}

impl TokenKind {
    /// The claim's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that is no token type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTokenKind;

impl fmt::Display for UnknownTokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a token type is 'access' or 'refresh'")
    }
}

impl std::error::Error for UnknownTokenKind {}

impl FromStr for TokenKind {
    type Err = UnknownTokenKind;

    fn from_str(text: &str) -> Result<Self, UnknownTokenKind> {
        match text {
            "access" => Ok(Self::Access),
            "refresh" => Ok(Self::Refresh),
            _ => Err(UnknownTokenKind),
        }
    }
}
