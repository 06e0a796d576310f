"""Writes all sections' tables as Markdown, to the terminal and into a page of the documentation."""

import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.comparison import Comparison

BEGIN = "<!-- benchmarks: `make bench` writes this -->\n"
END = "<!-- end -->\n"
HEADINGS = ["what", "against", "ours", "theirs", "ratio (spread)", "wanted", "met"]


def report(sections: Mapping[str, Iterable[Comparison]]) -> str:
    """Give the table of each section under its title."""
    return "\n".join(f"### {title}\n\n{table(comparisons)}" for title, comparisons in sections.items())


def table(comparisons: Iterable[Comparison]) -> str:
    rows = [HEADINGS, *(comparison.cells() for comparison in comparisons)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |\n" for row in rows
    )


def machine() -> str:
    """Give the machine and the versions, on which the times depend."""
    rust = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    rust = " ".join(rust.split()[:2])
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processors()}, {platform.system()}, {python}, {rust}\n"


def processors() -> str:
    try:
        lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()]
    except OSError:
        return platform.processor() or platform.machine()
    models = [model.strip() for name, _, model in lines if name.strip() == "model name"]
    return f"{len(models)} x {models[0]}" if models else platform.machine()


class Page:
    """A page of the documentation, with two marks that the report is written between."""

    def __init__(self, name: str) -> None:
        self._path = Path(name)
        self._parts()  # fails now, not after minutes of measuring, if a mark is missing

    def write(self, tables: str) -> None:
        before, after = self._parts()
        self._path.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", encoding="utf-8")

    def _parts(self) -> tuple[str, str]:
        page = self._path.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not end:
            raise ValueError(f"{self._path} has no lines {BEGIN.strip()!r} and {END.strip()!r}")
        return before, after
