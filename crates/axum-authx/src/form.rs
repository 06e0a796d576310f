//! The fields of a form: URL-encoded, or with the feature `multipart` in parts.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// Names and values of the fields, in the order of the form; files are left out.
pub(crate) type Fields = Vec<(String, String)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    UrlEncoded,
    #[cfg(feature = "multipart")]
    Multipart {
        boundary: String,
    },
}

impl Encoding {
    /// How the form is encoded, if it can be read here.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Some(Self::UrlEncoded);
        }
        #[cfg(feature = "multipart")]
        if let Ok(boundary) = multer::parse_boundary(value) {
            return Some(Self::Multipart { boundary });
        }
        None
    }

    pub(crate) async fn decode(self, body: Bytes) -> Fields {
        match self {
            Self::UrlEncoded => form_urlencoded::parse(&body).into_owned().collect(),
            #[cfg(feature = "multipart")]
            Self::Multipart { boundary } => parts(body, boundary).await.unwrap_or_default(),
        }
    }
}

#[cfg(feature = "multipart")]
async fn parts(body: Bytes, boundary: String) -> Result<Fields, multer::Error> {
    let whole = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut fields = Fields::new();
    while let Some(part) = form.next_field().await? {
        let (Some(name), None) = (part.name(), part.file_name()) else { continue };
        let name = name.to_owned();
        // A CSRF value is UTF-8, so other fields can be left out.
        if let Ok(value) = String::from_utf8(part.bytes().await?.into()) {
            fields.push((name, value));
        }
    }
    Ok(fields)
}

#[cfg(all(test, feature = "multipart"))]
mod tests {
    use super::*;

    const FORM: &str = concat!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\nabc\r\n",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\ndef\r\n",
        "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nghi\r\n--x--\r\n",
    );

    async fn fields(content_type: &'static str, body: &'static str) -> Option<Fields> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        let encoding = Encoding::of(&headers)?;
        Some(encoding.decode(Bytes::from_static(body.as_bytes())).await)
    }

    #[tokio::test]
    async fn the_text_fields_of_a_form_in_parts_are_read_and_its_files_are_not() {
        let expected = [("csrf_token", "abc"), ("file", "ghi")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        for content_type in
            ["multipart/form-data; boundary=x", "Multipart/Form-Data;boundary=\"x\""]
        {
            assert_eq!(fields(content_type, FORM).await, Some(expected.clone()), "{content_type}");
        }
    }

    #[tokio::test]
    async fn a_damaged_form_has_no_fields() {
        let form = "multipart/form-data; boundary=x";
        for body in ["", "--x", "--y\r\n\r\n", &FORM[..60], &FORM[..FORM.len() - 40]] {
            assert_eq!(fields(form, body).await, Some(vec![]), "{body}");
        }
        assert_eq!(fields("multipart/form-data", FORM).await, None);
        assert_eq!(fields("multipart/mixed; boundary=x", FORM).await, None);
    }
}
