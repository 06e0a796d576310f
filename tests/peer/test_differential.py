"""Thousands of random requests to the same service on both packages.

Where the answers differ, the difference has to be in `decided.py` and in `docs/migrating.md`. `--peer-seed random` draws
other requests, `--peer-cases` more of them.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as limits

from tests.peer.cases import Case, cases
from tests.peer.conftest import ROOT, environment
from tests.peer.decided import DECIDED, Decided
from tests.peer.exchange import Answer, Exchange, comparable

SERVICE = Path(__file__).parent / "service.py"
NO_REQUEST: Case = {"method": "", "path": "", "headers": [], "query": "", "body": ""}


class Service:
    """The service on one of the packages, in a separate process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, case: Case) -> None:
        pipe = self._pipe(self._process.stdin)
        pipe.write(json.dumps(case) + "\n")
        pipe.flush()

    def answers(self, case: Case) -> list[Answer]:
        line = self._pipe(self._process.stdout).readline()
        assert line, "the service has ended"
        answers = json.loads(line)
        requests = case["requests"] if len(answers) == len(case["requests"]) else [NO_REQUEST]
        return [comparable(answer, request) for answer, request in zip(answers, requests, strict=True)]

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


Services = tuple[Service, Service]


@pytest.fixture(scope="module")
def services(peer_python: str) -> Iterator[Services]:
    processes = [
        subprocess.Popen(
            [python, "-B", str(SERVICE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )
        for python in (peer_python, sys.executable)
    ]
    try:
        yield Service(processes[0]), Service(processes[1])
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_both_packages_answer_alike_except_for_decided_differences(
    services: Services, pytestconfig: pytest.Config, seen_by_peer: Counter[str]
) -> None:
    number, chosen_seed = pytestconfig.getoption("--peer-cases"), pytestconfig.getoption("--peer-seed")

    def compare(case: Case) -> None:
        for exchange in exchanges(services, case):
            seen_by_peer["requests"] += 1
            if exchange.equal:
                seen_by_peer["answered alike"] += 1
                continue
            why = next((decided for decided in DECIDED if decided.explains(exchange)), None)
            assert why is not None, f"a difference that is not in decided.py:\n{exchange.described()}"
            seen_by_peer[why.row] += 1

    run = limits(
        max_examples=number,
        derandomize=chosen_seed is None,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )(given(cases())(compare))
    if chosen_seed is not None:
        run = seed(chosen_seed)(run)
    run()
    assert seen_by_peer["requests"] >= number
    assert seen_by_peer["answered alike"] > seen_by_peer["requests"] / 2


@pytest.mark.parametrize("decided", DECIDED, ids=lambda decided: decided.row[:60])
def test_a_decided_difference_can_be_seen(services: Services, decided: Decided) -> None:
    [exchange] = exchanges(services, decided.shown_by)

    assert not exchange.equal
    assert decided.explains(exchange), exchange.described()
    assert exchange.peer["status"] > 0, exchange.peer["error"]


def test_every_decided_difference_is_a_row_of_the_page_on_migrating() -> None:
    rows = re.findall(r"^\| (.*?) \| ", (ROOT / "docs" / "migrating.md").read_text(), re.MULTILINE)

    assert [decided.row for decided in DECIDED if decided.row not in rows] == []


def exchanges(services: Services, case: Case) -> Iterator[Exchange]:
    """Ask both services, at the same time."""
    for service in services:
        service.send(case)
    peer, ours = (service.answers(case) for service in services)
    requests = case["requests"]
    if len(peer) != len(ours) or len(peer) != len(requests):
        # One of them refuses the settings.
        peer, ours, requests = peer[:1], ours[:1], [NO_REQUEST]
    for request, *answers in zip(requests, peer, ours, strict=True):
        yield Exchange(case["settings"], case["login_type"], case["blocked"], request, *answers)
