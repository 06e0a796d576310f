"""The reference in docs/ names what is there, and nothing else."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from authx import AuthXConfig

DOCS = Path(__file__).parents[2] / "docs"
ROWS = re.findall(r"^\| `(JWT_\w+)` \| `(.+?)` \|", (DOCS / "configuration.md").read_text(), re.MULTILINE)


def test_reference_lists_every_setting_once() -> None:
    names = [name for name, _ in ROWS]

    assert sorted(names) == sorted(AuthXConfig.model_fields)


@pytest.mark.parametrize(("name", "default"), ROWS)
def test_reference_states_the_default_in_force(name: str, default: str) -> None:
    assert eval(default, {"timedelta": timedelta}) == AuthXConfig.model_fields[name].get_default(
        call_default_factory=True
    )
