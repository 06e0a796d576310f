//! The applications of guides in docs/guides, which show the files in `examples/axum/guides`.

#[path = "../guides/behind_a_proxy.rs"]
mod behind_a_proxy;
#[path = "../guides/keys_from_files.rs"]
mod keys_from_files;
#[path = "../guides/oauth2.rs"]
mod oauth2;

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum_authx::testing::{answer_to, bearer, get, post, with_cookies};
use serde_json::{Value, json};

fn form(path: &str, fields: &'static str) -> Request {
    let mut request = post(path).map(|_| Body::from(fields));
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form);
    request
}

#[tokio::test]
async fn oauth2_form_gives_tokens_with_the_scopes_that_were_asked_for() {
    let app = oauth2::app().expect("settings");
    let refused = answer_to(&app, form("/token", "username=ada&password=wrong")).await;
    assert_eq!((refused.status, refused.body.as_str()), (400, r#"{"error":"invalid_grant"}"#));

    for (scope, status) in
        [("", 200), ("&scope=reports:read+other", 200), ("&scope=reports:write", 403)]
    {
        let fields = format!("grant_type=password&username=ada&password=analytical-engine{scope}");
        let answer = answer_to(&app, form("/token", fields.leak())).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let pair: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(pair["token_type"], "bearer");
        assert!(pair["expires_in"].as_u64().is_some_and(|seconds| (890..=900).contains(&seconds)));
        let token = pair["access_token"].as_str().expect("a token");
        assert_eq!(answer_to(&app, bearer(get("/reports"), token)).await.status, status, "{scope}");
    }
    assert_eq!(answer_to(&app, get("/reports")).await.status, 401);
}

#[tokio::test]
async fn oauth2_description_has_one_scheme_and_the_refusals() {
    let app = oauth2::app().expect("settings");
    let answer = answer_to(&app, get("/openapi.json")).await;
    let described: Value = serde_json::from_str(&answer.body).expect("JSON");

    let schemes = described["components"]["securitySchemes"].as_object().expect("schemes");
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["AuthXBearer"]);
    assert_eq!(schemes["AuthXBearer"]["flows"]["password"]["tokenUrl"], "token");
    let operation = &described["paths"]["/reports"]["get"];
    assert_eq!(operation["security"], json!([{ "AuthXBearer": ["reports:read"] }]));
    for status in ["401", "403"] {
        let body = &operation["responses"][status]["content"]["application/json"]["schema"];
        assert_eq!(body["$ref"], "#/components/schemas/Refusal");
    }
}

/// A folder that is removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("authx-keys-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("a file");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn keys_in_a_folder_change_while_the_service_runs() {
    let folder = Folder::new();
    folder.write("2026-12.pem", include_str!("../../../tests/attacks/keys/p256.pem"));
    folder.write("signing", "2026-12\n");
    let auth = keys_from_files::auth_of(&folder.0).expect("keys");
    let app = keys_from_files::app(auth.clone());
    let log_in = async || answer_to(&app, post("/login")).await.body;
    let me = async |token: &str| answer_to(&app, bearer(get("/me"), token)).await.status;
    let first = log_in().await;
    assert_eq!(me(&first).await, 200);

    folder.write("2027-01.pem", include_str!("../../../tests/attacks/keys/p256-attacker.pem"));
    folder.write("signing", "2027-01\n");
    // Another machine that was restarted signs with the new key already.
    let others = keys_from_files::auth_of(&folder.0).expect("keys");
    let second = others.create_access_token("ada").expect("a token");
    assert_eq!(me(&second).await, 401);
    keys_from_files::read_again(&auth, &folder.0).expect("keys");
    assert_eq!((me(&first).await, me(&second).await), (200, 200));

    folder.write("2027-01.pem", "cut off");
    assert!(keys_from_files::read_again(&auth, &folder.0).is_err());
    assert_eq!(me(&second).await, 200);

    folder.write("2027-01.pem", include_str!("../../../tests/attacks/keys/p256-attacker.pem"));
    std::fs::remove_file(folder.0.join("2026-12.pem")).expect("the former key");
    keys_from_files::read_again(&auth, &folder.0).expect("keys");
    assert_eq!((me(&first).await, me(&second).await), (401, 200));
}

#[tokio::test]
async fn behind_a_proxy_the_browser_gets_its_own_paths_and_each_client_its_own_limit() {
    let app = behind_a_proxy::app().expect("settings");
    let log_in = async |forwarded: &'static str| {
        let mut request = post("/auth/login");
        let value = HeaderValue::from_static(forwarded);
        request.headers_mut().insert("x-forwarded-for", value);
        answer_to(&app, request).await
    };
    let answer = log_in("203.0.113.1").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    for (name, path) in [("access_token_cookie", "/api"), ("refresh_token_cookie", "/api/auth")] {
        let line = cookies
            .iter()
            .filter_map(|line| line.to_str().ok())
            .find(|line| line.starts_with(name));
        let attributes: Vec<_> = line.expect("the cookie").split("; ").collect();
        assert!(attributes.contains(&"Secure"), "{name}");
        assert!(attributes.contains(&format!("Path={path}").as_str()), "{name}");
    }
    let token = answer.cookie("access_token_cookie").expect("the access token");
    let me = with_cookies(get("/me"), [("access_token_cookie", token)]);
    assert_eq!(answer_to(&app, me).await.body, "ada");

    // Whatever the client writes before it, the proxy's own entry counts.
    for written in ["203.0.113.1", "a, 203.0.113.1", "b, 203.0.113.1", "c, 203.0.113.1"] {
        assert_eq!(log_in(written).await.status, 200);
    }
    assert_eq!(log_in("d, 203.0.113.1").await.status, 429);
    assert_eq!(log_in("203.0.113.1, 203.0.113.2").await.status, 200);
}
