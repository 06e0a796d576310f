"""The instructions that one operation takes, counted by valgrind's callgrind."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMES = 25
COUNTED = "authx_budget::counted"
"""The function of the executable inside which callgrind counts."""

ALLOCATOR = {"malloc", "calloc", "realloc", "free"}


@dataclass(frozen=True)
class Instructions:
    """The instructions of one operation, by what executes them. Those of the allocator are in neither."""

    engine: int
    cryptography: int


def count(operation: str, algorithm: str, folder: Path) -> Instructions:
    """The instructions of one operation, as the mean of `TIMES`. The profile is written into the folder."""
    profile = folder / f"{operation}-{algorithm}.callgrind"
    callgrind = ["valgrind", "--tool=callgrind", "--quiet", f"--toggle-collect={COUNTED}*"]
    callgrind += ["--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={profile}"]
    run = subprocess.run([*callgrind, executable(), operation, algorithm, str(TIMES)], capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"{operation} {algorithm} failed:\n{run.stderr}")
    spent = split(profile.read_text())
    if not spent.engine:
        raise RuntimeError(f"callgrind saw no function {COUNTED}: was the executable built without symbols?")
    return Instructions(spent.engine // TIMES, spent.cryptography // TIMES)


def executable() -> Path:
    """The executable, built by `cargo build --release`."""
    path = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "authx-budget"
    if not path.exists():
        raise RuntimeError(f"{path} is missing: run `make test-budget`")
    return path


def split(profile: str) -> Instructions:
    """The sum of a profile in callgrind's format, whose strings and positions must not be compressed."""
    total = cryptography = allocator = 0
    caller = callee = ""
    is_call = False
    for line in profile.splitlines():
        if line.startswith("fn="):
            caller = line[3:]
        elif line.startswith("cfn="):
            callee = line[4:]
        elif line.startswith("calls="):
            is_call = True
        elif line[:1].isdigit():
            cost = int(line.split()[1])
            if not is_call:
                total += cost
            elif _is_engine(caller) and _is_cryptography(callee):
                cryptography += cost
            elif _is_engine(caller) and callee in ALLOCATOR:
                allocator += cost
            is_call = False
    return Instructions(total - cryptography - allocator, cryptography)


def _is_engine(function: str) -> bool:
    """Whether it is in our code or in a Rust dependency. C functions, such as those of aws-lc, have no path in their name."""
    return "::" in function and not _is_cryptography(function)


def _is_cryptography(function: str) -> bool:
    return function.startswith("aws_lc_") or "aws_lc_rs::" in function or "sha2::" in function
