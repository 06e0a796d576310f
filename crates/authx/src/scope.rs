//! Scopes: what a token allows, and what a route requires (RFC 6749 section 3.3).
//!
//! Names are compared exactly, case included. `:` separates levels, and `*` at the end stands for
//! everything below:
//!
//! - a granted `users:*` covers `users` and everything under `users:`;
//! - a required `users:*` is met by any granted scope under `users:`;
//! - `*` anywhere else is an ordinary character.

use crate::error::Error;

/// Which scopes a route requires.
///
/// ```
/// use authx::RequiredScopes;
///
/// let granted = ["users:*".to_owned()];
/// assert!(RequiredScopes::all(["users:read", "users:delete"]).are_met_by(&granted));
/// assert!(RequiredScopes::any(["admin", "users"]).are_met_by(&granted));
/// assert!(!RequiredScopes::all(["usersettings"]).are_met_by(&granted));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredScopes {
    scopes: Vec<String>,
    any: bool,
}

impl RequiredScopes {
    /// Every one of `scopes`. An empty list requires nothing.
    pub fn all(scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { scopes: scopes.into_iter().map(Into::into).collect(), any: false }
    }

    /// At least one of `scopes`. An empty list requires nothing.
    pub fn any(scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { scopes: scopes.into_iter().map(Into::into).collect(), any: true }
    }

    /// The names, as they were given.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.scopes
    }

    /// Whether one of the names is enough.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether a token with `granted` may pass.
    #[must_use]
    pub fn are_met_by(&self, granted: &[String]) -> bool {
        let met = |required: &String| granted.iter().any(|granted| covers(granted, required));
        if self.any && !self.scopes.is_empty() {
            self.scopes.iter().any(met)
        } else {
            self.scopes.iter().all(met)
        }
    }

    /// The check that verification makes.
    pub(crate) fn check(&self, granted: &[String]) -> Result<(), Error> {
        if self.are_met_by(granted) {
            return Ok(());
        }
        Err(Error::InsufficientScope { required: self.scopes.clone(), provided: granted.to_vec() })
    }
}

/// Whether one granted scope meets one required scope.
fn covers(granted: &str, required: &str) -> bool {
    if granted == required {
        return true;
    }
    let under = |scope: &str, namespace: &str| {
        scope.strip_prefix(namespace).is_some_and(|rest| rest.len() > 1 && rest.starts_with(':'))
    };
    if let Some(namespace) = namespace(granted)
        && (required == namespace || under(required, namespace))
    {
        return true;
    }
    namespace(required).is_some_and(|namespace| under(granted, namespace))
}

/// `users` for `users:*`.
fn namespace(scope: &str) -> Option<&str> {
    scope.strip_suffix(":*").filter(|namespace| !namespace.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_granted_scope_meets_a_required_one() {
        for (granted, required, expected) in [
            ("users:read", "users:read", true),
            ("users:read", "users:write", false),
            ("users:*", "users", true),
            ("users:*", "users:read", true),
            ("users:*", "users:read:own", true),
            ("users:*", "users:*", true),
            ("admin:users", "admin:*", true),
            ("admin:users:read", "admin:*", true),
            ("admin:users:*", "admin:*", true),
            ("admin", "admin:*", false),
            ("administrator", "admin:*", false),
            ("admin:*", "administrator", false),
            ("admin:", "admin:*", false),
            ("Admin:users", "admin:*", false),
            ("USERS:READ", "users:read", false),
            ("*", "users:read", false),
            (":*", "users:read", false),
            ("a:*:b", "a:x:b", false),
            ("a:*b", "a:xb", false),
            ("users:read users:write", "users:read", false),
            ("", "users:read", false),
            ("users", "users:read", false),
        ] {
            assert_eq!(covers(granted, required), expected, "{granted:?} for {required:?}");
        }
    }

    #[test]
    fn all_and_any_of_an_empty_list_require_nothing() {
        assert!(RequiredScopes::all([""; 0]).are_met_by(&[]));
        assert!(RequiredScopes::any([""; 0]).are_met_by(&[]));
    }

    #[test]
    fn any_requires_one_scope_and_all_requires_each() {
        let granted = ["a".to_owned()];
        assert!(RequiredScopes::any(["a", "b"]).are_met_by(&granted));
        assert!(!RequiredScopes::all(["a", "b"]).are_met_by(&granted));
        assert!(!RequiredScopes::any(["b", "c"]).are_met_by(&granted));
    }
}
