"""Hostile requests, and similar ones that are valid, from the table that every face runs.

`tests/attacks/generate.py` writes and describes the table. Requests are passed to the application without a server,
because many of them contain bytes that no client would send.
"""

import asyncio
import functools
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import Depends, FastAPI, Response, WebSocket
from starlette.types import Message, Scope

from authx import AuthX, AuthXConfig, TokenPayload
from authx.exceptions import BadConfigurationError
from authx.keys import Key, KeyRing
from authx.testing import FrozenClock
from authx.testing.tokens import claims_of
from tests.attacks.generate import table
from tests.conformance.record import record
from tests.scope import http_scope
from tests.sets import METHODS

pytestmark = pytest.mark.slow

ATTACKS = Path(__file__).parents[1] / "attacks"
TABLE: dict[str, Any] = json.loads((ATTACKS / "cases.json").read_text(encoding="ascii"))
CASES: list[dict[str, Any]] = TABLE["cases"]
RAN: Counter[str] = Counter()

CHUNK = 65_536


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['topic']}: {case['name']}".encode("ascii", "replace").decode()
)
def test_a_request_gets_its_answer(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for undecodable_status in ("401", "422"):
        app = application(
            case["configuration"],
            json.dumps(case.get("settings", {})),
            case.get("login_type"),
            case["route"],
            int(undecodable_status),
            revoked=case.get("revoked", False),
            ring=json.dumps(case.get("ring")),
        )
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: case.get("now", TABLE["now"]))
            answer = asyncio.run(ask(app, case["request"], websocket="websocket" in TABLE["routes"][case["route"]]))

        expect = case["expect"]
        if "sub" in expect:
            assert (answer.status, answer.body) == (200, {"sub": expanded(expect["sub"])})
        else:
            assert answer.body.get("error_type") == expect["error_type"]
            assert answer.status == expect["status"][undecodable_status]
            assert answer.headers.get("www-authenticate") == expect["www_authenticate"][undecodable_status]
            assert set(answer.body) <= {"message", "error_type", "expected_type", "actual_type"}
        for shown in (json.dumps(answer.body), json.dumps(answer.headers), caplog.text):
            assert TABLE["marker"] not in shown
            assert "eyJ" not in shown, "a part of a token"
    RAN[case["topic"]] += 1


@pytest.mark.parametrize("case", TABLE["refreshes"], ids=lambda case: f"{case['topic']}: {case['name']!a}")
def test_a_request_brings_a_new_token_or_none(case: dict[str, Any]) -> None:
    settings = {**TABLE["configurations"][case["configuration"]], **case["settings"]}
    auth = AuthX(AuthXConfig(**settings), login_type=case.get("login_type"))
    auth.set_token_blocklist(lambda token: case.get("revoked", False))
    app = FastAPI()
    app.middleware("http")(auth.implicit_refresh_middleware)

    @app.api_route(case["path"], methods=METHODS)
    async def handler() -> Response:
        response = Response(status_code=case["status"])
        for line in case["sets"]:
            response.headers.append("set-cookie", line)
        return response

    with FrozenClock(TABLE["now"]):
        answer = asyncio.run(ask(app, {**case["request"], "path": case["path"]}))
    assert answer.status == case["status"]
    others = [line for line in answer.cookies if line not in case["sets"]]
    assert len(answer.cookies) - len(others) == len(case["sets"])
    tokens = [line.split("=", 1)[1].split(";")[0] for line in others if line.startswith("access_token_cookie=")]
    if "renewed" in case:
        claims = claims_of(tokens[0])
        assert {name: claims.get(name) for name in case["renewed"]} == case["renewed"]
    else:
        assert others == []
    RAN[case["topic"]] += 1


@pytest.mark.parametrize("case", TABLE["bad_keys"], ids=lambda case: f"{case['topic']}: {case['name']}")
def test_a_bad_key_is_an_error_that_names_its_setting(case: dict[str, Any]) -> None:
    with pytest.raises((BadConfigurationError, ValueError)) as refused:
        AuthX(AuthXConfig(**case["settings"])).create_access_token("user123")
    shown = f"{refused.value} {refused.value!r}"
    assert case["setting"] in shown
    for secret in (TABLE["marker"], "MI", "MC"):
        assert secret not in shown
    RAN[case["topic"]] += 1


@pytest.mark.parametrize("claim", TABLE["reserved_claims"])
def test_a_reserved_claim_cannot_be_given_through_data(claim: str) -> None:
    auth = AuthX(AuthXConfig(**TABLE["configurations"]["headers"]), login_type="admin")
    for create in (auth.create_access_token, auth.create_refresh_token):
        with pytest.raises(ValueError, match=f"'{claim}'"):
            create(uid="user123", data={claim: "false"})


def test_a_client_that_disconnects_within_its_body_is_no_server_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = application("json", "{}", None, "access", 401)
    parts = {
        "method": "POST",
        "headers": [["Content-Type", "application/json"], ["Content-Length", "1000"]],
        "body": '{"access_token":',
        "leaves": True,
    }
    answer = asyncio.run(ask(app, parts))
    assert answer.status < 500
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


def test_the_table_is_what_its_script_writes() -> None:
    assert table() == (ATTACKS / "cases.json").read_text(encoding="ascii"), "run tests/attacks/generate.py"


def test_every_topic_has_cases_and_every_case_has_a_unique_name(capsys: pytest.CaptureFixture[str]) -> None:
    names = Counter((case["topic"], case["name"]) for case in TABLE["cases"])
    assert [name for name, count in names.items() if count > 1] == []
    assert {case["topic"] for case in [*CASES, *TABLE["bad_keys"], *TABLE["refreshes"]]} == set(TABLE["topics"])
    for topic in {case["topic"] for case in CASES}:
        kinds = {"sub" in case["expect"] for case in CASES if case["topic"] == topic}
        assert False in kinds, f"{topic} refuses nothing"
    if RAN.total() < len(CASES) + len(TABLE["bad_keys"]) + len(TABLE["refreshes"]):
        return  # only a part of the table was run
    by_topic = ", ".join(f"{topic} {RAN[topic]}" for topic in TABLE["topics"])
    report = f"{RAN.total()} cases ran against FastAPI: {by_topic}"
    with capsys.disabled():
        print(f"\nattacks: {report}")
    record("attacks on FastAPI", report)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any
    cookies: tuple[str, ...] = ()


@functools.cache
def application(
    configuration: str,
    settings: str,
    login_type: str | None,
    route: str,
    undecodable_status: int,
    *,
    revoked: bool = False,
    ring: str = "null",
) -> FastAPI:
    """An application with one route of the table, which answers with the token's subject."""
    config = {**TABLE["configurations"][configuration], **json.loads(settings)}
    config["JWT_INVALID_TOKEN_STATUS"] = undecodable_status
    auth = AuthX(AuthXConfig(**config), login_type=login_type, keys=ring_of(json.loads(ring)))
    auth.set_token_blocklist(lambda token: revoked)
    app = FastAPI()

    @app.websocket("/")
    async def socket(websocket: WebSocket, payload: TokenPayload = auth.WS_AUTH_REQUIRED) -> None:
        await websocket.accept()
        await websocket.send_json({"sub": payload.sub})

    @app.api_route("/", methods=METHODS)
    async def protected(payload: TokenPayload = Depends(requirement(auth, route))) -> dict[str, str]:  # noqa: B008
        return {"sub": payload.sub}

    return app


def ring_of(keys: list[dict[str, str]] | None) -> KeyRing | None:
    def key(row: dict[str, str]) -> Key:
        if "secret" in row:
            return Key.from_secret(row["algorithm"], row["secret"], kid=row["kid"])
        return Key.from_public_pem(row["algorithm"], row["public_pem"], kid=row["kid"])

    return None if keys is None else KeyRing([key(row) for row in keys])


def requirement(auth: AuthX[Any], route: str) -> Any:
    options: dict[str, Any] = {name: value for name, value in TABLE["routes"][route].items() if name != "websocket"}
    shared: dict[str, Any] = {
        "verify_type": not options.get("any_type", False),
        "verify_fresh": options.get("fresh", False),
        "verify_csrf": options.get("csrf"),
        "locations": options.get("locations"),
    }
    if "scopes" in options:
        return auth.scopes_required(*options["scopes"], all_required=options.get("all_required", True), **shared)
    return auth.token_required(type=options.get("type", "access"), **shared)


async def ask(app: FastAPI, parts: dict[str, Any], *, websocket: bool = False) -> Answer:
    body = to_bytes(parts.get("body", ""))
    chunks = [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)] or [b""]
    sent: list[Message] = []
    received = 0

    async def receive() -> Message:
        nonlocal received
        received += 1
        assert received < 10_000, "an endless body is read for ever"
        if parts.get("endless"):
            return {"type": "http.request", "body": chunks[received % len(chunks)], "more_body": True}
        if received > len(chunks):
            return {"type": "http.disconnect"}
        more = received < len(chunks) or parts.get("leaves", False)
        return {"type": "http.request", "body": chunks[received - 1], "more_body": more}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = http_scope(
        method=parts["method"],
        path=parts.get("path", "/"),
        query=to_bytes(parts.get("query", "")),
        headers=[(name.lower().encode(), to_bytes(value)) for name, value in parts.get("headers", [])],
    )
    if websocket:
        return await handshake(app, scope)
    await app(scope, receive, send)
    start, *rest = sent
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    body = b"".join(message.get("body", b"") for message in rest)
    cookies = tuple(value.decode("latin-1") for name, value in start["headers"] if name == b"set-cookie")
    return Answer(start["status"], headers, json.loads(body or b"null"), cookies)


async def handshake(app: FastAPI, scope: Scope) -> Answer:
    """The answer to a refused handshake, or the first message of an open socket, with the status 200."""
    scope = {**scope, "type": "websocket", "scheme": "wss", "subprotocols": [], "state": {}}
    scope["extensions"] = {"websocket.http.response": {}}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, first = sent[:2]
    if start["type"] == "websocket.accept":
        return Answer(200, {}, json.loads(first["text"]))
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], headers, json.loads(first["body"]))


def to_bytes(folded: str | list[Any]) -> bytes:
    return expanded(folded).encode("latin-1")


def expanded(folded: str | list[Any]) -> str:
    if isinstance(folded, str):
        return folded
    return "".join(part if isinstance(part, str) else part["repeat"][0] * part["repeat"][1] for part in folded)
