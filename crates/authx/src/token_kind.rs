//! The type of a token.

use std::fmt;
use std::str::FromStr;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a token is for, its claim `type`. A token of one type is never accepted as another (RFC 8725 section 3.12).
///
/// ```
/// use authx::TokenKind;
///
/// let reset: TokenKind = "password_reset".parse()?;
/// assert_eq!(reset.as_str(), "password_reset");
/// assert_eq!("access".parse(), Ok(TokenKind::Access));
/// # Ok::<(), authx::token::UnfitTokenKind>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// For protected routes.
    Access,
    /// Exchanged for new access tokens, and good for nothing else.
    Refresh,
    /// A type of the application's own, such as `password_reset`. Parse its name to get it.
    Custom(CustomKind),
}

/// The name of a token type of the application's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CustomKind {
    length: u8,
    /// In place, so that a type is copied like a number. The rest is zero.
    bytes: [u8; CustomKind::LONGEST],
}

impl CustomKind {
    /// The longest name, in bytes of UTF-8.
    pub const LONGEST: usize = 30;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It was copied from a string, so it is UTF-8.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    const fn named(name: &[u8]) -> Option<Self> {
        let is_misspelt = is_spelling_of(name, b"access") || is_spelling_of(name, b"refresh");
        if name.is_empty() || name.len() > Self::LONGEST || is_misspelt {
            return None;
        }
        let mut bytes = [0; Self::LONGEST];
        let mut index = 0;
        while index < name.len() {
            let is_blank_or_control = name[index] <= b' ' || name[index] == 0x7f;
            if is_blank_or_control {
                return None;
            }
            bytes[index] = name[index];
            index += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is at most LONGEST")]
        Some(Self { length: name.len() as u8, bytes })
    }
}

/// Whether the strings are equal without regard to case.
const fn is_spelling_of(name: &[u8], word: &[u8]) -> bool {
    let mut index = 0;
    while index < name.len() && index < word.len() {
        if name[index].to_ascii_lowercase() != word[index] {
            return false;
        }
        index += 1;
    }
    name.len() == word.len()
}

impl fmt::Debug for CustomKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl TokenKind {
    /// The type of this name. As parsing it, and also for constants.
    ///
    /// # Errors
    ///
    /// The name is empty, longer than 30 bytes, has blanks or control characters, or is `access` or `refresh` in other
    /// case.
    pub const fn named(name: &str) -> Result<Self, UnfitTokenKind> {
        match name.as_bytes() {
            b"access" => Ok(Self::Access),
            b"refresh" => Ok(Self::Refresh),
            name => match CustomKind::named(name) {
                Some(name) => Ok(Self::Custom(name)),
                None => Err(UnfitTokenKind),
            },
        }
    }

    /// The claim's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Custom(name) => name.as_str(),
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A string that can't be a token type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfitTokenKind;

impl UnfitTokenKind {
    const REASON: &'static str =
        "a token type is 'access', 'refresh', or another name of 1 to 30 bytes without blanks";
}

impl fmt::Display for UnfitTokenKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::REASON)
    }
}

impl std::error::Error for UnfitTokenKind {}

impl FromStr for TokenKind {
    type Err = UnfitTokenKind;

    fn from_str(name: &str) -> Result<Self, UnfitTokenKind> {
        Self::named(name)
    }
}

impl Serialize for TokenKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TokenKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KindVisitor)
    }
}

struct KindVisitor;

impl Visitor<'_> for KindVisitor {
    type Value = TokenKind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(UnfitTokenKind::REASON)
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<TokenKind, E> {
        name.parse().map_err(|_| E::invalid_value(Unexpected::Str(name), &self))
    }
}
