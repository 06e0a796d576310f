"""Policies: who may do what to which resource, decided by the engine.

```python
from authx import PolicyCondition, PolicyEngine, PolicyRule

engine = PolicyEngine([
    PolicyRule("allow", actions=["read"], resources=["documents:*"], scopes=["documents:read"]),
    PolicyRule(
        "deny",
        actions=["*"],
        resources=["documents:*"],
        conditions=[PolicyCondition("resource", "archived", "equals", True)],
        reason="The document is archived",
    ),
])
```

A deny rule that applies wins, and an action that no rule covers is denied. See docs/policies.md.
"""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from inspect import isawaitable
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request

from authx import _authx, clock
from authx.arguments import check_string
from authx.exceptions import AuthXException, PolicyDeniedError, PolicyEvaluationError
from authx.forking import ForkLock
from authx.schema import TokenPayload

__all__ = [
    "PolicyCondition",
    "PolicyContext",
    "PolicyDecision",
    "PolicyEffect",
    "PolicyEngine",
    "PolicyEvaluator",
    "PolicyOperator",
    "PolicyRule",
    "PolicySource",
    "authorize",
    "build_policy_environment",
    "default_subject_from_payload",
]

logger = logging.getLogger("authx")

_FAILED = "The policy could not be evaluated, so the action is refused"

PolicyEffect = Literal["allow", "deny"]
"""The decision of a rule that applies."""

PolicySource = Literal["subject", "resource", "environment", "token"]
"""Whose attributes a condition compares."""

PolicyOperator = Literal["equals", "not_equals", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "exists"]
"""How a condition compares an attribute with its value."""


@dataclass(frozen=True)
class PolicyContext:
    """The question to a policy: whether the subject may do this action on this resource.

    `subject` and `resource_attrs` may be mappings or any objects, such as pydantic models and dataclasses.
    """

    login_type: str
    action: str
    resource: str
    payload: TokenPayload | None = None
    request: Request | None = None
    subject: Any = None
    resource_attrs: Any = None
    environment: Mapping[str, Any] = field(default_factory=dict)

    def get_source(self, source: PolicySource) -> Any:
        """Return the object that has the attributes of this source; for `token` the claims as a dictionary.

        Raises:
            PolicyEvaluationError: There is no such source.
        """
        if source == "subject":
            return self.subject
        if source == "resource":
            return self.resource_attrs
        if source == "environment":
            return self.environment
        if source == "token":
            return {} if self.payload is None else self.payload.model_dump()
        raise PolicyEvaluationError(f"Unsupported policy source: {source}")

    def _token_attributes(self) -> dict[str, Any]:
        # Numbers, as in the token, so that the same conditions hold in a Rust service.
        claims: dict[str, Any] = self.get_source("token")
        for name in ("exp", "nbf", "iat"):
            if isinstance(instant := claims.get(name), datetime):
                claims[name] = instant.timestamp()
        return claims


@dataclass(frozen=True)
class PolicyCondition:
    """Compares an attribute with a value.

    If the attribute and the value have different types, the condition is false. That is never an error.

    Example:
        ```python
        PolicyCondition("subject", "department.name", "in", ["finance", "audit"])
        ```
    """

    source: PolicySource
    key: str
    operator: PolicyOperator = "equals"
    value: Any = ...
    """What the attribute is compared with. Every operator but `exists` needs one; `None` stands for a null."""

    def matches(self, context: PolicyContext) -> bool:
        """Whether the condition holds.

        Raises:
            PolicyEvaluationError: The source or the operator is unknown, or a value can't be compared.
        """
        try:
            return _authx.condition_matches(self, context)
        except TypeError as error:
            raise PolicyEvaluationError(str(error)) from error


class PolicyEvaluator(Protocol):
    """A function of the application that a rule depends on: plain or `async`. A plain one must not block.

    If it raises or returns anything but `True` and `False`, the request is refused with status 500.
    """

    def __call__(self, context: PolicyContext, rule: "PolicyRule", /) -> bool | Awaitable[bool]:
        """Return whether the rule may apply. All its evaluators have to agree."""


@dataclass(frozen=True)
class PolicyRule:
    """Applies where an action, a resource, the scopes, every condition and every evaluator match.

    `*` stands for all, `documents:*` for `documents` and everything under `documents:`.
    """

    effect: PolicyEffect
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Sequence[PolicyCondition] = field(default_factory=list)
    scopes: Sequence[str] | None = None
    all_scopes_required: bool = True
    evaluators: Sequence[PolicyEvaluator] = field(default_factory=list)
    reason: str | None = None

    def matches_action(self, action: str) -> bool:
        """Whether one of the rule's patterns matches this action."""
        check_string("action", action)
        return any(_authx.pattern_covers(pattern, action) for pattern in self.actions)

    def matches_resource(self, resource: str) -> bool:
        """Whether one of the rule's patterns matches this resource."""
        check_string("resource", resource)
        return any(_authx.pattern_covers(pattern, resource) for pattern in self.resources)

    def matches_scopes(self, payload: TokenPayload | None) -> bool:
        """Whether the token has the rule's scopes."""
        return _authx.scopes_match(self.scopes, self.all_scopes_required, payload)


@dataclass(frozen=True)
class PolicyDecision:
    """Whether the action is allowed, the reason, and the rule that decided. True if the action is allowed."""

    allowed: bool
    reason: str
    rule: PolicyRule | None = None

    def __bool__(self) -> bool:
        return self.allowed


class PolicyEngine:
    """Rules that together decide who may do what.

    Args:
        rules: The rules. They are compiled at the first decision after one was added; changing one of their
            lists in place later has no effect.
        evaluators: Evaluators that every allow rule depends on besides its own. They are not called for deny
            rules, so they can't switch one off.
        default_allow: Whether an action that no rule covers is allowed.
    """

    def __init__(
        self,
        rules: Sequence[PolicyRule] | None = None,
        evaluators: Sequence[PolicyEvaluator] | None = None,
        default_allow: bool = False,
    ) -> None:
        self._rules = tuple(rules or ())
        self._evaluators = tuple(evaluators or ())
        self._default_allow = default_allow
        self._compiled: _Compiled | None = None

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> "PolicyEngine":
        """Read the rules from a file, in TOML or JSON according to its suffix.

        Raises:
            OSError: The file can't be read.
            ValueError: Something in it is wrong. The message names the file, the line and the key.
        """
        path = Path(path)
        check_string("path", str(path))
        text = path.read_text(encoding="utf-8")
        rules, default_allow = _authx.read_policy(text, str(path), path.suffix.removeprefix("."))
        return cls([_rule_of(fields) for fields in rules], default_allow=default_allow)

    def __getstate__(self) -> dict[str, Any]:
        # Copies and pickles compile the rules again: the compiled policy is an object of the engine.
        return {**vars(self), "_compiled": None}

    @property
    def rules(self) -> list[PolicyRule]:
        """The rules, as a new list."""
        return list(self._rules)

    @property
    def default_allow(self) -> bool:
        """Whether an action that no rule covers is allowed."""
        return self._default_allow

    @default_allow.setter
    def default_allow(self, allow: bool) -> None:
        with _changing:
            self._default_allow = allow
            self._compiled = None

    def add_rule(self, rule: PolicyRule) -> None:
        """Add a rule after the others."""
        with _changing:
            self._rules += (rule,)
            self._compiled = None

    def add_evaluator(self, evaluator: PolicyEvaluator) -> None:
        """Add an evaluator that every allow rule depends on."""
        with _changing:
            self._evaluators += (evaluator,)
            self._compiled = None

    async def evaluate(self, context: PolicyContext) -> PolicyDecision:
        """Decide.

        Raises:
            PolicyEvaluationError: A rule is malformed, or an attribute or an evaluator raised; the cause is
                logged. An `HTTPException` or an `AuthXException` of an evaluator is passed on.
        """
        try:
            compiled = self._compile()
            evaluation = compiled.policy.evaluate(context)
            while (wanted := evaluation.wants()) is not None:
                rule_index, is_global, index = wanted
                evaluators = compiled.evaluators if is_global else compiled.rule_evaluators[rule_index]
                evaluator = evaluators[index]
                answer: Any = evaluator(context, compiled.rules[rule_index])
                if isawaitable(answer):
                    answer = await answer
                if isinstance(answer, PolicyDecision):
                    answer = answer.allowed
                if not isinstance(answer, bool):
                    raise TypeError(  # noqa: TRY301
                        f"rules[{rule_index}]: the evaluator {evaluator!r} returned {type(answer).__name__}; "
                        "it must return True or False"
                    )
                evaluation.answer(answer)
            allowed, reason, rule = evaluation.decision()
        except PolicyEvaluationError:
            logger.exception(_FAILED)
            raise
        except (AuthXException, HTTPException):
            raise
        except Exception as error:
            logger.exception(_FAILED)
            raise PolicyEvaluationError("Policy evaluation failed") from error
        return PolicyDecision(allowed, reason, None if rule is None else compiled.rules[rule])

    def _compile(self) -> "_Compiled":
        compiled = self._compiled
        if compiled is not None:
            return compiled
        with _changing:
            self._compiled = _Compiled(self._rules, self._evaluators, self._default_allow)
            return self._compiled


_changing = ForkLock()
"""Held while rules are added or compiled: one thread may add a rule while another decides."""


class _Compiled:
    """The engine's policy, with the rules and evaluators that it refers to by index."""

    def __init__(self, rules: Sequence[PolicyRule], evaluators: Sequence[PolicyEvaluator], default_allow: bool) -> None:
        self.rules = tuple(rules)
        self.evaluators = tuple(evaluators)
        self.rule_evaluators = [tuple(rule.evaluators) for rule in self.rules]
        self.policy = _authx.Policy(self.rules, len(self.evaluators), default_allow)


def build_policy_environment(
    request: Request | None = None, environment: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the attributes of the environment: `time`, `hour` and `weekday` in UTC; `method`, `path` and `client_ip`.

    Args:
        request: The request.
        environment: Further attributes, which take precedence over these.
    """
    now = clock.now()
    client = None if request is None else request.client
    hour, weekday, client_ip = _authx.circumstances(now, None if client is None else client.host)
    described: dict[str, Any] = {
        "time": datetime.fromtimestamp(now, timezone.utc),
        "hour": hour,
        "weekday": weekday,
    }
    if request is not None:
        # The decoded path, as the router matches it. In `request.url.path` an encoded `?` or `#` could end it early.
        described |= {"method": request.scope.get("method"), "path": request.scope["path"], "client_ip": client_ip}
    return described | dict(environment or {})


def default_subject_from_payload(payload: TokenPayload | None) -> dict[str, Any]:
    """Return a subject's attributes from a token: its custom claims, `sub`, `scopes` and `login_type`."""
    if payload is None:
        return {}
    return _authx.default_subject(payload.model_extra or {}, payload.sub, payload.scopes or [], payload.login_type)


async def authorize(
    engine: PolicyEngine,
    *,
    login_type: str,
    action: str,
    resource: str,
    payload: TokenPayload,
    request: Request | None = None,
    subject: Any = None,
    resource_attrs: Any = None,
    env: Mapping[str, Any] | None = None,
) -> None:
    """Check that the user of a verified token may do this action.

    Args:
        engine: The rules.
        login_type: The login type of the token.
        action: The action.
        resource: The resource that the action is about.
        payload: The token's claims.
        request: The request.
        subject: The subject's attributes. Those of `default_subject_from_payload` unless given.
        resource_attrs: The resource's attributes.
        env: Further attributes of the environment, which take precedence over those of `build_policy_environment`.

    Raises:
        PolicyDeniedError: A policy forbids it, or none allows it.
        PolicyEvaluationError: The decision failed.
    """
    context = PolicyContext(
        login_type=login_type,
        action=action,
        resource=resource,
        payload=payload,
        request=request,
        subject=default_subject_from_payload(payload) if subject is None else subject,
        resource_attrs={} if resource_attrs is None else resource_attrs,
        environment=build_policy_environment(request, env),
    )
    decision = await engine.evaluate(context)
    if not decision.allowed:
        raise PolicyDeniedError(decision.reason, login_type=login_type)


def _rule_of(fields: dict[str, Any]) -> PolicyRule:
    conditions = [PolicyCondition(**condition) for condition in fields.pop("conditions")]
    return PolicyRule(**fields, conditions=conditions)
