//! Forms in the bodies of the ready routes.

use std::borrow::Cow;

/// Reads these fields of a form (`application/x-www-form-urlencoded`), and no others. A field that occurs twice is an
/// error (RFC 6749 section 3.2), whose text this returns.
pub(crate) fn read_fields<const N: usize>(
    body: &[u8],
    mut fields: [(&str, &mut Option<String>); N],
) -> Result<(), &'static str> {
    for (name, value) in form_urlencoded::parse(body) {
        let Some((_, field)) = fields.iter_mut().find(|(known, _)| *known == name) else {
            continue;
        };
        if field.replace(Cow::into_owned(value)).is_some() {
            return Err(TWICE);
        }
    }
    Ok(())
}

pub(crate) const TOO_LARGE: &str = "body: it is larger than JWT_MAX_BODY_SIZE";
pub(crate) const TWICE: &str = "body: a field occurs twice";
