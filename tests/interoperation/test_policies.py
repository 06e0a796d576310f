"""Both faces describe a request alike to a policy and to a rate limit: tried with claims that nobody thought of."""

import json
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interoperation.configurations import BASE
from tests.interoperation.exchange import Answer, Request
from tests.interoperation.forging import signed
from tests.interoperation.login import NOW, Login
from tests.interoperation.rows.policies import asks, condition
from tests.interoperation.services import Services
from tests.sets import RESERVED_CLAIMS

NAMES = st.sampled_from(["a", "b", "tenant", "department", "uid", "é"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
OPERATORS = st.sampled_from(["equals", "not_equals", "in", "not_in", "contains", "gt", "gte", "lt", "lte", "exists"])
REGISTERED: dict[str, st.SearchStrategy[Any]] = {
    "scopes": st.lists(st.text("abc:*", min_size=1, max_size=5), max_size=3),
    "login_type": st.sampled_from(["user", "admin"]),
    "auth_time": st.just(NOW),
    "fresh": st.booleans(),
}


@pytest.fixture(scope="module")
def at_noon(services: Services) -> Services:
    services.set_clock(NOW)
    return services


# Accepts tokens of every login type.
ANY_LOGIN = "any-login"


def both(services: Services, request: Request, address: str = "127.0.0.1", configuration: str = BASE) -> Answer:
    """The answer that both faces give."""
    one, other = (face.ask(configuration, request, address) for face in services.faces)
    assert one.comparable() == other.comparable()
    return one


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    custom=st.dictionaries(NAMES, VALUES, max_size=3),
    registered=st.fixed_dictionaries({}, optional=REGISTERED),
    source=st.sampled_from(["subject", "token"]),
    key=NAMES | st.sampled_from(RESERVED_CLAIMS) | st.tuples(NAMES, NAMES).map(".".join),
    operator=OPERATORS,
    value=VALUES,
)
def test_a_condition_holds_in_both_faces_or_in_neither(
    at_noon: Services,
    custom: dict[str, Any],
    registered: dict[str, Any],
    source: str,
    key: str,
    operator: str,
    value: Any,
) -> None:
    value = [value] if operator in ("in", "not_in") else value
    request = asks(condition(source, key, operator, value), token=signed(**custom, **registered))
    answer = both(at_noon, request(Login("", "", ANY_LOGIN)), configuration=ANY_LOGIN)
    # 400: a policy may not order by such a value.
    assert answer.status in (200, 400, 403), answer


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 on this machine")
@pytest.mark.parametrize(
    ("address", "client_ip", "key"),
    [("127.0.0.1", "127.0.0.1", "ratelimit:127.0.0.1"), ("::1", "::1", "ratelimit:::/64")],
)
def test_a_client_has_one_address_over_either_stack(at_noon: Services, address: str, client_ip: str, key: str) -> None:
    assert both(at_noon, Request("GET", "/rate-limit-key"), address).json() == key
    request = asks(condition("environment", "client_ip", "equals", client_ip), token=signed())
    assert both(at_noon, request(Login("", "", BASE)), address).json() == "allowed"
    assert json.loads(both(at_noon, Request("GET", "/third-of-two"), address).body)["error_type"] == "RateLimitExceeded"
