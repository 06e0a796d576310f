"""examples/page/code.json: the code that the page shows is the code of the services."""

import json
import subprocess
import sys

from tests.browser.demo_service import ROOT

CODE = json.loads((ROOT / "examples" / "page" / "code.json").read_text())


def test_code_is_what_the_sources_say() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "demo_code.py"), "check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_each_piece_begins_in_its_file_at_its_line() -> None:
    for route, pieces in CODE.items():
        for piece in pieces.values():
            lines = (ROOT / piece["file"]).read_text().splitlines()
            # Rust's required scopes are shown before the handler, at whose line the link leads.
            assert lines[piece["line"] - 1] in piece["code"].splitlines(), route


def test_no_function_is_shown_twice() -> None:
    for route, pieces in CODE.items():
        for piece in pieces.values():
            functions = [line for line in piece["code"].splitlines() if "fn " in line or line.startswith("def ")]
            outer = [line for line in functions if not line.startswith(" ")]
            assert len(outer) == len(set(outer)), route
