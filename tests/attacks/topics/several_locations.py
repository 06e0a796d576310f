"""Tokens in several locations, of which only one is used."""

import itertools
from typing import Any

from tests.attacks.case import accepted, each, refused
from tests.attacks.request import FORM, carrying, request
from tests.attacks.tokens import CSRF, HONEST, NOW, OTHER_CSRF, forged, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.


def add_cases() -> None:
    several_locations()


def several_locations() -> None:
    """Tokens in several locations."""
    places = ("headers", "cookies", "json", "query")
    tokens = {place: token(sub=f"user of {place}", scopes=["admin:all"] if place != "headers" else []) for place in places}

    def several(*tokens: tuple[str, bytes], method: str = "POST", csrf: bool = True) -> dict[str, Any]:
        parts: dict[str, Any] = {"method": method, "headers": [("X-CSRF-TOKEN", CSRF.encode())] if csrf else []}
        for place, sent in tokens:
            part_of = carrying(sent, place)
            parts["headers"] += [(name, value.encode("latin-1")) for name, value in part_of.get("headers", [])]
            parts |= {part: part_of[part].encode("latin-1") for part in ("query", "body") if part in part_of}
        return request(**parts)

    def order(*names: str) -> dict[str, Any]:
        return {"configuration": "headers", "settings": {"JWT_TOKEN_LOCATION": list(names)}}

    for names in (places, places[::-1], ("cookies", "headers"), ("json", "cookies"), ("query", "headers"), ("query", "json")):
        title = " before ".join(names)
        every = [(place, tokens[place]) for place in places]
        accepted("several-locations", f"{title}: the first wins", None, request=several(*every), sub=f"user of {names[0]}", **order(*names))
        for first, second in itertools.pairwise(names):
            pair = order(first, second)
            for name, bad, error in (
                ("a forged token", forged(tokens[first]), "TokenInvalidSignatureError"),
                ("an expired token", token(exp=NOW), "TokenExpiredError"),
                ("a refresh token", token(type="refresh", csrf=CSRF), "AccessTokenRequiredError"),
                ("no token at all", b"text", "JWTDecodeError"),
                ("a token over the size bound", b"a" * 8_193, "JWTDecodeError"),
            ):
                refused("several-locations", f"{title}: {name} in {first} is refused, without a look into {second}", None, error=error,
                        request=several((first, bad), (second, tokens[second])), **pair)
            accepted("several-locations", f"{title}: none in {first}, so the one in {second}", None, request=several((second, tokens[second])),
                     sub=f"user of {second}", **pair)
    cookie, header, body = (("cookies", tokens["cookies"]), ("headers", tokens["headers"]), ("json", tokens["json"]))
    refused("several-locations", "scopes are those of the token that decides", None, request=several(header, cookie), route="admin-any",
            error="InsufficientScopeError", **order("headers", "cookies"))
    refused("several-locations", "a missing CSRF value of a cookie is refused, without a look into the query", None, error="MissingCSRFTokenError",
            request=several(cookie, ("query", tokens["query"]), csrf=False), **order("cookies", "query"))
    refused("several-locations", "a wrong type in JSON is refused, without a look into the query", None, **order("json", "query"),
            request=request(method="POST", headers=[("Content-Type", b"application/json")], body=b'{"access_token":1}',
                            query=b"token=" + tokens["query"]))
    refused("several-locations", "two different headers are refused, without a look into the cookie", None, **order("headers", "cookies"), request=request(headers=[
        ("Authorization", b"Bearer " + HONEST), ("Authorization", b"Bearer " + tokens["headers"]),
        ("Cookie", b"access_token_cookie=" + tokens["cookies"])]))
    refused("several-locations", "two different cookies are refused, without a look into the query", None, error="DuplicateCookieError", **order("cookies", "query"), request=request(
        headers=[("Cookie", b"access_token_cookie=a; access_token_cookie=b")], query=b"token=" + tokens["query"]))
    for name, value in each({"another scheme": b"Basic abc", "the scheme alone": b"Bearer", "nothing": b""}):
        accepted("several-locations", f"a header with {name} is none, so the cookie decides", None, sub="user of cookies", **order("headers", "cookies"),
                 request=request(headers=[("Authorization", value), ("Cookie", b"access_token_cookie=" + tokens["cookies"])]))
    for name, sent in each({"is no JSON": b"text", "has no token": b"{}"}):
        accepted("several-locations", f"a body that {name} is none, so the query decides", None, sub="user of query", **order("json", "query"),
                 request=request(method="POST", headers=[("Content-Type", b"application/json")], body=sent,
                                 query=b"token=" + tokens["query"]))
    form = [("Cookie", b"access_token_cookie=" + tokens["cookies"]), ("Content-Type", FORM.encode())]
    for name, value in (("right", CSRF), ("false", OTHER_CSRF)):
        case = order("json", "cookies")
        case["settings"]["JWT_CSRF_CHECK_FORM"] = True
        case["request"] = request(method="POST", headers=form, body=f"csrf_token={value}".encode(), fields=[("csrf_token", value)])
        title = f"a body that is a form is no JSON, and has the {name} CSRF value of the cookie"
        if name == "right":
            accepted("several-locations", title, None, sub="user of cookies", **case)
        else:
            refused("several-locations", title, None, error="CSRFError", **case)
    for place in ("cookies", "json", "query"):
        refused("several-locations", f"a route for headers only doesn't look into {place}", None, configuration="everywhere", route="headers-only",
                request=several((place, tokens[place])), error="MissingTokenError")
    accepted("several-locations", "a route for headers only goes by the header", None, configuration="everywhere", route="headers-only",
             request=several(header, cookie, body), sub="user of headers")
    by_type: dict[str, Any] = {"configuration": "headers", "settings": {"JWT_ACCESS_TOKEN_LOCATION": ["headers"], "JWT_REFRESH_TOKEN_LOCATION": ["cookies"]}}
    refresh = token(type="refresh")
    refused("several-locations", "locations by type: an access token in a cookie", None, request=several(cookie), error="MissingTokenError", **by_type)
    refused("several-locations", "locations by type: a refresh token in the header", None, request=several(("headers", refresh)), route="refresh",
            error="MissingTokenError", **by_type)
    accepted("several-locations", "locations by type: an access token in the header", None, request=several(header), sub="user of headers", **by_type)
    both = [("Cookie", b"refresh_token_cookie=" + refresh), ("Authorization", b"Bearer " + HONEST)]
    accepted("several-locations", "locations by type: a refresh token in a cookie", None, route="refresh", **by_type,
             request=request(method="POST", headers=[*both, ("X-CSRF-TOKEN", CSRF.encode())]))
    refused("several-locations", "locations by type: a refresh token in a cookie needs its CSRF value", None, route="refresh", error="MissingCSRFTokenError",
            request=request(method="POST", headers=both), **by_type)
