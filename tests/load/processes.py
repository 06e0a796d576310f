"""Memory and open files of a process and its children, as Linux reports them."""

import os
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Held:
    memory: int
    """Resident bytes."""

    files: int
    """Open file descriptors."""


def held_by(pid: int) -> Held:
    """Memory and open files of the process and its descendants, in total."""
    processes = [pid]
    for process in processes:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            processes += map(int, children.read_text().split())
    memory = sum(int(Path(f"/proc/{process}/statm").read_text().split()[1]) for process in processes)
    return Held(memory * PAGE, sum(len(os.listdir(f"/proc/{process}/fd")) for process in processes))
