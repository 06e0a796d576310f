//! The answer of an introspection (RFC 7662 section 2.2).

use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::token::{Claims, JsonClaims};
use crate::token_kind::TokenKind;

/// The answer about a token that is not accepted, for whatever reason.
pub const INACTIVE: &str = r#"{"active":false}"#;

/// The members of an answer that this module writes. A custom claim of that name is left out.
const OURS: [&str; 5] = ["active", "scope", "token_type", "client_id", "username"];

impl Engine {
    /// The answer about a token that is accepted: its claims, without its CSRF value, and its scopes as `scope`.
    ///
    /// ```
    /// # use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, SystemRandom, Timestamp, TokenKind};
    /// # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
    /// # let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
    /// # let jwt = engine.issue(&NewToken::access("ada").jti("4c2b").scopes(["a", "b"]), now, &SystemRandom)?;
    /// # let found = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
    /// let claims = engine.verify(&found, &Requirement::access(), now)?.without_asking();
    /// assert_eq!(
    ///     engine.introspection(claims),
    ///     r#"{"active":true,"exp":1893500100,"fresh":false,"iat":1893499200,"jti":"4c2b","nbf":1893499200,"scope":"a b","scopes":["a","b"],"sub":"ada","token_type":"Bearer","type":"access"}"#
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn introspection(&self, mut claims: Claims<JsonClaims>) -> String {
        claims.custom.retain(|name, _| !OURS.contains(&name.as_str()));
        let (kind, scopes) = (claims.kind, claims.scopes.as_ref().map(|scopes| scopes.join(" ")));
        let Ok(Value::Object(mut answer)) = serde_json::to_value(&claims) else {
            // It was read from JSON, so this can't be.
            return INACTIVE.to_owned();
        };
        let mut add = |name: &str, value: Value| drop(answer.insert(name.to_owned(), value));
        add("active", Value::Bool(true));
        if let Some(scopes) = scopes {
            add("scope", Value::String(scopes));
        }
        if kind == TokenKind::Access {
            add("token_type", Value::String("Bearer".to_owned()));
        }
        sorted(answer)
    }
}

/// By name, whether or not another crate has `serde_json` keep the order of insertion.
fn sorted(answer: Map<String, Value>) -> String {
    let answer: std::collections::BTreeMap<_, _> = answer.into_iter().collect();
    serde_json::to_string(&answer).unwrap_or_else(|_| INACTIVE.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::{Config, Secret};

    #[test]
    fn custom_claims_are_told_and_can_not_pass_for_the_answer() {
        let secret = Secret::from("a secret of at least thirty-two bytes");
        let engine = Engine::new(Config::builder().secret_key(secret).build().expect("settings"));
        let custom = [("active", "no"), ("client_id", "eve"), ("tenant", "7")];
        let custom =
            custom.map(|(name, value)| (name.to_owned(), to_raw_value(value).expect("JSON")));
        let mut claims = Claims::new(TokenKind::Refresh, "ada").map_custom(|()| custom.into());
        claims.csrf = Some("never-to-be-seen".into());
        assert_eq!(
            engine.introspection(claims),
            r#"{"active":true,"fresh":false,"sub":"ada","tenant":"7","type":"refresh"}"#
        );
    }
}
