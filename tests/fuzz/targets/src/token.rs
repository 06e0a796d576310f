//! A token.

use authx::token::{JsonClaims, decode_unverified_header, decode_unverified_payload};
use authx::{Location, RequestToken, Requirement, TokenKind};
use serde_json::Value;

use crate::shared::{
    NOW, base64url, caching_engine, check_refusal, engine, from_base64url, now, token_of,
};

pub(crate) fn token(data: &[u8]) {
    let Some(sent) = token_of(data) else { return };
    let _ = decode_unverified_header(&sent);
    let _ = decode_unverified_payload(&sent);
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let token = RequestToken::new(sent.as_str(), kind, Location::Headers);
        let verdict = engine()
            .verify::<JsonClaims>(&token, &Requirement::of(kind), now())
            .map(authx::Verified::without_asking);
        for _ in 0..2 {
            let cached = caching_engine()
                .verify::<JsonClaims>(&token, &Requirement::of(kind), now())
                .map(authx::Verified::without_asking);
            assert_eq!(
                format!("{cached:?}"),
                format!("{verdict:?}"),
                "the cache makes a difference"
            );
        }
        match verdict {
            Ok(claims) => {
                check_spelling(&sent);
                let payload = sent.split('.').nth(1).and_then(from_base64url).expect("a payload");
                let payload: Value = serde_json::from_slice(&payload).expect("JSON");
                assert_eq!(payload["sub"], claims.sub);
                assert_eq!(payload["type"], kind.as_str());
                assert!(payload["exp"].as_f64().expect("exp") > NOW as f64);
                assert_eq!(engine().spellings(&sent), [sent.as_str()], "HMAC has one spelling");
            }
            Err(error) => check_refusal(&error, sent.as_bytes()),
        }
    }
}

/// Checks that no other string is the same token: it has three segments, each the only base64url of its bytes.
fn check_spelling(token: &str) {
    assert_eq!(token.split('.').count(), 3);
    for part in token.split('.') {
        assert_eq!(base64url(&from_base64url(part).expect("base64url")), part);
    }
}
