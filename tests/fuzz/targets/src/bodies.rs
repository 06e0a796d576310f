//! Bodies: JSON with a token, and forms with a CSRF value.

use std::collections::HashMap;

use authx::token::JsonClaims;
use authx::{Location, Request, Requirement};
use serde_json::value::RawValue;

use crate::shared::{HEADER, NOW, check_refusal, engine, now, signed};

pub(crate) fn json_body(data: &[u8]) {
    let headers = [("Content-Type", "application/json")];
    let requirement = Requirement::access().locations([Location::Json]);
    let request = Request::new("POST", headers.as_slice()).json(data);
    match engine().find_token(&request, &requirement) {
        Ok(found) => {
            // A key that occurs twice is refused, so a map is enough here. The values of other keys are
            // skipped, however deep they are nested and whatever their strings contain.
            let body: HashMap<String, &RawValue> = serde_json::from_slice(data).expect("JSON");
            let token: String = serde_json::from_str(body["access_token"].get()).expect("a string");
            assert_eq!(found.as_bytes(), token.as_bytes());
            if let Err(error) = engine()
                .verify::<JsonClaims>(&found, &requirement, now())
                .map(authx::Verified::without_asking)
            {
                check_refusal(&error, data);
            }
        }
        Err(error) => check_refusal(&error, data),
    }
}

/// The bytes are the fields: `name=value`, joined by `&`. The token is in a cookie; its CSRF value is `right`.
pub(crate) fn form_body(data: &[u8]) {
    let Ok(form) = std::str::from_utf8(data) else { return };
    let fields: Vec<(&str, &str)> =
        form.split('&').map(|field| field.split_once('=').unwrap_or((field, ""))).collect();
    let claims = format!(
        r#"{{"sub":"ada","type":"access","jti":"1","exp":{},"csrf":"right","fresh":false}}"#,
        NOW + 60
    );
    let cookie = format!("access_token_cookie={}", signed(HEADER, claims.as_bytes()));
    let headers =
        [("Cookie", cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let requirement = Requirement::access().locations([Location::Cookies]);
    let request = Request::new("POST", headers.as_slice()).form(&fields);
    let verified = engine().find_token(&request, &requirement).and_then(|found| {
        engine()
            .verify::<JsonClaims>(&found, &requirement, now())
            .map(authx::Verified::without_asking)
    });
    let given: Vec<_> = fields.iter().filter(|(name, _)| *name == "csrf_token").collect();
    match verified {
        Ok(_) => assert!(given.iter().any(|(_, value)| *value == "right"), "{given:?}"),
        Err(error) => {
            check_refusal(&error, data);
            assert!(given.len() != 1 || given[0].1 != "right", "{error}: {given:?}");
        }
    }
}
