"""Cases of keys, claims, scopes and revocation."""

from tests.interoperation.case import Case, refused
from tests.interoperation.forging import signed
from tests.interoperation.login import logged_out, login, refreshed

CENTURIES = 10_000_000_000

KEYS = [
    refused(
        "a token of another key", "TokenInvalidSignatureError", lambda login: login.request(), issued_by="other-key"
    ),
    Case(
        "a token of the previous key", lambda login: login.request(), issued_by="HS256", configuration="after-rotation"
    ),
    Case(
        "a token of the current key",
        lambda login: login.request(),
        issued_by="other-key",
        configuration="after-rotation",
    ),
]

TIMES = [
    Case("one second before its end", lambda login: login.request(), after=899),
    refused("expired", "TokenExpiredError", lambda login: login.request(), after=900),
    refused(
        "an expired refresh token",
        "TokenExpiredError",
        lambda login: login.request("/refresh", type="refresh", method="POST"),
        after=20 * 86_400,
    ),
    refused(
        "expired, of the previous key",
        "TokenExpiredError",
        lambda login: login.request(),
        issued_by="HS256",
        configuration="after-rotation",
        after=900,
    ),
    Case("expired within the leeway", lambda login: login.request(), configuration="leeway", after=929),
    refused(
        "expired beyond the leeway",
        "TokenExpiredError",
        lambda login: login.request(),
        configuration="leeway",
        after=930,
    ),
    Case("a lifetime of two minutes", lambda login: login.request(), configuration="short-lived", after=119),
    refused(
        "after a lifetime of two minutes",
        "TokenExpiredError",
        lambda login: login.request(),
        configuration="short-lived",
        after=120,
    ),
    refused("not yet valid", "JWTDecodeError", lambda login: login.request(), after=-1),
    Case("not yet valid, within the leeway", lambda login: login.request(), configuration="leeway", after=-30),
    refused(
        "issued in the future, without `nbf`",
        "JWTDecodeError",
        lambda login: login.request(),
        configuration="short-lived",
        after=-1,
    ),
    Case("tokens that never expire", lambda login: login.request(), configuration="for-ever", after=CENTURIES),
    refused(
        "a token without `exp` where tokens expire",
        "JWTDecodeError",
        lambda login: login.request(),
        issued_by="for-ever",
    ),
]

CLAIMS = [
    *(
        refused(
            f"no `{claim}`",
            "JWTDecodeError",
            lambda login, claim=claim: login.request(token=signed(drop=claim)),
        )
        for claim in ("sub", "type", "exp")
    ),
    refused("`exp` is a string", "JWTDecodeError", lambda login: login.request(token=signed(exp="soon"))),
    refused("`type` is unknown", "AccessTokenRequiredError", lambda login: login.request(token=signed(type="id"))),
    refused("a payload that is no object", "JWTDecodeError", lambda login: login.request(token=signed(b'["ada"]'))),
    refused(
        "a claim twice",
        "JWTDecodeError",
        lambda login: login.request(token=signed(b'{"sub":"ada","sub":"ada","type":"access","exp":1893500000}')),
    ),
    Case("an issuer", lambda login: login.request(), configuration="issuer"),
    refused(
        "another issuer",
        "TokenInvalidIssuerError",
        lambda login: login.request(),
        configuration="issuer",
        issued_by="other-issuer",
    ),
    refused(
        "no issuer", "TokenInvalidIssuerError", lambda login: login.request(), configuration="issuer", issued_by="HS256"
    ),
    Case(
        "an audience",
        lambda login: login.request(),
        configuration="audience",
        body='"aud":["reports","billing"]',
    ),
    refused(
        "another audience",
        "TokenInvalidAudienceError",
        lambda login: login.request(),
        configuration="audience",
        issued_by="other-audience",
    ),
    refused(
        "no audience",
        "TokenInvalidAudienceError",
        lambda login: login.request(),
        configuration="audience",
        issued_by="HS256",
    ),
    refused(
        "an audience where none is configured",
        "TokenInvalidAudienceError",
        lambda login: login.request(),
        issued_by="audience",
    ),
    Case(
        "another identity claim",
        lambda login: login.request(),
        configuration="identity-claim",
        body='"sub":"ada"',
    ),
    refused(
        "no identity claim",
        "JWTDecodeError",
        lambda login: login.request(),
        configuration="identity-claim",
        issued_by="HS256",
    ),
    Case("a login type", lambda login: login.request(), configuration="admin-login"),
    refused(
        "another login type",
        "LoginTypeMismatchError",
        lambda login: login.request(),
        configuration="admin-login",
        issued_by="user-login",
        body='"expected_type":"admin","actual_type":"user"',
    ),
    refused(
        "no login type",
        "LoginTypeMismatchError",
        lambda login: login.request(),
        configuration="admin-login",
        issued_by="HS256",
        body='"expected_type":"admin","actual_type":null',
    ),
    refused(
        "an empty login type",
        "LoginTypeMismatchError",
        lambda login: login.request(token=signed(login_type="")),
        configuration="admin-login",
    ),
    refused(
        "a login type where none is configured",
        "LoginTypeMismatchError",
        lambda login: login.request(),
        issued_by="admin-login",
        body='"expected_type":null,"actual_type":"admin"',
    ),
    Case(
        "a login type where tokens are shared",
        lambda login: login.request(),
        configuration="any-login",
        issued_by="admin-login",
    ),
    Case("no login type where tokens are shared", lambda login: login.request(), configuration="any-login"),
]

SCOPES = [
    *(
        Case(
            f"`{path}` with {', '.join(f'`{scope}`' for scope in scopes)}",
            lambda login, path=path: login.request(path),
            tokens=login(scopes=scopes),
        )
        for path, scopes in (
            ("/scoped-all", ["users:write", "users:read"]),
            ("/scoped-all", ["users:*"]),
            ("/scoped-any", ["support"]),
            ("/scoped-any", ["admin:*"]),
            ("/scoped-wildcard", ["admin:reports"]),
        )
    ),
    *(
        refused(
            f"`{path}` with {', '.join(f'`{scope}`' for scope in scopes) or 'none'}",
            "InsufficientScopeError",
            lambda login, path=path: login.request(path),
            tokens=login(scopes=scopes),
        )
        for path, scopes in (
            ("/scoped-all", ["users:read"]),
            ("/scoped-all", ["Users:*"]),
            ("/scoped-all", []),
            ("/scoped-any", ["administrator"]),
            ("/scoped-any", ["admin:users"]),
            ("/scoped-wildcard", ["administrator:users"]),
        )
    ),
    refused(
        "`/scoped-all` with quotes, a backslash, a tab and an umlaut in scopes",
        "InsufficientScopeError",
        lambda login: login.request("/scoped-all"),
        tokens=login(scopes=["it's", 'a "scope"', "a\\b", "a\tb", "größe"]),
    ),
    refused(
        "`/scoped-all` with a token without the claim",
        "InsufficientScopeError",
        lambda login: login.request("/scoped-all"),
        tokens=refreshed,
    ),
    Case(
        "`/scoped-all` with the claim `scope`",
        lambda login: login.request("/scoped-all", token=signed(scope="users:read users:write")),
        body='"scopes":["users:read","users:write"]',
    ),
]

REVOCATION = [
    *(
        refused(
            f"a revoked token at `{path}`",
            "RevokedTokenError",
            lambda login, path=path: login.request(path),
            tokens=logged_out,
        )
        for path in ("/protected", "/fresh", "/optional", "/me")
    ),
    refused(
        "a revoked token in a cookie that is due for renewal",
        "RevokedTokenError",
        lambda login: login.request(place="cookies"),
        tokens=logged_out,
        after=360,
    ),
    refused(
        "a revoked token without the scopes: the scopes come first",
        "InsufficientScopeError",
        lambda login: login.request("/scoped-all"),
        tokens=logged_out,
    ),
    *(
        Case(
            f"a store that fails, at `{path}`",
            lambda login, path=path: login.request(path, place="cookies"),
            tokens=login(name="unlucky"),
            status=500,
            body="Internal Server Error",
        )
        for path in ("/protected", "/me", "/optional")
    ),
    Case(
        "a store that fails, and a cookie that is due for renewal",
        lambda login: login.request(place="cookies"),
        tokens=login(name="unlucky"),
        status=500,
        body="Internal Server Error",
        after=360,
    ),
]
