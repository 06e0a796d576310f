//! The protected header of the tokens that a key signs (RFC 7515 section 4.1).

use serde_json::{Map, Value};

use super::Key;
use crate::base64url;

/// A key's header, encoded once instead of per token.
#[derive(Clone, Debug)]
pub(crate) struct HeaderTemplate(String);

impl HeaderTemplate {
    /// The header of tokens that `key` signs without additional headers.
    pub(crate) fn of(key: &Key) -> Self {
        Self::of_json(&header_json(key, &Map::new()))
    }

    /// The same header with `typ` first, as some other libraries write it.
    pub(crate) fn beginning_with_typ(key: &Key) -> Self {
        let alg = key.algorithm().name();
        let kid = key.kid().map(|kid| format!(",\"kid\":{}", Value::from(kid.as_str())));
        let json = format!(r#"{{"typ":"JWT","alg":"{alg}"{}}}"#, kid.unwrap_or_default());
        Self::of_json(&json)
    }

    fn of_json(json: &str) -> Self {
        let mut encoded = String::new();
        base64url::encode_into(json.as_bytes(), &mut encoded);
        Self(encoded)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) fn header_json(key: &Key, headers: &Map<String, Value>) -> String {
    let mut fields = Map::new();
    fields.insert("alg".to_owned(), key.algorithm().name().into());
    if let Some(kid) = key.kid() {
        fields.insert("kid".to_owned(), kid.as_str().into());
    }
    fields.insert("typ".to_owned(), "JWT".into());
    fields.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(fields).to_string()
}
