"""docs/conformance.md, whose sections are written by the tests that they report."""

import os
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


def record(section: str, text: str) -> None:
    """Compare a section of the document with what the test has to say, or write it there where `WRITE_CONFORMANCE` is set.

    `record.rs` does the same for tests in Rust.
    """
    begin, end = f"<!-- {section}: `make conformance-table` writes this -->\n", "<!-- end -->\n"
    before, rest = DOCUMENT.read_text().split(begin)
    there, after = rest.split(end, 1)
    text = f"\n{text.strip()}\n\n"
    if "WRITE_CONFORMANCE" in os.environ:
        DOCUMENT.write_text(before + begin + text + end + after)
    else:
        assert there == text, "docs/conformance.md says otherwise: `make conformance-table`"
