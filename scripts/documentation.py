"""Writes the module map of docs/internals/architecture.md, and checks it and the links of every page.

`make module-map` writes the map: `python scripts/documentation.py write`. `make lint` checks: `python
scripts/documentation.py check`. A module's line in the map is the first sentence of its documentation.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "internals" / "architecture.md"
BEGIN = "<!-- module map: `make module-map` writes this -->\n"
END = "<!-- end -->\n"
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")


def main(command: str) -> int:
    """Runs one of the commands above, and returns the exit code."""
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    written = f"{before}{BEGIN}\n{module_map()}\n{END}{rest.split(END, 1)[1]}"
    if command == "write":
        PAGE.write_text(written)
        return 0
    problems = [*broken_links(), *([] if page == written else [f"{PAGE.relative_to(ROOT)}: run make module-map"])]
    for problem in problems:
        print(problem, file=sys.stderr)
    return bool(problems)


def module_map() -> str:
    """The modules of each crate and each Python package, as tables."""
    parts = []
    for folder in sorted(path.parent for path in (ROOT / "crates").glob("*/Cargo.toml")):
        parts.append(table(folder.relative_to(ROOT), sorted((folder / "src").rglob("*.rs")), rust_documentation))
    for folder in sorted(path.parent for path in (ROOT / "python").glob("*/__init__.py")):
        parts.append(table(folder.relative_to(ROOT), sorted(folder.rglob("*.py")), python_documentation))
    return "\n".join(parts)


def table(folder: Path, files: Iterable[Path], documentation: Callable[[Path], str]) -> str:
    """The modules of one folder."""
    source = folder / "src" if (ROOT / folder / "src").is_dir() else folder
    rows = "".join(
        f"| `{file.relative_to(ROOT / source)}` | {first_sentence(documentation(file), file)} |\n" for file in files
    )
    return f"### `{source}`\n\n| file | what |\n| --- | --- |\n{rows}"


def rust_documentation(file: Path) -> str:
    """The `//!` lines at the head of a file."""
    lines = [line[3:].strip() for line in file.read_text().splitlines() if line.startswith("//!")]
    return "\n".join(lines)


def python_documentation(file: Path) -> str:
    """The docstring of a module."""
    return ast.get_docstring(ast.parse(file.read_text())) or ""


def first_sentence(documentation: str, file: Path) -> str:
    """Its first sentence, on one line and without links, whose targets are relative to the module."""
    paragraph = " ".join(documentation.split("\n\n", 1)[0].split())
    if not paragraph:
        raise SystemExit(f"{file.relative_to(ROOT)} has no documentation")
    sentence = re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]
    return re.sub(r"\[([^]]+)\](?:\([^)]*\))?", r"\1", sentence).replace("|", "\\|")


def broken_links() -> Iterator[str]:
    """The links of all pages whose file or heading doesn't exist."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        page = ROOT / name
        if not page.exists():
            continue
        for target, heading in LINK.findall(without_code(page.read_text())):
            found = (page.parent / target).resolve() if target else page
            if not found.exists():
                yield f"{name}: there is no {target}"
            elif heading and heading not in headings(found):
                yield f"{name}: {target or name} has no heading #{heading}"


def headings(page: Path) -> set[str]:
    """The anchors that a forge gives to the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", without_code(page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def without_code(page: str) -> str:
    """A page without its code blocks, whose content may look like links and headings."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    if sys.argv[1:] not in (["check"], ["write"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
