//! Cookies that browsers don't keep, because they are too large.

use serde_json::{Map, Value};

use crate::base64url;

/// What browsers keep of one cookie at the most, in bytes (RFC 6265 section 6.1). They drop a larger one without a word.
const LARGEST: usize = 4096;

/// How many claims the warning names.
const NAMED: usize = 3;

/// The warning about a `Set-Cookie` value that is too large for browsers, if there is one among those of
/// [`Engine::set_cookies`](crate::Engine::set_cookies). It names the largest claims, and shows no value.
///
/// ```
/// # use authx::transport::oversized_cookie;
/// assert_eq!(oversized_cookie(&["access_token_cookie=eyJ; HttpOnly".to_owned()]), None);
/// ```
#[must_use]
pub fn oversized_cookie(cookies: &[String]) -> Option<String> {
    let cookie = cookies.iter().find(|cookie| cookie.len() > LARGEST)?;
    let (name, rest) = cookie.split_once('=')?;
    let value = rest.split(';').next().unwrap_or_default();
    let size = cookie.len();
    let mut warning = format!(
        "the cookie {name} has {size} bytes, and browsers drop those of more than {LARGEST}, so nobody is logged in by it"
    );
    let largest = largest_claims(value);
    if !largest.is_empty() {
        warning += "; its largest claims are ";
        warning += &largest.join(", ");
    }
    Some(warning)
}

/// The names of a token's largest claims, with their sizes.
fn largest_claims(token: &str) -> Vec<String> {
    let payload =
        token.split('.').nth(1).and_then(|part| base64url::decode_to_vec(part.as_bytes()));
    let claims: Map<String, Value> =
        payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default();
    let size = |(name, value): (String, Value)| (value.to_string().len(), name);
    let mut claims: Vec<_> = claims.into_iter().map(size).collect();
    claims.sort_unstable_by(|one, other| other.cmp(one));
    let named = claims.into_iter().take(NAMED);
    named.map(|(size, name)| format!("{name:?} ({size} bytes)")).collect()
}
