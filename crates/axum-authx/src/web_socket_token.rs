//! [`WebSocketToken`].

use authx::{Claims, Requirement};

use crate::token_extractor::token_extractor;

/// The claims of the access token that comes with a WebSocket's handshake, valid and not revoked.
///
/// The token is looked for in `JWT_WEBSOCKET_TOKEN_LOCATION`. If the page offers it as a subprotocol, the answer must
/// select [`BEARER_SUBPROTOCOL`](crate::BEARER_SUBPROTOCOL), because browsers close the connection otherwise:
/// `upgrade.protocols([BEARER_SUBPROTOCOL])`, with the application's own before it. `WebSocketGuard` does it by itself.
///
/// A browser sends cookies whichever page opens the socket. So if the token is in a cookie, the page must be
/// of the service's own origin, or of one in `JWT_WEBSOCKET_ALLOWED_ORIGINS`. A refused handshake gets the
/// same answer as any other request.
///
/// The type parameter and `Option` are as with [`AccessToken`](crate::AccessToken).
///
/// ```
/// use axum_authx::WebSocketToken;
///
/// // With axum's feature `ws`, the next argument is `upgrade: WebSocketUpgrade`.
/// async fn events(token: WebSocketToken) -> String {
///     token.sub.clone()
/// }
/// # axum::Router::new().route("/events", axum::routing::get(events))
/// #     .with_state::<()>(axum_authx::AuthX::ephemeral());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WebSocketToken<C = ()>(pub Claims<C>);

token_extractor!(WebSocketToken, Requirement::access().websocket());

#[cfg(test)]
mod tests {
    use authx::Location;
    use axum::Router;
    use axum::routing::get;
    use http::HeaderValue;
    use http::header::{COOKIE, HOST, ORIGIN};

    use super::*;
    use crate::AuthX;
    use crate::testing::{self, answer_to};

    #[tokio::test]
    async fn a_cookie_counts_only_for_pages_of_a_trusted_origin() {
        let config = testing::config()
            .token_location([Location::Cookies])
            .websocket_allowed_origins(vec!["https://app.example".to_owned()]);
        let auth = AuthX::new(config.build().expect("settings"));
        let app = Router::new()
            .route("/", get(|token: WebSocketToken| async move { token.0.sub }))
            .with_state(auth.clone());
        let token = auth.create_access_token("ada").expect("a token");

        for (origin, status) in [
            (Some("https://app.example"), 200),
            (Some("https://service.example"), 200),
            (Some("https://evil.example"), 401),
            (Some("null"), 401),
        ] {
            let mut request = testing::get("/");
            let headers = request.headers_mut();
            headers.insert(HOST, HeaderValue::from_static("service.example"));
            let cookie = format!("access_token_cookie={token}");
            headers.insert(COOKIE, HeaderValue::try_from(cookie).expect("a value"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(answer_to(&app, request).await.status, status, "{origin:?}");
        }
    }
}
