//! [`AuthX::authorize_request`] and the layer that evaluates a [`Policy`].

use std::sync::Arc;

use authx::policy::{AttributeValues, Policy, PolicyContext};
use authx::token::JsonClaims;
use authx::{Claims, Requirement};
use axum::extract::{OriginalUri, Request};
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::auth::AuthX;
use crate::authenticate::Asked;
use crate::body::with_body_read;
use crate::client_address::client_address;
use crate::gate::{Gate, gate_layer};
use crate::rejection::Rejection;

/// A question for a policy: whether an action on a resource is allowed.
///
/// ```
/// use axum_authx::PolicyRequest;
/// use serde_json::json;
///
/// let request = PolicyRequest::new("write", "documents:7").attributes(json!({"owner": "ada"}));
/// # assert_eq!(format!("{request:?}").matches("ada").count(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct PolicyRequest {
    action: String,
    resource: String,
    subject: Option<Value>,
    attributes: Value,
    environment: Value,
}

impl PolicyRequest {
    /// Asks whether `action` on `resource` is allowed.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            subject: None,
            attributes: Value::Null,
            environment: Value::Null,
        }
    }

    /// The attributes of the subject, a JSON object. The default is `sub`, `scopes` and `login_type` of the token.
    #[must_use]
    pub fn subject(mut self, attributes: Value) -> Self {
        self.subject = Some(attributes);
        self
    }

    /// The attributes of the resource, a JSON object.
    #[must_use]
    pub fn attributes(mut self, attributes: Value) -> Self {
        self.attributes = attributes;
        self
    }

    /// Attributes of the environment, a JSON object. They are added to the request's usual ones, and replace those of
    /// the same name.
    #[must_use]
    pub fn environment(mut self, attributes: Value) -> Self {
        self.environment = attributes;
        self
    }
}

impl AuthX {
    /// The claims of the request's access token, if `policy` allows what is asked. For handlers that have to
    /// load the resource before they can ask about it.
    ///
    /// ```
    /// use axum::extract::{Path, Request, State};
    /// use axum_authx::{AuthX, Policy, PolicyRequest, Rejection};
    /// use serde_json::json;
    ///
    /// # struct Document { owner: String }
    /// # fn load(_: u32) -> Document { Document { owner: "ada".to_owned() } }
    /// async fn write(
    ///     State(auth): State<AuthX>,
    ///     State(policy): State<Policy>,
    ///     Path(id): Path<u32>,
    ///     request: Request,
    /// ) -> Result<String, Rejection> {
    ///     let (mut parts, _body) = request.into_parts();
    ///     let asked = PolicyRequest::new("write", format!("documents:{id}"))
    ///         .attributes(json!({"owner": load(id).owner}));
    ///     let claims = auth.authorize_request(&mut parts, &policy, &asked).await?;
    ///     Ok(format!("{} may write", claims.sub))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of a bad token, or of a denied action, with status 403.
    pub async fn authorize_request(
        &self,
        parts: &mut Parts,
        policy: &Policy,
        asked: &PolicyRequest,
    ) -> Result<Claims<JsonClaims>, Rejection> {
        Asked::forget(&mut parts.extensions);
        self.authorize_once(parts, policy, asked).await
    }

    /// As [`AuthX::authorize_request`], for extractors and layers: what a store said in this request is not asked
    /// again.
    pub(crate) async fn authorize_once(
        &self,
        parts: &mut Parts,
        policy: &Policy,
        asked: &PolicyRequest,
    ) -> Result<Claims<JsonClaims>, Rejection> {
        let claims = self.authenticate_once::<JsonClaims>(parts, &Requirement::access()).await?;
        let PolicyRequest { action, resource, subject, attributes, environment } = asked;
        let mut values = AttributeValues::of_claims(&claims);
        if let Some(subject) = subject {
            values = values.subject(subject.clone());
        }
        let client = client_address(parts);
        // In a nested router, the request's own URI lacks the outer router's prefix.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let values = values.resource(attributes.clone()).environment(environment.clone()).request(
            self.now(),
            parts.method.as_str(),
            // Decoded, as `Path` gives it to handlers: a rule about it must not be evaded by `%61`.
            &percent_decode_str(uri.path()).decode_utf8_lossy(),
            client.as_ref(),
        );
        let scopes = claims.scopes.as_deref().unwrap_or_default();
        let context = PolicyContext::new(action, resource, &values).scopes(scopes);
        let decision = policy.decide(&context);
        if let Some(fault) = &decision.fault {
            tracing::error!("a policy could not be evaluated: {fault}");
        }
        decision.into_result().map_err(|error| self.reject(error))?;
        Ok(claims)
    }

    /// A layer that lets only requests through for whose token `policy` allows what is asked.
    ///
    /// ```
    /// use axum::Router;
    /// use axum::routing::get;
    /// use axum_authx::{AuthX, Policy, PolicyRequest};
    ///
    /// let auth = AuthX::ephemeral();
    /// let policy: Policy = Policy::from_json(
    ///     r#"{"rules": [{"effect": "allow", "actions": ["read"], "resources": ["reports:*"]}]}"#,
    ///     "policies.json",
    /// )?;
    /// let app: Router = Router::new()
    ///     .route("/reports", get(|| async { "the reports" }))
    ///     .route_layer(auth.authorize(policy, PolicyRequest::new("read", "reports")));
    /// # Ok::<(), axum_authx::PolicyFileError>(())
    /// ```
    #[must_use]
    pub fn authorize(&self, policy: Policy, asked: PolicyRequest) -> PolicyLayer {
        PolicyLayer { auth: self.clone(), policy, asked: Arc::new(asked) }
    }
}

/// Lets only requests through that a policy allows; see [`AuthX::authorize`].
///
/// Add it with [`Router::route_layer`](axum::Router::route_layer), as
/// [`RequireLayer`](crate::RequireLayer). It reads the body itself where the token may be in it. The
/// client's address, `client_ip` in policies, is available if the router is served with
/// [`into_make_service_with_connect_info`](axum::Router::into_make_service_with_connect_info).
#[derive(Clone, Debug)]
pub struct PolicyLayer {
    auth: AuthX,
    policy: Policy,
    asked: Arc<PolicyRequest>,
}

gate_layer!(PolicyLayer);

impl Gate for PolicyLayer {
    async fn admit(&self, request: Request) -> Result<Request, Rejection> {
        let Self { auth, policy, asked } = self;
        let request = with_body_read(auth, request, &[Requirement::access()]).await;
        let (mut parts, body) = request.into_parts();
        auth.authorize_once(&mut parts, policy, asked).await?;
        Ok(Request::from_parts(parts, body))
    }
}

#[cfg(test)]
mod tests {
    use authx::NewToken;
    use authx::policy::{PolicyCondition, PolicyEffect, PolicyOperator, PolicyRule, PolicySource};
    use axum::Router;
    use axum::routing::{get, post};
    use serde_json::json;

    use super::*;
    #[cfg(feature = "connect-info")]
    use crate::client_address::from_address;
    use crate::testing::{self, answer_to, bearer};
    use crate::{Location, RequiredScopes, revocation};

    fn equals(source: PolicySource, key: &str, value: impl Into<Value>) -> PolicyCondition {
        PolicyCondition::new(source, key, PolicyOperator::Equals, value)
    }

    fn allow(action: &str, resource: &str) -> PolicyRule {
        PolicyRule::new(PolicyEffect::Allow, [action], [resource])
    }

    fn layered(auth: &AuthX, policy: Policy, asked: PolicyRequest) -> Router {
        Router::new()
            .route("/reports", get(|| async { "the reports" }))
            .route_layer(auth.authorize(policy, asked))
            .route("/open", get(|| async { "open" }))
    }

    #[tokio::test]
    async fn a_layer_lets_through_what_the_policy_allows() {
        let (auth, _) = testing::auth();
        let readers = allow("read", "reports:*").scopes(RequiredScopes::all(["reports:read"]));
        let policy = Policy::new([readers]);
        let app = layered(&auth, policy, PolicyRequest::new("read", "reports"));
        let reader = NewToken::access("ada").scopes(["reports:*"]);
        let reader = auth.issue(&reader).expect("a token");
        let other = auth.create_access_token("bob").expect("a token");

        let answer = answer_to(&app, bearer(testing::get("/reports"), &reader)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "the reports"));
        let answer = answer_to(&app, bearer(testing::get("/reports"), &other)).await;
        assert_eq!(answer.status, 403);
        assert_eq!(
            answer.body,
            r#"{"message":"No policy rule matched","error_type":"PolicyDeniedError"}"#
        );
        assert_eq!(answer.header("www-authenticate"), None);
        let answer = answer_to(&app, testing::get("/reports")).await;
        assert_eq!(answer.error_type(), Some("MissingTokenError"));
        assert_eq!(answer_to(&app, testing::get("/open")).await.status, 200);
    }

    #[tokio::test]
    async fn a_claim_of_more_than_64_bits_that_a_rule_compares_is_a_500() {
        let (auth, _) = testing::auth();
        let deny = PolicyRule::new(PolicyEffect::Deny, ["*"], ["*"]).condition(equals(
            PolicySource::Token,
            "account",
            1_u64 << 63,
        ));
        let app = layered(
            &auth,
            Policy::new([allow("*", "*"), deny]),
            PolicyRequest::new("read", "reports"),
        );
        for (account, status) in [("9223372036854775809", 200), ("18446744073709551617", 500)] {
            let claims: JsonClaims =
                serde_json::from_str(&format!("{{\"account\": {account}}}")).expect("claims");
            let token = auth.issue(&NewToken::access("ada").claims(claims)).expect("a token");
            let answer = answer_to(&app, bearer(testing::get("/reports"), &token)).await;
            assert_eq!(answer.status, status, "{account}");
            let failed = answer.body.contains("\"error_type\":\"PolicyEvaluationError\"");
            assert_eq!(failed, status == 500, "{}", answer.body);
        }
    }

    #[tokio::test]
    async fn a_deny_rule_gives_its_reason() {
        let (auth, _) = testing::auth();
        let deny = PolicyRule::new(PolicyEffect::Deny, ["*"], ["*"]).reason("closed");
        let policy = Policy::new([deny, allow("*", "*")]);
        let app = layered(&auth, policy, PolicyRequest::new("read", "reports"));
        let token = auth.create_access_token("ada").expect("a token");
        let answer = answer_to(&app, bearer(testing::get("/reports"), &token)).await;
        assert_eq!(answer.body, r#"{"message":"closed","error_type":"PolicyDeniedError"}"#);
    }

    #[tokio::test]
    async fn conditions_can_use_subject_resource_request_and_claims() {
        let (auth, _) = testing::auth();
        let token = NewToken::access("ada").claims(json!({"team": {"id": 7}}));
        let token = auth.issue(&token).expect("a token");
        for (source, key, value, expected) in [
            (PolicySource::Subject, "sub", json!("ada"), 200),
            (PolicySource::Subject, "sub", json!("bob"), 403),
            (PolicySource::Token, "team.id", json!(7), 200),
            (PolicySource::Resource, "owner", json!("ada"), 200),
            (PolicySource::Environment, "method", json!("GET"), 200),
            (PolicySource::Environment, "path", json!("/reports"), 200),
            (PolicySource::Environment, "time", json!("2030-01-01T12:00:00.000000Z"), 200),
            (PolicySource::Environment, "weekday", json!(1), 200),
            (PolicySource::Environment, "region", json!("eu"), 200),
        ] {
            let policy = Policy::new([allow("*", "*").condition(equals(source, key, value))]);
            let asked = PolicyRequest::new("read", "reports")
                .attributes(json!({"owner": "ada"}))
                .environment(json!({"region": "eu"}));
            let request = bearer(testing::get("/reports"), &token);
            let answer = answer_to(&layered(&auth, policy, asked), request).await;
            assert_eq!(answer.status, expected, "{source} {key}");
        }
    }

    #[cfg(feature = "connect-info")]
    #[tokio::test]
    async fn a_rule_about_an_ipv4_address_applies_on_a_dual_stack_socket() {
        let (auth, _) = testing::auth();
        let token = auth.create_access_token("ada").expect("a token");
        let deny = PolicyRule::new(PolicyEffect::Deny, ["*"], ["*"]);
        let deny = deny.condition(equals(PolicySource::Environment, "client_ip", "192.0.2.1"));
        let policy = Policy::new([deny, allow("*", "*")]);
        let app = layered(&auth, policy, PolicyRequest::new("read", "reports"));
        for (address, expected) in
            [("192.0.2.1:5000", 403), ("[::ffff:192.0.2.1]:5000", 403), ("192.0.2.2:5000", 200)]
        {
            let request = from_address(address, bearer(testing::get("/reports"), &token));
            assert_eq!(answer_to(&app, request).await.status, expected, "{address}");
        }
    }

    #[tokio::test]
    async fn a_rule_about_the_path_is_not_evaded_by_another_spelling() {
        let (auth, _) = testing::auth();
        let secret = equals(PolicySource::Environment, "path", "/reports/a b");
        let deny = PolicyRule::new(PolicyEffect::Deny, ["*"], ["*"]).condition(secret);
        let app = Router::new().route("/reports/{name}", get(|| async { "a report" })).route_layer(
            auth.authorize(
                Policy::new([deny, allow("*", "*")]),
                PolicyRequest::new("read", "reports"),
            ),
        );
        let token = auth.create_access_token("ada").expect("a token");
        for (path, status) in
            [("/reports/a%20b", 403), ("/reports/%61%20b", 403), ("/reports/c", 200)]
        {
            let answer = answer_to(&app, bearer(testing::get(path), &token)).await;
            assert_eq!(answer.status, status, "{path}");
        }
    }

    #[tokio::test]
    async fn a_policy_in_a_nested_router_gets_the_whole_path() {
        let (auth, _) = testing::auth();
        let whole = equals(PolicySource::Environment, "path", "/api/reports");
        let policy = Policy::new([allow("*", "*").condition(whole)]);
        let inner = layered(&auth, policy, PolicyRequest::new("read", "reports"));
        let app = Router::new().nest("/api", inner);
        let token = auth.create_access_token("ada").expect("a token");
        let answer = answer_to(&app, bearer(testing::get("/api/reports"), &token)).await;
        assert_eq!(answer.status, 200);
    }

    #[tokio::test]
    async fn a_subject_from_the_application_replaces_the_default_one() {
        let (auth, _) = testing::auth();
        let finance = equals(PolicySource::Subject, "department", "finance");
        let policy = Policy::new([allow("*", "*").condition(finance)]);
        let token = auth.create_access_token("ada").expect("a token");
        for (department, expected) in [("finance", 200), ("sales", 403)] {
            let asked = PolicyRequest::new("read", "reports");
            let asked = asked.subject(json!({"department": department}));
            let app = layered(&auth, policy.clone(), asked);
            let answer = answer_to(&app, bearer(testing::get("/reports"), &token)).await;
            assert_eq!(answer.status, expected, "{department}");
        }
    }

    #[tokio::test]
    async fn a_revoked_token_is_refused_whatever_the_policy_says() {
        let auth = testing::auth().0.with_revocation(revocation::from_sync_fn(|_| true));
        let policy = Policy::new([allow("*", "*")]);
        let app = layered(&auth, policy, PolicyRequest::new("read", "reports"));
        let token = auth.create_access_token("ada").expect("a token");
        let answer = answer_to(&app, bearer(testing::get("/reports"), &token)).await;
        assert_eq!(answer.error_type(), Some("RevokedTokenError"));
    }

    #[tokio::test]
    async fn a_layer_reads_the_token_of_a_body_and_leaves_it_to_the_handler() {
        let config = testing::config().token_location([Location::Json]).build().expect("settings");
        let auth = AuthX::new(config);
        let asked = PolicyRequest::new("write", "reports");
        let app = Router::new()
            .route("/", post(|body: String| async { body }))
            .route_layer(auth.authorize(Policy::new([allow("*", "*")]), asked));
        let token = auth.create_access_token("ada").expect("a token");
        let body = format!(r#"{{"access_token":"{token}"}}"#);
        let answer = answer_to(&app, testing::json("/", &body)).await;
        assert_eq!((answer.status, answer.body), (200, body));
    }
}
