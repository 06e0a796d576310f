//! A token that a request carries, not verified yet.

use std::borrow::Cow;
use std::fmt;

use crate::location::Location;
use crate::token_kind::TokenKind;

/// A token as a request carries it: a claim that nobody has verified.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestToken<'r> {
    pub(crate) text: Cow<'r, [u8]>,
    pub(crate) kind: TokenKind,
    pub(crate) location: Location,
    pub(crate) csrf: CsrfProof<'r>,
}

/// What a request shows of its token's CSRF value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CsrfProof<'r> {
    /// The value that the request repeats.
    pub presented: Option<Cow<'r, [u8]>>,
    /// Whether location, method and configuration ask for it.
    pub required: bool,
}

impl<'r> RequestToken<'r> {
    /// A token from somewhere else than a [`Request`](super::Request), such as a WebSocket's first message. In a
    /// cookie, it must prove its CSRF value.
    pub fn new(text: impl Into<Cow<'r, str>>, kind: TokenKind, location: Location) -> Self {
        let text = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        let csrf = CsrfProof { presented: None, required: location == Location::Cookies };
        Self { text, kind, location, csrf }
    }

    /// The token with what the request shows of its CSRF value.
    #[must_use]
    pub fn with_csrf(mut self, csrf: CsrfProof<'r>) -> Self {
        self.csrf = csrf;
        self
    }

    /// The token apart from its request, to keep it while the request goes on.
    #[must_use]
    pub fn into_owned(self) -> RequestToken<'static> {
        let owned = |text: Cow<'r, [u8]>| Cow::Owned(text.into_owned());
        RequestToken {
            text: owned(self.text),
            kind: self.kind,
            location: self.location,
            csrf: CsrfProof {
                presented: self.csrf.presented.map(owned),
                required: self.csrf.required,
            },
        }
    }

    /// The text, whatever bytes the request has there.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The type that was looked for; the token itself may say otherwise.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Where the token was found.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location
    }

    /// What the request shows of the CSRF value.
    #[must_use]
    pub fn csrf(&self) -> &CsrfProof<'r> {
        &self.csrf
    }
}

/// Without the token and the CSRF value.
impl fmt::Debug for RequestToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestToken")
            .field("kind", &self.kind)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CsrfProof<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CsrfProof")
            .field("presented", &self.presented.is_some())
            .field("required", &self.required)
            .finish()
    }
}
