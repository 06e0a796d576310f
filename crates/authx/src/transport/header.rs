//! A token in a header (RFC 6750 section 2.1, RFC 9110 section 11.6.2).

use std::borrow::Cow;

use super::request::{Headers, only};
use crate::config::Config;
use crate::error::Malformed;

/// The token in the configured header; `None` where it has another scheme or no credentials.
pub(super) fn token<'r, H: Headers + ?Sized>(
    config: &Config,
    headers: &'r H,
) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    only(
        headers
            .values(&config.header_name)
            .filter_map(|value| credentials(&config.header_type, value))
            .map(Cow::Borrowed),
    )
}

/// What follows the scheme and its spaces; with an empty scheme, the whole value.
fn credentials<'r>(scheme: &str, value: &'r [u8]) -> Option<&'r [u8]> {
    let token = if scheme.is_empty() {
        value
    } else {
        let (start, rest) = value.split_at_checked(scheme.len())?;
        if !start.eq_ignore_ascii_case(scheme.as_bytes()) {
            return None;
        }
        let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
        if spaces == 0 {
            return None;
        }
        &rest[spaces..]
    };
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_compared_without_case_and_followed_by_spaces() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc", Some("abc")),
            ("Bearer\tabc", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearerabc", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
            ("Bearer \"abc\"", Some("\"abc\"")),
        ] {
            let found = credentials("Bearer", value.as_bytes());
            assert_eq!(found, token.map(str::as_bytes), "{value:?}");
        }
        assert_eq!(credentials("", b"abc"), Some(b"abc".as_slice()));
    }
}
