//! Policies: converts Python's rules for the engine, and reads attributes from Python objects.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use authx::RequiredScopes;
use authx::policy::{
    Attribute, AttributePath, Attributes, PolicyContext, PolicyOperator, PolicySource, PolicyStep,
};
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyMapping, PyString};
use serde_json::Value;

use crate::errors::policy_evaluation_error;
use crate::forking::interned;
use crate::policy_value;

/// An evaluator's index among those of the whole policy or of its rule.
#[derive(Clone, Copy)]
enum Evaluator {
    Global(usize),
    Own(usize),
}

type Rule = authx::policy::PolicyRule<Evaluator>;

/// See `Policy` in `_authx.pyi`.
#[pyclass(frozen, module = "authx._authx")]
pub(crate) struct Policy {
    inner: authx::policy::Policy<Evaluator>,
}

#[pymethods]
impl Policy {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 extracts owned lists")]
    fn new(
        rules: Vec<Bound<'_, PyAny>>,
        global_evaluators: usize,
        default_allow: bool,
    ) -> PyResult<Self> {
        let rules = rules.iter().enumerate().map(|(index, given)| {
            read_rule(given).map_err(|error| {
                let problem = error.value(given.py());
                policy_evaluation_error(given.py(), &format!("rules[{index}].{problem}"))
            })
        });
        let rules = rules.collect::<PyResult<Vec<_>>>()?;
        let evaluators = (0..global_evaluators).map(Evaluator::Global);
        Ok(Self { inner: authx::policy::Policy::with_evaluators(rules, evaluators, default_allow) })
    }

    fn evaluate(&self, context: &Bound<'_, PyAny>) -> PyResult<PolicyEvaluation> {
        let py = context.py();
        let string = |name| context.getattr(name)?.extract::<String>();
        let (action, resource) =
            (string(interned!(py, "action"))?, string(interned!(py, "resource"))?);
        let scopes = granted_scopes(&context.getattr(interned!(py, "payload"))?)?;
        let attributes = ContextAttributes::new(context);
        let mut asked = PolicyContext::new(&action, &resource, &attributes);
        if let Some(scopes) = &scopes {
            asked = asked.scopes(scopes);
        }
        let inner = self.inner.evaluate(&asked);
        attributes.check()?;
        Ok(PolicyEvaluation { inner })
    }
}

/// See `PolicyEvaluation` in `_authx.pyi`.
#[pyclass(module = "authx._authx")]
pub(crate) struct PolicyEvaluation {
    inner: authx::policy::PolicyEvaluation<Evaluator>,
}

#[pymethods]
impl PolicyEvaluation {
    fn wants(&self) -> Option<(usize, bool, usize)> {
        match self.inner.step() {
            PolicyStep::Ask { evaluator: Evaluator::Global(index), rule } => {
                Some((rule, true, *index))
            }
            PolicyStep::Ask { evaluator: Evaluator::Own(index), rule } => {
                Some((rule, false, *index))
            }
            PolicyStep::Decided(_) => None,
        }
    }

    fn answer(&mut self, holds: bool) {
        self.inner.answer(holds);
    }

    fn decision(&self) -> PyResult<(bool, String, Option<usize>)> {
        match self.inner.step() {
            PolicyStep::Decided(decision) => Ok((decision.allowed, decision.reason, decision.rule)),
            PolicyStep::Ask { .. } => Err(PyValueError::new_err("an evaluator has not answered")),
        }
    }
}

/// See `condition_matches` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn condition_matches(
    condition: &Bound<'_, PyAny>,
    context: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let py = condition.py();
    let condition = read_condition(condition)
        .map_err(|error| policy_evaluation_error(py, &error.value(py).to_string()))?;
    let attributes = ContextAttributes::new(context);
    let matches = condition.matches(&attributes);
    attributes.check()?;
    Ok(matches)
}

/// See `pattern_covers` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn pattern_covers(pattern: &str, name: &str) -> bool {
    authx::policy::pattern_covers(pattern, name)
}

/// See `scopes_match` in `_authx.pyi`.
#[pyfunction]
#[pyo3(signature = (scopes, all_required, payload))]
pub(crate) fn scopes_match(
    scopes: Option<Vec<String>>,
    all_required: bool,
    payload: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let granted = granted_scopes(payload)?;
    let mut rule = Rule::new(authx::policy::PolicyEffect::Allow, [""; 0], [""; 0]);
    if let Some(scopes) = scopes {
        rule = rule.scopes(required_scopes(scopes, all_required));
    }
    Ok(rule.matches_scopes(granted.as_deref()))
}

/// See `read_policy` in `_authx.pyi`.
#[pyfunction]
pub(crate) fn read_policy<'py>(
    py: Python<'py>,
    text: &str,
    file: &str,
    format: &str,
) -> PyResult<(Bound<'py, PyList>, bool)> {
    let read: Result<authx::policy::Policy, _> = match format {
        "toml" => authx::policy::Policy::from_toml(text, file),
        "json" => authx::policy::Policy::from_json(text, file),
        _ => {
            return Err(PyValueError::new_err(format!(
                "{file}: a policy file ends in .toml or .json, not in .{format}"
            )));
        }
    };
    let policy = read.map_err(|error| PyValueError::new_err(error.to_string()))?;
    let rules = PyList::empty(py);
    for rule in policy.rules() {
        let fields = PyDict::new(py);
        fields.set_item("effect", rule.effect().as_str())?;
        fields.set_item("actions", rule.actions())?;
        fields.set_item("resources", rule.resources())?;
        fields.set_item("scopes", rule.required_scopes().map(RequiredScopes::names))?;
        let all = rule.required_scopes().is_none_or(|scopes| !scopes.is_any());
        fields.set_item("all_scopes_required", all)?;
        fields.set_item("reason", rule.own_reason())?;
        let conditions = PyList::empty(py);
        for condition in rule.conditions() {
            let fields = PyDict::new(py);
            fields.set_item("source", condition.source().as_str())?;
            fields.set_item("key", condition.key())?;
            fields.set_item("operator", condition.operator().as_str())?;
            let value = condition.value().unwrap_or(&Value::Null);
            fields.set_item("value", policy_value::to_python(py, value)?)?;
            conditions.append(fields)?;
        }
        fields.set_item("conditions", conditions)?;
        rules.append(fields)?;
    }
    Ok((rules, policy.default_allow()))
}

fn read_rule(given: &Bound<'_, PyAny>) -> PyResult<Rule> {
    let py = given.py();
    let effect = string(given, "effect")?.parse().map_err(|error| named("effect", &error))?;
    let mut rule = Rule::new(effect, strings(given, "actions")?, strings(given, "resources")?);
    let conditions = given.getattr(interned!(py, "conditions"))?;
    for (index, given) in
        conditions.try_iter().map_err(|error| named("conditions", &error))?.enumerate()
    {
        let condition = read_condition(&given?).map_err(|error| {
            PyValueError::new_err(format!("conditions[{index}].{}", error.value(py)))
        })?;
        rule = rule.condition(condition);
    }
    if !given.getattr(interned!(py, "scopes"))?.is_none() {
        let all_required = given.getattr(interned!(py, "all_scopes_required"))?.is_truthy()?;
        rule = rule.scopes(required_scopes(strings(given, "scopes")?, all_required));
    }
    for index in 0..given.getattr(interned!(py, "evaluators"))?.len()? {
        rule = rule.evaluator(Evaluator::Own(index));
    }
    if !given.getattr(interned!(py, "reason"))?.is_none() {
        rule = rule.reason(string(given, "reason")?);
    }
    Ok(rule)
}

fn read_condition(given: &Bound<'_, PyAny>) -> PyResult<authx::policy::PolicyCondition> {
    let source: PolicySource =
        string(given, "source")?.parse().map_err(|error| named("source", &error))?;
    let operator: PolicyOperator =
        string(given, "operator")?.parse().map_err(|error| named("operator", &error))?;
    let key = string(given, "key")?;
    let value = given.getattr("value")?;
    if value.is(given.py().Ellipsis()) {
        if operator != PolicyOperator::Exists {
            let problem = format!("the operator '{}' needs a value", operator.as_str());
            return Err(named("value", &problem));
        }
        return Ok(authx::policy::PolicyCondition::new(source, key, operator, Value::Null));
    }
    Ok(match policy_value::from_python(&value)? {
        Some(value) => authx::policy::PolicyCondition::new(source, key, operator, value),
        None if value.is_instance_of::<PyInt>() => {
            return Err(named("value", &"an integer of at most 64 bits is expected"));
        }
        None => authx::policy::PolicyCondition::with_opaque_value(source, key, operator),
    })
}

fn required_scopes(scopes: Vec<String>, all_required: bool) -> RequiredScopes {
    if all_required { RequiredScopes::all(scopes) } else { RequiredScopes::any(scopes) }
}

/// The scopes of a `TokenPayload`; `None` without one.
fn granted_scopes(payload: &Bound<'_, PyAny>) -> PyResult<Option<Vec<String>>> {
    if payload.is_none() {
        return Ok(None);
    }
    let scopes: Option<Vec<String>> =
        payload.getattr(interned!(payload.py(), "scopes"))?.extract()?;
    Ok(Some(scopes.unwrap_or_default()))
}

fn string(given: &Bound<'_, PyAny>, field: &'static str) -> PyResult<String> {
    given.getattr(field)?.extract().map_err(|_| named(field, &"a string is expected"))
}

fn strings(given: &Bound<'_, PyAny>, field: &'static str) -> PyResult<Vec<String>> {
    let items = given.getattr(field)?;
    // A Python string is a sequence of strings too, but here always a mistake.
    if items.is_instance_of::<PyString>() {
        return Err(named(field, &"a sequence of strings is expected, not one string"));
    }
    items
        .try_iter()
        .and_then(|items| items.map(|item| item?.extract()).collect())
        .map_err(|_| named(field, &"a sequence of strings is expected"))
}

fn named(field: &str, problem: &impl ToString) -> PyErr {
    PyTypeError::new_err(format!("{field}: {}", problem.to_string()))
}

/// The attributes of a Python `PolicyContext`: keys of mappings, attributes of other objects.
struct ContextAttributes<'c, 'py> {
    context: &'c Bound<'py, PyAny>,
    /// A copy of the claims, made when a condition first needs them.
    token: OnceCell<Bound<'py, PyAny>>,
    /// The exception that reading an attribute raised first. It is raised instead of the decision.
    failure: RefCell<Option<PyErr>>,
}

impl<'c, 'py> ContextAttributes<'c, 'py> {
    fn new(context: &'c Bound<'py, PyAny>) -> Self {
        Self { context, token: OnceCell::new(), failure: RefCell::new(None) }
    }

    fn check(self) -> PyResult<()> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    fn find(&self, source: PolicySource, path: &AttributePath) -> PyResult<Attribute<'static>> {
        let py = self.context.py();
        let root = match source {
            PolicySource::Token => match self.token.get() {
                Some(token) => token.clone(),
                None => {
                    let token = self.context.call_method0(interned!(py, "_token_attributes"))?;
                    self.token.get_or_init(|| token).clone()
                }
            },
            _ => self.context.call_method1(interned!(py, "get_source"), (source.as_str(),))?,
        };
        let mut failure = None;
        let found = path.find(&root, |node, name| {
            field(node, name).unwrap_or_else(|error| {
                failure = Some(error);
                None
            })
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        let Some(found) = found else { return Ok(Attribute::Value(Cow::Owned(Value::Null))) };
        Ok(policy_value::from_python(&found)?
            .map_or(Attribute::Opaque, |value| Attribute::Value(Cow::Owned(value))))
    }
}

impl Attributes for ContextAttributes<'_, '_> {
    fn attribute(&self, source: PolicySource, path: &AttributePath) -> Attribute<'_> {
        self.find(source, path).unwrap_or_else(|error| {
            self.failure.borrow_mut().get_or_insert(error);
            Attribute::Opaque
        })
    }

    fn cannot_compare(&self, source: PolicySource, path: &AttributePath) {
        self.failure.borrow_mut().get_or_insert_with(|| {
            let path = path.as_str();
            PyTypeError::new_err(format!(
                "{source}.{path}: this attribute, or what it is compared with, has no value that conditions can compare"
            ))
        });
    }
}

fn field<'py>(node: &Bound<'py, PyAny>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if node.is_none() {
        return Ok(None);
    }
    if let Ok(mapping) = node.cast::<PyMapping>() {
        return if mapping.contains(name)? { mapping.get_item(name).map(Some) } else { Ok(None) };
    }
    if name.contains('.') {
        // No object has such an attribute, except for those that have every one, such as a mock.
        return Ok(None);
    }
    match node.getattr(name) {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if error.is_instance_of::<PyAttributeError>(node.py()) && !is_defined(node, name)? =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the object has this attribute, so that reading it failed: a property raises `AttributeError` also for a fault
/// within it. A slot without a value is an attribute that is absent.
fn is_defined(node: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
    let py = node.py();
    match py.import("inspect")?.call_method1("getattr_static", (node, name)) {
        Ok(found) => {
            let slot = py.import("types")?.getattr("MemberDescriptorType")?;
            Ok(!found.is_instance(&slot)?)
        }
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => Ok(false),
        Err(error) => Err(error),
    }
}
