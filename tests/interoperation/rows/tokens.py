"""Cases of tokens that are valid, absent or unreadable."""

from dataclasses import replace

from tests.interoperation.case import Case, refused
from tests.interoperation.configurations import BASE, LOCATIONS
from tests.interoperation.exchange import Request
from tests.interoperation.forging import cut, edited, unsigned
from tests.interoperation.login import login, login_request, refreshed, with_headers, with_json

ADA = '"sub":"ada","type":"access"'
ACCESS_COOKIES = (
    "access_token_cookie=…; HttpOnly; SameSite=Lax; Secure; Path=/",
    "csrf_access_token=…; SameSite=Lax; Secure; Path=/",
)
LOGIN_COOKIES = (*ACCESS_COOKIES, *(line.replace("access", "refresh") for line in ACCESS_COOKIES))

GOOD = [
    Case("an access token", lambda login: login.request(), body=f'{ADA},"fresh":true'),
    Case("a fresh token where one is asked for", lambda login: login.request("/fresh"), body='"fresh":true'),
    Case("a token where none is needed", lambda login: login.request("/optional"), body=ADA),
    Case("no token where none is needed", lambda login: Request("GET", "/optional"), body="null"),
    Case("the user of a token", lambda login: login.request("/me"), body='{"name":"Ada Lovelace"}'),
    *(
        Case(
            name,
            lambda login: login_request({"name": "ada", "scopes": [], "tenant": 7}),
            configuration=configuration,
            body=f'"bearer"{more}}}',
            cookies=LOGIN_COOKIES,
        )
        for name, configuration, more in [
            ("a login says when its access token expires", BASE, ',"expires_in":900'),
            ("a login says when it expires, as configured", "short-lived", ',"expires_in":120'),
            ("a login whose access token never expires says nothing", "for-ever", ""),
        ]
    ),
    Case(
        "a refresh token is exchanged for an access token",
        lambda login: login.request("/refresh", type="refresh", method="POST"),
        body='{"access_token":"',
        cookies=ACCESS_COOKIES,
    ),
    Case(
        "the access token of a refresh keeps its custom claims",
        lambda login: login.request(),
        tokens=refreshed,
        body='"tenant":7',
    ),
    Case(
        "the scheme in lower case", lambda login: login.request(token="", headers=[_scheme(b"bearer ", login.access)])
    ),
    Case(
        "two spaces after the scheme",
        lambda login: login.request(token="", headers=[_scheme(b"Bearer  ", login.access)]),
    ),
    Case("the same token in two headers", lambda login: login.request(headers=[_scheme(b"Bearer ", login.access)])),
    Case(
        "a quoted cookie beside others",
        lambda login: login.request(place="cookies", token=f'"{login.access}"; access_token=x; theme=dark'),
    ),
    Case(
        "a query in percent encoding",
        lambda login: login.request(place="query", token=login.access.replace(".", "%2E") + "&token_=x"),
    ),
    Case("a JSON body with GET", lambda login: login.request(place="json")),
    Case(
        "a JSON content type with parameters",
        lambda login: with_json(
            Request("POST", "/protected"), {"access_token": login.access}, "application/json; charset=utf-8"
        ),
    ),
    Case(
        "the handler gets the body that held the token",
        lambda login: with_json(Request("POST", "/echo"), {"more": [1, 2], "access_token": login.access}),
        body='{"more": [1, 2], "access_token": "',
    ),
    Case(
        "a body that is not JSON, with the token in the header, reaches the handler",
        lambda login: with_json(login.request("/echo", method="POST"), b"not JSON"),
        body="not JSON",
    ),
]

WRONG_KIND = [
    *(
        refused(
            f"a refresh token as an access token, in {place}",
            "AccessTokenRequiredError",
            lambda login, place=place: login.request(token=login.refresh, place=place, csrf=login.csrf("refresh")),
        )
        for place in LOCATIONS
    ),
    *(
        refused(
            f"an access token as a refresh token, in {place}",
            "RefreshTokenRequiredError",
            lambda login, place=place: login.request(
                "/refresh", token=login.access, type="refresh", place=place, method="POST", csrf=login.csrf()
            ),
        )
        for place in LOCATIONS
    ),
    refused(
        "a refresh token where a fresh one is asked for",
        "AccessTokenRequiredError",
        lambda login: login.request("/fresh", token=login.refresh),
    ),
    refused(
        "a token that is not fresh",
        "FreshTokenRequiredError",
        lambda login: login.request("/fresh"),
        tokens=refreshed,
    ),
    refused(
        "a user that the application does not have",
        "UnknownSubjectError",
        lambda login: login.request("/me"),
        tokens=login(name="zoe"),
    ),
    Case(
        "a login for nobody: a token has a subject",
        lambda login: login_request({"name": "", "scopes": [], "tenant": 7}),
        status=500,
        body="Internal Server Error",
    ),
    Case(
        "a user who can't be looked up",
        lambda login: login.request("/me"),
        tokens=login(name="homeless"),
        status=500,
        body="Internal Server Error",
    ),
]

ABSENT = [
    *(
        refused(f"no token at `{path}`", "MissingTokenError", lambda login, path=path: Request("GET", path))
        for path in ("/protected", "/fresh", "/me", "/scoped-all")
    ),
    *(
        refused(f"no token at `{path}`", "MissingTokenError", lambda login, path=path: Request("POST", path))
        for path in ("/refresh", "/logout")
    ),
    *(
        refused(
            name,
            "MissingTokenError",
            lambda login, value=value: with_headers(Request("GET", "/protected"), ("Authorization", value)),
        )
        for name, value in {
            "another scheme": b"Basic YWRhOmVuZ2luZQ==",
            "a scheme without a token": b"Bearer",
            "a scheme and a space": b"Bearer ",
            "an empty header": b"",
        }.items()
    ),
    refused(
        "a token without its scheme",
        "MissingTokenError",
        lambda login: with_headers(Request("GET", "/protected"), ("Authorization", login.access.encode())),
    ),
    refused("an empty cookie", "MissingTokenError", lambda login: login.request(place="cookies", token="")),
    refused("an empty query parameter", "MissingTokenError", lambda login: login.request(place="query", token="")),
    *(
        refused(
            name,
            "MissingTokenError",
            lambda login, body=body: with_json(Request("POST", "/protected"), body),
        )
        for name, body in {
            "a body that is no JSON": b'{"access_token": "',
            "a JSON body that is no object": b'["access_token"]',
            "a JSON body without the key": b'{"refresh_token": "x"}',
            "a JSON body of null": b"null",
            "a JSON body that is not UTF-8": b'{"access_token": "\xff"}',
            "half a surrogate pair in the token's place": b'{"access_token": "\\ud800"}',
        }.items()
    ),
    refused(
        "a JSON body of another content type",
        "MissingTokenError",
        lambda login: with_json(Request("POST", "/protected"), {"access_token": login.access}, "text/plain"),
    ),
    refused(
        "a JSON body of two content types",
        "MissingTokenError",
        lambda login: with_headers(login.request(place="json"), ("Content-Type", b"application/json")),
    ),
    refused(
        "a JSON body that is larger than JWT_MAX_BODY_SIZE",
        "MissingTokenError",
        lambda login: with_json(Request("POST", "/protected"), {"access_token": login.access, "more": "x" * 1500}),
        configuration="small",
    ),
    Case(
        "a JSON body that is larger than JWT_MAX_BODY_SIZE, with the token in the header",
        lambda login: with_json(login.request("/echo", method="POST"), {"more": "x" * 2000}),
        configuration="small",
        body='{"more": "xxx',
    ),
    *(
        refused(
            f"a token in {place}, where none is looked for",
            "MissingTokenError",
            lambda login, place=place: login.request(place=place),
            configuration="split-locations",
        )
        for place in ("cookies", "query", "json")
    ),
]

UNREADABLE = [
    *(
        refused(
            f"garbage in {place}",
            "JWTDecodeError",
            lambda login, place=place: login.request(place=place, token="garbage"),
        )
        for place in LOCATIONS
    ),
    refused("garbage where no token is needed", "JWTDecodeError", lambda login: login.request("/optional", token="x")),
    refused("bytes that are not UTF-8", "JWTDecodeError", lambda login: login.request(token="\xff\xfe.\x80.\xe9")),
    refused("two segments", "JWTDecodeError", lambda login: login.request(token=".".join(login.access.split(".")[:2]))),
    refused("padding after the signature", "JWTDecodeError", lambda login: login.request(token=login.access + "=")),
    refused("`alg` is `none`", "JWTDecodeError", lambda login: login.request(token=unsigned(login.access))),
    refused(
        "an algorithm that no key has",
        "JWTDecodeError",
        lambda login: login.request(),
        issued_by="HS512",
    ),
    refused("an edited payload", "TokenInvalidSignatureError", lambda login: login.request(token=edited(login.access))),
    refused(
        "a shortened signature", "TokenInvalidSignatureError", lambda login: login.request(token=cut(login.access))
    ),
    refused(
        "a token that is larger than JWT_MAX_TOKEN_SIZE",
        "JWTDecodeError",
        lambda login: login.request(),
        tokens=login(scopes=["x" * 1000]),
        configuration="small",
        issued_by="HS256",
    ),
    refused(
        "two tokens in two headers",
        "JWTDecodeError",
        lambda login: login.request(headers=[_scheme(b"Bearer ", login.refresh)]),
    ),
    refused(
        "two tokens in two cookies of one name",
        "DuplicateCookieError",
        lambda login: login.request(
            place="cookies", token=f"{login.access}; access_token_cookie={login.refresh}", csrf=None
        ),
    ),
    refused(
        "two tokens in the query",
        "JWTDecodeError",
        lambda login: login.request(place="query", token=f"{login.access}&token={login.refresh}"),
    ),
    refused(
        "a key twice in the JSON body",
        "JWTDecodeError",
        lambda login: with_json(
            Request("POST", "/protected"), b'{"access_token":"%b","access_token":"%b"}' % ((login.access.encode(),) * 2)
        ),
    ),
    refused(
        "a number in the token's place",
        "JWTDecodeError",
        lambda login: with_json(Request("POST", "/protected"), {"access_token": 7}),
    ),
    refused(
        "a line break in the query",
        "JWTDecodeError",
        lambda login: login.request(place="query", token=login.access + "%0A"),
    ),
    refused(
        "a plus sign, which stands for a space",
        "JWTDecodeError",
        lambda login: login.request(place="query", token="+" + login.access),
    ),
    refused(
        "bytes that are not UTF-8 in a cookie",
        "JWTDecodeError",
        lambda login: login.request(place="cookies", token="\xff\x80"),
    ),
    refused(
        "a token of more than 8 KiB",
        "JWTDecodeError",
        lambda login: login.request(token=login.access + "A" * 8192),
    ),
    refused(
        "a bad token in the first location, a good one in the second",
        "JWTDecodeError",
        lambda login: replace(
            login.request(), headers=[*login.request().headers, ("Cookie", b"access_token_cookie=garbage")]
        ),
        configuration="cookies-first",
    ),
]


def _scheme(scheme: bytes, token: str) -> tuple[str, bytes]:
    return "Authorization", scheme + token.encode()
