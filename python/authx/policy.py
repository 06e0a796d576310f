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

A deny rule that applies wins, and what no rule is about is denied. docs/policies.md has the rules in full.
"""

import logging
import threading
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
from authx.exceptions import AuthXException, PolicyDeniedError, PolicyEvaluationError
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
"""What a rule says where it applies."""

PolicySource = Literal["subject", "resource", "environment", "token"]
"""Which attributes a condition looks at."""

PolicyOperator = Literal["equals", "not_equals", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "exists"]
"""How a condition compares."""


@dataclass(frozen=True)
class PolicyContext:
    """What a policy is asked: may this be done to that, and by whom.

    Attributes may be mappings or any objects, such as pydantic models and dataclasses.
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
        """Give the object that holds the attributes of this source; for `token` the claims as a dictionary.

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
        # As the token has it, which is also what the conditions of a Rust service see.
        claims: dict[str, Any] = self.get_source("token")
        for name in ("exp", "nbf", "iat"):
            if isinstance(instant := claims.get(name), datetime):
                claims[name] = instant.timestamp()
        return claims


@dataclass(frozen=True)
class PolicyCondition:
    """Compares an attribute with a value.

    A condition on an attribute of another type is false, never an error.

    Example:
        ```python
        PolicyCondition("subject", "department.name", "in", ["finance", "audit"])
        ```
    """

    source: PolicySource
    key: str
    operator: PolicyOperator = "equals"
    value: Any = None

    def matches(self, context: PolicyContext) -> bool:
        """Whether the condition holds.

        Raises:
            PolicyEvaluationError: There is no such source or operator, or a value that can't be compared.
        """
        try:
            return _authx.condition_matches(self, context)
        except TypeError as error:
            raise PolicyEvaluationError(str(error)) from error


class PolicyEvaluator(Protocol):
    """A function of the application that has a say on a rule: plain or `async`. A plain one must not block.

    Raising, or returning `None`, refuses the request with status 500.
    """

    def __call__(self, context: PolicyContext, rule: "PolicyRule", /) -> bool | Awaitable[bool]:
        """Tell whether the rule applies, as far as this evaluator is concerned."""


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
        """Whether the rule is about this action."""
        return any(_authx.pattern_covers(pattern, action) for pattern in self.actions)

    def matches_resource(self, resource: str) -> bool:
        """Whether the rule is about this resource."""
        return any(_authx.pattern_covers(pattern, resource) for pattern in self.resources)

    def matches_scopes(self, payload: TokenPayload | None) -> bool:
        """Whether the token has the rule's scopes."""
        return _authx.scopes_match(self.scopes, self.all_scopes_required, payload)


@dataclass(frozen=True)
class PolicyDecision:
    """Whether the action is allowed, why, and which rule decided. True where it is allowed."""

    allowed: bool
    reason: str
    rule: PolicyRule | None = None

    def __bool__(self) -> bool:
        return self.allowed


class PolicyEngine:
    """Rules that together decide who may do what.

    Args:
        rules: The rules. They are read at the first decision after they were given or added; changing one of
            their lists in place later has no effect.
        evaluators: Evaluators that every allow rule needs beside its own. None of them can switch a deny rule
            off, so they aren't asked about those.
        default_allow: Whether what no rule is about is allowed.
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
        # One thread may add a rule while another decides.
        self._lock = threading.Lock()

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> "PolicyEngine":
        """Read the rules from a TOML or JSON file, by the ending of its name.

        Raises:
            OSError: The file can't be read.
            ValueError: Something in it is wrong. Names the file, the line and the member.
        """
        path = Path(path)
        text = path.read_text(encoding="utf-8")
        rules, default_allow = _authx.read_policy(text, str(path), path.suffix.removeprefix("."))
        return cls([_rule_of(members) for members in rules], default_allow=default_allow)

    @property
    def rules(self) -> list[PolicyRule]:
        """The rules, as a new list."""
        return list(self._rules)

    @property
    def default_allow(self) -> bool:
        """Whether what no rule is about is allowed."""
        return self._default_allow

    @default_allow.setter
    def default_allow(self, allow: bool) -> None:
        with self._lock:
            self._default_allow = allow
            self._compiled = None

    def add_rule(self, rule: PolicyRule) -> None:
        """Add a rule behind the others."""
        with self._lock:
            self._rules += (rule,)
            self._compiled = None

    def add_evaluator(self, evaluator: PolicyEvaluator) -> None:
        """Add an evaluator that every allow rule needs."""
        with self._lock:
            self._evaluators += (evaluator,)
            self._compiled = None

    async def evaluate(self, context: PolicyContext) -> PolicyDecision:
        """Decide.

        Raises:
            PolicyEvaluationError: A rule is malformed, or an attribute or an evaluator raised; its cause is in
                the log. An `HTTPException` or an `AuthXException` of an evaluator is passed on.
        """
        try:
            compiled = self._compile()
            evaluation = compiled.policy.evaluate(context)
            while (wanted := evaluation.wants()) is not None:
                index, is_global, place = wanted
                evaluator = compiled.evaluators[place] if is_global else compiled.rule_evaluators[index][place]
                answer: Any = evaluator(context, compiled.rules[index])
                if isawaitable(answer):
                    answer = await answer
                if answer is None:
                    raise TypeError(f"the evaluator {evaluator!r} returned None; it must return True or False")  # noqa: TRY301
                evaluation.answer(bool(answer))
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
        with self._lock:
            self._compiled = _Compiled(self._rules, self._evaluators, self._default_allow)
            return self._compiled


class _Compiled:
    """The engine's policy, and the objects that it knows by their places."""

    def __init__(self, rules: Sequence[PolicyRule], evaluators: Sequence[PolicyEvaluator], default_allow: bool) -> None:
        self.rules = tuple(rules)
        self.evaluators = tuple(evaluators)
        self.rule_evaluators = [tuple(rule.evaluators) for rule in self.rules]
        self.policy = _authx.Policy(self.rules, len(self.evaluators), default_allow)


def build_policy_environment(
    request: Request | None = None, environment: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Describe the circumstances: `time`, `hour` and `weekday` in UTC; `method`, `path` and `client_ip` of a request.

    Args:
        request: The request.
        environment: What stands beside and instead of these.
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
        # Decoded, as the routes see it, and not as a text that a part of a URL could end early.
        described |= {"method": request.scope.get("method"), "path": request.scope["path"], "client_ip": client_ip}
    return described | dict(environment or {})


def default_subject_from_payload(payload: TokenPayload | None) -> dict[str, Any]:
    """Describe who acts by the token: its custom claims, `sub`, `scopes` and `login_type`."""
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
    """Let the action of a verified token's bearer pass, or raise.

    Args:
        engine: Has the rules.
        login_type: Whose token it is.
        action: What is to be done.
        resource: To what.
        payload: The token's claims.
        request: The request.
        subject: Who acts, as an object with attributes. Without it `sub`, `scopes` and `login_type` of the token.
        resource_attrs: The resource, as an object with attributes.
        env: What stands beside and instead of the usual circumstances.

    Raises:
        PolicyDeniedError: A policy forbids it, or none allows it.
        PolicyEvaluationError: It could not be decided.
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


def _rule_of(members: dict[str, Any]) -> PolicyRule:
    conditions = [PolicyCondition(**condition) for condition in members.pop("conditions")]
    return PolicyRule(**members, conditions=conditions)
