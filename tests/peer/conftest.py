"""Runs `authx` 1.7.1 in a separate virtual environment, which `make test-peer` prepares."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEEN: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--peer-seed",
        metavar="SEED",
        type=lambda value: random.randrange(2**32) if value == "random" else int(value),
        help="draw other requests than usual: a number, or 'random'",
    )
    parser.addoption(
        "--peer-cases",
        metavar="N",
        type=int,
        default=1000,
        help="how many services get requests, four to five each (default: %(default)s)",
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("--peer-seed", None)
    return None if seed is None else f"peer-seed: {seed}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SEEN:
        terminalreporter.section("compared with authx 1.7.1")
        for what, times in SEEN.most_common():
            terminalreporter.write_line(f"{times:7} {what}")


def environment() -> dict[str, str]:
    """This process's environment variables without AuthX's settings and those of Python."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("JWT_", "PYTHON"))}
    # The answers of 1.7.1, as `docs/migrating.md` says. 1.7.1 itself ignores the variables.
    return {**kept, "JWT_INVALID_TOKEN_STATUS": "422", "JWT_UNKNOWN_SUBJECT": "none"}


@pytest.fixture(scope="session")
def peer_python() -> str:
    """The interpreter of the environment with `authx` 1.7.1."""
    if os.environ.get("PEER_UNREACHABLE"):
        pytest.skip("authx 1.7.1 is not installed, and the package registry can't be reached")
    python = Path(os.environ.get("PEER_PYTHON", ROOT / ".venv-peer" / "bin" / "python"))
    if not (python.parents[1] / ".peer").exists():
        pytest.fail("authx 1.7.1 is not installed: run `make test-peer`")
    return str(python)


@pytest.fixture(scope="session")
def seen_by_peer() -> Counter[str]:
    """How often each difference was seen; printed at the end."""
    return SEEN
