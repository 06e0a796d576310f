"""A token in the header, and one in a cookie with its CSRF value."""

from typing import Any

from tests.attacks.case import accepted, each, refused
from tests.attacks.request import FORM, request
from tests.attacks.signing import MARKER
from tests.attacks.tokens import CSRF, HONEST, NOW, OTHER_CSRF, forged, token

# fmt: off
# Tables in which a case takes a line or two. The formatter would put each argument on a line.


def add_cases() -> None:
    authorization_header()
    cookies()
    csrf()


def authorization_header() -> None:
    """The Authorization header."""
    other = token(sub="admin")
    bad = forged(HONEST)

    def with_headers(*values: bytes, name: str = "Authorization") -> dict[str, Any]:
        return request(headers=[(name, value) for value in values])

    for name, values in each({
        "a good and a bad token": (HONEST, bad), "a bad and a good token": (bad, HONEST), "two good ones": (HONEST, other),
    }):
        refused("authorization-header", f"two Authorization headers with {name}", None, request=with_headers(*(b"Bearer " + sent for sent in values)))
    accepted("authorization-header", "two Authorization headers, alike", None, request=with_headers(b"Bearer " + HONEST, b"Bearer " + HONEST))
    accepted("authorization-header", "two Authorization headers with one token, in other letter case", None,
             request=with_headers(b"Bearer " + HONEST, b"bearer  " + HONEST))
    accepted("authorization-header", "an Authorization header of another scheme beside it", None,
             request=with_headers(b"Basic dXNlcjpwYXNz", b"Bearer " + HONEST))
    accepted("authorization-header", "an empty Authorization header beside it", None, request=with_headers(b"", b"Bearer " + HONEST))
    for name, value in each({
        "one with two values": b"Bearer " + HONEST + b", Bearer " + other,
        "one with two equal values": b"Bearer " + HONEST + b", Bearer " + HONEST,
        "a token in quotes": b'Bearer "' + HONEST + b'"',
        "a token in angle brackets": b"Bearer <" + HONEST + b">",
        "a token after two schemes": b"Bearer Bearer " + HONEST,
        "a tab after the space": b"Bearer \t" + HONEST,
        "64 KB of one token": b"Bearer " + b"a" * 65_536,
        "bytes above 0x7F for a token": b"Bearer \xe9\xff\x80",
        "UTF-8 for a token": "Bearer \u2713\u2713".encode(),
        "a no-break space before the token": b"Bearer \xa0" + HONEST,
        "the marker": b"Bearer " + MARKER.encode(),
        "token68 of another kind": b"Bearer abc=",
    }):
        refused("authorization-header", f"Authorization with {name}", None, request=with_headers(value))
    for name, value in each({
        "Basic credentials": b"Basic dXNlcjpwYXNz",
        "a token as Basic": b"Basic " + HONEST,
        "no scheme": HONEST,
        "no scheme after a space": b" " + HONEST,
        "nothing": b"",
        "Bearer alone": b"Bearer",
        "Bearer and a space": b"Bearer ",
        "Bearer and many spaces": b"Bearer" + b" " * 1_000,
        "a tab after the scheme": b"Bearer\t" + HONEST,
        "a line end after the scheme": b"Bearer\r\n " + HONEST,
        "NUL after the scheme": b"Bearer\0" + HONEST,
        "a colon after the scheme": b"Bearer: " + HONEST,
        "= after the scheme": b"Bearer=" + HONEST,
        "nothing between scheme and token": b"Bearer" + HONEST,
        "a longer scheme": b"Bearers " + HONEST,
        "a shorter scheme": b"Beare " + HONEST,
        "a scheme with a byte above 0x7F": b"Bear\xe9r " + HONEST,
        "a no-break space after the scheme": b"Bearer\xa0" + HONEST,
        "a byte-order mark before the scheme": b"\xef\xbb\xbfBearer " + HONEST,
        "the scheme in quotes": b'"Bearer" ' + HONEST,
        "64 KB of something": b"a" * 65_536,
        "Digest with a token inside": b'Digest token="Bearer ' + HONEST + b'"',
    }):
        refused("authorization-header", f"Authorization with {name} is no token", None, request=with_headers(value), error="MissingTokenError")
    for scheme in (b"Bearer", b"bearer", b"BEARER", b"bEaReR"):
        accepted("authorization-header", f"the scheme {scheme.decode()}", None, request=with_headers(scheme + b" " + HONEST))
    accepted("authorization-header", "two spaces after the scheme", None, request=with_headers(b"Bearer  " + HONEST))
    accepted("authorization-header", "64 KB of spaces after the scheme", None, request=with_headers(b"Bearer" + b" " * 65_536 + HONEST))
    for name in ("authorization", "AUTHORIZATION"):
        accepted("authorization-header", f"the header's name as {name}", None, request=with_headers(b"Bearer " + HONEST, name=name))
    for name in ("Proxy-Authorization", "Authorization2", "X-Authorization", "Authorizatio", "X-Forwarded-Authorization"):
        refused("authorization-header", f"a token in {name}", None, request=with_headers(b"Bearer " + HONEST, name=name), error="MissingTokenError")
    refused("authorization-header", "no header at all", None, request=request(), error="MissingTokenError")
    raw = {"JWT_HEADER_TYPE": ""}
    accepted("authorization-header", "no scheme where none is configured", None, request=with_headers(HONEST), settings=raw)
    refused("authorization-header", "Bearer where no scheme is configured", None, request=with_headers(b"Bearer " + HONEST), settings=raw)
    refused("authorization-header", "nothing where no scheme is configured", None, request=with_headers(b""), settings=raw, error="MissingTokenError")
    renamed = {"JWT_HEADER_NAME": "X-Token", "JWT_HEADER_TYPE": "JWT"}
    accepted("authorization-header", "a configured name and scheme", None, request=with_headers(b"JWT " + HONEST, name="x-token"), settings=renamed)
    refused("authorization-header", "Bearer where another scheme is configured", None, request=with_headers(b"Bearer " + HONEST, name="X-Token"),
            settings=renamed, error="MissingTokenError")
    refused("authorization-header", "Authorization where another header is configured", None, request=with_headers(b"JWT " + HONEST),
            settings=renamed, error="MissingTokenError")


def cookies() -> None:
    """Cookies."""
    name = b"access_token_cookie="
    other = token(sub="admin")
    bad = forged(HONEST)

    def cookies(*headers: bytes) -> dict[str, Any]:
        return request(headers=[("Cookie", header) for header in headers])

    expired = token(exp=NOW)
    for title, pair in each({
        "good and bad": (HONEST, bad), "bad and good": (bad, HONEST), "both good": (HONEST, other), "no token and a good one": (b"x", HONEST),
        "the user's expired one and another's": (expired, other), "another's and the user's expired one": (other, expired),
    }):
        refused("cookies", f"two cookies of one name, {title}", None, error="DuplicateCookieError",
                request=cookies(name + pair[0] + b"; " + name + pair[1]))
        refused("cookies", f"two Cookie headers with one name, {title}", None, error="DuplicateCookieError",
                request=cookies(name + pair[0], name + pair[1]))
    refused("cookies", "200 cookies of one name", None, error="DuplicateCookieError",
            request=cookies(b"; ".join(name + b"text%d" % index for index in range(199)) + b"; " + name + HONEST))
    for title, value in each({
        "two cookies of one name, alike": name + HONEST + b"; " + name + HONEST,
        "a quoted value": name + b'"' + HONEST + b'"',
        "one quoted and one not, of one token": name + b'"' + HONEST + b'"; ' + name + HONEST,
        "an empty cookie of the name before it": name + b"; " + name + HONEST,
        "no space after the semicolon": b"a=b;" + name + HONEST,
        "many spaces after the semicolon": b"a=b;     " + name + HONEST,
        "a space behind the value": name + HONEST + b" ; a=b",
        "199 other cookies before it": b"; ".join(f"cookie{index}=value{index}".encode() for index in range(199)) + b"; " + name + HONEST,
        "a broken header around it": b";;=; ; =a; b; c==;\x80\xff;" + name + HONEST + b";;",
        "a cookie named alike with a digit": b"access_token_cookie2=" + bad + b"; " + name + HONEST,
        "a cookie named alike in upper case": b"ACCESS_TOKEN_COOKIE=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a no-break space": b"\xa0access_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a form feed": b"\x0caccess_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a vertical tab": b"\x0baccess_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie named alike behind a control character": b"\x01access_token_cookie=" + bad + b"; " + name + HONEST,
        "a cookie whose value has the name": b"a=access_token_cookie; " + name + HONEST,
        "bytes above 0x7F in another cookie": b"a=\xe9\xff; " + name + HONEST,
        "$Version of RFC 2965 before it": b"$Version=1; " + name + HONEST + b"; $Path=/",
    }):
        accepted("cookies", title, None, request=cookies(value))
    accepted("cookies", "a second Cookie header with other cookies", None, request=cookies(b"a=b", name + HONEST, b"c=d"))
    for title, value in each({
        "behind a space": b"a=b;  access_token_cookie=" + bad + b"; " + name + HONEST,
        "before a space": b"access_token_cookie =" + bad + b"; " + name + HONEST,
    }):
        refused("cookies", f"a cookie named alike {title} is of that name", None, error="DuplicateCookieError", request=cookies(value))
    for title, value in each({
        "a quotation mark before the value alone": name + b'"' + HONEST,
        "a quotation mark behind the value alone": name + HONEST + b'"',
        "two pairs of quotation marks": name + b'""' + HONEST + b'""',
        "a cookie that hides in another's quotes": b'a="x; ' + name + HONEST + b'"; b=c',
        "= twice": b"access_token_cookie==" + HONEST,
        "a value in percent encoding": name + b"%65" + HONEST[1:],
        "a comma instead of a semicolon": name + HONEST + b", a=b",
        "bytes above 0x7F for a value": name + b"\xe9\xff\x80",
        "a form feed behind the value": name + HONEST + b"\x0c",
        "NUL behind the value": name + HONEST + b"\0",
        "the scheme before the value": name + b"Bearer " + HONEST,
        "64 KB for a value": name + b"a" * 65_536,
    }):
        refused("cookies", title, None, request=cookies(value))
    for title, value in each({
        "an empty header": b"",
        "only semicolons": b";" * 1_000,
        "only equals signs": b"=" * 1_000,
        "the name alone": b"access_token_cookie",
        "the name with an empty value": name,
        "the name with an empty value in quotes": name + b'""',
        "the name with a digit behind it": b"access_token_cookie2=" + HONEST,
        "the name with a letter before it": b"xaccess_token_cookie=" + HONEST,
        "the name in upper case": b"ACCESS_TOKEN_COOKIE=" + HONEST,
        "the name with a prefix": b"__Host-access_token_cookie=" + HONEST,
        "the name in percent encoding": b"%61ccess_token_cookie=" + HONEST,
        "the name behind a form feed": b"\x0caccess_token_cookie=" + HONEST,
        "the name behind a no-break space": b"\xa0access_token_cookie=" + HONEST,
        "the name in quotes": b'"access_token_cookie"=' + HONEST,
        "the name with a colon": b"access_token_cookie:" + HONEST,
        "the name behind a comma": b"a=b, " + name + HONEST,
        "the refresh token's name": b"refresh_token_cookie=" + HONEST,
        "the CSRF cookie alone": b"csrf_access_token=" + CSRF.encode(),
        "200 other cookies": b"; ".join(f"cookie{index}=value{index}".encode() for index in range(200)),
    }):
        refused("cookies", f"{title} is no token", None, request=cookies(value), error="MissingTokenError")
    refused("cookies", "a cookie where cookies are no configured location", None, configuration="headers",
            request=cookies(name + HONEST), error="MissingTokenError")
    refused("cookies", "a token in Set-Cookie", None, request=request(headers=[("Set-Cookie", name + HONEST)]), error="MissingTokenError")
    accepted("cookies", "a cookie of a configured name", None, settings={"JWT_ACCESS_COOKIE_NAME": "__Host-session"},
             request=cookies(b"__Host-session=" + HONEST + b"; " + name + bad))


def csrf() -> None:
    """The CSRF value of a token in a cookie."""
    missing, mismatch = "MissingCSRFTokenError", "CSRFError"

    def post(*values: bytes, method: str = "POST", sent: bytes = HONEST, **parts: Any) -> dict[str, Any]:
        headers = [("Cookie", b"access_token_cookie=" + sent), *(("X-CSRF-TOKEN", value) for value in values)]
        return request(method=method, headers=headers + parts.pop("headers", []), **parts)

    csrf = CSRF.encode()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused("csrf", f"{method} without the value", None, request=post(method=method), error=missing)
        accepted("csrf", f"{method} with the value", None, request=post(csrf, method=method))
    for method in ("GET", "HEAD", "OPTIONS"):
        accepted("csrf", f"{method} without the value", None, request=post(method=method))
        accepted("csrf", f"{method} with a false value", None, request=post(b"false", method=method))
        accepted("csrf", f"{method} with two different values", None, request=post(csrf, b"false", method=method))
    for name, value in each({
        "an empty value": b"", "of another token": OTHER_CSRF.encode(), "one character short": csrf[:-1], "one character short in front": csrf[1:],
        "one character long": csrf + b"0", "in upper case": csrf.upper(), "bytes above 0x7F": b"\xe9\xff\x80", "an accent in UTF-8": "caf\u00e9".encode(),
        "NUL behind it": csrf + b"\0", "in quotes": b'"' + csrf + b'"', "twice in one header": csrf + b", " + csrf, "64 KB": b"a" * 65_536,
        "null": b"null", "undefined": b"undefined", "the token itself": HONEST, "without its hyphens": csrf.replace(b"-", b""),
    }):
        refused("csrf", f"the value is wrong: {name}", None, request=post(value), error=mismatch)
    refused("csrf", "two CSRF headers, right and wrong", None, request=post(csrf, b"wrong"), error=mismatch)
    refused("csrf", "two CSRF headers, wrong and right", None, request=post(b"wrong", csrf), error=mismatch)
    accepted("csrf", "two CSRF headers, alike", None, request=post(csrf, csrf))
    for name, parts in each({
        "the query": {"query": b"csrf_token=" + csrf}, "another header": {"headers": [("X-XSRF-TOKEN", csrf)]},
    }):
        refused("csrf", f"the value is in {name} only", None, request=post(**parts), error=missing)
    refused("csrf", "the value is in the cookie only", None, error=missing, request=request(
        method="POST", headers=[("Cookie", b"access_token_cookie=" + HONEST + b"; csrf_access_token=" + csrf)]))

    refresh = token(type="refresh", csrf=OTHER_CSRF)
    both = b"access_token_cookie=" + HONEST + b"; refresh_token_cookie=" + refresh
    for route, good, bad in (("access", csrf, OTHER_CSRF.encode()), ("refresh", OTHER_CSRF.encode(), csrf)):
        parts = [("Cookie", both), ("X-CSRF-TOKEN", bad)]
        refused("csrf", f"the other token's value on the route {route}", None, route=route, error=mismatch,
                request=request(method="POST", headers=parts))
        accepted("csrf", f"the right one of two values on the route {route}", None, route=route,
                 request=request(method="POST", headers=[("Cookie", both), ("X-CSRF-TOKEN", good)]))
    renamed = {"JWT_ACCESS_CSRF_HEADER_NAME": "X-Access-CSRF", "JWT_REFRESH_CSRF_HEADER_NAME": "X-Refresh-CSRF"}
    refused("csrf", "the value in the refresh token's header", None, settings=renamed, error=missing,
            request=post(headers=[("X-Refresh-CSRF", csrf)]))
    accepted("csrf", "the value in a configured header", None, settings=renamed, request=post(headers=[("X-Access-CSRF", csrf)]))

    for name, claims in each({"absent": {"drop": ("csrf",)}, "empty": {"csrf": ""}}):
        for title, value in each({"absent": (), "empty": (b"",), "something": (b"a",)}):
            refused("csrf", f"the token's value is {name}, the request's is {title}", None, request=post(*value, sent=token(**claims)),
                    error=mismatch if value else missing)
    for name, bad_claim in each({"a number": 1, "null": None, "a list": [CSRF]}):
        refused("csrf", f"the token's value is {name}", None, request=post(csrf, sent=token(csrf=bad_claim)))

    settings = {"JWT_CSRF_CHECK_FORM": True}

    def form(sent: bytes, *values: bytes, name: str = "csrf_token", content_type: str = FORM) -> dict[str, Any]:
        return post(*values, headers=[("Content-Type", content_type.encode())], body=name.encode() + b"=" + sent,
                    fields=[(name, sent.decode())])

    refused("csrf", "the value in a form where forms are switched off", None, request=form(csrf), error=missing)
    accepted("csrf", "the value in a form where forms are switched on", None, request=form(csrf), settings=settings)
    accepted("csrf", "a form with parameters of its content type", None, request=form(csrf, content_type=f"{FORM}; charset=utf-8"),
             settings=settings)
    refused("csrf", "a false value in a form", None, request=form(OTHER_CSRF.encode()), settings=settings, error=mismatch)
    refused("csrf", "an empty value in a form", None, request=form(b""), settings=settings, error=mismatch)
    refused("csrf", "another field of a form", None, request=form(csrf, name="csrf"), settings=settings, error=missing)
    refused("csrf", "a form of another content type", None, request=form(csrf, content_type="text/plain"), settings=settings,
            error=missing)
    refused("csrf", "a right value in the form doesn't make up for a wrong header", None, request=form(csrf, b"false"), settings=settings, error=mismatch)
    accepted("csrf", "a right header needs no form", None, request=form(b"false", csrf), settings=settings)
    for name, values in each({"right and wrong": (CSRF, "wrong"), "wrong and right": ("wrong", CSRF)}):
        refused("csrf", f"the field twice, {name}", None, settings=settings, error=mismatch, request=post(
            headers=[("Content-Type", FORM.encode())], body="&".join(f"csrf_token={value}" for value in values).encode(),
            fields=[("csrf_token", value) for value in values]))
    boundary = "multipart/form-data; boundary=xyz"
    accepted("csrf", "the value in a form of parts", None, settings=settings, request=post(
        headers=[("Content-Type", boundary.encode())], fields=[("csrf_token", CSRF)],
        body=b'--xyz\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + csrf + b"\r\n--xyz--\r\n"))

    accepted("csrf", "switched off", None, request=post(), settings={"JWT_COOKIE_CSRF_PROTECT": False})
    only_delete = {"JWT_CSRF_METHODS": ["DELETE"]}
    accepted("csrf", "a method that is not among the configured ones", None, request=post(), settings=only_delete)
    refused("csrf", "a method that is among the configured ones", None, request=post(method="DELETE"), settings=only_delete, error=missing)
    refused("csrf", "a route that always asks for it, with GET", None, request=post(method="GET"), route="csrf-always", error=missing)
    accepted("csrf", "a route that never asks for it, with POST", None, request=post(), route="csrf-never")
    headers = [("Authorization", b"Bearer " + HONEST)]
    accepted("csrf", "a token from the header needs none", None, configuration="everywhere", request=request(method="POST", headers=headers))
    accepted("csrf", "a token from the header needs none, with a cookie beside it", None, configuration="everywhere",
             request=request(method="POST", headers=[*headers, ("Cookie", b"access_token_cookie=" + token(sub="admin"))]))
    accepted("csrf", "a token from the query needs none", HONEST, place="query", method="POST")
    refused("csrf", "the end is checked before the value", None, request=post(sent=token(exp=NOW)), error="TokenExpiredError")
    refused("csrf", "the signature is checked before the value", None, request=post(sent=forged(HONEST)),
            error="TokenInvalidSignatureError")
    refused("csrf", "the signature is checked before two different values", None, request=post(csrf, b"a", sent=forged(HONEST)),
            error="TokenInvalidSignatureError")
    refused("csrf", "the value is checked before scopes", None, request=post(), route="users-read", error=missing)
