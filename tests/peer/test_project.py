"""A service written for `authx` 1.7.1 runs unchanged on our package, and so do its tests; tokens are interchangeable."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peer.conftest import environment

PROJECT = Path(__file__).parent / "project"
SECONDS = 120


def run(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-B", "-W", "ignore", *arguments],
        cwd=PROJECT,
        env=environment(),
        text=True,
        capture_output=True,
        timeout=SECONDS,
    )


def passed_tests(python: str) -> list[str]:
    """The project's tests that pass with this interpreter's `authx`."""
    outcome = run(python, "-m", "unittest", "-v", "notes_tests")
    assert outcome.returncode == 0, outcome.stderr
    return re.findall(r"^(test_\w+) \(.*\.\.\. ok$", outcome.stderr, re.MULTILINE)


def test_a_projects_own_tests_pass_with_both_packages(peer_python: str) -> None:
    with_peer, with_ours = passed_tests(peer_python), passed_tests(sys.executable)

    assert len(with_peer) == 18
    assert with_ours == with_peer


@pytest.mark.parametrize("to_ours", [True, False])
def test_a_token_of_one_package_is_accepted_by_the_other(peer_python: str, to_ours: bool) -> None:
    issuing, reading = (peer_python, sys.executable) if to_ours else (sys.executable, peer_python)
    token = run(
        issuing,
        "-c",
        "import notes; print(notes.auth.create_access_token('1', scopes=['notes:read'], data={'name': 'ada'}))",
    ).stdout.strip()

    answer = run(
        reading,
        "-c",
        "import sys, notes\n"
        "from fastapi.testclient import TestClient\n"
        "headers = {'Authorization': f'Bearer {sys.argv[1]}'}\n"
        "print([TestClient(notes.app).get(path, headers=headers).json() for path in ('/notes', '/token')])",
        token,
    )

    shown = {"location": "headers", "type": "access", "sub": "1", "name": "ada"}
    assert answer.stdout.strip() == str([["the first note"], shown]), answer.stderr
