//! One rule: its effect, and the actions, resources, scopes and conditions that it applies to.

use std::convert::Infallible;

use super::attributes::PolicyContext;
use super::condition::PolicyCondition;
use super::named::named;
use crate::scope::RequiredScopes;

/// The effect of a rule that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyEffect {
    /// Allows the action, if no rule denies it.
    Allow,
    /// Denies the action, whatever other rules say.
    Deny,
}

impl PolicyEffect {
    const ALL: [Self; 2] = [Self::Allow, Self::Deny];

    /// The name in files and in Python.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

named!(PolicyEffect, "effect");

/// Applies if one of its actions and one of its resources match, the token has its scopes, every condition is
/// true and every evaluator answers yes.
///
/// `E` identifies an evaluator; see [`PolicyStep`](super::PolicyStep).
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyRule<E = Infallible> {
    pub(super) effect: PolicyEffect,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) conditions: Vec<PolicyCondition>,
    pub(super) scopes: Option<RequiredScopes>,
    pub(super) evaluators: Vec<E>,
    pub(super) reason: Option<String>,
}

impl<E> PolicyRule<E> {
    /// A rule for these actions on these resources. `*` matches all of them, `documents:*` matches
    /// `documents` and everything under `documents:`. Matching is case-sensitive. A rule without actions, or
    /// without resources, never applies.
    pub fn new(
        effect: PolicyEffect,
        actions: impl IntoIterator<Item = impl Into<String>>,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            effect,
            actions: actions.into_iter().map(Into::into).collect(),
            resources: resources.into_iter().map(Into::into).collect(),
            conditions: Vec::new(),
            scopes: None,
            evaluators: Vec::new(),
            reason: None,
        }
    }

    /// Adds a condition.
    #[must_use]
    pub fn condition(mut self, condition: PolicyCondition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The scopes that the token must have. Without a token the rule does not apply.
    #[must_use]
    pub fn scopes(mut self, scopes: RequiredScopes) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// Adds an evaluator.
    #[must_use]
    pub fn evaluator(mut self, evaluator: E) -> Self {
        self.evaluators.push(evaluator);
        self
    }

    /// The reason of the rule's decisions, which a client sees if its request is denied.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The effect of the rule if it applies.
    #[must_use]
    pub fn effect(&self) -> PolicyEffect {
        self.effect
    }

    /// The patterns of its actions.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// The patterns of its resources.
    #[must_use]
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// Its conditions.
    #[must_use]
    pub fn conditions(&self) -> &[PolicyCondition] {
        &self.conditions
    }

    /// The scopes that it requires, if any.
    #[must_use]
    pub fn required_scopes(&self) -> Option<&RequiredScopes> {
        self.scopes.as_ref()
    }

    /// Whether a token with these scopes has the scopes of the rule; `None` stands for no token.
    #[must_use]
    pub fn matches_scopes(&self, granted: Option<&[String]>) -> bool {
        self.scopes
            .as_ref()
            .is_none_or(|scopes| granted.is_some_and(|granted| scopes.are_met_by(granted)))
    }

    /// Whether everything but the evaluators matches.
    pub(super) fn matches(&self, context: &PolicyContext<'_>) -> bool {
        let covered = |patterns: &[String], name| {
            patterns.iter().any(|pattern| pattern_covers(pattern, name))
        };
        covered(&self.actions, context.action)
            && covered(&self.resources, context.resource)
            && self.matches_scopes(context.scopes)
            && self.conditions.iter().all(|condition| condition.matches(context.attributes))
    }

    pub(super) fn reason_text(&self) -> String {
        self.reason.clone().unwrap_or_else(|| format!("Policy rule {} matched", self.effect))
    }

    /// The reason that was set.
    #[must_use]
    pub fn own_reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

/// Whether a rule's pattern covers the name of an action or a resource.
///
/// ```
/// use authx::policy::pattern_covers;
///
/// assert!(pattern_covers("*", "anything"));
/// assert!(pattern_covers("documents:*", "documents:1:history"));
/// assert!(pattern_covers("documents:*", "documents"));
/// assert!(!pattern_covers("documents:*", "documentsarchive"));
/// ```
#[must_use]
pub fn pattern_covers(pattern: &str, name: &str) -> bool {
    if pattern == "*" || pattern == name {
        return true;
    }
    let Some(namespace) = pattern.strip_suffix(":*") else { return false };
    name.strip_prefix(namespace).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_a_wildcard_only_at_the_end() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("docs:*", "docs", true),
            ("docs:*", "docs:", true),
            ("docs:*", "docs:1:x", true),
            ("docs:*", "docsx", false),
            ("docs:*", "Docs:1", false),
            ("docs*", "docs1", false),
            ("*:1", "docs:1", false),
            ("docs:*:x", "docs:1:x", false),
            ("docs:1", "docs:1", true),
            ("docs", "docs:1", false),
        ] {
            assert_eq!(pattern_covers(pattern, name), expected, "{pattern:?} for {name:?}");
        }
    }
}
