"""Cases of cookies, CSRF, implicit refresh and WebSockets."""

from dataclasses import replace

from tests.interoperation.case import Case, refused
from tests.interoperation.exchange import HOST
from tests.interoperation.login import ADA, logged_out, login, login_request, renewed, with_headers

EPOCH = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
NAMES = ("access_token_cookie", "csrf_access_token", "refresh_token_cookie", "csrf_refresh_token")
MISSING = "MissingCSRFTokenError"


def stored(*attributes: str) -> tuple[str, ...]:
    """The lines of a login, given the attributes of each cookie."""
    return tuple(f"{name}=…; {line}" for name, line in zip(NAMES, attributes, strict=True))


def deleted(*attributes: str) -> tuple[str, ...]:
    """The lines of a logout."""
    return tuple(f"{name}=; {line}" for name, line in zip(NAMES, attributes, strict=True))


LAX = ("HttpOnly; SameSite=Lax; Secure; Path=/", "SameSite=Lax; Secure; Path=/")
ACCESS = stored(*LAX, *LAX)[:2]

# What the login and the logout of a configuration set.
COOKIE_LINES = {
    "HS256": (
        stored(*LAX, *LAX),
        deleted(*(f"{line}; {EPOCH}" for line in LAX * 2)),
    ),
    "cookie-attributes": (
        stored(
            "HttpOnly; SameSite=Strict; Secure; Path=/app; Domain=service.example; Max-Age=3600",
            "SameSite=Strict; Secure; Path=/app; Domain=service.example; Max-Age=3600",
            "HttpOnly; SameSite=Strict; Secure; Path=/app/refresh; Domain=service.example; Max-Age=3600",
            "SameSite=Strict; Secure; Path=/; Domain=service.example; Max-Age=3600",
        ),
        deleted(
            f"HttpOnly; SameSite=Strict; Secure; Path=/app; Domain=service.example; {EPOCH}",
            f"SameSite=Strict; Secure; Path=/app; Domain=service.example; {EPOCH}",
            f"HttpOnly; SameSite=Strict; Secure; Path=/app/refresh; Domain=service.example; {EPOCH}",
            f"SameSite=Strict; Secure; Path=/; Domain=service.example; {EPOCH}",
        ),
    ),
    "bare-cookies": (stored(*("Path=/",) * 4), deleted(*(f"Path=/; {EPOCH}",) * 4)),
    "cross-site": (
        stored(
            "HttpOnly; SameSite=None; Secure; Path=/; Max-Age=900",
            "SameSite=None; Secure; Path=/; Max-Age=900",
            "HttpOnly; SameSite=None; Secure; Path=/; Max-Age=1728000",
            "SameSite=None; Secure; Path=/; Max-Age=1728000",
        ),
        deleted(
            *(
                f"{line}; {EPOCH}"
                for line in ("HttpOnly; SameSite=None; Secure; Path=/", "SameSite=None; Secure; Path=/") * 2
            )
        ),
    ),
    "csrf-off": (stored(*LAX, *LAX)[::2], deleted(*(f"{line}; {EPOCH}" for line in LAX * 2))[::2]),
    "csrf-not-in-cookies": (stored(*LAX, *LAX)[::2], deleted(*(f"{line}; {EPOCH}" for line in LAX * 2))[::2]),
}

COOKIES = [
    case
    for configuration, (at_login, at_logout) in COOKIE_LINES.items()
    for case in (
        Case(
            "a login",
            lambda login: login_request(ADA),
            configuration=configuration,
            body='"token_type":"bearer"',
            cookies=at_login,
        ),
        Case(
            "a logout",
            lambda login: login.request("/logout", place="cookies", method="POST"),
            configuration=configuration,
            body='"goodbye"',
            cookies=at_logout,
        ),
    )
]

CSRF = [
    Case("GET needs no CSRF value", lambda login: login.request(place="cookies")),
    *(
        Case(
            f"{method} with the CSRF value",
            lambda login, method=method: login.request(place="cookies", method=method),
        )
        for method in ("POST", "PUT", "PATCH", "DELETE")
    ),
    *(
        refused(
            f"{method} without the CSRF value",
            MISSING,
            lambda login, method=method: login.request(place="cookies", method=method, csrf=None),
        )
        for method in ("POST", "PUT", "PATCH", "DELETE")
    ),
    refused(
        "a refresh without the CSRF value",
        MISSING,
        lambda login: login.request("/refresh", type="refresh", place="cookies", method="POST", csrf=None),
    ),
    *(
        refused(
            name,
            "CSRFError",
            lambda login, value=value: login.request(place="cookies", method="POST", csrf=value),
        )
        for name, value in {
            "another CSRF value": "00000000-0000-4000-8000-000000000000",
            "an empty CSRF value": "",
            "a CSRF value of bytes above 0x7F": b"\xff\x80\xe9",
        }.items()
    ),
    refused(
        "the refresh token's CSRF value",
        "CSRFError",
        lambda login: login.request(place="cookies", method="POST", csrf=login.csrf("refresh")),
    ),
    refused(
        "two CSRF values",
        "CSRFError",
        lambda login: with_headers(login.request(place="cookies", method="POST"), ("X-CSRF-TOKEN", b"another")),
    ),
    Case(
        "a wrong CSRF value beside a token in the header",
        lambda login: login.request(method="POST", headers=[("X-CSRF-TOKEN", b"another")]),
    ),
    Case(
        "POST without the CSRF value, CSRF protection off",
        lambda login: login.request(place="cookies", method="POST", csrf=None),
        configuration="csrf-off",
    ),
    Case(
        "POST without the CSRF value, only DELETE is protected",
        lambda login: login.request(place="cookies", method="POST", csrf=None),
        configuration="csrf-methods",
    ),
    refused(
        "DELETE without the CSRF value, only DELETE is protected",
        MISSING,
        lambda login: login.request(place="cookies", method="DELETE", csrf=None),
        configuration="csrf-methods",
    ),
    Case(
        "a form with the CSRF value",
        lambda login: login.form(f"comment=hello&csrf_token={login.csrf()}"),
        configuration="csrf-in-forms",
        body='{"comment":"hello"}',
    ),
    refused(
        "a form without the CSRF value",
        MISSING,
        lambda login: login.form("comment=hello"),
        configuration="csrf-in-forms",
    ),
    refused(
        "a form with another CSRF value",
        "CSRFError",
        lambda login: login.form("comment=hello&csrf_token=another"),
        configuration="csrf-in-forms",
    ),
    refused(
        "a form with two CSRF values",
        "CSRFError",
        lambda login: login.form(f"csrf_token={login.csrf()}&csrf_token=another"),
        configuration="csrf-in-forms",
    ),
    refused(
        "a form whose CSRF value is not UTF-8",
        "CSRFError",
        lambda login: login.form("comment=hello&csrf_token=%FF%80"),
        configuration="csrf-in-forms",
    ),
    refused(
        "another CSRF value in the header, the right one in the form",
        "CSRFError",
        lambda login: login.form(f"comment=hello&csrf_token={login.csrf()}", csrf="another"),
        configuration="csrf-in-forms",
    ),
    refused(
        "a form that is larger than JWT_MAX_BODY_SIZE",
        MISSING,
        lambda login: login.form(f"csrf_token={login.csrf()}&comment={'x' * 1500}"),
        configuration="small-forms",
    ),
    Case(
        "a multipart form with the CSRF value",
        lambda login: login.form_of_parts(login.csrf()),
        configuration="csrf-in-forms",
    ),
    refused(
        "a multipart form with another CSRF value",
        "CSRFError",
        lambda login: login.form_of_parts("another"),
        configuration="csrf-in-forms",
    ),
    refused(
        "a multipart form that is damaged",
        MISSING,
        lambda login: replace(login.form_of_parts(login.csrf()), body=b"csrf_token"),
        configuration="csrf-in-forms",
    ),
    refused(
        "a form with the CSRF value, where forms are not read",
        MISSING,
        lambda login: login.form(f"comment=hello&csrf_token={login.csrf()}"),
    ),
]

READER_AND_WRITER = login(scopes=["users:read", "users:write"])
IMPLICIT_REFRESH = [
    Case("a token in a cookie, not due", lambda login: login.request(place="cookies"), after=299),
    Case("due", lambda login: login.request(place="cookies"), after=300, cookies=ACCESS),
    Case(
        "due, with POST and its CSRF value",
        lambda login: login.request(place="cookies", method="POST"),
        after=360,
        cookies=ACCESS,
    ),
    refused(
        "due, with POST and without the CSRF value",
        MISSING,
        lambda login: login.request(place="cookies", method="POST", csrf=None),
        after=360,
    ),
    Case("due, in the header", lambda login: login.request(), after=360),
    refused(
        "due, and answered with an error",
        "InsufficientScopeError",
        lambda login: login.request("/scoped-all", place="cookies"),
        after=360,
    ),
    Case(
        "due, at a logout",
        lambda login: login.request("/logout", place="cookies", method="POST"),
        after=360,
        cookies=COOKIE_LINES["HS256"][1],
    ),
    refused("expired", "TokenExpiredError", lambda login: login.request(place="cookies"), after=900),
    Case(
        "due, on an excluded path",
        lambda login: login.request(place="cookies"),
        configuration="no-refresh-here",
        after=360,
    ),
    Case(
        "due, on another path",
        lambda login: login.request("/me", place="cookies"),
        configuration="no-refresh-here",
        after=360,
        cookies=ACCESS,
    ),
    Case(
        "due, with an excluded method",
        lambda login: login.request(place="cookies"),
        configuration="no-refresh-of-get",
        after=360,
    ),
    Case(
        "due, but access tokens are not in cookies",
        lambda login: login.request(headers=[("Cookie", b"access_token_cookie=" + login.access.encode())]),
        configuration="split-locations",
        after=360,
    ),
    Case(
        "due, the login younger than JWT_IMPLICIT_REFRESH_MAX_AGE",
        lambda login: login.request(place="cookies"),
        configuration="logins-of-an-hour",
        after=360,
        cookies=ACCESS,
    ),
    Case(
        "due, but the login may not last longer than the token",
        lambda login: login.request(place="cookies"),
        configuration="short-logins",
        after=360,
    ),
    Case(
        "a renewed token keeps scopes and custom claims",
        lambda login: login.request("/scoped-all"),
        tokens=renewed,
        after=360 + 899,
        body='"fresh":false,"aud":null,"scopes":["users:read","users:write"],"tenant":7',
    ),
    Case(
        "a renewed token keeps its audience",
        lambda login: login.request(),
        tokens=renewed,
        configuration="audience",
        after=360,
        body='"aud":["reports","billing"]',
    ),
    refused(
        "a renewed token is not fresh",
        "FreshTokenRequiredError",
        lambda login: login.request("/fresh"),
        tokens=renewed,
        after=360,
    ),
    Case(
        "a renewed token is renewed again",
        lambda login: login.request(place="cookies"),
        tokens=renewed,
        after=360 + 300,
        cookies=ACCESS,
    ),
]

WEBSOCKET = [
    *(
        Case(f"a token in {place}", lambda login, place=place: login.socket(place), status=101, body="ada")
        for place in ("headers", "query")
    ),
    Case(
        "a cookie and an allowed origin",
        lambda login: login.socket("cookies", origin="https://app.example"),
        configuration="socket-origins",
        status=101,
        body="ada",
    ),
    Case(
        "a cookie and the service's own origin",
        lambda login: login.socket("cookies", origin=f"https://{HOST}"),
        status=101,
        body="ada",
    ),
    *(
        refused(
            name,
            "ForeignOriginError",
            lambda login, origin=origin: login.socket("cookies", origin=origin),
            configuration="socket-origins",
        )
        for name, origin in {
            "a cookie and a foreign origin": "https://evil.example",
            "a cookie and an origin that begins like an allowed one": "https://app.example.evil.example",
            "a cookie and the service's own origin without https": f"http://{HOST}",
            "a cookie and the origin `null`": "null",
            "a cookie and no origin": None,
        }.items()
    ),
    Case(
        "a token in the header and a foreign origin",
        lambda login: login.socket(origin="https://evil.example"),
        status=101,
        body="ada",
    ),
    *(
        Case(
            f"a token in a subprotocol: {', then '.join(offer)}",
            lambda login, offer=offer: login.offer(*offer),
            configuration="socket-locations",
            status=101,
            body=f"ada {selected}",
        )
        for offer, selected in {
            ("bearer, TOKEN",): "bearer",
            ("bearer", "TOKEN"): "bearer",
            (" ,bearer ,,  TOKEN ,",): "bearer",
            ("events.v2, bearer, TOKEN, events.v1",): "events.v1",
            ("bearer, TOKEN", "bearer, TOKEN"): "bearer",
        }.items()
    ),
    *(
        refused(
            f"subprotocols: {', then '.join(offer) or 'an empty line'}",
            error,
            lambda login, offer=offer: login.offer(*offer),
            configuration="socket-locations",
        )
        for offer, error in {
            ("",): "MissingTokenError",
            ("bearer",): "MissingTokenError",
            ("TOKEN, bearer",): "MissingTokenError",
            ("TOKEN",): "MissingTokenError",
            ("Bearer, TOKEN",): "MissingTokenError",
            ("bearer TOKEN",): "MissingTokenError",
            ("bearer, events.v1, TOKEN",): "JWTDecodeError",
            ("bearer, bearer, TOKEN",): "JWTDecodeError",
            ("bearer, TOKEN, bearer, TOKEN0",): "JWTDecodeError",
            ('bearer, "TOKEN"',): "JWTDecodeError",
        }.items()
    ),
    *(
        refused(
            f"sockets in a subprotocol or a cookie: a token in {place}",
            "MissingTokenError",
            lambda login, place=place: login.socket(place),
            configuration="socket-locations",
        )
        for place in ("headers", "query")
    ),
    refused(
        "sockets in a subprotocol or a cookie: a cookie and a foreign origin",
        "ForeignOriginError",
        lambda login: login.socket("cookies", origin="https://evil.example"),
        configuration="socket-locations",
    ),
    Case(
        "a token in a subprotocol and a foreign origin",
        lambda login: login.socket("subprotocol", origin="https://evil.example"),
        configuration="socket-locations",
        status=101,
        body="ada",
    ),
    refused(
        "a subprotocol is no location unless it is named",
        "MissingTokenError",
        lambda login: login.socket("subprotocol"),
    ),
    refused(
        "a subprotocol is no location of a request",
        "MissingTokenError",
        lambda login: login.request(place="subprotocol"),
        configuration="socket-locations",
    ),
    Case(
        "a request keeps its own locations",
        lambda login: login.request(),
        configuration="socket-locations",
    ),
    Case(
        "a guarded socket with the scopes that it requires",
        lambda login: login.socket("subprotocol", path="/guarded-events"),
        configuration="socket-locations",
        tokens=login(scopes=["admin:*"]),
        status=101,
        body="ada",
    ),
    refused(
        "a guarded socket without the scopes that it requires",
        "InsufficientScopeError",
        lambda login: login.socket("subprotocol", path="/guarded-events"),
        configuration="socket-locations",
    ),
    refused("no token", "MissingTokenError", lambda login: login.socket(token="")),
    refused("garbage", "JWTDecodeError", lambda login: login.socket(token="garbage")),
    refused("expired", "TokenExpiredError", lambda login: login.socket(), after=900),
    refused("a refresh token", "AccessTokenRequiredError", lambda login: login.socket(token=login.refresh)),
    refused(
        "a token of another key", "TokenInvalidSignatureError", lambda login: login.socket(), issued_by="other-key"
    ),
    refused("a revoked token", "RevokedTokenError", lambda login: login.socket(), tokens=logged_out),
    Case(
        "a store that fails",
        lambda login: login.socket(),
        tokens=login(name="unlucky"),
        status=500,
        body="Internal Server Error",
    ),
]
