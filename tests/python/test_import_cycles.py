"""The script that finds import cycles, on small packages and crates."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "import_cycles.py"


class Found(NamedTuple):
    code: int
    lines: list[str]


Look = Callable[[Mapping[str, str]], Found]


def run(folder: Path) -> Found:
    done = subprocess.run([sys.executable, SCRIPT, folder.name], cwd=folder.parent, capture_output=True, text=True)
    assert done.stderr == ""
    return Found(done.returncode, done.stdout.splitlines())


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Writes these files and looks for import cycles among them."""

    def look(files: Mapping[str, str]) -> Found:
        folder = tmp_path / "code"
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        return run(folder)

    return look


def test_the_package_has_no_cycle() -> None:
    assert run(ROOT / "python" / "authx").code == 0


def test_a_cycle_is_printed_with_the_imports_that_make_it(look: Look) -> None:
    found = look(
        {
            "__init__.py": "from code.a import A\n",
            "a.py": "import os\nfrom code.b import B\n",
            "b.py": "from code import c\n",
            "c.py": "\nimport code.a\n",
            "d.py": "from code.a import A\n",
        }
    )
    assert found.code == 1
    assert found.lines == [
        "code: 5 modules, 1 cycle",
        "  code.a and code.b and code.c:",
        "    code.a -> code.b  (code/a.py:2)",
        "    code.b -> code.c  (code/b.py:1)",
        "    code.c -> code.a  (code/c.py:2)",
    ]


@pytest.mark.parametrize(
    "closing",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from code.a import A\n",
        "def late() -> None:\n    from code.a import A\n",
        "from .a import A\n",
        "from . import a\n",
    ],
)
def test_every_form_of_import_counts(look: Look, closing: str) -> None:
    found = look({"__init__.py": "", "a.py": "from code.b import B\n", "b.py": closing})
    assert (found.code, found.lines[1]) == (1, "  code.a and code.b:")


def test_importing_a_name_from_the_package_counts_as_an_import_of_it(look: Look) -> None:
    found = look({"__init__.py": "from code.a import A\n", "a.py": "from code import VERSION\n"})
    assert (found.code, found.lines[1]) == (1, "  code and code.a:")


def test_a_chain_of_imports_is_no_cycle_and_a_compiled_module_imports_nothing(look: Look) -> None:
    found = look(
        {
            "__init__.py": "from code.a import A\n",
            "a.py": "from code import _native\nfrom code.inner.b import B\n",
            "inner/__init__.py": "",
            "inner/b.py": "from code.inner import c\n",
            "inner/c.py": "import code._native\n",
            "_native.pyi": "from code.a import A\n",
        }
    )
    assert found == Found(0, ["code: 6 modules, no cycles"])


def test_a_cycle_of_a_crate_is_printed_with_the_paths_that_make_it(look: Look) -> None:
    found = look(
        {
            "lib.rs": "mod a;\npub(crate) mod b;\nmod c;\npub use a::{A, Z as Other};\n",
            "a.rs": "use std::fmt;\nuse crate::{b::{B, B2}, Unknown};\n",
            "b/mod.rs": "mod inner;\nfn f() -> super::c::C {}\n",
            "b/inner.rs": "use super::super::c::C;\nuse super::B;\n",
            "c.rs": "fn f() -> crate::Other {}\n",
        }
    )
    assert found.code == 1
    assert found.lines == [
        "code: 3 modules, 1 cycle",
        "  a and b and c:",
        "    a -> b  (code/a.rs:2)",
        "    b -> c  (code/b/inner.rs:1)",
        "    c -> a  (code/c.rs:1)",
    ]


def test_tests_comments_and_strings_of_a_crate_are_ignored(look: Look) -> None:
    found = look(
        {
            "lib.rs": "mod a;\nmod b;\n",
            "a.rs": "use crate::b::B;\n",
            "b.rs": (
                "//! See [`crate::a::A`].\n"
                "/* crate::a */\n"
                'const TEXT: &str = "crate::a::A";\n'
                "const QUOTE: char = '\"';\n"
                "mod written_out {\n    use super::Own;\n}\n"
                "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n    fn f() { {} }\n}\n"
            ),
            "b/tests.rs": "use crate::a::A;\n",
        }
    )
    assert found == Found(0, ["code: 2 modules, no cycles"])


def test_super_in_an_inline_module_is_the_module_of_its_file(look: Look) -> None:
    files = {"lib.rs": "mod a;\nmod b;\n", "a.rs": "use crate::b::B;\n"}
    assert look({**files, "b.rs": "mod inner {\n    use super::a;\n}\n"}).code == 0
    assert look({**files, "b.rs": "mod inner {\n    use super::super::a::A;\n}\n"}).code == 1


def test_a_folder_that_is_neither_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1
    assert "neither an __init__.py nor a lib.rs" in done.stderr
