"""Cases of policies, whose conditions stand in the request, and of rate limits."""

from typing import Any

from tests.interoperation.case import Case, refused
from tests.interoperation.exchange import Request
from tests.interoperation.forging import signed
from tests.interoperation.login import Login, with_json
from tests.sets import RESERVED_CLAIMS

ATTRIBUTES_OF_THE_SUBJECT = ("sub", "scopes", "login_type")
"""The registered claims that a policy finds in its subject."""


def condition(source: str, key: str, operator: str = "exists", value: Any = None) -> dict[str, Any]:
    asked = {"source": source, "key": key, "operator": operator}
    return asked if operator == "exists" else asked | {"value": value}


def asks(*conditions: dict[str, Any], token: str | None = None) -> Any:
    """Make a request to a policy whose one rule has these conditions."""

    def request(login: Login) -> Request:
        return with_json(login.request("/policy", method="POST", token=token), list(conditions))

    return request


EVERY_CLAIM = signed(
    nbf=1_893_499_200,
    iss="me",
    fresh=True,
    scopes=["users:read"],
    login_type="admin",
    sid="a-session",
    auth_time=1_893_499_200,
)

POLICIES = [
    Case(
        "the subject is the bearer",
        asks(
            condition("subject", "sub", "equals", "ada"),
            condition("subject", "scopes", "contains", "users:read"),
            condition("subject", "tenant", "equals", 7),
        ),
        body='"allowed"',
    ),
    Case(
        "a token without scopes has none, and no login type",
        asks(
            condition("subject", "scopes", "equals", []),
            condition("subject", "login_type", "not_equals", "user"),
            token=signed(),
        ),
        body='"allowed"',
    ),
    Case(
        "the login type",
        asks(condition("subject", "login_type", "equals", "admin")),
        body='"allowed"',
        configuration="admin-login",
    ),
    Case(
        "the subject is in another claim",
        asks(condition("subject", "sub", "equals", "ada"), condition("token", "sub", "equals", "ada")),
        body='"allowed"',
        configuration="identity-claim",
    ),
    refused(
        "the other claim is no attribute",
        "PolicyDeniedError",
        asks(condition("subject", "uid")),
        status=403,
        configuration="identity-claim",
    ),
    *(
        refused(
            f"`{claim}` is no attribute of the subject",
            "PolicyDeniedError",
            asks(condition("subject", claim), token=EVERY_CLAIM),
            status=403,
            configuration="admin-login",
        )
        for claim in RESERVED_CLAIMS
        if claim not in ATTRIBUTES_OF_THE_SUBJECT
    ),
    Case(
        "the claims are attributes of the token",
        asks(
            condition("token", "auth_time", "equals", 1_893_499_200),
            condition("token", "exp", "gt", 1_893_499_200),
            condition("token", "iss", "equals", "me"),
            condition("token", "fresh", "equals", True),
            condition("token", "sid", "equals", "a-session"),
            token=EVERY_CLAIM,
        ),
        body='"allowed"',
        configuration="admin-login",
    ),
    Case(
        "the circumstances",
        asks(
            condition("environment", "method", "equals", "POST"),
            condition("environment", "path", "equals", "/HS256/policy"),
            condition("environment", "client_ip", "equals", "127.0.0.1"),
            condition("environment", "hour", "equals", 12),
            condition("environment", "weekday", "equals", 1),
            condition("environment", "time", "equals", "2030-01-01T12:00:00.000000Z"),
        ),
        body='"allowed"',
    ),
    refused(
        "an attribute that isn't there",
        "PolicyDeniedError",
        asks(condition("subject", "department", "equals", "finance")),
        status=403,
    ),
    refused(
        "a claim of more than 64 bits is compared with nothing",
        "PolicyEvaluationError",
        asks(condition("subject", "account", "not_equals", 7), token=signed(account=2**64)),
        status=500,
    ),
    refused(
        "a bad token: the policy is not asked",
        "JWTDecodeError",
        asks(condition("subject", "sub", "equals", "ada"), token="a.b.c"),
    ),
]

RATE_LIMITS = [
    Case(
        "the key of a client's address",
        lambda _: Request("GET", "/rate-limit-key"),
        body='"ratelimit:127.0.0.1"',
    ),
    refused(
        "one request too many",
        "RateLimitExceeded",
        lambda _: Request("GET", "/third-of-two"),
        status=429,
    ),
]
