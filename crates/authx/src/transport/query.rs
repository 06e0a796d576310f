//! A token in the query string (RFC 6750 section 2.3).

use std::borrow::Cow;

use super::request::only;
use crate::error::Malformed;

/// Whether there is a parameter `name`, even an empty one.
pub(super) fn is_present(name: &str, query: &[u8]) -> bool {
    form_urlencoded::parse(query).any(|(key, _)| key == name)
}

/// The value of the parameter `name`; an empty one is no token.
pub(super) fn value<'r>(name: &str, query: &'r [u8]) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    only(form_urlencoded::parse(query).filter(|(key, value)| key == name && !value.is_empty()).map(
        |(_, value)| match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
            Cow::Owned(value) => Cow::Owned(value.into_bytes()),
        },
    ))
}
