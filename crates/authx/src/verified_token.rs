//! What a store gets to know about a verified token that it is asked about.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::time::Timestamp;
use crate::token::{self, Claims};
use crate::token_kind::TokenKind;

/// What a store gets to know about the token that it is asked about. The token passed every other check.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    spellings: Vec<String>,
    kind: TokenKind,
    sub: String,
    jti: Option<String>,
    sid: Option<String>,
    iat: Option<Timestamp>,
    exp: Option<Timestamp>,
}

impl VerifiedToken {
    pub(crate) fn new<C>(text: &[u8], claims: &Claims<C>, is_malleable: bool) -> Self {
        // A verified token has only base64url characters and dots, so nothing is lost.
        let text = String::from_utf8_lossy(text);
        Self {
            spellings: spellings(&text, is_malleable).map(Cow::into_owned).collect(),
            kind: claims.kind,
            sub: claims.sub.clone(),
            jti: claims.jti.clone(),
            sid: claims.sid.clone(),
            iat: claims.iat,
            exp: claims.exp,
        }
    }

    /// Every string that verifies as this token: first the one in the request, and for ECDSA its twin.
    #[must_use]
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// The token's type.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Who the token is about.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The token's identifier. Every token that the engine issues has one.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.jti.as_deref()
    }

    /// The session that the token belongs to, if any.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When the token was issued. Every token that the engine issues says so.
    #[must_use]
    pub fn iat(&self) -> Option<Timestamp> {
        self.iat
    }

    /// When the token expires. It is accepted for `JWT_DECODE_LEEWAY` longer; after that a store may forget it.
    #[must_use]
    pub fn exp(&self) -> Option<Timestamp> {
        self.exp
    }

    /// The custom claims, for a store that needs them, such as one that revokes by tenant. They are read on demand:
    /// most stores go by [`jti`](Self::jti) or [`sid`](Self::sid). If `JWT_IDENTITY_CLAIM` isn't `sub`, the claim that
    /// it names is among them.
    ///
    /// ```
    /// # use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, Secret, SystemRandom};
    /// # use authx::{Timestamp, TokenKind};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Tenant {
    ///     tenant: u32,
    /// }
    ///
    /// # let secret = Secret::from("a secret of at least thirty-two bytes");
    /// # let engine = Engine::new(Config::builder().secret_key(secret).build()?);
    /// # let now = Timestamp::from(std::time::SystemTime::now());
    /// let token = NewToken::access("user123").claims(Tenant { tenant: 7 });
    /// let jwt = engine.issue(&token, now, &SystemRandom)?;
    /// let found = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
    /// let verified = engine.verify::<()>(&found, &Requirement::access(), now)?;
    /// assert_eq!(verified.token().custom_claims::<Tenant>()?.tenant, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnexpectedClaims`]: the claims don't fit `T`.
    pub fn custom_claims<T: DeserializeOwned>(&self) -> Result<T, Error> {
        token::custom_from_json(&token::payload_of(self.as_str())?)
    }

    /// The token's string, as in the request.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }
}

/// Does not show the token.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedToken")
            .field("kind", &self.kind)
            .field("jti", &self.jti)
            .finish_non_exhaustive()
    }
}

/// The strings that verify as the same token: itself, and for ECDSA its malleable twin.
pub(crate) fn spellings(jwt: &str, is_malleable: bool) -> impl Iterator<Item = Cow<'_, str>> {
    let twin = is_malleable.then(|| token::twin(jwt)).flatten();
    std::iter::once(Cow::Borrowed(jwt)).chain(twin.map(Cow::Owned))
}
