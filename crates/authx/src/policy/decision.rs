//! Deciding about a request by the rules of a policy.
//!
//! First come the deny rules, from the first to the last, then the allow rules, from the last to the first. The
//! first one that applies decides. If none applies, the default decides.

use std::cell::RefCell;
use std::convert::Infallible;
use std::sync::Arc;

use super::attributes::{Attribute, AttributePath, Attributes, PolicyContext, PolicySource};
use super::rule::{PolicyEffect, PolicyRule};
use crate::error::{Error, PolicyFault};

/// Rules that together decide who may do what. Clones share the same rules.
///
/// [`Policy::from_toml`] and [`Policy::from_json`] read a policy from the contents of a file.
///
/// `E` identifies an evaluator, a function of the application that takes part in the decision: it may be an
/// index, a callable or a name. The engine never calls an evaluator; it requests the answer with a [`PolicyStep`].
/// A policy without evaluators has [`Policy::decide`].
///
/// ```
/// use authx::policy::{AttributeValues, Policy, PolicyContext, PolicyEffect, PolicyRule};
///
/// let policy: Policy = Policy::new([
///     PolicyRule::new(PolicyEffect::Allow, ["*"], ["*"]),
///     PolicyRule::new(PolicyEffect::Deny, ["delete"], ["*"]).reason("Nothing is deleted here"),
/// ]);
/// let nothing = AttributeValues::default();
/// assert!(policy.decide(&PolicyContext::new("read", "documents:1", &nothing)).allowed);
/// let decision = policy.decide(&PolicyContext::new("delete", "documents:1", &nothing));
/// assert_eq!((decision.allowed, decision.rule), (false, Some(1)));
/// ```
#[derive(Debug)]
pub struct Policy<E = Infallible> {
    inner: Arc<Inner<E>>,
}

#[derive(Debug)]
struct Inner<E> {
    rules: Vec<PolicyRule<E>>,
    evaluators: Vec<E>,
    default_allow: bool,
}

impl<E> Policy<E> {
    /// A policy of these rules. If no rule applies, the action is denied.
    pub fn new(rules: impl IntoIterator<Item = PolicyRule<E>>) -> Self {
        Self::with_evaluators(rules, [], false)
    }

    /// A policy with global evaluators, which each allow rule needs besides its own, and with the decision for
    /// the case that no rule applies. Deny rules don't use the global evaluators, so none of these can switch a
    /// deny rule off.
    pub fn with_evaluators(
        rules: impl IntoIterator<Item = PolicyRule<E>>,
        evaluators: impl IntoIterator<Item = E>,
        default_allow: bool,
    ) -> Self {
        let rules = rules.into_iter().collect();
        let evaluators = evaluators.into_iter().collect();
        Self { inner: Arc::new(Inner { rules, evaluators, default_allow }) }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[PolicyRule<E>] {
        &self.inner.rules
    }

    /// Whether an action is allowed if no rule applies.
    #[must_use]
    pub fn default_allow(&self) -> bool {
        self.inner.default_allow
    }

    /// Begins to decide. Conditions are evaluated here; [`PolicyEvaluation::step`] requests the answers of
    /// evaluators.
    #[must_use]
    pub fn evaluate(&self, context: &PolicyContext<'_>) -> PolicyEvaluation<E> {
        let rules = || self.inner.rules.iter().enumerate();
        let of = |wanted| move |(_, rule): &(usize, &PolicyRule<E>)| rule.effect == wanted;
        let denying = rules().filter(of(PolicyEffect::Deny));
        let allowing = rules().rev().filter(of(PolicyEffect::Allow));
        let watched = Watched { attributes: context.attributes, incomparable: RefCell::default() };
        let context = PolicyContext { attributes: &watched, ..*context };
        let (mut candidates, mut fault) = (Vec::new(), None);
        for (index, rule) in denying.chain(allowing) {
            let matches = rule.matches(&context);
            if let Some(attribute) = watched.incomparable.take() {
                fault = Some(PolicyFault { rule: index, attribute });
                break;
            }
            if !matches {
                continue;
            }
            candidates.push(index);
            if self.evaluators_of(rule).next().is_none() {
                // It certainly applies, so no later rule can decide.
                break;
            }
        }
        PolicyEvaluation { policy: self.clone(), candidates, candidate: 0, asked: 0, fault }
    }

    fn evaluators_of<'p>(&'p self, rule: &'p PolicyRule<E>) -> impl Iterator<Item = &'p E> {
        let global = match rule.effect {
            PolicyEffect::Allow => self.inner.evaluators.as_slice(),
            PolicyEffect::Deny => &[],
        };
        global.iter().chain(&rule.evaluators)
    }
}

impl Policy {
    /// Decides, for policies without evaluators.
    #[must_use]
    pub fn decide(&self, context: &PolicyContext<'_>) -> PolicyDecision {
        match self.evaluate(context).step() {
            PolicyStep::Decided(decision) => decision,
            PolicyStep::Ask { evaluator, .. } => match *evaluator {},
        }
    }
}

impl<E> Clone for Policy<E> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

/// A decision in progress, which may need the answers of evaluators.
///
/// ```
/// use authx::policy::{AttributeValues, Policy, PolicyContext, PolicyEffect, PolicyRule, PolicyStep};
///
/// let rule = PolicyRule::new(PolicyEffect::Allow, ["read"], ["*"]).evaluator("business hours");
/// let policy = Policy::new([rule]);
/// let mut evaluation = policy.evaluate(&PolicyContext::new("read", "door", &AttributeValues::default()));
/// let decision = loop {
///     let holds = match evaluation.step() {
///         PolicyStep::Ask { evaluator, .. } => *evaluator == "business hours",
///         PolicyStep::Decided(decision) => break decision,
///     };
///     evaluation.answer(holds);
/// };
/// assert!(decision.allowed);
/// ```
#[derive(Debug)]
pub struct PolicyEvaluation<E = Infallible> {
    policy: Policy<E>,
    /// The rules that apply if their evaluators say yes, in the order in which they decide.
    candidates: Vec<usize>,
    candidate: usize,
    /// How many evaluators of the candidate said yes.
    asked: usize,
    fault: Option<PolicyFault>,
}

/// Notices conditions that can't be evaluated: they are false, so a deny rule may lapse because of them.
struct Watched<'a> {
    attributes: &'a dyn Attributes,
    incomparable: RefCell<Option<String>>,
}

impl Attributes for Watched<'_> {
    fn attribute(&self, source: PolicySource, path: &AttributePath) -> Attribute<'_> {
        self.attributes.attribute(source, path)
    }

    fn cannot_compare(&self, source: PolicySource, path: &AttributePath) {
        self.attributes.cannot_compare(source, path);
        let name = || format!("{source}.{}", path.as_str());
        self.incomparable.borrow_mut().get_or_insert_with(name);
    }
}

/// The next step of a decision.
#[derive(Debug, PartialEq)]
pub enum PolicyStep<'e, E = Infallible> {
    /// An evaluator's answer is needed: pass it to [`PolicyEvaluation::answer`]. If the evaluator fails and
    /// there is no answer, the action must be refused.
    Ask {
        /// The evaluator.
        evaluator: &'e E,
        /// The index of the rule that it is asked about.
        rule: usize,
    },
    /// The decision is made.
    Decided(PolicyDecision),
}

impl<E> PolicyEvaluation<E> {
    /// The next step.
    #[must_use]
    pub fn step(&self) -> PolicyStep<'_, E> {
        if let Some(fault) = &self.fault {
            return PolicyStep::Decided(PolicyDecision::failed(fault.clone()));
        }
        let Some(&index) = self.candidates.get(self.candidate) else {
            return PolicyStep::Decided(PolicyDecision::by_default(self.policy.default_allow()));
        };
        let rule = &self.policy.rules()[index];
        match self.policy.evaluators_of(rule).nth(self.asked) {
            Some(evaluator) => PolicyStep::Ask { evaluator, rule: index },
            None => PolicyStep::Decided(PolicyDecision {
                allowed: rule.effect == PolicyEffect::Allow,
                reason: rule.reason_text(),
                rule: Some(index),
                fault: None,
            }),
        }
    }

    /// Passes the answer of the evaluator in [`PolicyStep::Ask`]. It is ignored once the decision is made.
    pub fn answer(&mut self, holds: bool) {
        if matches!(self.step(), PolicyStep::Decided(_)) {
            return;
        }
        if holds {
            self.asked += 1;
        } else {
            self.candidate += 1;
            self.asked = 0;
        }
    }
}

/// Whether the action is allowed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDecision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why, as a message for the client.
    pub reason: String,
    /// The index of the rule that decided; `None` where the default did.
    pub rule: Option<usize>,
    /// Why no rule could be asked: a mistake in the policy or the attributes, for the log.
    pub fault: Option<PolicyFault>,
}

impl PolicyDecision {
    fn failed(fault: PolicyFault) -> Self {
        let reason = "Policy evaluation failed".to_owned();
        Self { allowed: false, reason, rule: Some(fault.rule), fault: Some(fault) }
    }

    fn by_default(allowed: bool) -> Self {
        let reason = if allowed {
            "No policy rule matched; default allow"
        } else {
            "No policy rule matched"
        };
        Self { allowed, reason: reason.to_owned(), rule: None, fault: None }
    }

    /// The error of a denied action.
    ///
    /// # Errors
    ///
    /// [`Error::PolicyDenied`] with the reason, or [`Error::PolicyEvaluation`].
    pub fn into_result(self) -> Result<(), Error> {
        match (self.fault, self.allowed) {
            (Some(fault), _) => Err(Error::PolicyEvaluation(fault)),
            (None, true) => Ok(()),
            (None, false) => Err(Error::PolicyDenied { reason: self.reason }),
        }
    }
}
