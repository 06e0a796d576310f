//! Verifying a token of any issuer and any shape: for tools and for code that reads another system's tokens.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::error::{Error, Malformed};
use crate::time::Timestamp;
use crate::token::{self, Claims, PayloadBuffer};
use crate::token_kind::TokenKind;
use crate::verify::{check_audience, check_issuer, check_size, check_times};

impl Engine {
    /// Verifies a token that need not have been issued by AuthX, such as that of an identity provider, and returns its
    /// payload's JSON. Size, header, algorithm, signature, `exp`, `nbf`, `iat`, `iss` and `aud` are checked as for every
    /// token; claims of AuthX's own, such as `type`, need not be there. Routes use [`Engine::verify`].
    ///
    /// `required` are the claims that must be there, such as `exp`: a token without that never expires.
    ///
    /// ```
    /// # use authx::{Config, Engine, Error, NewToken, Secret, SystemRandom, Timestamp};
    /// # let config = Config::builder().secret_key(Secret::from("a secret of at least thirty-two bytes"));
    /// # let engine = Engine::new(config.build()?);
    /// # let now = Timestamp::from(std::time::SystemTime::now());
    /// let token = engine.issue(&NewToken::access("user123"), now, &SystemRandom)?;
    /// assert!(engine.verify_any(&token, &["exp", "sub"], now)?.contains("user123"));
    /// let missing = engine.verify_any(&token, &["email"], now);
    /// assert_eq!(missing, Err(Error::MissingClaim { name: "email".to_owned() }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Error`] of the first check that fails.
    pub fn verify_any(
        &self,
        token: &str,
        required: &[&str],
        now: Timestamp,
    ) -> Result<String, Error> {
        let config = self.config();
        check_size(config, token.as_bytes())?;
        let mut buffer = PayloadBuffer::new();
        let signed = token::open(&config.keys, token.as_bytes(), now, &mut buffer)?;
        let object = token::strict_object(signed.payload).ok_or(Malformed::Payload)?;

        let mut claims = Claims::new(TokenKind::Access, "");
        claims.exp = read(&object, "exp")?;
        claims.nbf = read(&object, "nbf")?;
        claims.iat = read(&object, "iat")?;
        claims.iss = read(&object, "iss")?;
        claims.aud = read(&object, "aud")?;
        check_times(config, &claims, now)?;
        check_issuer(config, &claims)?;
        check_audience(config, &claims)?;
        if let Some(name) = required.iter().find(|name| !object.contains_key(**name)) {
            return Err(Error::MissingClaim { name: (*name).to_owned() });
        }
        Ok(String::from_utf8_lossy(signed.payload).into_owned())
    }
}

fn read<T: DeserializeOwned>(
    object: &Map<String, Value>,
    claim: &'static str,
) -> Result<Option<T>, Malformed> {
    let value = object.get(claim).cloned();
    value.map(serde_json::from_value).transpose().map_err(|_| Malformed::Claim(claim))
}
