"""Runs tests/python with the oldest and the newest versions of the package's dependencies, on each installed CPython.

`make test-versions` calls it: `python scripts/test_versions.py WHEEL [PYTEST-ARGUMENT...]`. Interpreters that are not
installed are named and skipped.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
# The oldest pydantic has no wheels for CPython 3.14.
SETS = {
    "3.10": ["oldest", "newest"],
    "3.11": ["oldest", "newest"],
    "3.12": ["oldest", "newest"],
    "3.13": ["oldest", "newest"],
    "3.14": ["newest"],
}
# The oldest versions give warnings, which are known and can't be fixed here.
ARGUMENTS = {"oldest": ["-o", "filterwarnings=ignore"], "newest": []}


class Run(NamedTuple):
    """One run of the tests, on one interpreter with one set of requirements."""

    version: str
    interpreter: Path
    requirements: str


def main(wheel: str, *pytest_arguments: str) -> int:
    """Runs all, and returns the exit code: 1 when one failed."""
    found = {version: interpreter(version) for version in SETS}
    for version, python in found.items():
        print(f"CPython {version}: {python or 'not installed, so not tested'}", flush=True)
    failed = []
    for version, python in found.items():
        for requirements in SETS[version] if python else []:
            assert python is not None
            run = Run(version, python, requirements)
            print(f"\n== CPython {version} with {requirements}.txt", flush=True)
            if not passes(run, wheel, pytest_arguments):
                failed.append(f"CPython {version} with {requirements}.txt")
    if not any(found.values()):
        failed.append("there is no CPython at all")
    if failed:
        print(f"\nFAILED: {'; '.join(failed)}")
    return bool(failed)


def interpreter(version: str) -> Path | None:
    """The CPython of this version: on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [f"python{version}", *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))]
    # pyenv puts shims on the path even for versions that aren't active, so the candidate's version is checked.
    question = f"import sys, venv; print(sys.executable); sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for candidate in candidates:
        try:
            answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        if answer.returncode == 0:
            return Path(answer.stdout.strip())
    return None


def passes(run: Run, wheel: str, pytest_arguments: tuple[str, ...]) -> bool:
    """Whether the wheel passes the tests, in a new virtual environment."""
    arguments = [*ARGUMENTS[run.requirements], *pytest_arguments]
    with tempfile.TemporaryDirectory(prefix="versions-") as folder:
        python = f"{folder}/bin/python"
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        lock = str(ROOT / "requirements" / f"{run.requirements}.txt")
        commands = [
            [str(run.interpreter), "-m", "venv", folder],
            [*pip, "--only-binary", ":all:", "--require-hashes", "-r", lock],
            [*pip, "--no-deps", "--no-index", wheel],
            # Checks that the installed versions are compatible, also with this package's bounds.
            [python, "-m", "pip", "--disable-pip-version-check", "check"],
            # No test uses anyio's plugin, which is part of anyio and so as old as it.
            [python, "-m", "pytest", "tests/python", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", *arguments],
        ]
        return all(subprocess.run(command, cwd=ROOT, check=False).returncode == 0 for command in commands)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
