//! [`RequireLayer`]: one requirement for many routes.

use std::sync::Arc;

use authx::Requirement;
use axum::extract::Request;

use crate::auth::AuthX;
use crate::body::with_body_read;
use crate::gate::{Gate, gate_layer};
use crate::rejection::Rejection;

impl AuthX {
    /// A layer that lets only requests through whose token meets `requirement`.
    ///
    /// ```
    /// use axum::Router;
    /// use axum::routing::get;
    /// use axum_authx::{AuthX, RequiredScopes, Requirement};
    ///
    /// let auth = AuthX::ephemeral();
    /// let admin = RequiredScopes::any(["admin", "superuser"]);
    /// let app: Router = Router::new()
    ///     .route("/admin", get(|| async { "the panel" }))
    ///     .route_layer(auth.require(Requirement::access().scopes(admin)));
    /// ```
    ///
    /// # Panics
    ///
    /// When no request can meet the requirement, see [`Requirement::fault`]: as axum does where a route is declared.
    #[must_use]
    #[track_caller]
    pub fn require(&self, requirement: Requirement) -> RequireLayer {
        if let Some(fault) = requirement.fault() {
            panic!("a requirement that no request can meet: {fault}");
        }
        RequireLayer { auth: self.clone(), requirement: Arc::new(requirement) }
    }
}

/// Lets only requests through whose token meets a requirement; see [`AuthX::require`].
///
/// Add it with [`Router::route_layer`](axum::Router::route_layer), so that a path without a route stays
/// a 404. It reads the body itself if the token may be in it, so it needs no [`AuthX::read_body`].
///
/// The claims are in the request's extensions, so a handler behind the layer gets them without verifying the token
/// again. Of several such layers, the innermost one's are there. Custom claims need an extractor.
///
/// ```
/// use axum::routing::get;
/// use axum::{Extension, Router};
/// use axum_authx::{AuthX, Claims, Requirement};
///
/// async fn panel(Extension(claims): Extension<Claims>) -> String {
///     format!("the panel, for {}", claims.sub)
/// }
///
/// let auth = AuthX::ephemeral();
/// let app: Router =
///     Router::new().route("/panel", get(panel)).route_layer(auth.require(Requirement::access()));
/// ```
#[derive(Clone, Debug)]
pub struct RequireLayer {
    auth: AuthX,
    requirement: Arc<Requirement>,
}

gate_layer!(RequireLayer);

impl Gate for RequireLayer {
    async fn admit(&self, request: Request) -> Result<Request, Rejection> {
        let Self { auth, requirement } = self;
        let request = with_body_read(auth, request, std::slice::from_ref(requirement)).await;
        let (mut parts, body) = request.into_parts();
        let claims = auth.authenticate_once::<()>(&mut parts, requirement).await?;
        parts.extensions.insert(claims);
        Ok(Request::from_parts(parts, body))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use authx::{Location, NewToken, RequiredScopes};
    use axum::Router;
    use axum::routing::{get, post};

    use super::*;
    use crate::testing::{self, answer_to, bearer};
    use crate::{AccessToken, revocation};

    #[test]
    #[should_panic(
        expected = "cookies carry access and refresh tokens only: use headers, json or query"
    )]
    fn a_token_of_the_applications_own_type_is_in_no_cookie() {
        let reset = Requirement::of("password_reset".parse().expect("a type"));
        let _ = testing::auth().0.require(reset.locations([Location::Headers, Location::Cookies]));
    }

    #[tokio::test]
    async fn asked_by_hand_for_such_a_token_the_service_has_failed() {
        let (auth, _) = testing::auth();
        let reset = Requirement::of("password_reset".parse().expect("a type"));
        let (mut parts, ()) = http::Request::new(()).into_parts();
        let in_cookies = reset.clone().locations([Location::Cookies]);
        let refused = auth.authenticate::<()>(&mut parts, &in_cookies).await.expect_err("a fault");
        assert_eq!(refused.error(), None);
        let refused = auth.authenticate::<()>(&mut parts, &reset).await.expect_err("no token");
        assert!(refused.is_missing());
    }

    #[tokio::test]
    async fn routes_behind_the_layer_ask_for_its_scopes_and_others_do_not() {
        let (auth, _) = testing::auth();
        let admin = RequiredScopes::any(["admin", "superuser"]);
        let app = Router::new()
            .route("/admin", get(|| async { "the panel" }))
            .route_layer(auth.require(Requirement::access().scopes(admin)))
            .route("/open", get(|| async { "open" }));
        let admin = auth.issue(&NewToken::access("ada").scopes(["admin"])).expect("a token");
        let user = auth.create_access_token("bob").expect("a token");

        for (path, token, status) in [
            ("/admin", Some(&admin), 200),
            ("/admin", Some(&user), 403),
            ("/admin", None, 401),
            ("/open", None, 200),
            ("/nowhere", None, 404),
        ] {
            let request = testing::get(path);
            let request = match token {
                Some(token) => bearer(request, token),
                None => request,
            };
            assert_eq!(answer_to(&app, request).await.status, status, "{path} {token:?}");
        }
    }

    #[tokio::test]
    async fn layer_and_extractor_ask_the_store_once() {
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let auth = testing::auth().0.with_revocation(revocation::from_sync_fn(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            false
        }));
        let app = Router::new()
            .route("/", get(|token: AccessToken| async move { token.0.sub }))
            .route_layer(auth.require(Requirement::access()))
            .with_state(auth.clone());
        let token = auth.create_access_token("ada").expect("a token");
        assert_eq!(answer_to(&app, bearer(testing::get("/"), &token)).await.body, "ada");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert_eq!(answer_to(&app, bearer(testing::get("/"), &token)).await.body, "ada");
        assert_eq!(asked.load(Ordering::Relaxed), 2, "each request asks anew");
    }

    #[tokio::test]
    async fn a_requirement_with_the_body_as_its_location_reads_it_and_leaves_it_to_the_handler() {
        let (auth, _) = testing::auth();
        let app = Router::new()
            .route("/", post(|body: String| async { body }))
            .route_layer(auth.require(Requirement::access().locations([Location::Json])));
        let token = auth.create_access_token("ada").expect("a token");
        let body = format!(r#"{{"access_token":"{token}","more":1}}"#);
        let answer = answer_to(&app, testing::json("/", &body)).await;
        assert_eq!((answer.status, answer.body), (200, body));
        let answer = answer_to(&app, testing::json("/", "{}")).await;
        assert_eq!((answer.status, answer.error_type()), (401, Some("MissingTokenError")));
    }
}
