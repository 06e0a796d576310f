"""One store of logins for both faces: a login that begins in one goes on, and ends, in the other."""

import base64
import functools
import itertools
import re
import time
from collections.abc import Iterator

import pytest

from tests.interoperation.exchange import Answer, Request
from tests.interoperation.login import NOW
from tests.interoperation.services import Face, Services

IN_HEADERS, IN_COOKIES, COPIED = "stored-logins", "stored-logins-in-cookies", "stored-logins-copied"
# Each test has hours of its own, so that no revocation of another one counts.
_hours = itertools.count()


@pytest.fixture
def at(services: Services) -> Iterator[int]:
    now = NOW + 3600 * next(_hours)
    services.set_clock(now)
    yield now
    services.set_clock(NOW)


def pairs(services: Services) -> list[tuple[Face, Face]]:
    one, other = services.faces
    return [(one, other), (other, one), (one, one), (other, other)]


def asked(face: Face, path: str, token: str = "", method: str = "POST", *, configuration: str = IN_HEADERS) -> Answer:
    headers = [("Authorization", f"Bearer {token}".encode())] if token else []
    return face.ask(configuration, Request(method, path, [*headers, ("User-Agent", b"a browser")]))


def tokens(answer: Answer) -> tuple[str, str]:
    assert answer.status == 200, answer
    return answer.json()["access_token"], answer.json()["refresh_token"]


def assert_refused(services: Services, path: str, token: str, error_type: str, method: str = "POST") -> None:
    """Both faces refuse it, with the same bytes."""
    one, other = (asked(face, path, token, method) for face in services.faces)
    assert one.comparable() == other.comparable()
    assert (one.status, one.json()["error_type"]) == (401, error_type)


def test_the_answers_of_a_login_are_equal_to_the_byte(services: Services, at: int) -> None:
    logins = [asked(face, "/login") for face in services.faces]
    assert logins[0].comparable() == logins[1].comparable()
    refreshed = [asked(face, "/refresh", tokens(login)[1]) for face, login in zip(services.faces, logins, strict=True)]
    assert refreshed[0].comparable() == refreshed[1].comparable()
    for path in ("/me", "/logins"):
        answers = [asked(face, path, tokens(refreshed[0])[0], "GET") for face in services.faces]
        assert answers[0].status == 200
        assert answers[0].comparable() == answers[1].comparable()
    ended = [asked(face, "/logout", tokens(new)[0]) for face, new in zip(services.faces, refreshed, strict=True)]
    assert ended[0].status == 200
    assert ended[0].comparable() == ended[1].comparable()


def test_a_login_goes_on_in_the_other_face(services: Services, at: int) -> None:
    for here, there in pairs(services):
        _, first = tokens(asked(here, "/login"))
        access, second = tokens(asked(there, "/refresh", first))
        # The same successor, whoever is asked again.
        assert {tokens(asked(face, "/refresh", first))[1] for face in services.faces} == {second}
        assert asked(here, "/me", access, "GET").json() == {"sub": "ada", "scopes": ["a:b"], "tenant": 7}
        assert asked(here, "/plain-refresh", second).json() == "ada"
        tokens(asked(here, "/refresh", second))


def test_a_stolen_token_is_found_out_by_either_face(services: Services, at: int) -> None:
    for here, there in pairs(services):
        services.set_clock(at)
        _, first = tokens(asked(here, "/login"))
        access, second = tokens(asked(there, "/refresh", first))
        services.set_clock(at + 31)
        assert asked(here, "/refresh", first).json()["error_type"] == "RefreshReusedError"
        for path in ("/refresh", "/plain-refresh"):
            assert_refused(services, path, second, "RevokedTokenError")
        assert_refused(services, "/me", access, "RevokedTokenError", "GET")


def test_the_answer_to_a_reused_token_is_equal_to_the_byte(services: Services, at: int) -> None:
    firsts = [tokens(asked(face, "/login"))[1] for face in services.faces]
    for face, first in zip(services.faces, firsts, strict=True):
        asked(face, "/refresh", first)
    services.set_clock(at + 31)
    one, other = (asked(face, "/refresh", first) for face, first in zip(services.faces, firsts, strict=True))
    assert one.comparable() == other.comparable()
    assert one.json()["error_type"] == "RefreshReusedError"


def test_a_logout_counts_in_the_other_face_at_once(services: Services, at: int) -> None:
    for here, there in pairs(services):
        access, refresh = tokens(asked(here, "/login"))
        other_access, other_refresh = tokens(asked(there, "/login"))
        assert asked(there, "/logout", access).status == 200
        assert_refused(services, "/me", access, "RevokedTokenError", "GET")
        assert_refused(services, "/refresh", refresh, "RevokedTokenError")
        assert asked(here, "/me", other_access, "GET").status == 200
        tokens(asked(here, "/refresh", other_refresh))


def test_a_logout_elsewhere_and_everywhere_count_in_the_other_face_at_once(services: Services, at: int) -> None:
    for number, (here, there) in enumerate(pairs(services)):
        services.set_clock(at + 60 * number)
        access, _ = tokens(asked(here, "/login"))
        other, _ = tokens(asked(there, "/login"))
        services.set_clock(at + 60 * number + 5)
        assert asked(there, "/elsewhere", access).status == 200
        assert asked(here, "/me", access, "GET").status == 200
        assert_refused(services, "/me", other, "RevokedTokenError", "GET")
        assert asked(here, "/everywhere", access).status == 200
        assert_refused(services, "/me", access, "RevokedTokenError", "GET")
        new, _ = tokens(asked(there, "/login"))
        assert asked(here, "/me", new, "GET").status == 200
        assert len(asked(here, "/logins", new, "GET").json()) == 1


def test_a_logout_counts_soon_where_the_other_face_answers_from_a_copy(services: Services, at: int) -> None:
    ask = functools.partial(asked, configuration=COPIED)
    for number, (here, there) in enumerate(pairs(services)):
        services.set_clock(at + 60 * number)
        ended, kept = (tokens(ask(here, "/login"))[0] for _ in range(2))
        assert ask(there, "/me", ended, "GET").status == 200
        services.set_clock(at + 60 * number + 5)
        assert ask(here, "/elsewhere", kept).status == 200
        assert ask(here, "/me", ended, "GET").status == 401
        for _ in range(3000):
            refused = ask(there, "/me", ended, "GET")
            if refused.status != 200:
                break
            time.sleep(0.01)
        assert refused.comparable() == ask(here, "/me", ended, "GET").comparable()
        assert refused.json()["error_type"] == "RevokedTokenError"
        assert [ask(face, "/me", kept, "GET").status for face in (here, there)] == [200, 200]


def test_a_renewal_changes_and_ends_logins_alike(services: Services, at: int) -> None:
    for here, there in pairs(services):
        access, _ = tokens(asked(there, "/refresh", tokens(asked(here, "/login?tenant=8"))[1]))
        assert asked(here, "/me", access, "GET").json() == {"sub": "ada", "scopes": ["c:d"], "tenant": 10}
    refreshed = [asked(face, "/refresh", tokens(asked(face, "/login?tenant=8"))[1]) for face in services.faces]
    assert refreshed[0].comparable() == refreshed[1].comparable()

    logins = [tokens(asked(face, "/login?tenant=9")) for face in services.faces]
    refused = [asked(face, "/refresh", refresh) for face, (_, refresh) in zip(services.faces, logins, strict=True)]
    assert refused[0].comparable() == refused[1].comparable()
    assert (refused[0].status, refused[0].json()["error_type"]) == (401, "RefreshRefusedError")
    for access, _ in logins:
        assert_refused(services, "/me", access, "RevokedTokenError", "GET")


def test_a_one_off_token_is_used_once_in_both_faces_together(services: Services, at: int) -> None:
    for here, there in pairs(services):
        access, _ = tokens(asked(here, "/login"))
        ticket = asked(here, "/ticket", access).json()
        assert asked(there, "/use-ticket", ticket).json() == "ada"
        assert_refused(services, "/use-ticket", ticket, "RevokedTokenError")


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def sent(face: Face, content_type: str | None, body: bytes) -> Answer:
    headers = [] if content_type is None else [("Content-Type", content_type.encode())]
    return face.ask(IN_HEADERS, Request("POST", "/ready/login", headers, body=body))


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (JSON, b'{"username": "ada", "password": "engine"}', 200),
        (JSON + "; charset=utf-8", b'{"username": "ada", "password": "engine", "scope": "a  b", "more": [1]}', 200),
        (FORM, b"grant_type=password&username=ada&password=engine&scope=a+b", 200),
        (FORM, b"username=%C3%A4da&password=engine", 200),
        (JSON, b'{"username": "ada", "password": "wrong"}', 401),
        (FORM, b"username=nobody&password=wrong", 401),
        (JSON, b'{"username": "ada", "username": "eve", "password": "engine"}', 400),
        (JSON, b'{"username": "ada", "password": null}', 400),
        (JSON, b'{"username": "\\ud800", "password": "engine"}', 400),
        (JSON, b"\xff", 400),
        (JSON, b"", 400),
        (FORM, b"username=ada", 400),
        (FORM, b"grant_type=client_credentials&username=ada&password=engine", 400),
        (FORM, b"username=ada&password=engine&password=engine", 400),
        ("text/plain", b"username=ada&password=engine", 400),
        (None, b'{"username": "ada", "password": "engine"}', 400),
        (JSON, b'{"username": "' + b"a" * 2_000_000 + b'", "password": "engine"}', 400),
    ],
)
def test_both_faces_answer_a_ready_login_alike(
    services: Services, at: int, content_type: str | None, body: bytes, status: int
) -> None:
    one, other = (sent(face, content_type, body) for face in services.faces)
    assert one.status == status, one
    assert one.comparable() == other.comparable()


def test_failed_logins_count_in_both_faces_together(services: Services, at: int) -> None:
    right, wrong = (f'{{"username": "hedy", "password": "{password}"}}'.encode() for password in ("engine", "wrong"))
    for number, (here, there) in enumerate(pairs(services)):
        services.set_clock(at + 1000 * number)
        # A login that succeeds is none of the three.
        for face, body, status in ((here, wrong, 401), (there, right, 200), (there, wrong, 401), (here, wrong, 401)):
            assert sent(face, JSON, body).status == status
        for body in (wrong, right):
            one, other = (sent(face, JSON, body) for face in services.faces)
            assert one.comparable() == other.comparable()
            assert (one.status, one.json()["error_type"], one.json()["retry_after"]) == (429, "RateLimitExceeded", 900)
        assert sent(there, JSON, b'{"username": "alan", "password": "engine"}').status == 200
        services.set_clock(at + 1000 * number + 900)
        assert sent(there, JSON, right).status == 200


def test_a_limit_with_a_name_counts_in_both_faces_together(services: Services, at: int) -> None:
    first, second = (face.ask(IN_HEADERS, Request("GET", "/limited")) for face in services.faces)
    assert (first.status, second.status) == (200, 200)
    assert first.all("ratelimit-policy") == second.all("ratelimit-policy") == ['"both faces";q=2;w=60']
    assert [first.all("ratelimit"), second.all("ratelimit")] == [['"both faces";r=1;t=60'], ['"both faces";r=0;t=60']]
    one, other = (face.ask(IN_HEADERS, Request("GET", "/limited")) for face in services.faces)
    assert one.comparable() == other.comparable()
    assert (one.status, one.json()["retry_after"]) == (429, 60)
    services.set_clock(at + 60)
    assert services.faces[0].ask(IN_HEADERS, Request("GET", "/limited")).status == 200


BASIC = ("Authorization", b"Basic " + base64.b64encode(b"gateway:a+secret+of+the+gateway"))


def by_client(
    face: Face, path: str, body: bytes, *headers: tuple[str, bytes], configuration: str = IN_HEADERS
) -> Answer:
    return face.ask(
        configuration, Request("POST", f"/ready{path}", [*headers, ("Content-Type", FORM.encode())], body=body)
    )


def test_both_faces_tell_a_client_the_same_of_a_token(services: Services, at: int) -> None:
    access, refresh = tokens(sent(services.faces[0], FORM, b"username=maria&password=engine&scope=a+b"))
    ticket = asked(services.faces[0], "/ticket", access).json()
    for token in (access, refresh, ticket, "a.b.c", access[:-2], ""):
        body = b"token=" + token.encode()
        one, other = (by_client(face, "/introspect", body, BASIC) for face in services.faces)
        assert one.comparable() == other.comparable()
        assert one.status == (200 if token else 400)
        if token:
            assert one.json()["active"] == (token in (access, refresh, ticket))
    assert by_client(services.faces[1], "/introspect", b"token=" + access.encode(), BASIC).json()["scope"] == "a b"


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([], b"token=x", 401),
        ([("Authorization", b"Bearer x")], b"token=x", 401),
        ([("Authorization", b"Basic \xff")], b"token=x", 401),
        ([("Authorization", b"Basic Z2F0ZXdheTp4")], b"token=x", 401),
        ([BASIC], b"", 400),
        ([BASIC], b"token=x&client_secret=x", 400),
        ([BASIC], b"token=x&token=x", 400),
        ([], b"token=x&client_id=gateway&client_secret=a%20secret%20of%20the%20gateway", 200),
        ([BASIC], b"token=" + b"x" * 2_000_000, 400),
    ],
)
def test_both_faces_refuse_a_client_alike(
    services: Services, at: int, path: str, headers: list[tuple[str, bytes]], body: bytes, status: int
) -> None:
    one, other = (by_client(face, path, body, *headers) for face in services.faces)
    assert one.status == status
    assert one.comparable() == other.comparable()


def test_what_a_client_revokes_in_one_face_counts_in_the_other(services: Services, at: int) -> None:
    for here, there in pairs(services):
        access, refresh = tokens(sent(here, FORM, b"username=joan&password=engine"))
        revoked = by_client(there, "/revoke", b"token=" + refresh.encode(), BASIC)
        assert (revoked.status, revoked.body) == (200, b"")
        assert by_client(here, "/introspect", b"token=" + access.encode(), BASIC).json() == {"active": False}
        assert_refused(services, "/ready/sessions", access, "RevokedTokenError", "GET")
    one, other = (by_client(face, "/revoke", b"token=x", BASIC) for face in services.faces)
    assert one.comparable() == other.comparable()


def mailed(face: Face, path: str, username: str = "rosa") -> str:
    """The token of a mail that this face sends."""
    assert by_client(face, path, b"username=" + username.encode()).status == 202
    token: str = asked(face, "/mails", method="GET").json()[-1]
    return token


def test_a_mail_of_one_face_is_used_in_the_other(services: Services, at: int) -> None:
    for number, (here, there) in enumerate(pairs(services)):
        services.set_clock(at + 1000 * number)
        access, _ = tokens(sent(here, FORM, b"username=rosa&password=engine"))
        services.set_clock(at + 1000 * number + 5)
        reset = b"token=" + mailed(here, "/password/forgot").encode()
        weak = [by_client(face, "/password/reset", reset + b"&password=short") for face in services.faces]
        assert weak[0].comparable() == weak[1].comparable()
        assert (weak[0].status, weak[0].json()["message"]) == (400, "password: it is not accepted")
        changed = by_client(there, "/password/reset", reset + b"&password=quite+long+enough")
        assert (changed.status, changed.body) == (204, b"")
        assert_refused(services, "/ready/sessions", access, "RevokedTokenError", "GET")
        verification = b"token=" + mailed(there, "/verification/request").encode()
        assert by_client(here, "/verification", verification).status == 204
        for path, body in (
            ("/password/reset", reset + b"&password=quite+long+enough"),
            ("/verification", verification),
        ):
            one, other = (by_client(face, path, body) for face in services.faces)
            assert one.comparable() == other.comparable()
            assert (one.status, one.json()["error_type"]) == (401, "RevokedTokenError")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/password/forgot", b"username=nobody", 202),
        ("/password/forgot", b"username=", 400),
        ("/verification/request", b"username=nobody", 202),
        ("/verification/request", b"", 400),
        ("/password/reset", b"token=x&password=quite+long+enough", 401),
        ("/password/reset", b"token=x", 400),
        ("/verification", b"token=a.b.c", 401),
        ("/verification", b"token=x&token=y", 400),
    ],
)
def test_both_faces_answer_the_routes_of_mails_alike(
    services: Services, at: int, path: str, body: bytes, status: int
) -> None:
    one, other = (by_client(face, path, body) for face in services.faces)
    assert one.status == status
    assert one.comparable() == other.comparable()


def test_the_ready_routes_of_one_face_go_on_in_the_other(services: Services, at: int) -> None:
    for number, (here, there) in enumerate(pairs(services)):
        services.set_clock(at + 60 * number)
        _, refresh = tokens(sent(here, JSON, b'{"username": "grace", "password": "engine"}'))
        access, _ = tokens(asked(there, "/ready/refresh", refresh))
        listed = [asked(face, "/ready/sessions", access, "GET") for face in services.faces]
        assert listed[0].status == 200
        assert listed[0].comparable() == listed[1].comparable()
        other, _ = tokens(sent(there, FORM, b"username=grace&password=engine"))
        sid = listed[0].json()[0]["session_id"]
        assert asked(here, f"/ready/sessions/{sid}", other, "DELETE").status == 204
        assert_refused(services, "/ready/sessions", access, "RevokedTokenError", "GET")
        services.set_clock(at + 60 * number + 5)
        ended = asked(there, "/ready/logout/everywhere", other)
        assert (ended.status, ended.body) == (204, b"")
        assert_refused(services, "/ready/sessions", other, "RevokedTokenError", "GET")


def test_the_answers_to_the_ends_are_equal_to_the_byte(services: Services, at: int) -> None:
    logins = [tokens(sent(face, JSON, b'{"username": "eve", "password": "engine"}'))[0] for face in services.faces]
    for path, method in (("/ready/sessions/unknown", "DELETE"), ("/ready/logout", "POST")):
        one, other = (asked(face, path, token, method) for face, token in zip(services.faces, logins, strict=True))
        assert one.status == 204
        assert one.comparable() == other.comparable()


def test_cookies_of_a_login_are_equal_to_the_byte_and_hide_the_tokens(services: Services, at: int) -> None:
    logins = [face.ask(IN_COOKIES, Request("POST", "/login")) for face in services.faces]
    assert logins[0].comparable() == logins[1].comparable()
    assert logins[0].json() == {"token_type": "bearer", "expires_in": 900}
    cookies = dict(re.findall(r"^(\w+)=([^;]+)", line)[0] for line in logins[0].all("set-cookie"))
    request = Request(
        "POST",
        "/refresh",
        [
            ("Cookie", f"refresh_token_cookie={cookies['refresh_token_cookie']}".encode()),
            ("X-CSRF-TOKEN", cookies["csrf_refresh_token"].encode()),
        ],
    )
    refreshed = [face.ask(IN_COOKIES, request) for face in services.faces]
    assert refreshed[0].status == 200
    assert refreshed[0].comparable() == refreshed[1].comparable()
