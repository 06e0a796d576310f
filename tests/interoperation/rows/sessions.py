"""Cases of sessions, whose store both faces share."""

from typing import Any

from tests.interoperation.case import Case, refused
from tests.interoperation.forging import signed
from tests.interoperation.login import refreshed, renewed, session_ended
from tests.interoperation.rows.browser import ACCESS

TRACKED: dict[str, Any] = {"configuration": "sessions"}

SESSIONS = [
    Case("a token of a session", lambda login: login.request(), body='"sub":"ada"', **TRACKED),
    Case("a token of a session, refreshed", lambda login: login.request(), tokens=refreshed, **TRACKED),
    Case("a token of a session, renewed", lambda login: login.request(), tokens=renewed, after=720, **TRACKED),
    Case(
        "a cookie of a session that is due for renewal",
        lambda login: login.request(place="cookies"),
        cookies=ACCESS,
        after=360,
        **TRACKED,
    ),
    Case("a token of no session", lambda login: login.request(token=signed()), **TRACKED),
    *(
        refused(
            f"a token of an ended session at `{path}`",
            "SessionRevoked",
            lambda login, path=path: login.request(path),
            tokens=session_ended(),
            **TRACKED,
        )
        for path in ("/protected", "/fresh", "/me")
    ),
    refused(
        "a refresh token of an ended session",
        "SessionRevoked",
        lambda login: login.request("/refresh", type="refresh", method="POST"),
        tokens=session_ended(),
        **TRACKED,
    ),
    refused(
        "a cookie of an ended session that is due for renewal",
        "SessionRevoked",
        lambda login: login.request(place="cookies"),
        tokens=session_ended(),
        after=360,
        **TRACKED,
    ),
    refused(
        "a WebSocket with a token of an ended session",
        "SessionRevoked",
        lambda login: login.socket(),
        tokens=session_ended(),
        **TRACKED,
    ),
    refused(
        "a token of one of a user's sessions, which were all ended",
        "SessionRevoked",
        lambda login: login.request(),
        tokens=session_ended("/logout-everywhere"),
        **TRACKED,
    ),
    refused(
        "a token of an unknown session",
        "SessionRevoked",
        lambda login: login.request(token=signed(sid="never-begun")),
        **TRACKED,
    ),
    refused(
        "a token of an ended session without the scopes: the scopes come first",
        "InsufficientScopeError",
        lambda login: login.request("/scoped-all"),
        tokens=session_ended(),
        **TRACKED,
    ),
    refused(
        "a session id that is no string",
        "JWTDecodeError",
        lambda login: login.request(token=signed(sid=7)),
        **TRACKED,
    ),
    Case(
        "a token of an unknown session, where sessions are not tracked",
        lambda login: login.request(token=signed(sid="never-begun")),
        body='"sub":"ada"',
    ),
]
