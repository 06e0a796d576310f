//! One rule: for which actions, resources, scopes and conditions it applies, and what it says then.

use std::convert::Infallible;

use super::attributes::PolicyContext;
use super::condition::PolicyCondition;
use super::named::named;
use crate::scope::RequiredScopes;

/// What a rule says where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyEffect {
    /// Yes, if no rule denies it.
    Allow,
    /// No, whatever other rules say.
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

/// Applies where one of its actions and one of its resources matches, the token has its scopes, every
/// condition holds and every evaluator says yes.
///
/// `E` is what stands for an evaluator; see [`PolicyStep`](super::PolicyStep).
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
    /// A rule for these actions on these resources. `*` stands for all of them, `documents:*` for
    /// `documents` and everything under `documents:`; letter case counts. A rule without actions, or
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

    /// One more condition.
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

    /// One more evaluator.
    #[must_use]
    pub fn evaluator(mut self, evaluator: E) -> Self {
        self.evaluators.push(evaluator);
        self
    }

    /// The reason of its decisions, which a denied client is told.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// What the rule says where it applies.
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

    /// The scopes that it asks for, if it asks for any.
    #[must_use]
    pub fn required_scopes(&self) -> Option<&RequiredScopes> {
        self.scopes.as_ref()
    }

    /// Whether a token with these scopes is one that the rule is about; `None` stands for no token.
    #[must_use]
    pub fn matches_scopes(&self, granted: Option<&[String]>) -> bool {
        self.scopes
            .as_ref()
            .is_none_or(|scopes| granted.is_some_and(|granted| scopes.are_met_by(granted)))
    }

    /// Everything but the evaluators.
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
/// use authx::pattern_covers;
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
    fn a_star_stands_for_everything_below_and_elsewhere_for_itself() {
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
