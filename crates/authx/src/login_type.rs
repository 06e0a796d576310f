//! Several logins of one application, each with its own engine.
//!
//! An engine refuses the tokens of other logins, unless `JWT_DECODE_ANY_LOGIN_TYPE` is set. But where each login has its
//! own keys, issuer or audience, those are checked first, and the error would be about them. So the engines of the other
//! logins are tried too: if one of them accepts the token, the error is a login type mismatch.

use crate::engine::Engine;
use crate::error::Error;
use crate::requirement::{CsrfCheck, Requirement};
use crate::time::Timestamp;
use crate::token::CustomClaims;
use crate::transport::RequestToken;
use crate::verified::Verified;

impl Engine {
    /// [`Engine::verify`], in an application with several logins; `others` are the engines of the other ones.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the first check that fails. Where the token is one that another engine issued,
    /// [`Error::LoginTypeMismatch`].
    pub fn verify_among<'e, 't, C: CustomClaims>(
        &self,
        token: &'t RequestToken<'_>,
        requirement: &Requirement,
        others: impl IntoIterator<Item = &'e Self>,
        now: Timestamp,
    ) -> Result<Verified<'t, C>, Error> {
        self.verify(token, requirement, now)
            .map_err(|error| self.error_among(error, token, others, now))
    }

    /// Whether a token of another login could cause this error, so that the engines of the other logins are
    /// worth trying: logins differ in their keys, issuers and audiences. A malformed token belongs to no login.
    #[must_use]
    pub fn may_be_of_another_login(&self, error: &Error) -> bool {
        self.config().login_type.is_some()
            && matches!(
                error,
                Error::AlgorithmNotAllowed
                    | Error::InvalidSignature
                    | Error::InvalidIssuer
                    | Error::InvalidAudience
            )
    }

    /// The error to report in an application with several logins: [`Error::LoginTypeMismatch`] where one of the
    /// engines of the other logins issued the token, else the given error.
    #[must_use]
    pub fn error_among<'e>(
        &self,
        error: Error,
        token: &RequestToken<'_>,
        others: impl IntoIterator<Item = &'e Self>,
        now: Timestamp,
    ) -> Error {
        let login_type = self.config().login_type.as_ref();
        let Some(expected) = login_type.filter(|_| self.may_be_of_another_login(&error)) else {
            return error;
        };
        let mut others = others.into_iter().filter(|other| issued(other, expected, token, now));
        match others.find_map(|other| other.config().login_type.clone()) {
            Some(actual) => {
                Error::LoginTypeMismatch { expected: Some(expected.clone()), actual: Some(actual) }
            }
            None => error,
        }
    }
}

/// Whether `other` has another login type than `expected`, and accepts the token apart from what depends on the
/// route.
fn issued(other: &Engine, expected: &str, token: &RequestToken<'_>, now: Timestamp) -> bool {
    let login_type = other.config().login_type();
    let requirement = Requirement::access().any_kind().csrf(CsrfCheck::Never);
    login_type.is_some_and(|login_type| login_type != expected)
        && other.verify::<()>(token, &requirement, now).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::issue::NewToken;
    use crate::key::Secret;
    use crate::location::Location;
    use crate::random::SystemRandom;
    use crate::token::Audience;
    use crate::token_kind::TokenKind;

    const NOW: i64 = 1_893_499_200;

    fn now() -> Timestamp {
        Timestamp::from_seconds(NOW).expect("in range")
    }

    fn engine(login_type: &str, audience: Option<&str>) -> Engine {
        let secret = Secret::from(format!("{login_type}'s secret of at least thirty-two bytes"));
        let mut builder = Config::builder().secret_key(secret).login_type(login_type);
        if let Some(audience) = audience {
            builder = builder.encode_audience(Audience::One(audience.to_owned()));
        }
        Engine::new(builder.build().expect("settings"))
    }

    fn refused(token: &str, others: &[&Engine]) -> Error {
        let token = RequestToken::new(token, TokenKind::Access, Location::Headers);
        let user = engine("user", None);
        let others = others.iter().copied();
        user.verify_among::<()>(&token, &Requirement::access(), others, now()).expect_err("refused")
    }

    #[test]
    fn a_token_that_another_login_issued_names_both_login_types() {
        let admin = engine("admin", Some("office"));
        let expected = Error::LoginTypeMismatch {
            expected: Some("user".to_owned()),
            actual: Some("admin".to_owned()),
        };
        for token in [NewToken::access("ada"), NewToken::refresh("ada")] {
            let token = admin.issue(&token, now(), &SystemRandom).expect("a token");
            assert_eq!(refused(&token, &[&engine("other", None), &admin]), expected);
            assert_eq!(refused(&token, &[]), Error::InvalidSignature);
        }
    }

    #[test]
    fn a_token_that_no_login_accepts_keeps_its_error() {
        let admin = engine("admin", None);
        let token = NewToken::access("ada").expires_at(now());
        let expired = admin.issue(&token, now(), &SystemRandom).expect("a token");
        assert_eq!(refused(&expired, &[&admin]), Error::InvalidSignature);
        assert!(matches!(refused("a.b.c", &[&admin]), Error::Malformed(_)));
    }

    #[test]
    fn an_engine_without_a_login_type_causes_no_mismatch() {
        let secret = Secret::from("a secret of at least thirty-two bytes");
        let other = Engine::new(Config::builder().secret_key(secret).build().expect("settings"));
        let token = other.issue(&NewToken::access("ada"), now(), &SystemRandom).expect("a token");
        assert_eq!(refused(&token, &[&other]), Error::InvalidSignature);
    }
}
