"""A token in the body, and one in the query."""

from typing import Any

from tests.attacks.case import accepted, each, refused
from tests.attacks.encoding import json_object
from tests.attacks.request import request
from tests.attacks.signing import MARKER
from tests.attacks.tokens import HONEST, forged, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.


def add_cases() -> None:
    json_body()
    query()


def json_body() -> None:
    """JSON in the body."""
    good = b'{"access_token":"' + HONEST + b'"}'
    other = token(sub="admin")

    def post(body: bytes, content_type: str | None = "application/json", **parts: Any) -> dict[str, Any]:
        headers = [] if content_type is None else [("Content-Type", content_type.encode())]
        return request(method=parts.pop("method", "POST"), headers=headers + parts.pop("headers", []), body=body, **parts)

    for name, body in each({
        "empty": b"", "no JSON": b"access_token=" + HONEST, "an array": b"[]", "an array with the object": b"[" + good + b"]", "null": b"null",
        "a string": b'"' + HONEST + b'"', "a number": b"1", "an empty object": b"{}", "an object with null": b'{"access_token":null}', "cut short": good[:-1], "followed by more": good + b"x",
        "followed by a second object": good + good, "behind a byte-order mark": b"\xef\xbb\xbf" + good, "in UTF-16": good.decode().encode("utf-16"),
        "an object with invalid UTF-8": good[:-1] + b',"a":"\xff"}', "in single quotes": good.replace(b'"', b"'"), "NUL": b"\0",
        "an object with the key in upper case": good.replace(b"access", b"ACCESS"), "an object with the key deeper": b'{"data":' + good + b"}",
        "an object with the refresh token's key": good.replace(b"access", b"refresh"), "20,000 arrays that are not closed": b"[" * 20_000,
        "a lone surrogate for a token": b'{"access_token":"\\ud800"}', "an object with NaN": good[:-1] + b',"a":NaN}',
    }):
        refused("json-body", f"a body that is {name} has no token", None, request=post(body), error="MissingTokenError")
    for name, value in each({
        "a number": b"1", "a list": b'["' + HONEST + b'"]', "an object": b'{"token":"' + HONEST + b'"}', "true": b"true",
        "no token": b'"text"', "the marker": b'"' + MARKER.encode() + b'"', "a token with the scheme": b'"Bearer ' + HONEST + b'"',
        "characters above 0x7F": '"\u00e9\u2713"'.encode(), "2 MB of a, within a raised bound": b'"' + b"a" * 2_000_000 + b'"',
    }):
        refused("json-body", f"the field is {name}", None, request=post(b'{"access_token":' + value + b"}"),
                settings={"JWT_MAX_BODY_SIZE": 3_000_000})
    for name, pair in each({"alike": (HONEST, HONEST), "good and bad": (HONEST, b"a"), "bad and good": (b"a", HONEST), "both good": (HONEST, other)}):
        refused("json-body", f"the key twice, {name}", None,
                request=post(b'{"access_token":"' + pair[0] + b'","access_token":"' + pair[1] + b'"}'))
    refused("json-body", "the key twice, once by escape", None, request=post(good[:-1] + b',"access\\u005ftoken":"' + other + b'"}'))
    refused("json-body", "the key twice, a number and a token", None, request=post(b'{"access_token":1,' + good[1:]))

    def of_size(size: int) -> bytes:
        return good + b" " * (size - len(good))

    refused("json-body", "10 MB with the token in front are over the bound", None, request=post(of_size(10_000_000)), error="MissingTokenError")
    refused("json-body", "one byte over the bound", None, request=post(of_size(2**20 + 1)), error="MissingTokenError")
    accepted("json-body", "exactly at the bound", None, request=post(of_size(2**20)))
    bound = {"JWT_MAX_BODY_SIZE": len(good)}
    accepted("json-body", "exactly at a configured bound", None, request=post(good), settings=bound)
    refused("json-body", "over a configured bound", None, request=post(good + b" "), settings=bound, error="MissingTokenError")
    refused("json-body", "a body that never ends", None, request=post(good, endless=True), error="MissingTokenError")
    refused("json-body", "endless spaces in place of JSON", None, request=post(b" " * 65_536, endless=True),
            error="MissingTokenError")
    for name, length in each({"more than the bound": b"99999999999", "5,000 digits": b"9" * 5_000}):
        refused("json-body", f"a length that lies: {name}", None, request=post(good, headers=[("Content-Length", length)]),
                error="MissingTokenError")
    refused("json-body", "a length that lies: shorter than a body over the bound", None, error="MissingTokenError",
            request=post(of_size(2**20 + 1), headers=[("Content-Length", b"5")]))
    for name, length in each({"shorter": b"5", "negative": b"-1", "no number": b"abc", "empty": b"", "above 0x7F": b"\xb2"}):
        accepted("json-body", f"a length that lies doesn't matter: {name}", None, request=post(good, headers=[("Content-Length", length)]))

    for content_type in (
        "application/json; charset=utf-8", "application/json;charset=utf-8", "Application/JSON", "application/json ; a=b", "application/json;",
    ):
        accepted("json-body", f"the content type {content_type}", None, request=post(good, content_type))
    for content_type in (
        "application/problem+json", "text/plain", "text/json", "application/jsonp", "application/x-json", "application/json, text/plain", "",
        "application", "json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain; a=application/json", "application /json",
        "\xe9/json",
    ):
        refused("json-body", f"the content type {content_type!a}" if content_type else "an empty content type", None, error="MissingTokenError",
                request=post(good, None, headers=[("Content-Type", content_type.encode("latin-1"))]))
    refused("json-body", "no content type", None, request=post(good, None), error="MissingTokenError")
    refused("json-body", "two content types", None, request=post(good, headers=[("Content-Type", b"text/plain")]), error="MissingTokenError")
    for name, body in each({
        "the token by escapes": b'{"access_token":"\\u0065' + HONEST[1:] + b'"}',
        "the key by escapes": b'{"access\\u005ftoken":"' + HONEST + b'"}',
        "other fields around it": b'{"a":[1,{"b":null}],"access_token":"' + HONEST + b'","access_token2":1}',
        "spaces and line ends": b'\r\n{ "access_token" :\t"' + HONEST + b'" }\n',
        "another field twice": b'{"a":1,"a":2,' + good[1:],
    }):
        accepted("json-body", name, None, request=post(body))
    accepted("json-body", "a body of JSON with GET", None, request=post(good, method="GET"))
    accepted("json-body", "a refresh token under the key for refresh tokens", None, route="refresh", request=post(json_object(
        {"access_token": HONEST.decode(), "refresh_token": token(type="refresh").decode()})))
    refused("json-body", "a body where JSON is no configured location", None, configuration="headers", request=post(good), error="MissingTokenError")


def query() -> None:
    """The query."""
    other = token(sub="admin")
    bad = forged(HONEST)

    def get(query: bytes) -> dict[str, Any]:
        return request(query=query)

    for name, query in each({
        "the key twice, good and bad": b"token=" + HONEST + b"&token=" + bad,
        "the key twice, bad and good": b"token=" + bad + b"&token=" + HONEST,
        "the key twice, both good": b"token=" + HONEST + b"&token=" + other,
        "the key twice, once in percent encoding": b"token=" + HONEST + b"&%74oken=" + other,
        "percent encoding twice": b"token=%2565" + HONEST[1:],
        "a + for a space behind it": b"token=" + HONEST + b"+",
        "a + for a space before it": b"token=+" + HONEST,
        "a + inside": b"token=" + HONEST[:9] + b"+" + HONEST[9:],
        "the scheme before it": b"token=Bearer+" + HONEST,
        "a broken percent sign behind it": b"token=" + HONEST + b"%",
        "a percent sign before no digits": b"token=%zz" + HONEST,
        "NUL behind it": b"token=" + HONEST + b"%00",
        "invalid UTF-8": b"token=%ff%fe" + HONEST,
        "raw bytes above 0x7F": b"token=\xe9\xff\x80",
        "a fragment behind it": b"token=" + HONEST + b"#a",
        "a semicolon behind it": b"token=" + HONEST + b";a=b",
        "a second question mark": b"token=?token=" + HONEST,
        "1 MB of a": b"token=" + b"a" * 1_000_000,
        "the marker": b"token=" + MARKER.encode(),
    }):
        refused("query", name, None, request=get(query))
    for name, query in each({
        "nothing": b"",
        "an empty value": b"token=",
        "the name alone": b"token",
        "many empty values": b"token=&" * 1_000,
        "the name in upper case": b"TOKEN=" + HONEST,
        "the name as a list": b"token[]=" + HONEST,
        "a name that begins alike": b"token2=" + HONEST,
        "a semicolon before it": b"a=b;token=" + HONEST,
        "the name in percent encoding twice": b"%2574oken=" + HONEST,
        "the name after a space": b"+token=" + HONEST,
        "the refresh token's JSON key": b"refresh_token=" + HONEST,
        "OAuth's name": b"access_token=" + HONEST,
    }):
        refused("query", f"{name} is no token", None, request=get(query), error="MissingTokenError")
    for name, query in each({
        "a token": b"token=" + HONEST,
        "percent encoding": b"token=" + b"".join(b"%%%02x" % byte for byte in HONEST),
        "the name in percent encoding": b"%74oken=" + HONEST,
        "the key twice, alike": b"token=" + HONEST + b"&token=" + HONEST,
        "an empty value before it": b"token=&token=" + HONEST,
        "1,000 other parameters": b"a=b&" * 1_000 + b"token=" + HONEST,
        "broken parameters around it": b"&&=&%&%zz=%ff&token=" + HONEST + b"&&",
    }):
        accepted("query", name, None, request=get(query))
    for configuration in ("headers", "cookies", "json"):
        refused("query", f"a token in the query where only {configuration} is configured", None, configuration=configuration,
                request=get(b"token=" + HONEST), error="MissingTokenError")
    accepted("query", "a configured name", None, request=get(b"t=" + HONEST + b"&token=" + bad), settings={"JWT_QUERY_STRING_NAME": "t"})
