//! Security schemes for OpenAPI descriptions of `utoipa`.

use authx::TokenKind;
use authx::config::SecuritySchemePlace;
use utoipa::Modify;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, OpenApi};

use crate::auth::AuthX;

/// Adds the security schemes of both token types to the description's components, with the names that the
/// FastAPI package uses: `AuthXBearer`, or `AuthXHeader` for a header of another kind, `AuthXAccessCookie`,
/// `AuthXRefreshCookie`, `AuthXQuery`. OpenAPI has none for a token in a JSON body.
///
/// ```
/// use axum_authx::{AccessToken, AuthX};
/// use utoipa::{Modify as _, OpenApi as _};
///
/// #[utoipa::path(get, path = "/me", security(("AuthXBearer" = [])), responses((status = 200)))]
/// async fn me(token: AccessToken) -> String {
///     token.sub.clone()
/// }
///
/// #[derive(utoipa::OpenApi)]
/// #[openapi(paths(me))]
/// struct Description;
///
/// let mut description = Description::openapi();
/// AuthX::ephemeral().modify(&mut description);
/// let json = description.to_json()?;
/// assert!(json.contains(r#""AuthXBearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT""#));
/// # Ok::<(), serde_json::Error>(())
/// ```
impl Modify for AuthX {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_with(Components::new);
        for kind in [TokenKind::Access, TokenKind::Refresh] {
            for (name, scheme) in self.security_schemes(kind) {
                components.add_security_scheme(name, scheme);
            }
        }
    }
}

impl AuthX {
    /// The security schemes of a token type by their names, in the order in which its locations are
    /// searched.
    #[must_use]
    pub fn security_schemes(&self, kind: TokenKind) -> Vec<(&'static str, SecurityScheme)> {
        let engine = self.engine();
        let schemes = engine.config().security_schemes(kind).into_iter();
        schemes.map(|scheme| (scheme.name, described(scheme))).collect()
    }

    /// The security requirements of an operation that asks for a token of this type, any one of its schemes, for
    /// [`Operation::security`](utoipa::openapi::path::Operation).
    ///
    /// ```
    /// use axum_authx::{AuthX, TokenKind};
    /// use utoipa::openapi::path::OperationBuilder;
    ///
    /// let required = AuthX::ephemeral().security_requirements(TokenKind::Access);
    /// let operation = OperationBuilder::new().securities(Some(required)).build();
    /// ```
    #[must_use]
    pub fn security_requirements(&self, kind: TokenKind) -> Vec<SecurityRequirement> {
        let schemes = self.security_schemes(kind).into_iter();
        schemes.map(|(name, _)| SecurityRequirement::new(name, [""; 0])).collect()
    }
}

fn described(scheme: authx::config::SecurityScheme) -> SecurityScheme {
    let key = |name| ApiKeyValue::with_description(name, scheme.description.clone());
    match scheme.place {
        SecuritySchemePlace::Bearer => {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
            SecurityScheme::Http(bearer.description(Some(scheme.description)).build())
        }
        SecuritySchemePlace::Header(name) => SecurityScheme::ApiKey(ApiKey::Header(key(name))),
        SecuritySchemePlace::Cookie(name) => SecurityScheme::ApiKey(ApiKey::Cookie(key(name))),
        SecuritySchemePlace::Query(name) => SecurityScheme::ApiKey(ApiKey::Query(key(name))),
    }
}

#[cfg(test)]
mod tests {
    use authx::Location;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing;

    fn components(auth: &AuthX) -> Value {
        let mut openapi = OpenApi::default();
        auth.modify(&mut openapi);
        let openapi: Value = serde_json::to_value(&openapi).expect("a description");
        openapi["components"]["securitySchemes"].clone()
    }

    #[test]
    fn every_location_but_a_body_has_a_scheme() {
        let locations = [Location::Headers, Location::Cookies, Location::Query, Location::Json];
        let config = testing::config().token_location(locations).build().expect("settings");
        let auth = AuthX::new(config);
        let description = "A token, without `Bearer` before it.";
        let expected = json!({
            "AuthXBearer": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description
            },
            "AuthXAccessCookie": {
                "type": "apiKey", "in": "cookie", "name": "access_token_cookie",
                "description": "An access token."
            },
            "AuthXRefreshCookie": {
                "type": "apiKey", "in": "cookie", "name": "refresh_token_cookie",
                "description": "A refresh token."
            },
            "AuthXQuery": {
                "type": "apiKey", "in": "query", "name": "token", "description": "A token."
            },
        });
        assert_eq!(components(&auth), expected);

        let required = auth.security_requirements(TokenKind::Refresh);
        let required = serde_json::to_value(required).expect("requirements");
        let names = json!([{"AuthXBearer": []}, {"AuthXRefreshCookie": []}, {"AuthXQuery": []}]);
        assert_eq!(required, names);
    }

    #[test]
    fn a_header_of_another_kind_is_described_as_a_key() {
        for (scheme, description) in [("Token", "Enter `Token ` and a token."), ("", "A token.")] {
            let config = testing::config().header_name("X-Auth").header_type(scheme);
            let auth = AuthX::new(config.build().expect("settings"));
            let expected = json!({
                "AuthXHeader": {
                    "type": "apiKey", "in": "header", "name": "X-Auth", "description": description
                }
            });
            assert_eq!(components(&auth), expected);
        }
    }
}
