//! What a service writes, with this crate alone.

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, extract::State};
use axum_authx::testing::{self, answer_to, bearer};
use axum_authx::{
    AccessToken, AuthX, Claims, Config, ConfigError, CurrentSubject, FromSubject, JsonClaims, Key,
    KeyRing, Location, NewToken, Random, RandomUnavailable, Rejection, RequestToken, Requirement,
    TokenKind, TokenPair,
};
use serde_json::{Value, json};

const SECRET: &str = "a secret of at least thirty-two bytes";

#[test]
fn settings_take_strings_and_single_values() {
    let config = Config::builder()
        .secret_key(SECRET)
        .decode_issuer("https://login.example")
        .encode_issuer(String::from("https://login.example"))
        .decode_audience(["reports", "billing"])
        .token_location(Location::Cookies)
        .refresh_token_location([Location::Json])
        .csrf_methods(["POST"])
        .cookie_domain("example.org")
        .build()
        .expect("settings");
    assert_eq!(config.locations(TokenKind::Access), [Location::Cookies]);
    assert_eq!(config.locations(TokenKind::Refresh), [Location::Json]);
}

#[test]
fn a_ring_and_a_key_are_an_error_that_names_the_setting() {
    let ring = || {
        let key = Key::from_secret(axum_authx::Algorithm::Hs256, SECRET).expect("a key");
        KeyRing::new([key]).expect("a ring")
    };
    let builder = Config::builder;
    for (setting, builder) in [
        ("JWT_SECRET_KEY", builder().keys(ring()).secret_key(SECRET)),
        ("JWT_SECRET_KEY", builder().secret_key(SECRET).keys(ring())),
        ("JWT_PREVIOUS_SECRET_KEY", builder().previous_secret_key(SECRET).keys(ring())),
        ("JWT_PUBLIC_KEY", builder().public_key("-----BEGIN PUBLIC KEY-----").keys(ring())),
    ] {
        let error = builder.build().expect_err(setting);
        assert!(matches!(error, ConfigError::Conflict { setting: named, .. } if named == setting));
        assert!(
            error.to_string().contains("a ring of keys") && !error.to_string().contains(SECRET)
        );
    }
    assert!(builder().keys(ring()).build().is_ok());
}

/// A user of a tenant, which the token names.
struct User(String);

impl FromSubject<AuthX> for User {
    type Error = serde_json::Error;

    async fn from_subject(
        claims: &Claims<JsonClaims>,
        _: &AuthX,
    ) -> Result<Option<Self>, serde_json::Error> {
        let Some(tenant) = claims.custom.get("tenant") else { return Ok(None) };
        let tenant: u32 = serde_json::from_str(tenant.get())?;
        Ok(Some(Self(format!("{} of tenant {tenant}", claims.sub))))
    }
}

async fn login(State(auth): State<AuthX>) -> Result<Json<TokenPair>, Rejection> {
    Ok(Json(auth.create_token_pair("ada")?))
}

async fn claims(AccessToken(claims): AccessToken<JsonClaims>) -> Json<Claims<JsonClaims>> {
    Json(claims)
}

fn app(auth: &AuthX) -> Router {
    Router::new()
        .route("/login", post(login))
        .route("/claims", get(claims))
        .route("/user", get(|CurrentSubject(user): CurrentSubject<User>| async move { user.0 }))
        .with_state(auth.clone())
}

#[tokio::test]
async fn a_login_tells_when_the_access_token_expires_and_a_client_can_read_it() {
    let (auth, _) = testing::auth();
    let answer = answer_to(&app(&auth), testing::post("/login")).await;
    let pair: TokenPair = serde_json::from_str(&answer.body).expect("a pair");
    assert_eq!((pair.token_type.as_ref(), pair.expires_in), ("bearer", Some(900)));
    let answer = answer_to(&app(&auth), bearer(testing::get("/claims"), &pair.access_token)).await;
    assert_eq!(answer.status, 200);

    let access = NewToken::access("ada").expires_in(std::time::Duration::from_secs(60));
    let access = auth.issue(&access).expect("a token");
    assert_eq!(auth.token_pair(access, String::new()).expires_in, Some(60));
    let foreign = AuthX::ephemeral().create_access_token("ada").expect("a token");
    let pair = auth.token_pair(foreign, String::new());
    assert_eq!(pair.expires_in, None);
    assert!(!serde_json::to_string(&pair).expect("JSON").contains("expires_in"));
}

#[tokio::test]
async fn claims_are_answered_as_in_the_token_without_the_csrf_value() {
    let (auth, _) = testing::auth();
    let token = NewToken::access("ada").scopes(["read"]).jti("j1").claims(json!({"tenant": 7}));
    let token = auth.issue(&token).expect("a token");
    let answer = answer_to(&app(&auth), bearer(testing::get("/claims"), &token)).await;
    let claims: Value = serde_json::from_str(&answer.body).expect("JSON");
    let expected = json!({
        "sub": "ada", "type": "access", "jti": "j1", "fresh": false, "scopes": ["read"], "tenant": 7,
        "exp": 1_893_500_100, "iat": 1_893_499_200, "nbf": 1_893_499_200,
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn a_user_is_found_by_all_claims() {
    let (auth, _) = testing::auth();
    let token = auth.issue(&NewToken::access("ada").claims(json!({"tenant": 7})));
    let answer =
        answer_to(&app(&auth), bearer(testing::get("/user"), &token.expect("a token"))).await;
    assert_eq!(answer.body, "ada of tenant 7");
    let token = auth.create_access_token("ada").expect("a token");
    assert_eq!(answer_to(&app(&auth), bearer(testing::get("/user"), &token)).await.status, 401);
}

#[tokio::test]
async fn a_handler_is_tested_with_claims_that_no_token_has() {
    let mut made = testing::claims("ada");
    made.scopes = Some(vec!["read".to_owned()]);
    let Json(claims) = claims(AccessToken(made.map_custom(|()| JsonClaims::new()))).await;
    assert_eq!((claims.sub.as_str(), claims.kind), ("ada", TokenKind::Access));
}

/// Not random at all.
struct Sevens;

impl Random for Sevens {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomUnavailable> {
        buffer.fill(7);
        Ok(())
    }
}

/// The subject of the token in the query, whatever the route.
fn subject_in_query(auth: &AuthX, parts: &Parts) -> Result<String, Rejection> {
    let requirement = Requirement::access().locations([Location::Query]);
    let token: RequestToken<'_> = auth.find_token(parts, &requirement)?;
    Ok(auth.verify_token::<()>(&token, &requirement)?.sub)
}

#[test]
fn what_the_methods_mention_is_in_this_crate() {
    let auth = testing::auth().0.with_random(Sevens);
    let token = auth.create_access_token("ada").expect("a token");
    let (parts, _) = testing::get(&format!("/?token={token}")).into_parts();
    assert_eq!(subject_in_query(&auth, &parts).expect("a subject"), "ada");
    let (parts, _) = testing::get("/").into_parts();
    let rejection = subject_in_query(&auth, &parts).expect_err("no token");
    assert_eq!(rejection.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn an_error_of_issuing_names_what_the_builder_calls_it() {
    let (auth, _) = testing::auth();
    let too_large = "x".repeat(100_000);
    for (error, expected) in [
        (auth.create_access_token(""), "subject: "),
        (auth.issue(&NewToken::access("ada").claims(7)), "claims: "),
        (auth.issue(&NewToken::access("ada").claims(json!({"sub": "eve"}))), "claims: 'sub'"),
        (auth.issue(&NewToken::access("ada").claims(json!({"note": too_large}))), "claims: "),
        (auth.issue(&NewToken::access("ada").session("s1")), "session: "),
    ] {
        let error = error.expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
