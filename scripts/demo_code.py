"""Cuts the code of the demo's routes out of its two services, for the demo's page: `make demo-code`.

`demo_code.py write` writes examples/page/code.json, and `demo_code.py check` fails if the file is not what the sources
say now. Each route has the code of its handler in Python and in Rust, with the helpers of the same file that it names.
"""

import ast
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = ROOT / "examples" / "page" / "code.json"
PYTHON = [
    ROOT / "examples" / "fastapi" / name
    for name in ("login.py", "protected.py", "limits.py", "operators.py", "stored_logins.py", "events.py")
]
RUST = [
    ROOT / "examples" / "axum" / "src" / name
    for name in ("login.rs", "protected.rs", "limits.rs", "operators.rs", "stored_logins.rs", "events.rs")
]

METHODS = ("get", "post", "delete")

Piece = dict[str, str | int]


def main(arguments: list[str]) -> int:
    """Write or check the file; the result is the process's status."""
    if arguments not in (["write"], ["check"]):
        print("demo_code.py: write or check", file=sys.stderr)
        return 2
    text = json.dumps(code_of_routes(), indent=1, ensure_ascii=False) + "\n"
    if arguments == ["write"]:
        CODE.write_text(text)
    elif not CODE.exists() or CODE.read_text() != text:
        print(f"{CODE.relative_to(ROOT)} is not what the demo's sources say: run make demo-code", file=sys.stderr)
        return 1
    return 0


def code_of_routes() -> dict[str, dict[str, Piece]]:
    """For each route, such as `GET /me`, its code in both languages. Both services must have the same routes."""
    python = {route: piece for file in PYTHON for route, piece in python_routes(file).items()}
    rust = {route: piece for file in RUST for route, piece in rust_routes(file).items()}
    if python.keys() != rust.keys():
        raise SystemExit(f"Only one of the demo's services has: {sorted(python.keys() ^ rust.keys())}")
    return {route: {"python": python[route], "rust": rust[route]} for route in python}


def python_routes(file: Path) -> dict[str, Piece]:
    """The routes of `@router.METHOD(PATH)` in a Python file."""
    source = file.read_text()
    lines = source.splitlines()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    routes: dict[str, Piece] = {}
    helpers: dict[str, str] = {}
    for function in functions:
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        code = "\n".join(lines[first - 1 : function.end_lineno])
        named = [route for decorator in function.decorator_list if (route := python_route(decorator))]
        if not named:
            helpers[function.name] = code
        for route in named:
            routes[route] = piece(file, first, code)
    return with_helpers(routes, helpers)


def python_route(decorator: ast.expr) -> str | None:
    """`GET /me` for `router.get("/me")`."""
    match decorator:
        case ast.Call(func=ast.Attribute(value=ast.Name("router"), attr=method), args=[ast.Constant(str(path))]):
            # A WebSocket begins with a request for its path.
            return f"{'GET' if method == 'websocket' else method.upper()} {path}"
    return None


def rust_routes(file: Path) -> dict[str, Piece]:
    """The routes of `.route(PATH, METHOD(HANDLER))` in a Rust file that rustfmt has formatted."""
    lines = file.read_text().splitlines()
    items = list(rust_items(lines))
    functions = {name: (first, code) for name, first, code in items if f"fn {name}(" in code}
    required = {name: code for name, _, code in items if f"impl Scopes for {name} " in code}
    routes: dict[str, Piece] = {}
    for path, methods in re.findall(r'\.route\("([^"]+)", ((?:\.?\w+\(\w+\))+)\)', "\n".join(lines)):
        for method, handler in re.findall(rf"({'|'.join(METHODS)})\((\w+)\)", methods):
            first, code = functions[handler]
            scopes = [text for name, text in required.items() if f"Scoped<{name}>" in code]
            # `routes` lists all routes of a file; another function is about these alone, with their layers.
            layers = [text for name, (_, text) in functions.items() if name != "routes" and f'route("{path}"' in text]
            routes[f"{method.upper()} {path}"] = piece(file, first, "\n\n".join([*layers, *scopes, code]))
    handlers = {str(route["code"]).rpartition("\n\n")[2] for route in routes.values()}
    helpers = {name: code for name, (_, code) in functions.items() if code not in handlers and name != "routes"}
    return with_helpers(routes, helpers)


def rust_items(lines: list[str]) -> "list[tuple[str, int, str]]":
    """The functions and `impl Scopes for` blocks at the left edge: name, first line, code with its comments."""
    items = []
    start = r"(?:pub(?:\(crate\))? )?(?:async )?fn (\w+)\b|impl Scopes for (\w+) "
    for index, line in enumerate(lines):
        found = re.match(start, line)
        if not found:
            continue
        first, last = index, index
        while lines[first - 1].startswith("///"):
            first -= 1
        while lines[last] != "}":
            last += 1
        items.append((found[1] or found[2], first + 1, "\n".join(lines[first : last + 1])))
    return items


def with_helpers(routes: dict[str, Piece], helpers: dict[str, str]) -> dict[str, Piece]:
    """The routes, each with the helpers that its code calls, below it."""
    for route in routes.values():
        code = str(route["code"])
        others = {name: text for name, text in helpers.items() if text not in code}
        used = [text for name, text in others.items() if re.search(rf"\b{name}\(|={name}\b", code)]
        route["code"] = "\n\n".join([code, *used])
    return routes


def piece(file: Path, line: int, code: str) -> Piece:
    """Code, and where it is in the repository."""
    return {"file": file.relative_to(ROOT).as_posix(), "line": line, "code": code}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
