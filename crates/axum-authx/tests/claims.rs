//! Claims and the application's types for them.

mod log;

use axum::Router;
use axum::routing::get;
use axum_authx::testing::{self, answer_to, bearer};
use axum_authx::{AccessToken, AuthX, NewToken};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use log::Log;

#[derive(Clone, Deserialize)]
struct Employee {
    company: String,
    #[serde(default)]
    floor: u8,
}

/// As people write it for the crate `jsonwebtoken`.
#[derive(Clone, Deserialize, Serialize)]
struct Everything {
    sub: String,
    exp: usize,
    iat: Option<u64>,
    company: String,
}

#[derive(Clone, Deserialize)]
struct Flattened {
    #[serde(flatten)]
    all: Everything,
}

fn app(auth: &AuthX) -> Router {
    Router::new()
        .route(
            "/employee",
            get(|token: AccessToken<Employee>| async move {
                format!("{} on {}", token.custom.company, token.custom.floor)
            }),
        )
        .route(
            "/everything",
            get(|token: AccessToken<Everything>| async move {
                let Everything { sub, exp, iat, company } = token.0.custom;
                let times = (iat.unwrap_or_default(), exp);
                format!("{sub} of {company}, {times:?}")
            }),
        )
        .route(
            "/flattened",
            get(|token: AccessToken<Flattened>| async move { token.0.custom.all.sub }),
        )
        .with_state(auth.clone())
}

/// The answer's status, body and challenge, and what was logged.
fn refusal(path: &str, claims: Value) -> (u16, String, Option<String>, String) {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (auth, _) = testing::auth();
    let token = auth.issue(&NewToken::access("ada").claims(claims)).expect("a token");
    let answer = tracing::subscriber::with_default(log.subscriber(), || {
        runtime.block_on(answer_to(&app(&auth), bearer(testing::get(path), &token)))
    });
    let challenge = answer.header("www-authenticate").map(str::to_owned);
    (answer.status, answer.body, challenge, log.text())
}

#[test]
fn custom_claims_that_do_not_fit_have_their_own_reason_and_the_log_says_more() {
    for (claims, logged) in [
        (json!({}), "missing field `company`"),
        (json!({"company": 7}), "invalid type: integer `7`, expected a string"),
        (json!({"company": "Analytical Engines", "floor": 1000}), "integer `1000`, expected u8"),
    ] {
        let (status, body, challenge, log) = refusal("/employee", claims);
        let expected = concat!(
            r#"{"message":"The token's claims are not what this service expects","#,
            r#""error_type":"JWTDecodeError"}"#
        );
        assert_eq!((status, body.as_str()), (401, expected));
        assert_eq!(challenge.as_deref(), Some("Bearer error=\"invalid_token\""));
        assert!(log.contains(logged), "{log}");
        assert!(!log.contains("eyJ"), "{log}");
    }
}

#[tokio::test]
async fn a_type_that_repeats_registered_claims_gets_them() {
    for cached in [0, 10_usize] {
        let config = testing::config().verification_cache_entries(cached).build();
        let clock = testing::FrozenClock::default();
        let auth = AuthX::new(config.expect("settings")).with_clock(clock);
        let claims = json!({"company": "Analytical Engines"});
        let token = auth.issue(&NewToken::access("ada").claims(claims)).expect("a token");
        for _ in 0..2 {
            let answer = answer_to(&app(&auth), bearer(testing::get("/everything"), &token)).await;
            let expected = "ada of Analytical Engines, (1893499200, 1893500100)";
            assert_eq!((answer.status, answer.body.as_str()), (200, expected));
        }
        let answer = answer_to(&app(&auth), bearer(testing::get("/employee"), &token)).await;
        assert_eq!(answer.body, "Analytical Engines on 0");
    }
}

#[test]
fn a_registered_claim_that_a_flattened_type_misses_is_explained_in_the_log() {
    let (status, _, _, log) = refusal("/flattened", json!({"company": "Analytical Engines"}));
    assert_eq!(status, 401);
    assert!(log.contains("missing field `sub`: the token's registered claims are in"), "{log}");
}

#[test]
fn issuing_registered_claims_as_custom_ones_names_the_claim() {
    let (auth, _) = testing::auth();
    let claims = Everything { sub: "ada".into(), exp: 7, iat: None, company: "A".into() };
    let error =
        auth.issue(&NewToken::access("ada").claims(claims)).expect_err("a registered claim");
    assert!(error.to_string().contains("sub"), "{error}");
}
