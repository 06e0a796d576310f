//! A token that a request carries, not verified yet.

use std::borrow::Cow;
use std::fmt;

use crate::location::Location;
use crate::token_kind::TokenKind;

/// A token as found in a request, not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestToken<'r> {
    pub(crate) text: Cow<'r, [u8]>,
    pub(crate) kind: TokenKind,
    pub(crate) location: Location,
    pub(crate) csrf: CsrfProof<'r>,
}

/// The CSRF value that a request presents, and whether it has to.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CsrfProof<'r> {
    /// The value that the request presents.
    pub presented: Option<Cow<'r, [u8]>>,
    /// Whether location, method and configuration require it.
    pub required: bool,
}

impl<'r> RequestToken<'r> {
    /// A token from somewhere else than a [`Request`](super::Request), such as a WebSocket's first message.
    /// With [`Location::Cookies`], a CSRF value is required.
    pub fn new(text: impl Into<Cow<'r, str>>, kind: TokenKind, location: Location) -> Self {
        let text = match text.into() {
            Cow::Borrowed(string) => Cow::Borrowed(string.as_bytes()),
            Cow::Owned(string) => Cow::Owned(string.into_bytes()),
        };
        let csrf = CsrfProof { presented: None, required: location == Location::Cookies };
        Self { text, kind, location, csrf }
    }

    /// The token with the CSRF value that the request presents.
    #[must_use]
    pub fn with_csrf(mut self, csrf: CsrfProof<'r>) -> Self {
        self.csrf = csrf;
        self
    }

    /// The token without borrows from the request, to keep it while the request is processed.
    #[must_use]
    pub fn into_owned(self) -> RequestToken<'static> {
        let owned = |bytes: Cow<'r, [u8]>| Cow::Owned(bytes.into_owned());
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

    /// The token's bytes as they are in the request, which need not be UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The type that was looked for; the token's `type` claim may differ.
    #[must_use]
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Where the token was found.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location
    }

    /// The CSRF value that the request presents, and whether it has to.
    #[must_use]
    pub fn csrf(&self) -> &CsrfProof<'r> {
        &self.csrf
    }
}

/// Leaves out the token and the CSRF value.
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
