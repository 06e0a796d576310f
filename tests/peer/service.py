"""The service that both packages run, each in a separate interpreter; its code is the same for both.

Each line of the standard input is a JSON object with `settings`, `login_type`, `blocked` (the tokens that the
blocklist contains) and `requests`; each line of the output has the answers to them. A request goes straight into the
application, so that its bytes arrive as they are.
"""

import asyncio
import functools
import json
import logging
import os
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")

from fastapi import Depends, FastAPI, Request, Response  # noqa: E402

from authx import AuthManager, AuthX, AuthXConfig, AuthXDependency, RequestToken, TokenPayload  # noqa: E402

METHODS = ["GET", "POST", "PUT", "DELETE"]
USERS = {"ada": {"name": "Ada"}, "bob": {"name": "Bob"}}


@functools.lru_cache(maxsize=1)
def application(settings: str, login_type: str | None, blocked: tuple[str, ...]) -> FastAPI:
    auth = AuthX(AuthXConfig(**json.loads(settings)), login_type=login_type)
    auth.set_callback_token_blocklist(lambda token: token in blocked)
    auth.set_callback_get_model_instance(lambda uid: USERS.get(uid))

    app = FastAPI(openapi_url=None)
    auth.handle_errors(app)
    app.middleware("http")(auth.implicit_refresh_middleware)

    requiring: dict[str, Any] = {
        "access": auth.access_token_required,
        "refresh": auth.refresh_token_required,
        "fresh": auth.fresh_token_required,
        "any-type": auth.token_required(verify_type=False),
        "without-csrf": auth.token_required(verify_csrf=False),
        "refresh-by-type": auth.token_required(type="refresh"),
        "from-query": auth.token_required(locations=["query"]),
        "from-cookies": auth.token_required(locations=["cookies", "headers"]),
        "all-scopes": auth.scopes_required("users:read", "users:write"),
        "any-scope": auth.scopes_required("users:read", "admin", all_required=False),
        "fresh-scope": auth.scopes_required("users:read", verify_fresh=True),
    }
    if login_type is not None:
        manager = AuthManager()
        manager.register(auth)
        requiring["manager"] = manager.access_token_required(login_type)
    for path, dependency in requiring.items():
        add_route(app, path, dependency)

    @app.api_route("/subject", methods=METHODS)
    async def subject(user: Any = Depends(auth.get_current_subject)) -> Any:
        return user

    @app.api_route("/found", methods=METHODS)
    async def found(request: Request) -> Any:
        token = await auth.get_token_from_request(request)
        return None if token is None else [token.token, token.type, token.location]

    @app.api_route("/by-hand", methods=METHODS)
    async def by_hand(request: Request) -> Any:
        token: RequestToken = await auth.get_refresh_token_from_request(request)
        return seen(auth.verify_token(token, verify_csrf=False))

    @app.post("/login")
    async def login(response: Response) -> Any:
        pair = auth.create_token_pair(
            "ada", fresh=True, access_scopes=["users:read"], data={"tenant": {"id": 7, "name": "Ärger"}}
        )
        auth.set_access_cookies(pair.access_token, response)
        auth.set_refresh_cookies(pair.refresh_token, response, max_age=600)
        return pair.model_dump()

    @app.post("/renew")
    async def renew(
        payload: TokenPayload = Depends(auth.refresh_token_required),
        deps: AuthXDependency = Depends(auth.get_dependency),
    ) -> Any:
        token = deps.create_access_token(payload.sub, headers={"kid": "one"})
        deps.set_access_cookies(token)
        return {"token": token}

    @app.post("/logout")
    async def logout(response: Response) -> Any:
        auth.unset_cookies(response)
        return "goodbye"

    return app


def add_route(app: FastAPI, path: str, dependency: Any) -> None:
    @app.api_route(f"/{path}", methods=METHODS)
    async def route(payload: TokenPayload = Depends(dependency)) -> Any:
        return seen(payload)


def seen(payload: TokenPayload) -> dict[str, Any]:
    """The fields and extra claims that an application reads from a payload."""
    fields = ("sub", "type", "jti", "iss", "aud", "fresh", "scopes", "login_type")
    return {name: getattr(payload, name) for name in fields} | {"extra": payload.model_extra}


async def ask(app: FastAPI, request: dict[str, Any]) -> dict[str, Any]:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request["headers"]]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request["method"],
        "scheme": "http",
        "path": request["path"],
        "raw_path": request["path"].encode(),
        "query_string": request["query"].encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("service.example", 80),
        "state": {},
    }
    answer: dict[str, Any] = {"status": 0, "headers": [], "body": ""}
    incoming = [{"type": "http.request", "body": request["body"].encode("latin-1"), "more_body": False}]

    async def receive() -> Any:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = [
                [name.decode("latin-1"), value.decode("latin-1")] for name, value in message["headers"]
            ]
        else:
            answer["body"] += message.get("body", b"").decode("latin-1")

    try:
        await app(scope, receive, send)
    except Exception as error:
        answer |= {"status": 500, "headers": [], "body": "", "error": f"{type(error).__name__}: {error}"}
    return answer


async def serve() -> None:
    logging.disable(logging.CRITICAL)
    # Whatever a package prints goes to stderr, so that stdout has answers only.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        case = json.loads(line)
        try:
            app = application(json.dumps(case["settings"]), case["login_type"], tuple(case["blocked"]))
            answers = [await ask(app, request) for request in case["requests"]]
        except Exception as error:
            answers = [{"status": -1, "headers": [], "body": "", "error": f"{type(error).__name__}: {error}"}]
        output.write(json.dumps(answers) + "\n")
        output.flush()


if __name__ == "__main__":
    asyncio.run(serve())
