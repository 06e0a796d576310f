"""Cases of answers that explain to a developer why a request has no token, or no CSRF value."""

from typing import Any

from tests.interoperation.case import Case, MakeRequest, refused
from tests.interoperation.exchange import Request
from tests.interoperation.login import with_headers, with_json

ONLY = " A browser sends it only"
NO_HEADER = "There is no header 'Authorization'."
NO_COOKIE = (
    f"There is no cookie 'access_token_cookie'.{ONLY} over https (JWT_COOKIE_SECURE), "
    "from pages of the same site or along a link (JWT_COOKIE_SAMESITE)."
)
NO_PARAMETER = "There is no query parameter 'token'."
NO_JSON = "The content type is not application/json, so there is no JSON field 'access_token'."
MUST_REPEAT = "The access token is in the cookie 'access_token_cookie', so the request must repeat its CSRF value."
MAY_OPEN = (
    "The access token is in the cookie 'access_token_cookie', so the page that opens the WebSocket must be of the "
    "service's own origin or of one in JWT_WEBSOCKET_ALLOWED_ORIGINS."
)


def explained(
    name: str, request: MakeRequest, *sentences: str, error: str = "MissingTokenError", configuration: str, **case: Any
) -> Case:
    explanation = " ".join(sentences)
    body = f'"error_type":"{error}","explanation":"{explanation}"}}'
    return refused(name, error, request, configuration=configuration, body=body, **case)


def missing(name: str, request: MakeRequest, *sentences: str, configuration: str = "explained") -> Case:
    return explained(name, request, "No access token was found.", *sentences, configuration=configuration)


def with_header(value: bytes) -> MakeRequest:
    return lambda login: with_headers(Request("GET", "/protected"), ("Authorization", value))


EXPLANATIONS = [
    missing(
        "nothing, with every location",
        lambda login: Request("GET", "/protected"),
        NO_HEADER,
        NO_COOKIE,
        NO_PARAMETER,
        NO_JSON,
    ),
    missing(
        "a header without the scheme",
        lambda login: with_headers(Request("GET", "/protected"), ("Authorization", login.access.encode())),
        "The header 'Authorization' does not begin with 'Bearer' and a space (JWT_HEADER_TYPE).",
        NO_COOKIE,
        NO_PARAMETER,
        NO_JSON,
    ),
    missing(
        "a header with the scheme alone",
        with_header(b"bearer "),
        "The header 'Authorization' has nothing after 'Bearer'.",
        NO_COOKIE,
        NO_PARAMETER,
        NO_JSON,
    ),
    missing(
        "a cookie and a parameter that are empty, and a body without the field",
        lambda login: with_json(
            with_headers(
                Request("POST", "/protected", query="token="),
                ("Cookie", b'access_token_cookie=""'),
            ),
            {"refresh_token": login.refresh},
        ),
        NO_HEADER,
        "The cookie 'access_token_cookie' is empty.",
        "The query parameter 'token' is empty.",
        "The body is no JSON object with a string in the field 'access_token', or is larger than JWT_MAX_BODY_SIZE.",
        "The JSON field 'refresh_token' does not count: it is that of the refresh token.",
    ),
    missing(
        "the refresh token's cookie alone",
        lambda login: with_headers(
            Request("GET", "/protected"), ("Cookie", f"refresh_token_cookie={login.refresh}".encode())
        ),
        NO_HEADER,
        NO_COOKIE,
        NO_PARAMETER,
        NO_JSON,
        "The cookie 'refresh_token_cookie' does not count: it is that of the refresh token.",
    ),
    missing(
        "tokens in locations that are not configured",
        lambda login: with_headers(
            login.request(place="query"), ("Cookie", f"access_token_cookie={login.access}".encode())
        ),
        NO_HEADER,
        "The cookie 'access_token_cookie' does not count: access tokens are looked for in headers "
        "(JWT_TOKEN_LOCATION, JWT_ACCESS_TOKEN_LOCATION).",
        "The query parameter 'token' does not count: access tokens are looked for in headers "
        "(JWT_TOKEN_LOCATION, JWT_ACCESS_TOKEN_LOCATION).",
        configuration="explained-headers",
    ),
    missing(
        "no cookie, where it has a path and a domain",
        lambda login: Request("GET", "/protected"),
        f"There is no cookie 'access_token_cookie'.{ONLY} to paths below '/app' (JWT_ACCESS_COOKIE_PATH), "
        "to 'service.example' and its subdomains (JWT_COOKIE_DOMAIN), "
        "from pages of the same site (JWT_COOKIE_SAMESITE).",
        configuration="explained-cookies",
    ),
    missing(
        "a WebSocket's handshake without a token",
        lambda login: Request("GET", "/events", websocket=True),
        NO_HEADER,
        NO_COOKIE,
        NO_PARAMETER,
        NO_JSON,
    ),
    explained(
        "no CSRF value",
        lambda login: login.request(place="cookies", method="POST", csrf=None),
        MUST_REPEAT,
        "There is no header 'X-CSRF-TOKEN', and no form field counts (JWT_CSRF_CHECK_FORM).",
        "The value is in the cookie 'csrf_access_token', which did not come with the request.",
        error="MissingCSRFTokenError",
        configuration="explained",
    ),
    explained(
        "a form without the CSRF value",
        lambda login: login.form("comment=hello"),
        MUST_REPEAT,
        "There is neither a header 'X-CSRF-TOKEN' nor a form field 'csrf_token'.",
        "The value is the token's claim 'csrf' (JWT_CSRF_IN_COOKIES is off).",
        error="MissingCSRFTokenError",
        configuration="explained-cookies",
    ),
    explained(
        "a form with another CSRF value",
        lambda login: login.form("comment=hello&csrf_token=another"),
        MUST_REPEAT,
        "The form field 'csrf_token' has another value, perhaps that of an earlier token.",
        "The value is the token's claim 'csrf' (JWT_CSRF_IN_COOKIES is off).",
        error="CSRFError",
        configuration="explained-cookies",
    ),
    explained(
        "another CSRF value, and the cookie with the right one",
        lambda login: with_headers(
            login.request(place="cookies", method="POST", csrf="another"),
            ("Cookie", f"csrf_access_token={login.csrf()}".encode()),
        ),
        MUST_REPEAT,
        "The header 'X-CSRF-TOKEN' has another value, perhaps that of an earlier token.",
        "The value is in the cookie 'csrf_access_token', which came with the request.",
        error="CSRFError",
        configuration="explained",
    ),
    explained(
        "a WebSocket of a foreign page",
        lambda login: login.socket("cookies", origin="https://evil.example"),
        MAY_OPEN,
        "The header 'Origin' has another one.",
        "With JWT_COOKIE_SECURE, the service's own origin is on https.",
        error="ForeignOriginError",
        configuration="explained",
    ),
    explained(
        "a WebSocket without an Origin",
        lambda login: login.socket("cookies"),
        MAY_OPEN,
        "There is no header 'Origin'.",
        error="ForeignOriginError",
        configuration="explained-cookies",
    ),
    Case(
        "a token that is there and bad is not explained",
        lambda login: login.request(token="a.b.c"),
        401,
        "JWTDecodeError",
        '{"message":"Invalid Token","error_type":"JWTDecodeError"}',
        configuration="explained",
    ),
]
