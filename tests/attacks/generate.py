"""Writes cases.json: hostile requests, and similar ones that are valid, with the only right answer to each.

Run it after a change in this folder and commit cases.json as well: `python tests/attacks/generate.py`. The cases are in
topics/. Every face runs the same table.

Keys, clock and identifiers are fixed, and so are the random parts of ECDSA and PSS, so that the file changes only
where a case does. The keys are used for this table only.

The file's head holds what the cases share:

- `now`: the clock, in seconds since 1970, unless a case has its own;
- `topics`: what the cases are about; each has at least one case;
- `marker`: a string that is in every payload and every secret, and must not appear in any answer or log;
- `configurations`: settings by name; a case's `settings` come on top;
- `routes`: what a route requires, by name;
- `bad_keys`: settings that are refused, each with the `setting` that the error names;
- `reserved_claims`: claims that can't be set as custom claims of a new token.

A case has a `topic` and a `name`, unique together; then `configuration`, `settings`,
`login_type`, `route`, `now`, `request` and `expect`. Where a case is `revoked`, the store reports every token as
revoked. A route that is a `websocket` gets the request as a handshake. A `ring` of named keys stands
in place of the keys of the settings. In `request`, every character is one byte (Latin-1); the header names
are as a browser writes them. `fields` are those of a form, as a parser returns them. An `endless` body never ends.
A long string is written as a list of strings and `{"repeat": [string, times]}`.

Then come `refreshes`: requests to a route that needs no token, whose handler answers with a `status` and `sets`
cookies. `renewed` has claims of the token that implicit refresh adds; without `renewed`, no token is added.

`expect` is the `sub` of an accepted token; or an `error_type`, with status and `WWW-Authenticate` as they are with
JWT_INVALID_TOKEN_STATUS=401 and with 422.
"""

import json
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # A script can import from its own folder only. `tests` is in the repository's root.
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.attacks.case import CASES, ROUTES, TOPICS
from tests.attacks.signing import KEY_PAIRS, MARKER, SECRET, public_pem
from tests.attacks.tokens import NOW
from tests.attacks.topics import (
    algorithms_and_keys,
    bodies_and_queries,
    claims,
    headers_and_cookies,
    implicit_refresh,
    keys,
    several_locations,
    sockets_and_stores,
    token_text,
)
from tests.sets import RESERVED_CLAIMS

# In the order of their topics.
MODULES = (
    token_text,
    algorithms_and_keys,
    claims,
    headers_and_cookies,
    bodies_and_queries,
    several_locations,
    sockets_and_stores,
)


def main() -> None:
    """Write the table."""
    Path(__file__).with_name("cases.json").write_text(table(), encoding="ascii")


def table() -> str:
    """The content of cases.json."""
    for module in MODULES:
        module.add_cases()
    configurations: dict[str, dict[str, Any]] = {
        "headers": {},
        **{place: {"JWT_TOKEN_LOCATION": [place]} for place in ("cookies", "json", "query")},
    }
    configurations["everywhere"] = {"JWT_TOKEN_LOCATION": ["headers", "cookies", "json", "query"]}
    configurations |= {
        name: {"JWT_ALGORITHM": name, "JWT_PUBLIC_KEY": public_pem(key)} for name, key in KEY_PAIRS.items()
    }
    for name in ("headers", "cookies", "json", "query", "everywhere"):
        configurations[name]["JWT_SECRET_KEY"] = SECRET.decode()
    head = {
        "about": "Written by generate.py, which describes the format. Don't edit.",
        "now": NOW,
        "topics": TOPICS,
        "marker": MARKER,
        "reserved_claims": RESERVED_CLAIMS,
        "bad_keys": keys.bad_keys(),
        "configurations": configurations,
        "routes": ROUTES,
    }
    cases, refreshes = _lines(CASES), _lines(implicit_refresh.refreshes())
    CASES.clear()
    return f'{json.dumps(head, indent=1)[:-2]},\n "cases": [\n{cases}\n ],\n "refreshes": [\n{refreshes}\n ]\n}}\n'


def _lines(cases: list[dict[str, Any]]) -> str:
    return ",\n".join(json.dumps(case) for case in cases)


if __name__ == "__main__":
    main()
