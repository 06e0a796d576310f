//! [`Renewal`]: what an application changes in a login's tokens when they are refreshed.

use serde::Serialize;

use super::tokens::Rotatable;
use crate::issue_error::IssueError;
use crate::token::{Audience, Claims, JsonClaims, is_registered};

/// What the new tokens of a refresh say instead of the token that they replace: the answer of an application that is
/// asked, because rights and accounts change while a login goes on.
///
/// ```
/// use authx::login::Renewal;
///
/// let renewal = Renewal::unchanged().scopes(["notes:read"]);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Renewal {
    scopes: Option<Vec<String>>,
    audience: Option<Audience>,
    custom: Option<JsonClaims>,
}

impl Renewal {
    /// Everything as before.
    pub fn unchanged() -> Self {
        Self::default()
    }

    /// Allows this from now on.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// For these recipients from now on.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = Some(audience);
        self
    }

    /// Replaces all custom claims by those of a value that serializes to a JSON object.
    ///
    /// # Errors
    ///
    /// [`IssueError::CustomClaims`]: it is no object. [`IssueError::ReservedClaim`]: one has the name of a claim that
    /// the engine writes.
    pub fn claims<C: Serialize>(mut self, custom: &C) -> Result<Self, IssueError> {
        let json = serde_json::to_string(custom).map_err(IssueError::CustomClaims)?;
        let custom: JsonClaims = serde_json::from_str(&json).map_err(IssueError::CustomClaims)?;
        if let Some(name) = custom.keys().find(|name| is_registered(name) || *name == "gen") {
            return Err(IssueError::ReservedClaim(name.clone()));
        }
        self.custom = Some(custom);
        Ok(self)
    }

    /// Changes the claims that a refresh carries on.
    pub fn apply<C: CarriedOn>(self, claims: &mut Claims<C>) {
        if let Some(scopes) = self.scopes {
            claims.scopes = Some(scopes);
        }
        if let Some(audience) = self.audience {
            claims.aud = Some(audience);
        }
        if let Some(custom) = self.custom {
            *claims.custom.custom_mut() = custom;
        }
    }
}

/// What a refresh carries on beside the registered claims.
pub trait CarriedOn: Clone {
    /// The custom claims.
    fn custom(&self) -> &JsonClaims;

    /// The custom claims, to be changed.
    fn custom_mut(&mut self) -> &mut JsonClaims;
}

impl CarriedOn for Rotatable {
    fn custom(&self) -> &JsonClaims {
        &self.custom
    }

    fn custom_mut(&mut self) -> &mut JsonClaims {
        &mut self.custom
    }
}
