"""The interpreter with `authx` 1.7.1."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def peer_python() -> str:
    return os.environ.get("PEER_PYTHON") or str(ROOT / ".venv-peer" / "bin" / "python")
