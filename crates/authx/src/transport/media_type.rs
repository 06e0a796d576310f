//! The media type of a request's body.

use super::request::Headers;

/// Whether the content type is `application/json`, whatever its parameters.
pub(super) fn is_json<H: Headers + ?Sized>(headers: &H) -> bool {
    media_type_is(headers, &["application/json"])
}

/// Whether the request has one content type, and it is among `media_types`.
pub(super) fn media_type_is<H: Headers + ?Sized>(headers: &H, media_types: &[&str]) -> bool {
    let mut values = headers.values("content-type");
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    media_types.iter().any(|media_type| is_of_type(value, media_type))
}

/// Whether this `Content-Type` is of the media type, whatever its parameters.
pub(crate) fn is_of_type(content_type: &[u8], media_type: &str) -> bool {
    let essence = content_type.split(|&byte| byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(media_type.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_the_content_type_do_not_matter() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON ; charset=utf-8", true),
            ("application/problem+json", false),
            ("text/plain", false),
        ] {
            let headers = [("Content-Type", value)];
            assert_eq!(is_json(headers.as_slice()), expected, "{value}");
        }
    }
}
