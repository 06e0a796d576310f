"""All cases by theme, and the tables of docs/interoperation.md, which are generated from the answers."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tests.interoperation.case import Case, Result
from tests.interoperation.configurations import ALGORITHMS, BASE, LOCATIONS, LOGIN_TYPES, ROOT, VARIATIONS
from tests.interoperation.exchange import Request
from tests.interoperation.rows import browser, claims, explanations, policies, sessions, settings, tokens

DOCUMENT = ROOT / "docs" / "interoperation.md"
EXAMPLE = ROOT / "examples" / "one-login"
THEMES: dict[str, list[Case]] = {
    "Valid tokens": tokens.GOOD,
    "The other type, not fresh, an unknown user": tokens.WRONG_KIND,
    "No token": tokens.ABSENT,
    "Unreadable tokens, and two tokens": tokens.UNREADABLE,
    "Keys": claims.KEYS,
    "Times": claims.TIMES,
    "Claims": claims.CLAIMS,
    "Scopes": claims.SCOPES,
    "Revocation": claims.REVOCATION,
    "Sessions": sessions.SESSIONS,
    "Login and logout cookies": browser.COOKIES,
    "CSRF": browser.CSRF,
    "Implicit refresh": browser.IMPLICIT_REFRESH,
    "WebSocket handshakes": browser.WEBSOCKET,
    "Policies and rate limits": policies.POLICIES + policies.RATE_LIMITS,
    "Explanations for developers": explanations.EXPLANATIONS,
    "Names, places and answers that settings change": settings.SETTINGS,
}
CASES = [(theme, case) for theme, cases in THEMES.items() for case in cases]


class Use(NamedTuple):
    """A type of token in one location, under one algorithm."""

    algorithm: str
    place: str
    case: Case


def _use(algorithm: str, place: str, kind: str) -> Use:
    access = kind == "access"
    case = Case(
        f"{algorithm}, {kind} token in {place}",
        lambda login: login.request("/protected" if access else "/refresh", place=place, type=kind, method="POST"),
        body='"sub":"ada"' if access else '{"access_token":"',
        cookies=() if access else tokens.ACCESS_COOKIES,
        configuration=algorithm,
    )
    return Use(algorithm, place, case)


USES = [
    _use(algorithm, place, kind) for algorithm in ALGORITHMS for place in LOCATIONS for kind in ("access", "refresh")
]

Results = Callable[[Case], Sequence[Result]]


def written(document: str, results: Results) -> str:
    """The document with each of its marked parts generated anew."""
    parts = {
        "login_service.py": _code("python", "login_service.py"),
        "reports_service.rs": _code("rust", "reports_service.rs"),
        "algorithms": _algorithms(results),
        "answers": _answers(results),
        "configurations": _configurations(),
    }
    marked = re.compile(r"(<!-- ([\w.]+), written by the tests -->\n).*?(<!-- end -->)", re.DOTALL)
    found = [match[2] for match in marked.finditer(document)]
    assert found == list(parts), f"docs/interoperation.md has the parts {found}"
    return marked.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n{match[3]}", document)


def _code(language: str, name: str) -> str:
    return f"```{language}\n{(EXAMPLE / name).read_text()}```\n"


def _algorithms(results: Results) -> str:
    def run(algorithm: str, place: str) -> str:
        all_results = [result for use in USES if use[:2] == (algorithm, place) for result in results(use.case)]
        counts = [sum(result.issuer == face for result in all_results) for face in ("FastAPI", "axum")]
        return " + ".join(map(str, counts))

    rows = [[f"`{algorithm}`", *(run(algorithm, place) for place in LOCATIONS)] for algorithm in ALGORITHMS]
    return _rows(["", *(f"`{place}`" for place in LOCATIONS)], rows)


def _answers(results: Results) -> str:
    parts = []
    for theme, cases in THEMES.items():
        head = ["case", "request", "status", "`error_type`", "`WWW-Authenticate`", "`Set-Cookie`"]
        parts.append(f"### {theme}\n\n{_rows(head, (_row(case, results(case)) for case in cases))}")
    return "\n".join(parts)


def _row(case: Case, results: Sequence[Result]) -> list[str]:
    answer = results[0].answer
    body = answer.json() if case.error is not None else {}
    names = [line.split("=", 1)[0] + (" (deleted)" if "Max-Age=0" in line else "") for line in answer.cookies]
    return [
        case.name,
        _request(case, results[0].request),
        str(answer.status),
        body.get("error_type", ""),
        ", ".join(f"`{value}`" for value in answer.all("www-authenticate")),
        ", ".join(names),
    ]


def _request(case: Case, request: Request) -> str:
    """A request in short: method and path, where its token is, its configuration and its time."""
    carriers = [f"`{name}`" for name in dict(request.headers) if name != "Content-Type"]
    if request.query:
        carriers.append("query")
    if request.body:
        is_form = dict(request.headers).get("Content-Type", b"").endswith(b"urlencoded")
        carriers.append("form" if is_form else "JSON body")
    parts = [f"`{request.method} {request.path}`", *carriers]
    if case.configuration != BASE:
        parts.append(f"configuration {case.configuration}")
    if case.issued_by is not None:
        parts.append(f"issued under {case.issued_by}")
    if case.after:
        parts.append(f"at {case.after:+} s")
    return ", ".join(parts)


def _configurations() -> str:
    def shown(variation: dict[str, str]) -> str:
        return ", ".join(
            f"`{setting}={'…' if setting.endswith('SECRET_KEY') else value}`" for setting, value in variation.items()
        )

    rows = [[name, shown(variation)] for name, variation in VARIATIONS.items()]
    rows += [[name, f"login type `{login_type}`"] for name, login_type in LOGIN_TYPES.items()]
    return _rows(["configuration", "differs in"], rows)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
