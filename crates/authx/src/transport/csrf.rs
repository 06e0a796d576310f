//! The CSRF double submit: a request whose token is in a cookie repeats a value that only pages
//! of the same origin can read.

use std::borrow::Cow;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::media_type::media_type_is;
use super::request::{Headers, Request, only};
use super::request_token::CsrfProof;
use crate::config::{Config, Transport};
use crate::error::{Error, Malformed};
use crate::location::Location;
use crate::requirement::{CsrfCheck, Requirement};
use crate::token::CsrfToken;

/// The CSRF value that the request presents: in the header, or else in the form's field. Two different
/// values are replaced by an empty one, which never matches: an error only where a value is required.
pub(super) fn proof<'r, H: Headers + ?Sized>(
    config: &Config,
    transport: &Transport,
    request: &Request<'r, H>,
) -> CsrfProof<'r> {
    let required = is_required(config, request.method);
    let mut presented = in_header(transport, request.headers);
    if presented == Ok(None) && config.csrf.check_form {
        presented = only(
            request
                .form
                .iter()
                .filter(|(name, _)| *name == transport.csrf_field_name)
                .map(|(_, value)| Cow::Borrowed(value.as_bytes())),
        );
    }
    CsrfProof { presented: presented.unwrap_or(Some(Cow::Borrowed(b""))), required }
}

/// Whether a value is required that only the form can contain.
pub(super) fn may_be_in_form<H: Headers + ?Sized>(
    config: &Config,
    transport: &Transport,
    request: &Request<'_, H>,
    requirement: &Requirement,
) -> bool {
    let asked = match requirement.csrf {
        CsrfCheck::AsConfigured => is_required(config, request.method),
        CsrfCheck::Always => true,
        CsrfCheck::Never => false,
    };
    asked
        && config.csrf.check_form
        && matches!(in_header(transport, request.headers), Ok(None))
        && media_type_is(
            request.headers,
            &["application/x-www-form-urlencoded", "multipart/form-data"],
        )
}

/// Compares the value that the request presents with the token's, in constant time.
pub(crate) fn check(
    proof: &CsrfProof<'_>,
    check: CsrfCheck,
    location: Location,
    csrf: Option<&CsrfToken>,
) -> Result<(), Error> {
    let asked = match check {
        CsrfCheck::AsConfigured => proof.required,
        CsrfCheck::Always => location == Location::Cookies,
        CsrfCheck::Never => false,
    };
    if !asked {
        return Ok(());
    }
    let presented = proof.presented.as_deref().ok_or(Error::MissingCsrfToken)?;
    let csrf =
        csrf.map(CsrfToken::as_str).filter(|csrf| !csrf.is_empty()).ok_or(Error::CsrfMismatch)?;
    verify_slices_are_equal(presented, csrf.as_bytes()).map_err(|_| Error::CsrfMismatch)
}

fn is_required(config: &Config, method: &str) -> bool {
    config.csrf.protect && config.csrf.methods.iter().any(|item| item.eq_ignore_ascii_case(method))
}

/// The CSRF value in the header.
pub(super) fn in_header<'r, H: Headers + ?Sized>(
    transport: &Transport,
    headers: &'r H,
) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    only(headers.values(&transport.csrf_header_name).map(Cow::Borrowed))
}
