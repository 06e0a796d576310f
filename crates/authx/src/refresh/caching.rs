//! Caches and a response with a new cookie (RFC 9111).
//!
//! A shared cache that keeps such a response would hand one user's token to the next one, so a response that shared
//! caches may keep gets no cookie. Every other response becomes `private`, and varies by `Cookie`. It does not become
//! `no-store`: RFC 9111 asks for that nowhere (section 7.3 asks for `private` or stricter), a browser's own cache
//! belongs to the user whose token this is, and `no-store` would take away its cache of pages behind the back button.

use crate::transport::Headers;

/// `Cache-Control`, and the fields that content delivery networks obey instead of it (RFC 9213).
const CACHE_FIELDS: [&str; 3] = ["cache-control", "cdn-cache-control", "surrogate-control"];

/// Whether this module reads the response header of this name.
pub(super) fn reads(name: &[u8]) -> bool {
    CACHE_FIELDS.iter().chain(&["vary"]).any(|field| name.eq_ignore_ascii_case(field.as_bytes()))
}

/// Whether the response says that a shared cache may keep it.
pub(super) fn is_for_shared_caches<H: Headers + ?Sized>(headers: &H) -> bool {
    CACHE_FIELDS.iter().any(|field| Directives::of(headers, field).allow_shared_caches())
}

/// The headers that keep a response with a new cookie out of shared caches, each with its whole new value.
pub(super) fn protect<H: Headers + ?Sized>(headers: &H) -> Vec<(&'static str, String)> {
    let mut replaced = Vec::new();
    let directives = Directives::of(headers, "cache-control");
    if !directives.has("no-store") && !directives.has("private") {
        replaced.push(("cache-control", with(&joined(headers, "cache-control"), "private")));
    }
    let vary = joined(headers, "vary");
    let varies =
        |name: &str| matches!(name.trim(), "*") || name.trim().eq_ignore_ascii_case("cookie");
    if !vary.split(',').any(varies) {
        replaced.push(("vary", with(&vary, "Cookie")));
    }
    replaced
}

/// The field's values as one list (RFC 9110 section 5.3).
fn joined<H: Headers + ?Sized>(headers: &H, name: &str) -> String {
    let values: Vec<_> = headers.values(name).map(String::from_utf8_lossy).collect();
    values.join(", ")
}

fn with(list: &str, item: &str) -> String {
    if list.trim().is_empty() { item.to_owned() } else { format!("{list}, {item}") }
}

/// The directives of one field: their names in lower case, and their arguments (RFC 9111 section 5.2).
struct Directives(Vec<(String, Option<String>)>);

impl Directives {
    fn of<H: Headers + ?Sized>(headers: &H, field: &str) -> Self {
        let list = joined(headers, field);
        let directive = |item: &str| {
            let (name, argument) = match item.split_once('=') {
                Some((name, argument)) => (name, Some(argument.trim().to_owned())),
                None => (item, None),
            };
            (name.trim().to_ascii_lowercase(), argument)
        };
        Self(outside_quotes(&list).map(directive).collect())
    }

    /// Whether the directive applies to the whole response: `private` with an argument is only about the fields
    /// that it names.
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, argument)| key == name && argument.is_none())
    }

    fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    fn allow_shared_caches(&self) -> bool {
        if self.has("no-store") {
            return false;
        }
        // An age that can't be read counts as one, because some cache may read it.
        let is_zero = |argument: &Option<String>| {
            argument
                .as_deref()
                .is_some_and(|age| age.trim_matches('"').parse::<i64>().is_ok_and(|age| age <= 0))
        };
        let has_age = self.0.iter().any(|(key, argument)| key == "max-age" && !is_zero(argument));
        let is_private = self.has("private");
        self.names("public")
            || self.names("s-maxage")
            || ((has_age || self.names("immutable")) && !is_private)
    }
}

/// The items of a list separated by commas, which may be within quotes as well.
fn outside_quotes(list: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    list.split(move |character: char| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    })
    .filter(|item| !item.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers<'h>(field: &'h str, value: &'h str) -> [(&'h str, &'h str); 1] {
        [(field, value)]
    }

    #[test]
    fn a_response_for_shared_caches_is_recognised() {
        for value in [
            "public",
            "PUBLIC",
            "max-age=60",
            "max-age=\"60\"",
            "max-age=soon",
            "s-maxage=60",
            "s-maxage=0",
            "immutable",
            "no-cache, public",
            "private, public",
            "private, s-maxage=5",
            "private=\"set-cookie, x\", max-age=5",
        ] {
            assert!(is_for_shared_caches(headers("cache-control", value).as_slice()), "{value}");
        }
        assert!(is_for_shared_caches(headers("cdn-cache-control", "max-age=60").as_slice()));
        assert!(is_for_shared_caches(headers("surrogate-control", "max-age=60").as_slice()));
        for value in [
            "",
            "no-cache",
            "no-store, max-age=60",
            "private, max-age=60",
            "private, immutable",
            "max-age=0",
            "max-age=0, must-revalidate",
            "x=\"public, s-maxage=1\"",
        ] {
            assert!(!is_for_shared_caches(headers("cache-control", value).as_slice()), "{value}");
        }
    }

    #[test]
    fn stricter_directives_of_the_application_are_kept() {
        for (value, expected) in [
            ("no-cache", Some("no-cache, private")),
            ("max-age=0", Some("max-age=0, private")),
            ("private=\"x\"", Some("private=\"x\", private")),
            ("", Some("private")),
            ("private", None),
            ("no-store", None),
            ("Private, max-age=60", None),
        ] {
            let replaced = protect(headers("cache-control", value).as_slice());
            let cache_control = replaced.iter().find(|(name, _)| *name == "cache-control");
            assert_eq!(cache_control.map(|(_, value)| value.as_str()), expected, "{value}");
        }
        for (value, expected) in [
            ("Accept", Some("Accept, Cookie")),
            ("", Some("Cookie")),
            ("cookie", None),
            ("Accept, Cookie", None),
            ("*", None),
        ] {
            let replaced = protect(headers("vary", value).as_slice());
            let vary = replaced.iter().find(|(name, _)| *name == "vary");
            assert_eq!(vary.map(|(_, value)| value.as_str()), expected, "{value}");
        }
    }
}
