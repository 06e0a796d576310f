"""Cases of settings that change names, places and answers."""

from tests.interoperation.case import Case, refused
from tests.interoperation.configurations import LOCATIONS
from tests.interoperation.exchange import Request
from tests.interoperation.login import ADA, login_request

SETTINGS = [
    *(
        Case(
            f"all names changed, an access token in {place}",
            lambda login, place=place: login.request(place=place, method="POST"),
            configuration="renamed",
        )
        for place in LOCATIONS
    ),
    Case(
        "all names changed, a login",
        lambda login: login_request(ADA),
        configuration="renamed",
        cookies=(
            "__Host-access=…; HttpOnly; SameSite=Lax; Secure; Path=/",
            "access-proof=…; SameSite=Lax; Secure; Path=/",
            "__Host-refresh=…; HttpOnly; SameSite=Lax; Secure; Path=/",
            "refresh-proof=…; SameSite=Lax; Secure; Path=/",
        ),
    ),
    refused(
        "all names changed, the usual header",
        "MissingTokenError",
        lambda login: Request("GET", "/protected", [("Authorization", b"Bearer " + login.access.encode())]),
        configuration="renamed",
    ),
    Case("a header without a scheme", lambda login: login.request(), configuration="no-scheme"),
    refused(
        "a scheme in a header without one",
        "JWTDecodeError",
        lambda login: login.request(token=f"Bearer {login.access}"),
        configuration="no-scheme",
    ),
    Case("access in the header", lambda login: login.request(), configuration="split-locations"),
    Case(
        "refresh in the cookie",
        lambda login: login.request("/refresh", type="refresh", place="cookies", method="POST"),
        configuration="split-locations",
        body='{"access_token":"',
        cookies=(
            "access_token_cookie=…; HttpOnly; SameSite=Lax; Secure; Path=/",
            "csrf_access_token=…; SameSite=Lax; Secure; Path=/",
        ),
    ),
    refused(
        "refresh in the header, where only its cookie counts",
        "MissingTokenError",
        lambda login: login.request("/refresh", type="refresh", method="POST"),
        configuration="split-locations",
    ),
    refused(
        "another name for the message",
        "MissingTokenError",
        lambda login: Request("GET", "/protected"),
        configuration="message-key",
        body='{"detail":"Token Error","error_type":"MissingTokenError"}',
    ),
    refused(
        "status 422: garbage",
        "JWTDecodeError",
        lambda login: login.request(token="x"),
        configuration="status-422",
        status=422,
    ),
    refused(
        "status 422: expired",
        "TokenExpiredError",
        lambda login: login.request(),
        configuration="status-422",
        status=422,
        after=900,
    ),
    refused(
        "status 422: a token of another key",
        "TokenInvalidSignatureError",
        lambda login: login.request(),
        configuration="status-422",
        status=422,
        issued_by="other-key",
    ),
    refused(
        "status 422: no token",
        "MissingTokenError",
        lambda login: Request("GET", "/protected"),
        configuration="status-422",
    ),
    refused(
        "status 422: a refresh token",
        "AccessTokenRequiredError",
        lambda login: login.request(token=login.refresh),
        configuration="status-422",
    ),
    refused(
        "status 422: garbage at a WebSocket",
        "JWTDecodeError",
        lambda login: login.socket(token="x"),
        configuration="status-422",
        status=422,
    ),
]
