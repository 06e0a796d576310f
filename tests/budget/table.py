"""The table of the instructions that each operation may take, and of the tools that counted them."""

import json
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.budget.counting import Instructions

PATH = Path(__file__).with_name("budget.json")


@dataclass(frozen=True)
class Table:
    counted_with: Mapping[str, str]
    instructions: Mapping[str, Instructions]

    def write(self) -> None:
        rows = {operation: asdict(spent) for operation, spent in self.instructions.items()}
        lines = (f'    "{operation}": {json.dumps(spent)}' for operation, spent in rows.items())
        counted_with = json.dumps(self.counted_with, indent=2).replace("\n", "\n  ")
        PATH.write_text(
            f'{{\n  "counted_with": {counted_with},\n  "instructions": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
        )


def read_table() -> Table:
    read = json.loads(PATH.read_text())
    rows = {operation: Instructions(**spent) for operation, spent in read["instructions"].items()}
    return Table(read["counted_with"], rows)


def tools_here() -> dict[str, str]:
    """The versions of the tools on which the counts depend, besides our code, the lock file and the processor."""
    return {
        "rustc": _first_line("rustc", "--version").removeprefix("rustc "),
        "cc": _first_line("cc", "-dumpfullversion", "-dumpversion"),
        "libc": " ".join(platform.libc_ver()),
        "valgrind": _first_line("valgrind", "--version").removeprefix("valgrind-"),
    }


def _first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def deviations(
    budget: Mapping[str, Instructions], counted: Mapping[str, Instructions], tolerance: float
) -> Iterator[str]:
    """A sentence for each count that is off its budget by more than `tolerance`, a fraction of the budget, up or down."""
    for operation in [*counted, *(operation for operation in budget if operation not in counted)]:
        if operation not in budget:
            yield f"{operation}: the budget has no such operation"
            continue
        if operation not in counted:
            yield f"{operation}: only the budget has this operation"
            continue
        planned, spent = asdict(budget[operation]), asdict(counted[operation])
        for part, instructions in spent.items():
            change = instructions / max(planned[part], 1) - 1
            if abs(change) > tolerance:
                yield (
                    f"{operation}: {instructions} instructions of the {part}, the budget has {planned[part]}: "
                    f"{abs(change):.1%} {'more' if change > 0 else 'fewer'}"
                )
