"""Policies: the decisions of rules, and the answers of routes that require one."""

import asyncio
import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from authx import (
    AuthManager,
    AuthX,
    PolicyCondition,
    PolicyContext,
    PolicyDecision,
    PolicyDeniedError,
    PolicyEngine,
    PolicyEvaluationError,
    PolicyRule,
    TokenPayload,
)
from authx.exceptions import LoginTypeMismatchError
from authx.policy import build_policy_environment, default_subject_from_payload
from tests.scope import http_scope

DOCUMENT = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()

ALLOW = PolicyRule("allow", ["*"], ["*"])
DENY = PolicyRule("deny", ["*"], ["*"])


def context(**attributes: Any) -> PolicyContext:
    return PolicyContext("user", "read", "documents:1", **attributes)


def decide(engine: PolicyEngine, given: PolicyContext | None = None) -> PolicyDecision:
    return asyncio.run(engine.evaluate(given or context()))


class Colour(Enum):
    RED = "red"


@dataclass
class Owner:
    name: str
    age: int


class Team(BaseModel):
    name: str
    owner: Owner


class Thing:
    class_attribute = 1

    @property
    def broken(self) -> int:
        raise RuntimeError("no connection")


NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
SELF_CONTAINING: list[Any] = []
SELF_CONTAINING.append(SELF_CONTAINING)


@pytest.mark.parametrize(
    ("found", "operator", "value", "expected"),
    [
        (1, "equals", 1.0, True),
        (1, "equals", True, False),
        (True, "gt", 0, False),
        ("1", "equals", 1, False),
        ("1", "not_equals", 1, True),
        ("abc", "contains", "b", True),
        ("abc", "contains", 1, False),
        (1.5, "gt", "1", False),
        (["a"], "contains", "a", True),
        (("a", "b"), "equals", ["a", "b"], True),
        ({"b", "a"}, "equals", frozenset({"a", "b"}), True),
        ({"a": 1}, "contains", "a", True),
        (None, "exists", None, False),
        (0, "exists", None, True),
        ("x", "in", ("x", "y"), True),
        ("x", "not_in", {"x"}, False),
        ("a", "in", "abc", False),
        (Colour.RED, "equals", "red", True),
        (Colour.RED, "equals", Colour.RED, True),
        (NOON, "gt", NOON - timedelta(microseconds=1), True),
        (NOON, "equals", NOON.astimezone(timezone(timedelta(hours=5))), True),
        (NOON, "equals", "2026-01-31T12:00:00.000000Z", True),
        (NOON, "gt", "2026-01-31", True),
        (datetime(2026, 1, 31), "equals", datetime(2026, 1, 31).astimezone(timezone.utc), True),  # noqa: DTZ001
        (date(2026, 1, 31), "lt", date(2026, 2, 1), True),
        (timedelta(minutes=1), "equals", 60, True),
        (uuid.UUID(int=1), "equals", str(uuid.UUID(int=1)), True),
        (2**63, "gt", 2**62, True),
        (Decimal("1.5"), "equals", 1.5, True),
        (Decimal(20000), "gt", 10000, True),
        ("editor", "in", "editor", True),
        ("editor", "not_in", "editor", False),
        (object(), "exists", None, True),
    ],
)
def test_condition_compares_values_of_one_type(found: Any, operator: Any, value: Any, expected: bool) -> None:
    condition = PolicyCondition("resource", "x", operator, value)

    assert condition.matches(context(resource_attrs={"x": found})) is expected


@pytest.mark.parametrize(
    ("found", "operator", "value"),
    [
        (float("nan"), "gt", 1),
        (float("inf"), "gt", 10000),
        ((1 << 70) + 1, "equals", 1),
        (2**70, "gt", 1),
        (-(2**63) - 1, "lt", 1),
        (-(10**400), "lt", -10000),
        (Decimal("0.10000000000000000001"), "equals", Decimal("0.1")),
        (object(), "equals", 1),
        (1, "not_equals", object()),
        (["banned", object()], "contains", "banned"),
        (SELF_CONTAINING, "in", [1]),
        ("\ud800", "equals", "\ud800"),
    ],
)
def test_values_that_cannot_be_compared_are_an_error_and_skip_no_deny_rule(
    found: Any, operator: Any, value: Any
) -> None:
    condition = PolicyCondition("resource", "x", operator, value)
    engine = PolicyEngine([ALLOW, PolicyRule("deny", ["*"], ["*"], [condition])])
    given = context(resource_attrs={"x": found})

    with pytest.raises(PolicyEvaluationError, match=r"resource\.x"):
        condition.matches(given)
    with pytest.raises(PolicyEvaluationError):
        decide(engine, given)


@pytest.mark.parametrize(
    ("subject", "key", "value"),
    [
        ({"team": {"name": "a"}}, "team.name", "a"),
        (Owner("ada", 36), "age", 36),
        (Team(name="a", owner=Owner("ada", 36)), "owner.name", "ada"),
        ({"owner": Owner("ada", 36)}, "owner.name", "ada"),
        (Thing(), "class_attribute", 1),
        (Thing(), "missing.further", None),
        (None, "anything", None),
        ({"https://example.com/role": "editor"}, "https://example.com/role", "editor"),
    ],
)
def test_attributes_are_keys_of_mappings_and_attributes_of_objects(subject: Any, key: str, value: Any) -> None:
    assert PolicyCondition("subject", key, "equals", value).matches(context(subject=subject))


def test_claims_are_attributes_with_their_values_in_the_token(auth: AuthX[Any]) -> None:
    token = auth.create_access_token("ada", scopes=["a"], data={"team": {"id": 7}})
    payload = TokenPayload.decode(token, auth.config.JWT_SECRET_KEY or "")
    given = context(payload=payload)

    assert given.get_source("token")["exp"] == payload.exp
    for key, value in [("sub", "ada"), ("scopes", ["a"]), ("team.id", 7), ("exp", payload.expiry_datetime.timestamp())]:
        assert PolicyCondition("token", key, "equals", value).matches(given), key
    assert not PolicyCondition("token", "sub", "exists").matches(context())


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (PolicyCondition("user", "a"), "source: unsupported policy source 'user'"),  # type: ignore[arg-type]
        (PolicyCondition("subject", "a", "is"), "operator: unsupported policy operator 'is'"),  # type: ignore[arg-type]
        (PolicyCondition("subject", 1), "key: a string is expected"),  # type: ignore[arg-type]
    ],
)
def test_malformed_condition_is_an_error_that_names_the_field(condition: PolicyCondition, problem: str) -> None:
    with pytest.raises(PolicyEvaluationError, match=re.escape(problem)):
        condition.matches(context())

    engine = PolicyEngine([ALLOW, PolicyRule("deny", ["*"], ["*"], [condition])])
    with pytest.raises(PolicyEvaluationError, match=re.escape(f"rules[1].conditions[0].{problem}")):
        decide(engine)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (PolicyRule("permit", ["*"], ["*"]), "effect: unsupported policy effect 'permit'"),  # type: ignore[arg-type]
        (PolicyRule("allow", "read", ["*"]), "actions: a sequence of strings is expected, not one string"),
        (PolicyRule("allow", ["*"], [1]), "resources: a sequence of strings"),  # type: ignore[list-item]
        (PolicyRule("allow", ["*"], ["*"], scopes="a"), "scopes: a sequence"),
        (PolicyRule("allow", ["*"], ["*"], reason=1), "reason: a string is expected"),  # type: ignore[arg-type]
    ],
)
def test_malformed_rule_is_an_error_that_names_the_field(
    rule: PolicyRule, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(PolicyEvaluationError, match=re.escape(f"rules[0].{problem}")):
        decide(PolicyEngine([rule]))

    assert f"rules[0].{problem}" in caplog.text


def test_context_has_four_sources() -> None:
    given = context(subject=1, resource_attrs=2, environment={"a": 3})

    assert [given.get_source(name) for name in ("subject", "resource", "environment", "token")] == [1, 2, {"a": 3}, {}]
    with pytest.raises(PolicyEvaluationError, match="Unsupported policy source: user"):
        given.get_source("user")  # type: ignore[arg-type]


def test_deny_wins_and_the_default_is_no() -> None:
    assert decide(PolicyEngine()) == PolicyDecision(False, "No policy rule matched")
    assert decide(PolicyEngine(default_allow=True)) == PolicyDecision(True, "No policy rule matched; default allow")
    assert decide(PolicyEngine([ALLOW])) == PolicyDecision(True, "Policy rule allow matched", ALLOW)
    for rules in ([ALLOW, DENY], [DENY, ALLOW]):
        assert decide(PolicyEngine(rules)) == PolicyDecision(False, "Policy rule deny matched", DENY)
    reasoned = PolicyRule("deny", ["*"], ["*"], reason="because")
    assert decide(PolicyEngine([reasoned])) == PolicyDecision(False, "because", reasoned)
    assert not PolicyDecision(False, "no")


def test_rules_and_evaluators_can_be_added() -> None:
    engine = PolicyEngine([ALLOW])
    assert decide(engine).allowed
    engine.add_evaluator(lambda context, rule: False)
    assert not decide(engine).allowed
    engine.add_rule(DENY)
    assert decide(engine).rule is DENY

    engine.rules.clear()
    assert engine.rules == [ALLOW, DENY]


def test_rule_matches_actions_resources_and_scopes() -> None:
    rule = PolicyRule("allow", ["read", "list:*"], ["documents:*"], scopes=["a", "b"])

    assert [rule.matches_action(name) for name in ("read", "list", "list:all", "reads", "")] == [True] * 3 + [False] * 2
    assert [rule.matches_resource(name) for name in ("documents", "documents:1:x", "documentsx")] == [True, True, False]
    assert rule.matches_scopes(TokenPayload(sub="ada", scopes=["a", "b:*"]))
    assert not rule.matches_scopes(TokenPayload(sub="ada", scopes=["a"]))
    assert not rule.matches_scopes(None)
    assert ALLOW.matches_scopes(None)
    assert PolicyRule("allow", [], [], scopes=["a", "b"], all_scopes_required=False).matches_scopes(
        TokenPayload(sub="ada", scopes=["b"])
    )


async def _yes(context: PolicyContext, rule: PolicyRule) -> bool:
    return True


async def _no(context: PolicyContext, rule: PolicyRule) -> bool:
    return False


class _AsyncObject:
    async def __call__(self, context: PolicyContext, rule: PolicyRule) -> bool:
        return context.action == "read" and rule.effect == "allow"


@pytest.mark.parametrize(
    ("evaluator", "expected"),
    [
        (_yes, True),
        (_no, False),
        (_AsyncObject(), True),
        (lambda context, rule: context.action == "read", True),
        (lambda context, rule: PolicyDecision(False, "no"), False),
    ],
)
def test_allow_rule_needs_its_own_and_the_global_evaluators(evaluator: Any, expected: bool) -> None:
    rule = PolicyRule("allow", ["*"], ["*"], evaluators=[_yes, evaluator])

    assert decide(PolicyEngine([rule])).allowed is expected
    assert decide(PolicyEngine([ALLOW], [_yes, evaluator])).allowed is expected


def test_deny_rule_needs_its_own_evaluators_only() -> None:
    assert decide(PolicyEngine([ALLOW, DENY], [_no], default_allow=True)).rule is DENY
    assert decide(PolicyEngine([ALLOW, PolicyRule("deny", ["*"], ["*"], evaluators=[_no])])).rule is ALLOW


class _Faulty:
    """Its property fails inside, by an exception that also says that an attribute is absent."""

    __slots__ = ("unset",)

    @property
    def banned(self) -> bool:
        return self.no_such_attribute  # type: ignore[attr-defined, no-any-return]


class _Dynamic:
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@pytest.mark.parametrize("operator", ["equals", "exists", "not_equals"])
def test_property_that_raises_attribute_error_is_a_fault_and_not_an_absent_attribute(operator: Any) -> None:
    deny = PolicyRule("deny", ["*"], ["*"], [PolicyCondition("subject", "banned", operator, True)])

    with pytest.raises(PolicyEvaluationError):
        decide(PolicyEngine([ALLOW, deny]), context(subject=_Faulty()))


def test_attribute_that_an_object_does_not_have_is_absent() -> None:
    for subject, key in [(_Faulty(), "unset"), (_Faulty(), "other"), (_Dynamic(), "banned"), (_Dynamic(), "a.b")]:
        assert not PolicyCondition("subject", key, "exists").matches(context(subject=subject))


def test_dotted_name_is_no_attribute_of_an_object_that_has_every_attribute() -> None:
    subject = Mock(profile={"age": 30})

    assert PolicyCondition("subject", "profile.age", "equals", 30).matches(context(subject=subject))
    assert not PolicyCondition("subject", "profile.missing", "exists").matches(context(subject=subject))


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (PolicyCondition("subject", "x"), "the operator 'equals' needs a value"),
        (PolicyCondition("subject", "x", "not_in"), "the operator 'not_in' needs a value"),
        (PolicyCondition("subject", "x", "gt", 2**64), "at most 64 bits"),
        (PolicyCondition("subject", "x", "lt", -(2**63) - 1), "at most 64 bits"),
    ],
)
def test_condition_that_says_nothing_to_compare_with_is_an_error_of_its_rule(
    condition: PolicyCondition, message: str
) -> None:
    engine = PolicyEngine([ALLOW, PolicyRule("deny", ["*"], ["*"], [condition])])

    with pytest.raises(PolicyEvaluationError, match=rf"rules\[1\]\.conditions\[0\]\.value: .*{message}"):
        decide(engine)


@pytest.mark.parametrize("account", [2**64, -(2**63) - 1, 1e30, [2**70]])
def test_claim_of_more_than_64_bits_is_an_error_of_the_rule_that_compares_it(account: Any, caplog: Any) -> None:
    engine = PolicyEngine(
        [ALLOW, PolicyRule("deny", ["*"], ["*"], [PolicyCondition("subject", "account", "equals", 2**64 - 1)])]
    )

    with pytest.raises(PolicyEvaluationError):
        decide(engine, context(subject={"account": account}))
    assert "subject.account: this attribute, or what it is compared with" in caplog.text
    assert decide(engine, context(subject={"account": 2**64 - 2})).allowed


@pytest.mark.parametrize("number", ["18446744073709551616", "-9223372036854775809", "1e30"])
def test_integer_of_more_than_64_bits_in_a_file_is_named(tmp_path: Path, number: str) -> None:
    condition = f'{{"source": "subject", "key": "account", "operator": "in", "value": [1,\n{number}]}}'
    path = tmp_path / "policies.json"
    rule = f'{{"effect": "deny", "actions": ["*"], "resources": ["*"], "conditions": [{condition}]}}'
    path.write_text(f'{{"rules": [{rule}]}}')

    with pytest.raises(ValueError, match=r"policies\.json, line \d: rules\[0\]\.conditions\[0\].*at most 64 bits"):
        PolicyEngine.from_file(path)


def test_condition_may_compare_with_null() -> None:
    assert PolicyCondition("subject", "x", "equals", None).matches(context(subject={}))
    assert PolicyCondition("subject", "x", "lte", 2**64 - 1).matches(context(subject={"x": 2**64 - 1}))


@pytest.mark.parametrize("answer", [None, 1, "yes", [], object()])
def test_evaluator_answers_true_or_false(answer: Any, caplog: Any) -> None:
    rule = PolicyRule("allow", ["*"], ["*"], evaluators=[lambda context, rule: answer])

    with pytest.raises(PolicyEvaluationError):
        decide(PolicyEngine([rule]))
    assert "rules[0]: the evaluator" in caplog.text
    assert f"returned {type(answer).__name__}" in caplog.text


def _raising(context: PolicyContext, rule: PolicyRule) -> bool:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize("evaluator", [_raising, lambda context, rule: None, "no callable"])
@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_failing_evaluator_is_an_error_with_its_cause_in_the_log(
    evaluator: Any, effect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    engine = PolicyEngine([ALLOW, PolicyRule(effect, ["*"], ["*"], evaluators=[evaluator])], default_allow=True)

    with pytest.raises(PolicyEvaluationError, match=r"^Policy evaluation failed$") as caught:
        decide(engine)

    assert caught.value.__cause__ is not None
    assert "so the action is refused" in caplog.text


@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_failing_attribute_is_an_error(effect: Any) -> None:
    rule = PolicyRule(effect, ["*"], ["*"], [PolicyCondition("subject", "broken", "equals", 1)])

    with pytest.raises(PolicyEvaluationError) as caught:
        decide(PolicyEngine([ALLOW, rule]), context(subject=Thing()))

    assert isinstance(caught.value.__cause__, RuntimeError)


def test_environment_and_subject_have_the_usual_attributes() -> None:
    described = build_policy_environment(Request(http_scope(path="/p")), {"path": "/other", "region": "eu"})

    assert described.pop("time").tzinfo is timezone.utc
    assert set(described) == {"hour", "weekday", "method", "path", "client_ip", "region"}
    assert (described["method"], described["path"], described["client_ip"]) == ("GET", "/other", "192.0.2.1")
    assert set(build_policy_environment()) == {"time", "hour", "weekday"}
    payload = TokenPayload(sub="ada", login_type="user")
    assert default_subject_from_payload(payload) == {"sub": "ada", "scopes": [], "login_type": "user"}
    assert default_subject_from_payload(None) == {}


def example(document: str) -> str:
    found = re.search(r"```toml\n(.*?)```", document, re.DOTALL)
    assert found is not None
    return found[1]


def test_example_of_the_documentation_loads(tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_text(example(DOCUMENT))

    engine = PolicyEngine.from_file(path)

    assert [rule.effect for rule in engine.rules] == ["allow", "allow", "deny"]
    assert engine.rules[0].scopes == ["documents:read"]
    assert engine.rules[2].conditions == [PolicyCondition("resource", "archived", "equals", True)]
    given = PolicyContext("user", "delete", "documents:1", resource_attrs={"archived": True})
    assert decide(engine, given).reason == "The document is archived"


def test_rules_of_the_documentation_decide_as_it_says() -> None:
    found = re.search(r"^engine = PolicyEngine\(.*?^\)$", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert found is not None
    names: dict[str, Any] = {
        "PolicyCondition": PolicyCondition,
        "PolicyEngine": PolicyEngine,
        "PolicyRule": PolicyRule,
    }
    exec(found[0], names)

    reader = TokenPayload(sub="ada", scopes=["documents:read"])
    assert decide(names["engine"], context(payload=reader)).allowed
    assert decide(names["engine"], context(resource_attrs={"archived": True})).reason == "The document is archived"


def test_error_of_a_file_names_the_line_and_the_field(tmp_path: Path) -> None:
    toml = example(DOCUMENT)
    line = toml[: toml.index('effect = "deny"')].count("\n") + 1
    path = tmp_path / "policies.toml"
    path.write_text(toml.replace("deny", "forbid"))

    with pytest.raises(ValueError, match=rf"policies\.toml, line {line}: rules\[2\]\.effect: .*'forbid'"):
        PolicyEngine.from_file(path)

    wrong = tmp_path / "policies.yaml"
    wrong.write_text(toml)
    with pytest.raises(ValueError, match=r"ends in \.toml or \.json, not in \.yaml"):
        PolicyEngine.from_file(str(wrong))
    with pytest.raises(FileNotFoundError):
        PolicyEngine.from_file(tmp_path / "none.json")


def managing(engine: PolicyEngine, *instances: AuthX[Any]) -> AuthManager:
    manager = AuthManager(policy_engine=engine)
    for auth in instances:
        manager.register(auth)
    return manager


def test_route_answers_by_the_policy(app: FastAPI, client: Any, make_auth: Any) -> None:
    user, admin = make_auth(login_type="user"), make_auth(login_type="admin")
    engine = PolicyEngine([PolicyRule("allow", ["read"], ["documents"])])
    manager = managing(engine, user, admin)

    required = manager.policy_required("user", "read", "documents")

    @app.get("/documents")
    async def documents(payload=Depends(required)):
        return payload.sub

    required = manager.policy_required("user", "delete", "documents")

    @app.delete("/documents")
    async def delete(payload=required):
        return payload.sub

    token = user.create_access_token("ada")
    assert client.get("/documents", token=token).json() == "ada"

    answer = client.delete("/documents", token=token)
    assert answer.status == 403
    assert answer.json() == {"message": "No policy rule matched", "error_type": "PolicyDeniedError"}
    assert answer.header("www-authenticate") is None

    assert client.get("/documents").json()["error_type"] == "MissingTokenError"
    refused = client.get("/documents", token=admin.create_access_token("ada"))
    assert (refused.status, refused.json()["error_type"]) == (401, "LoginTypeMismatchError")

    engine.add_rule(PolicyRule("deny", ["*"], ["*"], reason="closed"))
    assert client.get("/documents", token=token).json()["message"] == "closed"


def test_route_describes_its_security_scheme(app: FastAPI, make_auth: Any) -> None:
    manager = managing(PolicyEngine(), make_auth(login_type="user"))

    @app.get("/documents", dependencies=[Depends(manager.policy_required("user", "read", "documents"))])
    async def documents() -> None: ...

    assert app.openapi()["paths"]["/documents"]["get"]["security"] == [{"AuthXBearer": []}]


def test_login_type_may_be_registered_after_the_route(app: FastAPI, client: Any, make_auth: Any) -> None:
    manager = managing(PolicyEngine([ALLOW]))

    required = manager.policy_required("user", "read", "documents")

    @app.get("/")
    async def route(payload=Depends(required)):
        return payload.sub

    user = make_auth(login_type="user")
    manager.register(user)
    assert client.get("/", token=user.create_access_token("ada")).json() == "ada"
    assert client.get("/").status == 401


def test_failing_evaluator_is_a_500_with_the_engines_body(app: FastAPI, client: Any, make_auth: Any) -> None:
    user = make_auth(login_type="user")
    manager = managing(PolicyEngine([ALLOW], [_raising], default_allow=True), user)

    required = manager.policy_required("user", "read", "documents")

    @app.get("/")
    async def route(payload=Depends(required)):
        return payload.sub

    answer = client.get("/", token=user.create_access_token("ada"))
    assert answer.status == 500
    assert answer.json() == {"message": "Policy evaluation failed", "error_type": "PolicyEvaluationError"}


def test_evaluators_own_answer_is_passed_on(app: FastAPI, client: Any, make_auth: Any) -> None:
    def teapot(context: PolicyContext, rule: PolicyRule) -> bool:
        raise HTTPException(418)

    user = make_auth(login_type="user")
    manager = managing(PolicyEngine([ALLOW], [teapot]), user)

    required = manager.policy_required("user", "read", "documents")

    @app.get("/")
    async def route(payload=Depends(required)):
        return payload.sub

    assert client.get("/", token=user.create_access_token("ada")).status == 418


def test_revoked_token_is_refused_before_the_policy_is_evaluated(app: FastAPI, client: Any, make_auth: Any) -> None:
    asked: list[PolicyContext] = []
    user = make_auth(login_type="user")
    user.set_callback_token_blocklist(lambda token: True)

    def spy(context: PolicyContext, rule: PolicyRule) -> bool:
        asked.append(context)
        return True

    manager = managing(PolicyEngine([ALLOW], [spy]), user)

    required = manager.policy_required("user", "read", "documents")

    @app.get("/")
    async def route(payload=Depends(required)):
        return payload.sub

    assert client.get("/", token=user.create_access_token("ada")).json()["error_type"] == "RevokedTokenError"
    assert asked == []


def test_authorize_in_a_handler(app: FastAPI, client: Any, make_auth: Any) -> None:
    user = make_auth(login_type="user")
    owner = PolicyCondition("resource", "owner", "equals", "ada")
    seen: list[PolicyContext] = []

    def spy(context: PolicyContext, rule: PolicyRule) -> bool:
        seen.append(context)
        return True

    manager = managing(PolicyEngine([PolicyRule("allow", ["read"], ["documents:*"], [owner])], [spy]), user)
    owners = {1: Owner("ada", 36), 2: Owner("bob", 36)}

    @app.get("/documents/{id}")
    async def document(id: int, request: Request):
        attributes = {"owner": owners[id].name}
        payload = await manager.authorize(
            "user", "read", f"documents:{id}", request=request, resource_attrs=attributes, env={"a": 1}
        )
        return payload.sub

    token = user.create_access_token("ada")
    assert client.get("/documents/1", token=token).json() == "ada"
    assert client.get("/documents/2", token=token).json()["error_type"] == "PolicyDeniedError"
    assert client.get("/documents/1").status == 401
    (asked,) = seen
    assert (asked.login_type, asked.action, asked.resource) == ("user", "read", "documents:1")
    assert asked.subject == {"sub": "ada", "scopes": [], "login_type": "user"}
    assert (asked.environment["a"], asked.environment["path"]) == (1, "/documents/1")


def test_authorize_accepts_only_a_payload_of_its_login(make_auth: Any) -> None:
    manager = managing(PolicyEngine([ALLOW]), make_auth(login_type="user"))

    def run(**given: Any) -> TokenPayload:
        return asyncio.run(manager.authorize("user", "read", "documents", **given))

    payload = TokenPayload(sub="ada", login_type="user")
    assert run(payload=payload) is payload
    with pytest.raises(LoginTypeMismatchError, match="expected 'user', got 'admin'"):
        run(payload=TokenPayload(sub="ada", login_type="admin"))
    with pytest.raises(LoginTypeMismatchError, match="got 'unknown'"):
        run(payload=TokenPayload(sub="ada"))
    with pytest.raises(PolicyDeniedError, match="payload or a request") as caught:
        run()
    assert caught.value.login_type == "user"
