"""Claims."""

import json
from typing import Any

from tests.attacks.case import accepted, each, refused
from tests.attacks.encoding import Raw, json_object
from tests.attacks.request import PLACES, carrying
from tests.attacks.signing import MARKER
from tests.attacks.tokens import HEADER, HONEST, NOW, honest_claims, sealed, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.


def add_cases() -> None:
    times()
    subject()
    type_and_freshness()
    audience_and_issuer()
    scopes()
    login_type()
    duplicate_claims()


def times() -> None:
    """Dates."""
    for claim in ("exp", "nbf", "iat"):
        for name, value in each({
            "a string": str(NOW), "the marker": MARKER, "an empty string": "", "true": True, "false": False, "a list": [NOW + 60],
            "an empty list": [], "an object": {"seconds": NOW}, "null": None, "1e400": Raw("1e400"), "-1e400": Raw("-1e400"),
            "NaN": Raw("NaN"), "Infinity": Raw("Infinity"), "-Infinity": Raw("-Infinity"), "of 30 digits": Raw("1" * 30),
            "of 400 digits": Raw("1" * 400), "of 30 digits and negative": Raw("-" + "1" * 30), "in milliseconds": NOW * 1000,
            "after the year 9999": 253_402_300_800, "before the year 1": -62_135_596_801, "with a zero in front": Raw("01700000900"),
            "with a plus": Raw("+1700000900"), "hexadecimal": Raw("0x6553f100"), "a bare fraction": Raw(".5"),
            "18446744073709551616": 2**64, "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
        }):
            refused("times", f"{claim} is {name}", token(**{claim: value}))
    for name, value in each({"negative": -1, "0": 0, "-0.0": Raw("-0.0"), "the first second of the year 1": -62_135_596_800}):
        refused("times", f"exp is {name}", token(exp=value), error="TokenExpiredError")
        for claim in ("nbf", "iat"):
            accepted("times", f"{claim} is {name}", token(**{claim: value}))
    accepted("times", "exp is the last second of the year 9999", token(exp=253_402_300_799))
    accepted("times", "exp with an exponent", token(exp=Raw("1.7000009e9")))
    accepted("times", "nbf and iat are absent", token(drop=("nbf", "iat")))
    refused("times", "auth_time is a string", token(auth_time=str(NOW)))

    refused("times", "exp is absent", token(drop=("exp",)))
    never = {"JWT_ACCESS_TOKEN_EXPIRES": None}
    accepted("times", "exp is absent where access tokens never expire", token(drop=("exp",)), settings=never)
    refused("times", "exp is absent of a refresh token where access tokens never expire",
            token(drop=("exp",), type="refresh"), settings=never, route="refresh")
    refused("times", "exp is absent of an access token where refresh tokens never expire", token(drop=("exp",)),
            settings={"JWT_REFRESH_TOKEN_EXPIRES": None})
    refused("times", "exp has passed where access tokens never expire", token(exp=NOW - 1), settings=never,
            error="TokenExpiredError")

    for leeway in (0, 10):
        settings = {"JWT_DECODE_LEEWAY": leeway}
        title = f"with a leeway of {leeway}: "
        for offset in (-1, -0.5, -0.001):
            accepted("times", f"{title}{-offset} seconds before the end", token(exp=NOW), now=NOW + leeway + offset, settings=settings)
        for offset in (0, 0.001, 1, 100_000):
            refused("times", f"{title}{offset} seconds after the end", token(exp=NOW), now=NOW + leeway + offset, settings=settings,
                    error="TokenExpiredError")
        for claim in ("nbf", "iat"):
            dates: dict[str, Any] = {"nbf": NOW, "iat": NOW, "exp": NOW + 10_000} | {claim: NOW + 100}
            for offset in (0, 0.001, 1):
                accepted("times", f"{title}{offset} seconds after {claim}", token(**dates), now=NOW + 100 - leeway + offset,
                         settings=settings)
            for offset in (0.001, 1, 50):
                refused("times", f"{title}{offset} seconds before {claim}", token(**dates), now=NOW + 100 - leeway - offset,
                        settings=settings)
    accepted("times", "exp with a fraction, before it", token(exp=NOW + 0.5), now=NOW + 0.499)
    refused("times", "exp with a fraction, at it", token(exp=NOW + 0.5), now=NOW + 0.5, error="TokenExpiredError")
    refused("times", "nbf with a fraction, before it", token(nbf=NOW + 0.5), now=NOW + 0.499)
    accepted("times", "nbf with a fraction, at it", token(nbf=NOW + 0.5), now=NOW + 0.5)
    refused("times", "a year in the future is beyond any leeway", token(iat=NOW + 31_536_000, exp=NOW + 63_072_000),
            settings={"JWT_DECODE_LEEWAY": 60})


def subject() -> None:
    """The subject."""
    for name, value in each({
        "null": None, "a number": 123, "true": True, "a list": ["user123"], "an object": {"id": "user123"}, "empty": "",
    }):
        refused("subject", f"sub is {name}", token(sub=value))
    refused("subject", "sub is absent", token(drop=("sub",)))
    megabyte = "a" * 2**20
    refused("subject", "sub of 1 MB is over the size bound", token(sub=megabyte))
    accepted("subject", "sub of 1 MB within a raised bound", token(sub=megabyte), sub=megabyte,
             settings={"JWT_MAX_TOKEN_SIZE": 2_000_000})
    for name, sub in each({
        "NUL": "user\0admin", "right-to-left marks": "user\u202e123\u200f", "a line end": "user\r\nSet-Cookie: a=b",
        "markup": "<script>alert(1)</script>", "an emoji": "\U0001f600", "a quotation mark": "user'\"--", "a space at its end": "user123 ",
    }):
        accepted("subject", f"sub with {name} stays as it is", token(sub=sub), sub=sub)
    settings = {"JWT_IDENTITY_CLAIM": "uid"}
    accepted("subject", "the identity claim instead of sub", token(uid="user123", drop=("sub",)), settings=settings)
    accepted("subject", "the identity claim wins over sub", token(uid="user123", sub="admin"), settings=settings)
    refused("subject", "sub where another claim names the user", token(), settings=settings)


def type_and_freshness() -> None:
    """Type and freshness."""
    for name, value in each({
        "null": None, "in upper case": "ACCESS", "a list": ["access"], "empty": "", "true": True, "an object": {}, "a number": 1, "followed by a space": "access ",
        "of 31 characters": "a" * 31,
    }):
        for route in ("access", "refresh", "any-type"):
            refused("type-and-freshness", f"type is {name}, on the route {route}", token(type=value), route=route)
    for name, value in each({"unknown": "id", "of 30 characters": "a" * 30, "the application's own": "reset"}):
        for route, kind in (("access", "Access"), ("refresh", "Refresh"), ("any-type", "Access")):
            refused("type-and-freshness", f"type is {name}, on the route {route}", token(type=value), route=route,
                    error=f"{kind}TokenRequiredError")
    for route in ("access", "refresh", "any-type"):
        refused("type-and-freshness", f"type is absent, on the route {route}", token(drop=("type",)), route=route)

    refresh = token(type="refresh", drop=("fresh",))
    for place in PLACES:
        refused("type-and-freshness", f"a refresh token for an access token in {place}", refresh, place=place,
                error="AccessTokenRequiredError")
        refused("type-and-freshness", f"an access token for a refresh token in {place}", HONEST, place=place, route="refresh",
                error="RefreshTokenRequiredError")
        accepted("type-and-freshness", f"a refresh token on its route in {place}", refresh, place=place, route="refresh")
        accepted("type-and-freshness", f"an access token on a route for any type in {place}", HONEST, place=place, route="any-type")
        accepted("type-and-freshness", f"a refresh token on a route for any type in {place}", refresh, place=place, route="any-type")
    for place in ("cookies", "json"):
        refused("type-and-freshness", f"a refresh token in its place in {place} is not found on an access route", None,
                request=carrying(refresh, place, type="refresh"), configuration=place, error="MissingTokenError")
        refused("type-and-freshness", f"an access token in its place in {place} is not found on a refresh route", None, route="refresh",
                request=carrying(HONEST, place), configuration=place, error="MissingTokenError")
    fresh_refresh = token(type="refresh", fresh=True)
    refused("type-and-freshness", "a fresh refresh token on a fresh route", fresh_refresh, route="fresh", error="AccessTokenRequiredError")
    refused("type-and-freshness", "a fresh refresh token on a fresh route for any type", fresh_refresh, route="any-type-fresh",
            error="FreshTokenRequiredError")
    accepted("type-and-freshness", "a fresh token on a fresh route", token(fresh=True), route="fresh")
    refused("type-and-freshness", "a token that is not fresh on a fresh route", HONEST, route="fresh", error="FreshTokenRequiredError")
    refused("type-and-freshness", "fresh is absent on a fresh route", token(drop=("fresh",)), route="fresh", error="FreshTokenRequiredError")
    accepted("type-and-freshness", "fresh is absent on an access route", token(drop=("fresh",)))
    for name, value in each({"1": 1, "0": 0, "now": NOW, "a moment ago": NOW - 1, "a fraction ago": NOW - 0.5}):
        refused("type-and-freshness", f"fresh is {name}, on the route fresh", token(fresh=value), route="fresh",
                error="FreshTokenRequiredError")
        accepted("type-and-freshness", f"fresh is {name}, on the route access", token(fresh=value))
    accepted("type-and-freshness", "fresh is a time to come, on the route fresh", token(fresh=NOW + 1), route="fresh")
    for name, value in each({"a string": "true", "null": None, "a list": [True], "out of range": 10**30}):
        for route in ("fresh", "access"):
            refused("type-and-freshness", f"fresh is {name}, on the route {route}", token(fresh=value), route=route)


def audience_and_issuer() -> None:
    """Audience and issuer."""
    ours = {"JWT_DECODE_AUDIENCE": "our-service"}
    several = {"JWT_DECODE_AUDIENCE": ["our-service", "our-other-service"]}
    wrong = "TokenInvalidAudienceError"
    for settings, title in ((ours, "one audience"), (several, "several audiences")):
        for name, value in each({
            "another": "their-service", "a list without ours": ["a", "b"], "an empty list": [], "a prefix of ours": "our-",
            "ours with more behind it": "our-service2", "ours in upper case": "OUR-SERVICE", "empty": "", "ours with a space": "our-service ",
            "ours and another in one string": "our-service their-service", "the list of ours as a string": '["our-service"]', "*": "*",
        }):
            refused("audience-and-issuer", f"{title}: aud is {name}", token(aud=value), settings=settings, error=wrong)
        for name, bad in each({"a number": 1, "null": None, "true": True, "an object": {"our-service": 1}, "a list of numbers": [1],
                          "a list with ours and a number": ["our-service", 1], "a list in a list": [["our-service"]]}):
            refused("audience-and-issuer", f"{title}: aud is {name}", token(aud=bad), settings=settings)
        refused("audience-and-issuer", f"{title}: aud is absent", token(), settings=settings, error=wrong)
        for name, good in each({"ours": "our-service", "a list with ours": ["a", "our-service"], "a list of ours alone": ["our-service"]}):
            accepted("audience-and-issuer", f"{title}: aud is {name}", token(aud=good), settings=settings)
    accepted("audience-and-issuer", "several audiences: aud is the last of them", token(aud="our-other-service"), settings=several)
    for name, other in each({"a string": "our-service", "a list": ["our-service"], "an empty list": []}):
        refused("audience-and-issuer", f"aud is {name} where no audience is configured", token(aud=other), error=wrong)
    accepted("audience-and-issuer", "the audience of new tokens is that of accepted ones", token(aud="our-service"),
             settings={"JWT_ENCODE_AUDIENCE": "our-service"})

    issuer = {"JWT_DECODE_ISSUER": "https://us.example"}
    for name, value in each({
        "another": "https://them.example", "a prefix of ours": "https://us.exampl", "ours with more behind it": "https://us.example/",
        "ours in upper case": "HTTPS://US.EXAMPLE", "empty": "",
    }):
        refused("audience-and-issuer", f"iss is {name}", token(iss=value), settings=issuer, error="TokenInvalidIssuerError")
    refused("audience-and-issuer", "iss is absent", token(), settings=issuer, error="TokenInvalidIssuerError")
    for name, bad in each({"a list with ours": ["https://us.example"], "null": None, "a number": 1, "an object": {}}):
        refused("audience-and-issuer", f"iss is {name}", token(iss=bad), settings=issuer)
        refused("audience-and-issuer", f"iss is {name} where no issuer is configured", token(iss=bad))
    accepted("audience-and-issuer", "iss is ours", token(iss="https://us.example"), settings=issuer)
    accepted("audience-and-issuer", "iss is anyone's where no issuer is configured", token(iss="https://them.example"))
    refused("audience-and-issuer", "iss is checked before aud", token(iss="a", aud="b"), settings=issuer | ours, error="TokenInvalidIssuerError")
    refused("audience-and-issuer", "exp is checked before iss and aud", token(iss="a", aud="b", exp=NOW), settings=issuer | ours,
            error="TokenExpiredError")


def scopes() -> None:
    """Scopes."""
    short = "InsufficientScopeError"
    for name, value in each({
        "a string": "users:read", "a number": 1, "true": True, "null": None, "an object": {"users:read": True}, "a list of numbers": [1],
        "a list with a number in it": ["users:read", 1], "a list with null in it": ["users:read", None], "a list of lists": [["users:read"]],
    }):
        refused("scopes", f"scopes is {name}", token(scopes=value), route="users-read")
        refused("scopes", f"scopes is {name}, where none is asked for", token(scopes=value))
    for name, value in each({"a list": ["users:read"], "a number": 1, "null": None}):
        refused("scopes", f"scope is {name}", token(scope=value), route="users-read")
    for granted, route in (
        (["users:read"], "users-read"), (["", "users:read"], "users-read"), (["users:*"], "users-read"),
        (["a", "b", "users:read"], "users-read"), (["users:read", "users:delete"], "users-read-and-delete"),
        (["users:*"], "users-read-and-delete"), (["users:delete"], "users-read-or-delete"),
        (["admin:users"], "admin-any"), (["admin:users:read"], "admin-any"), (["admin:*"], "admin-any"),
        (["administrator"], "administrator"), (["a:*"], "a-x-b"), (["a:x:*"], "a-x-b"), ([], "access"),
    ):
        accepted("scopes", f"{json.dumps(granted)} for {route}", token(scopes=granted), route=route)
    for granted, route in (
        ([], "users-read"), ([""], "users-read"), (["*"], "users-read"), ([":*"], "users-read"), (["users"], "users-read"),
        (["users:"], "users-read"), (["users:read "], "users-read"), ([" users:read"], "users-read"), (["users:read\0"], "users-read"),
        (["USERS:READ"], "users-read"), (["Users:read"], "users-read"), (["USERS:*"], "users-read"), (["user:*"], "users-read"),
        (["users:readonly"], "users-read"), (["users:read:own"], "users-read"), (["users:re*"], "users-read"), (["users:read*"], "users-read"),
        (["users*"], "users-read"), (["users:read users:write"], "users-read"), (["users:read,users:write"], "users-read"),
        (["users:read\u200b"], "users-read"), (["**"], "users-read"), (["*:*"], "users-read"), (["*:read"], "users-read"),
        (["users:read"], "users-read-and-delete"), (["users:write"], "users-read-or-delete"), (["admin:*"], "administrator"),
        (["administrator"], "admin-any"), (["admin"], "admin-any"), (["admin:"], "admin-any"), (["*"], "admin-any"),
        (["Admin:users"], "admin-any"), (["admins:users"], "admin-any"), (["a:*:b"], "a-x-b"), (["a:*b"], "a-xb"), (["*:x:b"], "a-x-b"),
    ):
        refused("scopes", f"{json.dumps(granted)} for {route}", token(scopes=granted), route=route, error=short)
    refused("scopes", "no scopes at all", HONEST, route="users-read", error=short)
    accepted("scopes", "scope as a string of several", token(scope="a users:read b"), route="users-read")
    accepted("scopes", "scope and scopes are both read", token(scope="users:read", scopes=["users:delete"]), route="users-read-and-delete")
    refused("scopes", "scope with a tab between names", token(scope="a\tusers:read"), route="users-read", error=short)
    refused("scopes", "scope that only contains the name", token(scope="xusers:readx"), route="users-read", error=short)
    roomy = {"JWT_MAX_TOKEN_SIZE": 300_000}
    accepted("scopes", "10,000 scopes with the right one last", token(scopes=["a:b:c"] * 10_000 + ["users:read"]), route="users-read",
             settings=roomy)
    refused("scopes", "10,000 scopes without the right one", token(scopes=["a:b:c"] * 10_000), route="users-read", settings=roomy,
            error=short)
    refused("scopes", "scopes are checked after freshness and type", token(type="refresh", scopes=["users:read"]), route="users-read",
            error="AccessTokenRequiredError")


def login_type() -> None:
    """The login type."""
    wrong = "LoginTypeMismatchError"
    accepted("login-type", "a token of the route's login", token(login_type="admin"), login_type="admin")
    refused("login-type", "a token of another login", token(login_type="customer"), login_type="admin", error=wrong)
    refused("login-type", "a token of no login", HONEST, login_type="admin", error=wrong)
    for name, value in each({"in upper case": "ADMIN", "empty": "", "followed by a space": "admin ", "a list as a string": '["admin"]'}):
        refused("login-type", f"the login type is {name}", token(login_type=value), login_type="admin", error=wrong)
    for name, bad in each({"a list": ["admin"], "null": None, "true": True, "a number": 1}):
        refused("login-type", f"the login type is {name}", token(login_type=bad), login_type="admin")
    refused("login-type", "a refresh token of another login", token(type="refresh", login_type="customer"), login_type="admin",
            route="refresh", error=wrong)
    refused("login-type", "the type is checked before the login", token(type="refresh", login_type="customer"), login_type="admin",
            error="AccessTokenRequiredError")
    refused("login-type", "a token of a login where the route has none", token(login_type="admin"), error=wrong)
    refused("login-type", "an empty login type where the route has none", token(login_type=""), error=wrong)
    sharing = {"JWT_DECODE_ANY_LOGIN_TYPE": True}
    accepted("login-type", "a token of a login where tokens are shared", token(login_type="admin"), settings=sharing)
    accepted("login-type", "a token of another login where tokens are shared", token(login_type="customer"), login_type="admin",
             settings=sharing)
    refused("login-type", "the login type is a list where tokens are shared", token(login_type=["admin"]), settings=sharing)


def duplicate_claims() -> None:
    """A claim twice."""
    claims = json_object(honest_claims(iss="a", aud="a", scopes=[], scope="", login_type="a", auth_time=NOW))
    first_values: dict[str, Any] = {
        "sub": "admin", "type": "refresh", "exp": NOW + 100_000, "nbf": 0, "iat": 0, "jti": "a", "iss": "b", "aud": "b",
        "fresh": True, "csrf": "a", "scopes": ["a"], "scope": "a", "login_type": "b", "auth_time": 0,
    }
    settings = {"JWT_DECODE_AUDIENCE": "a", "JWT_DECODE_ANY_LOGIN_TYPE": True}
    accepted("duplicate-claims", "each claim once", sealed(HEADER, claims), settings=settings)
    for claim, value in first_values.items():
        field = json.dumps(claim).encode() + b":" + json.dumps(value).encode()
        escaped = f'"\\u{ord(claim[0]):04x}{claim[1:]}":{json.dumps(value)}'.encode()
        refused("duplicate-claims", f"{claim} twice, the false one first", sealed(HEADER, b"{" + field + b"," + claims[1:]), settings=settings)
        refused("duplicate-claims", f"{claim} twice, the false one last", sealed(HEADER, claims[:-1] + b"," + field + b"}"), settings=settings)
        refused("duplicate-claims", f"{claim} twice, once by escape", sealed(HEADER, claims[:-1] + b"," + escaped + b"}"), settings=settings)
        again = json.dumps(claim).encode() + b":" + json.dumps(json.loads(claims)[claim]).encode()
        refused("duplicate-claims", f"{claim} twice, alike", sealed(HEADER, claims[:-1] + b"," + again + b"}"), settings=settings)
