//! Vectors of compact JWS, whose keys are JWK.

use authx::token::verify_signature;
use authx::{KeyRing, Timestamp};
use serde_json::Value;

use crate::jwk::{self, NoKey};
use crate::report::Report;
use crate::wycheproof::File;

pub(crate) fn run(file: &File, report: &mut Report) {
    for group in &file.test_groups {
        let ring = ring_of(if group.public.is_null() { &group.private } else { &group.public });
        for vector in &group.tests {
            let token = match &vector.jws {
                Value::String(compact) => compact.clone(),
                json => json.to_string(),
            };
            match &ring {
                Ok(ring) => {
                    let accepted = verify_signature(ring, &token, Timestamp::MIN).is_ok();
                    report.enter(file, vector, vector.result, accepted);
                }
                Err(NoKey::Refused) => report.enter(file, vector, vector.result, false),
                Err(NoKey::OnlyAsJwk) => report.wait(file, vector),
            }
        }
    }
}

fn ring_of(keys: &Value) -> Result<KeyRing, NoKey> {
    let keys = match keys.get("keys") {
        Some(Value::Array(keys)) => keys.as_slice(),
        _ => std::slice::from_ref(keys),
    };
    let keys: Vec<_> = keys.iter().map(jwk::key).collect::<Result<_, _>>()?;
    KeyRing::new(keys).map_err(|_| NoKey::Refused)
}
