"""Our public names and signatures are those of `authx` 1.7.1, except for intended differences.

`scripts/peer_surface.py` wrote the peer's names and signatures to `peer_surface.json`; the last table of
`docs/migrating.md` has the intended differences, each with its reason.
"""

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from authx import exceptions

PEER: dict[str, str] = json.loads((Path(__file__).parent / "peer_surface.json").read_text())

MIGRATING = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text()
TABLE = MIGRATING.partition("### Names and signatures")[2].partition("\n#")[0]
ROWS = re.findall(r"^\| (`[^|]+`) \| `([^`]+)` \| (?:`([^`]+)`|absent) \| (.*) \|$", TABLE, re.MULTILINE)
DECIDED = {
    name: {"peer": peer, "ours": ours, "reason": reason}
    for names, peer, ours, reason in ROWS
    for name in re.findall("`([^`]+)`", names)
}

ABSENT = ""


def ours(name: str) -> str:
    """A description of this name in our package, in the format of `peer_surface.json`."""
    if name.startswith("HTTP "):
        return answer(name.removeprefix("HTTP "))
    is_init = name.endswith("()")
    path = name.removesuffix("()").split(".")
    found, rest = module(path)
    for index, part in enumerate(rest):
        if inspect.isclass(found) and index == len(rest) - 1:
            return attribute(found, part)
        if not hasattr(found, part):
            return ABSENT
        found = getattr(found, part)
    if is_init:
        return signature(found.__init__, bound=False)
    if path[1] == "exceptions":
        init = signature(found.__init__, bound=False) if "__init__" in vars(found) else "inherited"
        return f"{found.__base__.__name__}, {init}"
    if len(path) == 2:
        return "exported" if path[1] in importlib.import_module("authx").__all__ else ABSENT
    if path[1] == "types":
        return "exported"
    return signature(found, bound=True)


def module(path: list[str]) -> tuple[Any, list[str]]:
    """The module that a dotted name begins with, and the rest of the name."""
    if len(path) > 2:
        try:
            return importlib.import_module(".".join(path[:2])), path[2:]
        except ModuleNotFoundError:
            pass
    return importlib.import_module(path[0]), path[1:]


def attribute(owner: Any, name: str) -> str:
    if issubclass(owner, BaseModel) and name in owner.model_fields:
        return field(owner, name)
    if not hasattr(owner, name):
        return ABSENT
    static = inspect.getattr_static(owner, name)
    if isinstance(static, property):
        return "property"
    value = getattr(owner, name)
    if not inspect.isroutine(value):
        return repr(value)
    return ("async " if inspect.iscoroutinefunction(value) else "") + signature(
        value, bound=isinstance(static, classmethod)
    )


def field(model: type[BaseModel], name: str) -> str:
    described = model.model_fields[name]
    if described.is_required():
        return "required"
    if described.default_factory is not None:
        return "a new value each time"
    # `peer_surface.json` has the `repr` of the settings' defaults, and the `str` of those of other models.
    return repr(described.default) if name.startswith("JWT_") else str(described.default) or "''"


def signature(function: Any, *, bound: bool) -> str:
    parameters = list(inspect.signature(function).parameters.values())
    plain = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
    # The `repr` of a sentinel default contains its address, which differs with each run.
    return re.sub("<object object at 0x[0-9a-f]+>", "...", str(inspect.Signature(plain if bound else plain[1:])))


def answer(name: str) -> str:
    """The answer of a route that raises this exception, in the format of `peer_surface.json`."""
    from authx import AuthX, AuthXConfig
    from tests.python.conftest import SECRET, Client

    arguments: dict[str, tuple[Any, ...]] = {
        "InsufficientScopeError": (["a"], ["b"]),
        "LoginTypeMismatchError": ("admin", "user"),
        "RateLimitExceeded": (7,),
    }
    error = getattr(exceptions, name)(*arguments.get(name, ("the exception's own text",)))
    app = FastAPI()
    # The default is 401; `docs/migrating.md` says so at the head of what may need a change.
    AuthX(AuthXConfig(JWT_SECRET_KEY=SECRET, JWT_INVALID_TOKEN_STATUS=422)).handle_errors(app)

    @app.get("/")
    async def route() -> None:
        raise error

    answer = Client(app).get("/")
    if answer.error is not None:
        return f"{answer.status} {answer.body.decode()}"
    # The peer has no `WWW-Authenticate`; it is tested with the engine's table of answers.
    retry_after = answer.header("retry-after")
    return f"{answer.status} {answer.body.decode()}" + (f" Retry-After: {retry_after}" if retry_after else "")


@pytest.mark.parametrize("name", PEER)
def test_name_is_as_the_peers_or_a_decided_difference(name: str) -> None:
    here = ours(name)

    if name in DECIDED:
        # A row shows only that part of a signature which differs.
        differing = DECIDED[name]
        assert PEER[name].count(differing["peer"]) == 1
        assert here == PEER[name].replace(differing["peer"], differing["ours"])
        assert here != PEER[name], "no longer a difference: remove it from docs/migrating.md"
    else:
        assert here == PEER[name]


def test_every_decided_difference_has_a_reason_and_a_name_of_the_peers() -> None:
    assert DECIDED
    assert [name for name, row in DECIDED.items() if name not in PEER or not row["reason"].strip()] == []


def test_every_row_of_the_table_of_decided_differences_is_read() -> None:
    assert TABLE.count("\n| `") == len(ROWS)
