//! A token among the subprotocols of a WebSocket's handshake, which a page can set:
//! `new WebSocket(url, ["bearer", token])` (RFC 6455 sections 4.1 and 11.3.4).
//!
//! The server has to answer with one of the offered subprotocols, or browsers close the connection (RFC 6455 section
//! 4.1). The token must never be that one: a response is logged and cached where a request's token is not.

use std::borrow::Cow;

use super::request::{Headers, only, trimmed};
use crate::error::Malformed;

/// The subprotocol that announces a token: the one after it is the token.
///
/// It is compared with regard to case and is not `JWT_HEADER_TYPE`. Browsers compare the server's choice with their
/// offer byte for byte, so with one spelling the answer is always this. `JWT_HEADER_TYPE` is a scheme of HTTP
/// authentication, and may be empty.
pub const BEARER_SUBPROTOCOL: &str = "bearer";

const HEADER: &str = "sec-websocket-protocol";

/// The subprotocols that a handshake offers, in order and without its token.
///
/// ```
/// use authx::transport::offered_subprotocols;
///
/// let headers = [("sec-websocket-protocol", "chat.v2, bearer, abc.def.ghi")];
/// assert_eq!(offered_subprotocols(headers.as_slice()), [b"chat.v2".as_slice(), b"bearer"]);
/// ```
#[must_use]
pub fn offered_subprotocols<H: Headers + ?Sized>(headers: &H) -> Vec<&[u8]> {
    // Of several different tokens none is accepted, so there is one at most.
    let token = token(headers).ok().flatten();
    offers(headers)
        .filter_map(|offer| match offer {
            Offer::Name(name) => Some(name),
            Offer::Token(_) => None,
        })
        .filter(|name| !resembles_token(name) && token.as_deref() != Some(*name))
        .collect()
}

/// The subprotocol that the answer to a handshake selects: the first of the application's `own`, in its order of
/// preference, that the client offers; or else [`BEARER_SUBPROTOCOL`] where the client offers that. Never the token.
///
/// ```
/// use authx::transport::selected_subprotocol;
///
/// let headers = [("sec-websocket-protocol", "bearer, abc.def.ghi, chat.v1")];
/// assert_eq!(selected_subprotocol(headers.as_slice(), ["chat.v2", "chat.v1"]), Some("chat.v1"));
/// assert_eq!(selected_subprotocol(headers.as_slice(), []), Some("bearer"));
/// ```
#[must_use]
pub fn selected_subprotocol<'o, H: Headers + ?Sized>(
    headers: &H,
    own: impl IntoIterator<Item = &'o str>,
) -> Option<&'o str> {
    let offered = offered_subprotocols(headers);
    let mut acceptable = own.into_iter().chain([BEARER_SUBPROTOCOL]);
    acceptable.find(|name| offered.contains(&name.as_bytes()))
}

/// The token after [`BEARER_SUBPROTOCOL`]. Nothing after it is no token.
pub(super) fn token<'r, H: Headers + ?Sized>(
    headers: &'r H,
) -> Result<Option<Cow<'r, [u8]>>, Malformed> {
    only(offers(headers).filter_map(|offer| match offer {
        Offer::Token(token) => Some(Cow::Borrowed(token)),
        Offer::Name(_) => None,
    }))
}

enum Offer<'r> {
    Name(&'r [u8]),
    Token(&'r [u8]),
}

/// The elements of the header. Several lines are one list (RFC 6455 section 11.3.4), and empty elements don't count
/// (RFC 9110 section 5.6.1.2).
fn offers<'r, H: Headers + ?Sized>(headers: &'r H) -> impl Iterator<Item = Offer<'r>> {
    let elements = headers.values(HEADER).flat_map(|line| line.split(|byte| *byte == b','));
    let mut follows_bearer = false;
    elements.map(trimmed).filter(|element| !element.is_empty()).map(move |element| {
        if follows_bearer {
            follows_bearer = false;
            return Offer::Token(element);
        }
        follows_bearer = element == BEARER_SUBPROTOCOL.as_bytes();
        Offer::Name(element)
    })
}

/// Whether a name may be a token in the wrong place, such as before [`BEARER_SUBPROTOCOL`]. Every JOSE header begins
/// with these letters, the base64url of `{"`.
fn resembles_token(name: &[u8]) -> bool {
    name.starts_with(b"eyJ") && name.iter().filter(|byte| **byte == b'.').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_follows_bearer() {
        for (lines, found) in [
            (vec!["bearer, abc"], Ok(Some("abc"))),
            (vec!["bearer,abc"], Ok(Some("abc"))),
            (vec!["\tbearer \t,  abc\t"], Ok(Some("abc"))),
            (vec!["chat, bearer, abc, chat.v2"], Ok(Some("abc"))),
            (vec!["bearer", "abc"], Ok(Some("abc"))),
            (vec!["bearer,", " , ,abc"], Ok(Some("abc"))),
            (vec!["bearer, abc", "bearer, abc"], Ok(Some("abc"))),
            (vec!["bearer, abc, bearer"], Ok(Some("abc"))),
            (vec!["bearer, bearer"], Ok(Some("bearer"))),
            (vec!["bearer, abc, bearer, def"], Err(Malformed::Ambiguous)),
            (vec!["bearer"], Ok(None)),
            (vec!["bearer,"], Ok(None)),
            (vec!["abc, bearer"], Ok(None)),
            (vec!["Bearer, abc"], Ok(None)),
            (vec!["bearer abc"], Ok(None)),
            (vec!["\u{a0}bearer, abc"], Ok(None)),
            (vec![""], Ok(None)),
            (vec![], Ok(None)),
        ] {
            let headers: Vec<_> =
                lines.iter().map(|line| ("Sec-WebSocket-Protocol", *line)).collect();
            let expected = found.map(|token| token.map(|token| Cow::Borrowed(token.as_bytes())));
            assert_eq!(token(headers.as_slice()), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_token_is_never_selected_whichever_place_it_has() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA";
        for (offered, own, selected) in [
            (format!("bearer, {jwt}"), vec![], Some("bearer")),
            (format!("bearer, {jwt}"), vec![jwt], Some("bearer")),
            (format!("{jwt}, bearer, {jwt}"), vec![jwt], Some("bearer")),
            (format!("{jwt}, bearer"), vec![jwt, "chat"], Some("bearer")),
            ("a.b.c, bearer, a.b.c".to_owned(), vec!["a.b.c"], Some("bearer")),
            (jwt.to_owned(), vec![jwt], None),
            (format!("bearer, {jwt}, a, b"), vec!["b", "a"], Some("b")),
            (format!("bearer, {jwt}, a"), vec!["A", "c"], Some("bearer")),
            ("bearer, chat".to_owned(), vec!["chat"], Some("bearer")),
            ("ocpp2.0.1, v10.stomp".to_owned(), vec!["ocpp2.0.1"], Some("ocpp2.0.1")),
            ("chat".to_owned(), vec![], None),
            (String::new(), vec![""], None),
        ] {
            let headers = [("sec-websocket-protocol", offered.as_str())];
            let answer = selected_subprotocol(headers.as_slice(), own.iter().copied());
            assert_eq!(answer, selected, "{offered}");
        }
    }
}
