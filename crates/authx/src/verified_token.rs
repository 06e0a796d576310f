//! What a store is told of a token that it is asked about.

use std::fmt;

use crate::engine::Engine;
use crate::time::Timestamp;
use crate::token::Claims;
use crate::token_kind::TokenKind;
use crate::transport::RequestToken;

/// A token that passed every check of the engine's.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    spellings: Vec<String>,
    kind: TokenKind,
    sub: String,
    jti: Option<String>,
    sid: Option<String>,
    exp: Option<Timestamp>,
    session_matters: bool,
}

impl VerifiedToken {
    /// A token that was found in a request.
    pub fn of<C>(engine: &Engine, token: &RequestToken<'_>, claims: &Claims<C>) -> Self {
        // What verified is base64url and dots.
        Self::new(engine, &String::from_utf8_lossy(token.text()), claims)
    }

    /// A token with these claims.
    pub fn new<C>(engine: &Engine, text: &str, claims: &Claims<C>) -> Self {
        Self {
            spellings: engine.spellings(text).into_iter().map(Into::into).collect(),
            kind: claims.kind,
            sub: claims.sub.clone(),
            jti: claims.jti.clone(),
            sid: claims.sid.clone(),
            exp: claims.exp,
            session_matters: engine.session_in_question(claims).is_some(),
        }
    }

    /// Every text that verifies as this token: the one in the request first, and for ECDSA its twin.
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

    /// The token's own identifier. The engine gives one to every token that it issues.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.jti.as_deref()
    }

    /// The session that the token belongs to, if any.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// When the token ends. A store may forget it after this and `JWT_DECODE_LEEWAY`, for as long it is
    /// accepted.
    #[must_use]
    pub fn exp(&self) -> Option<Timestamp> {
        self.exp
    }

    /// The session that has to be asked about.
    #[must_use]
    pub fn session_in_question(&self) -> Option<&str> {
        self.sid.as_deref().filter(|_| self.session_matters)
    }

    /// The request's own spelling.
    #[must_use]
    pub fn text(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }
}

/// Without the token.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedToken")
            .field("kind", &self.kind)
            .field("jti", &self.jti)
            .finish_non_exhaustive()
    }
}
