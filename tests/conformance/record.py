"""Writes the sections of docs/conformance.md: each test writes the section with its results."""

import os
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


def record(section: str, results: str) -> None:
    """Compare a section of the document with the results of a test, or write them there if `WRITE_CONFORMANCE` is set.

    `record.rs` does the same for tests in Rust.
    """
    begin, end = f"<!-- {section}: `make conformance-table` writes this -->\n", "<!-- end -->\n"
    before, rest = DOCUMENT.read_text().split(begin)
    there, after = rest.split(end, 1)
    results = f"\n{results.strip()}\n\n"
    if "WRITE_CONFORMANCE" in os.environ:
        DOCUMENT.write_text(before + begin + results + end + after)
    else:
        assert there == results, "docs/conformance.md is stale: run `make conformance-table`"
