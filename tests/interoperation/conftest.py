"""The running services, and the option that writes the table."""

from collections.abc import Iterator

import pytest

from tests.interoperation.services import Services, running_services


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-interoperation-table",
        action="store_true",
        help="write the answers into docs/interoperation.md instead of comparing them with it",
    )


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    with running_services() as services:
        yield services
