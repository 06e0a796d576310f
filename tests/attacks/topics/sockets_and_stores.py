"""WebSocket handshakes, revoked tokens, clocks that jump, and answers that must not differ."""

from typing import Any

from tests.attacks.case import accepted, each, refused
from tests.attacks.encoding import b64
from tests.attacks.request import PLACES, request
from tests.attacks.signing import hmac_signer
from tests.attacks.tokens import CSRF, HEADER, HONEST, NOW, forged, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.

ALLOWED = "https://app.example"


def add_cases() -> None:
    websocket_handshake()
    revoked()
    clock_steps()
    one_answer_for_bad_signatures()


def websocket_handshake() -> None:
    """A WebSocket's handshake."""
    settings = {"JWT_WEBSOCKET_ALLOWED_ORIGINS": [ALLOWED]}
    cookie = ("Cookie", b"access_token_cookie=" + HONEST)
    host = ("Host", b"service.example")

    def handshake(*origins: str, with_host: bool = True) -> dict[str, object]:
        sent = [("Origin", origin.encode("latin-1")) for origin in origins]
        return request(headers=[cookie, *sent, *([host] if with_host else [])])

    for title, origins in each({
        "an allowed origin": [ALLOWED], "the service's origin": ["https://service.example"],
    }):
        accepted("websocket-handshake", f"a cookie from {title} opens a socket", None, request=handshake(*origins), configuration="cookies",
                 settings=settings, route="websocket")
    for title, origins in each({
        "no origin": [], "an empty origin": [""], "a foreign origin": ["https://evil.example"], "a null origin": ["null"],
        "an origin that begins like an allowed one": [ALLOWED + ".evil.example"],
        "an origin that ends like an allowed one": ["https://evil-app.example"],
        "a subdomain of an allowed origin": ["https://sub.app.example"],
        "an allowed origin with another scheme": ["http://app.example"],
        "an allowed origin with another port": [ALLOWED + ":8443"],
        "an allowed origin with a path": [ALLOWED + "/"],
        "an allowed origin and a foreign one": [ALLOWED, "https://evil.example"],
        "a foreign origin and an allowed one": ["https://evil.example", ALLOWED],
        "two origins in one header": [f"{ALLOWED} https://evil.example"],
        "an origin that names the service as its user": ["https://service.example@evil.example"],
        "an origin with bytes above 0x7F": [ALLOWED + "\xe9"],
    }):
        refused("websocket-handshake", f"a cookie from {title} opens no socket", None, error="ForeignOriginError", request=handshake(*origins),
                configuration="cookies", settings=settings, route="websocket")
    refused("websocket-handshake", "without a host no origin is that of the service", None, error="ForeignOriginError", configuration="cookies", route="websocket",
            request=handshake("https://service.example", with_host=False))
    for place in ("headers", "query"):
        accepted("websocket-handshake", f"a token in the {place} needs no origin", HONEST, place=place, route="websocket")
        for title, sent, error in (
            ("an expired token", token(exp=NOW), "TokenExpiredError"),
            ("a refresh token", token(type="refresh"), "AccessTokenRequiredError"),
            ("a forged token", forged(HONEST), "TokenInvalidSignatureError"),
            ("no token at all", b"text", "JWTDecodeError"),
        ):
            refused("websocket-handshake", f"{title} in the {place} opens no socket", sent, error=error, place=place, route="websocket")
    for place, configuration in (("query", "headers"), ("headers", "query"), ("cookies", "headers")):
        refused("websocket-handshake", f"a token in the {place} opens no socket where only {configuration} count", HONEST, error="MissingTokenError",
                place=place, configuration=configuration, route="websocket")
    subprotocols()


def subprotocols() -> None:
    """A token among the subprotocols of a handshake."""
    settings = {"JWT_WEBSOCKET_TOKEN_LOCATION": ["subprotocol"]}
    of_sockets: dict[str, Any] = {"settings": settings, "route": "websocket"}
    other = token(sub="admin")
    foreign = ("Origin", b"https://evil.example")

    def offering(*lines: bytes, name: str = "Sec-WebSocket-Protocol") -> dict[str, object]:
        return request(headers=[foreign, *((name, line) for line in lines)])

    for title, lines in each({
        "after bearer": [b"bearer, " + HONEST],
        "without a space": [b"bearer," + HONEST],
        "with tabs and spaces around": [b"\t bearer \t,\t " + HONEST + b" \t"],
        "in a second line": [b"bearer", HONEST],
        "behind empty elements": [b", ,bearer,", b"", b" , ," + HONEST + b",,"],
        "between others": [b"chat.v2, bearer, " + HONEST + b", chat.v1"],
        "twice, alike": [b"bearer, " + HONEST, b"bearer, " + HONEST],
        "before another bearer": [b"bearer, " + HONEST + b", bearer"],
        "behind 1,000 others": [b", ".join(b"chat.v%d" % number for number in range(1_000)), b"bearer, " + HONEST],
    }):
        accepted("websocket-handshake", f"a token among subprotocols, {title}", None, request=offering(*lines), **of_sockets)
    for title, lines in each({
        "none": [], "an empty one": [b""], "commas alone": [b" , ,\t,"], "bearer alone": [b"bearer"], "bearer and a comma": [b"bearer, "],
        "a token alone": [HONEST], "a token before bearer": [HONEST + b", bearer"], "a token before bearer, in two lines": [HONEST, b"bearer"],
        "Bearer in upper case": [b"Bearer, " + HONEST], "a longer word than bearer": [b"bearers, " + HONEST],
        "a space instead of a comma": [b"bearer " + HONEST], "a semicolon instead of a comma": [b"bearer; " + HONEST],
        "bearer in quotes": [b'"bearer", ' + HONEST], "a no-break space before bearer": [b"\xa0bearer, " + HONEST],
        "a form feed before bearer": [b"\x0cbearer, " + HONEST], "an escape in bearer": [b"bearer%2C" + HONEST],
    }):
        refused("websocket-handshake", f"subprotocols: {title}", None, error="MissingTokenError", request=offering(*lines), **of_sockets)
    for title, lines, error in (
        ("two tokens", [b"bearer, " + HONEST + b", bearer, " + other], "JWTDecodeError"),
        ("two tokens in two lines", [b"bearer, " + HONEST, b"bearer, " + other], "JWTDecodeError"),
        ("a good and a bad token", [b"bearer, " + HONEST + b", bearer, " + forged(HONEST)], "JWTDecodeError"),
        ("bearer twice before the token", [b"bearer, bearer, " + HONEST], "JWTDecodeError"),
        ("another name before the token", [b"bearer, chat, " + HONEST], "JWTDecodeError"),
        ("a token in quotes", [b'bearer, "' + HONEST + b'"'], "JWTDecodeError"),
        ("a token behind a no-break space", [b"bearer, \xa0" + HONEST], "JWTDecodeError"),
        ("a token that is cut by a comma", [b"bearer, " + HONEST.replace(b".", b",", 1)], "JWTDecodeError"),
        ("64 KB of one token", [b"bearer, " + b"a" * 65_536], "JWTDecodeError"),
        ("bytes above 0x7F for a token", [b"bearer, \xe9\xff\x80"], "JWTDecodeError"),
        ("a forged token", [b"bearer, " + forged(HONEST)], "TokenInvalidSignatureError"),
        ("an expired token", [b"bearer, " + token(exp=NOW)], "TokenExpiredError"),
        ("a refresh token", [b"bearer, " + token(type="refresh")], "AccessTokenRequiredError"),
    ):
        refused("websocket-handshake", f"subprotocols: {title}", None, error=error, request=offering(*lines), **of_sockets)
    good = b"bearer, " + HONEST
    refused("websocket-handshake", "a subprotocol opens no socket where it is no location", None, error="MissingTokenError", request=offering(good),
            configuration="everywhere", route="websocket")
    refused("websocket-handshake", "a subprotocol is no location of a request", None, error="MissingTokenError", request=offering(good),
            settings=settings)
    refused("websocket-handshake", "a token in another header of WebSockets", None, error="MissingTokenError", **of_sockets,
            request=offering(good, name="Sec-WebSocket-Extensions"))
    for place in ("headers", "query", "cookies"):
        refused("websocket-handshake", f"a token in the {place} opens no socket where only subprotocols count", HONEST, error="MissingTokenError",
                place=place, configuration="everywhere", **of_sockets)
    accepted("websocket-handshake", "a token in the headers passes a request where only subprotocols open sockets", HONEST, settings=settings)


def revoked() -> None:
    """A revoked token."""
    refresh = token(type="refresh")
    for place in PLACES:
        refused("revoked", f"a revoked token in {place}", HONEST, error="RevokedTokenError", place=place, revoked=True)
        refused("revoked", f"a revoked refresh token in {place}", refresh, error="RevokedTokenError", place=place, route="refresh",
                revoked=True)
    for route, sent in (
        ("fresh", token(fresh=True)), ("any-type", HONEST), ("any-type", refresh), ("users-read", token(scopes=["users:read"])),
        ("websocket", HONEST),
    ):
        refused("revoked", f"a revoked token at the route {route}, {len(sent)} bytes", sent, error="RevokedTokenError", route=route, revoked=True)
    for title, sent, route, error in (
        ("expired", token(exp=NOW), "access", "TokenExpiredError"),
        ("forged", forged(HONEST), "access", "TokenInvalidSignatureError"),
        ("damaged", HONEST[:-50], "access", "JWTDecodeError"),
        ("of the other type", refresh, "access", "AccessTokenRequiredError"),
        ("not fresh", HONEST, "fresh", "FreshTokenRequiredError"),
        ("without the scopes", HONEST, "users-read", "InsufficientScopeError"),
    ):
        refused("revoked", f"the store isn't asked about a token that is {title}", sent, error=error, route=route, revoked=True)
    refused("revoked", "the store isn't asked about a cookie without its CSRF value", HONEST, error="MissingCSRFTokenError", place="cookies",
            method="POST", revoked=True)
    refused("revoked", "a revoked token in a cookie with its CSRF value", None, error="RevokedTokenError", configuration="cookies", revoked=True,
            request=request(method="POST", headers=[("Cookie", b"access_token_cookie=" + HONEST), ("X-CSRF-TOKEN", CSRF.encode())]))


def clock_steps() -> None:
    """A clock that is set wrong, and then right again."""
    for place in PLACES:
        accepted("clock-steps", f"before the step, in {place}", HONEST, place=place)
        refused("clock-steps", f"an hour back, in {place}", HONEST, place=place, now=NOW - 3600)
        refused("clock-steps", f"an hour on, in {place}", HONEST, error="TokenExpiredError", place=place, now=NOW + 3600)
        accepted("clock-steps", f"put right, in {place}", HONEST, place=place)
    accepted("clock-steps", "an hour back, with an hour's leeway", HONEST, now=NOW - 3600, settings={"JWT_DECODE_LEEWAY": 3600})


def one_answer_for_bad_signatures() -> None:
    """A client must not learn why a signature was refused."""
    other = hmac_signer("HS256", b"another secret, and it is long enough for HS256")
    for title, sent in {
        "another key signed it": token(signer=other),
        "the signature is another's": forged(HONEST),
        "the signature is all zero": HONEST.rpartition(b".")[0] + b"." + b"A" * 43,
        "the payload was edited": token(sub="eve").rpartition(b".")[0] + b"." + HONEST.rpartition(b".")[2],
        "an unknown kid, and another key": token(signer=other, header={"alg": "HS256", "kid": "nobody's"}),
        "an expired token, and another key": token(signer=other, exp=NOW),
        "a refresh token, and another key": token(signer=other, type="refresh"),
        "a payload that is no JSON, and another key": b64(HEADER) + b"." + b64(b"no JSON") + b"." + b"A" * 43,
    }.items():
        refused("one-answer-for-bad-signatures", f"one answer: {title}", sent, error="TokenInvalidSignatureError")
