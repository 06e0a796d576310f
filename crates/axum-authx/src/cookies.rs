//! Cookies of a response: [`SetCookies`] after a login, [`UnsetCookies`] at a logout.

use std::fmt;
use std::time::Duration;

use authx::{Location, TokenKind};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::HeaderValue;
use http::header::SET_COOKIE;

use crate::auth::AuthX;
use crate::rejection::Rejection;
use crate::token_pair::TokenPair;

impl AuthX {
    /// A part of a response that sets both tokens as cookies, and their CSRF values in cookies that scripts can read.
    ///
    /// ```
    /// use axum::Json;
    /// use axum::extract::State;
    /// use axum::response::IntoResponse;
    /// use axum_authx::{AuthX, Rejection};
    ///
    /// async fn login(State(auth): State<AuthX>) -> Result<impl IntoResponse, Rejection> {
    ///     let pair = auth.create_token_pair("user123")?;
    ///     Ok((auth.set_cookies(&pair), "welcome"))
    /// }
    /// ```
    pub fn set_cookies(&self, pair: &TokenPair) -> SetCookies {
        self.set(vec![
            (TokenKind::Access, pair.access_token.clone()),
            (TokenKind::Refresh, pair.refresh_token.clone()),
        ])
    }

    /// Warns once if requests with these cookies are not searched for them: the user would stay logged out.
    fn warn_of_unread_cookies(&self, kind: TokenKind) {
        let engine = self.engine();
        let config = engine.config();
        let searched = [config.locations(kind), config.websocket_locations(kind)];
        let is_read = searched.iter().any(|locations| locations.contains(&Location::Cookies));
        if !is_read && self.is_first_warning_of_cookies() {
            tracing::warn!(
                "a response sets cookies, and no request is searched for them: JWT_TOKEN_LOCATION has no `cookies`"
            );
        }
    }

    /// Sets an access token as a cookie.
    pub fn set_access_cookies(&self, token: &str) -> SetCookies {
        self.set(vec![(TokenKind::Access, token.to_owned())])
    }

    /// Sets a refresh token as a cookie.
    pub fn set_refresh_cookies(&self, token: &str) -> SetCookies {
        self.set(vec![(TokenKind::Refresh, token.to_owned())])
    }

    /// A part of a response that deletes all cookies that [`AuthX::set_cookies`] sets.
    ///
    /// ```
    /// use axum::extract::State;
    /// use axum::response::IntoResponse;
    /// use axum_authx::AuthX;
    ///
    /// async fn logout(State(auth): State<AuthX>) -> impl IntoResponse {
    ///     (auth.unset_cookies(), "goodbye")
    /// }
    /// ```
    pub fn unset_cookies(&self) -> UnsetCookies {
        self.unset(&[TokenKind::Access, TokenKind::Refresh])
    }

    /// Deletes the access token's cookies.
    pub fn unset_access_cookies(&self) -> UnsetCookies {
        self.unset(&[TokenKind::Access])
    }

    /// Deletes the refresh token's cookies.
    pub fn unset_refresh_cookies(&self) -> UnsetCookies {
        self.unset(&[TokenKind::Refresh])
    }

    fn set(&self, tokens: Vec<(TokenKind, String)>) -> SetCookies {
        SetCookies { auth: self.clone(), tokens, max_age: None }
    }

    fn unset(&self, kinds: &'static [TokenKind]) -> UnsetCookies {
        UnsetCookies { auth: self.clone(), kinds }
    }
}

/// The part of a response that sets tokens as cookies.
///
/// For a token that this service did not issue, the response is a 500.
#[derive(Clone)]
#[must_use = "it is a part of a response: return it before the body, in a tuple"]
pub struct SetCookies {
    auth: AuthX,
    tokens: Vec<(TokenKind, String)>,
    max_age: Option<Duration>,
}

impl SetCookies {
    /// How long the browser keeps the cookies, instead of the configured time. Zero deletes them.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }
}

impl IntoResponseParts for SetCookies {
    type Error = Rejection;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Rejection> {
        let now = self.auth.now();
        for (kind, token) in &self.tokens {
            self.auth.warn_of_unread_cookies(*kind);
            let cookies = self.auth.engine().set_cookies(token, *kind, self.max_age, now);
            let cookies = cookies.map_err(|error| {
                Rejection::failed(format_args!("cookies for a token of another service: {error}"))
            })?;
            self.auth.warn_of_oversized(&cookies);
            append(&mut response, cookies)?;
        }
        Ok(response)
    }
}

impl IntoResponse for SetCookies {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// Shows no tokens.
impl fmt::Debug for SetCookies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.tokens.iter().map(|(kind, _)| kind).collect();
        formatter
            .debug_struct("SetCookies")
            .field("tokens", &kinds)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// The part of a response that deletes cookies.
#[derive(Clone, Debug)]
#[must_use = "it is a part of a response: return it before the body, in a tuple"]
pub struct UnsetCookies {
    auth: AuthX,
    kinds: &'static [TokenKind],
}

impl IntoResponseParts for UnsetCookies {
    type Error = Rejection;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Rejection> {
        for kind in self.kinds {
            append(&mut response, self.auth.engine().unset_cookies(*kind))?;
        }
        Ok(response)
    }
}

impl IntoResponse for UnsetCookies {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

fn append(response: &mut ResponseParts, cookies: Vec<String>) -> Result<(), Rejection> {
    for cookie in cookies {
        let value = HeaderValue::try_from(cookie)
            .map_err(|_| Rejection::failed("a cookie's value is not a valid header value"))?;
        response.headers_mut().append(SET_COOKIE, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn set_cookies(response: &Response) -> Vec<&str> {
        let values = response.headers().get_all(SET_COOKIE).iter();
        values.map(|value| value.to_str().expect("ASCII")).collect()
    }

    #[test]
    fn both_tokens_and_their_csrf_values_are_set_beside_other_cookies() {
        let (auth, _) = testing::auth();
        let pair = auth.create_token_pair("ada").expect("tokens");
        let response =
            ([(SET_COOKIE, "theme=dark")], auth.set_cookies(&pair), "welcome").into_response();
        let cookies = set_cookies(&response);
        let names: Vec<_> = cookies.iter().filter_map(|cookie| cookie.split('=').next()).collect();
        assert_eq!(
            names,
            [
                "theme",
                "access_token_cookie",
                "csrf_access_token",
                "refresh_token_cookie",
                "csrf_refresh_token"
            ]
        );
    }

    #[test]
    fn cookies_are_deleted_under_the_names_they_were_set_with() {
        let (auth, _) = testing::auth();
        let response = auth.unset_cookies().into_response();
        let cookies = set_cookies(&response);
        assert_eq!(cookies.len(), 4);
        assert!(cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{cookies:?}");
    }

    #[test]
    fn a_max_age_of_the_response_overrides_the_setting() {
        let (auth, _) = testing::auth();
        let token = auth.create_access_token("ada").expect("a token");
        let cookies = auth.set_access_cookies(&token).max_age(Duration::from_secs(60));
        let response = cookies.into_response();
        let cookies = set_cookies(&response);
        assert!(cookies.iter().all(|cookie| cookie.contains("Max-Age=60")), "{cookies:?}");
    }

    #[test]
    fn a_foreign_token_is_a_500_without_cookies() {
        let (auth, _) = testing::auth();
        let foreign = AuthX::ephemeral().create_access_token("ada").expect("a token");
        let response = (auth.set_access_cookies(&foreign), "welcome").into_response();
        assert_eq!(response.status(), 500);
        assert_eq!(set_cookies(&response), [""; 0]);
    }

    #[test]
    fn debug_shows_no_token() {
        let (auth, _) = testing::auth();
        let pair = auth.create_token_pair("ada").expect("tokens");
        for shown in [format!("{:?}", auth.set_cookies(&pair)), format!("{pair:?}")] {
            assert!(!shown.contains(&pair.access_token) && !shown.contains(&pair.refresh_token));
        }
    }
}
