"""The option that writes the table."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-budget-table",
        action="store_true",
        help="write the counts into tests/budget/budget.json instead of comparing them with it",
    )
