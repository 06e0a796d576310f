"""Runs the test suite of `authx` 1.7.1 on this package, and compares what fails with `suite_differences.json`.

    python tests/peer/suite.py FOLDER

`FOLDER` is the folder `tests` of that project, at the release 1.7.1, without its package `authx` beside it. Nothing of it
is here: `suite_differences.json` has the names of the tests that fail, by row of `docs/migrating.md`. A test that fails
and isn't listed is an error, and so is one that is listed and doesn't fail.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIFFERENCES = Path(__file__).with_name("suite_differences.json")
SECONDS = 600


def expected_failures() -> dict[str, str]:
    """The row of `docs/migrating.md` that explains each test that fails.

    Raises:
        ValueError: A test is listed twice, or there is no such row.
    """
    rows = set(re.findall(r"^\| (.*?) \| ", (ROOT / "docs" / "migrating.md").read_text(), re.MULTILINE))
    explained: dict[str, str] = {}
    for row, difference in json.loads(DIFFERENCES.read_text()).items():
        if row not in rows:
            raise ValueError(f"docs/migrating.md has no row {row!r}")
        for test in difference["tests"]:
            if test in explained:
                raise ValueError(f"{test} is listed twice")
            explained[test] = row
    return explained


def outcomes(suite: Path) -> dict[str, bool]:
    """Whether each test passes. A module that can't be imported counts as one test that fails."""
    kept = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(("JWT_", "PYTHON", "PYTEST"))
    }
    settings = {"JWT_INVALID_TOKEN_STATUS": "422", "JWT_UNKNOWN_SUBJECT": "none"}
    with tempfile.TemporaryDirectory() as folder:
        report, configuration = Path(folder, "report.xml"), Path(folder, "pytest.ini")
        configuration.write_text("[pytest]\nasyncio_mode = auto\njunit_family = xunit1\n")
        ran = subprocess.run(
            [
                *(sys.executable, "-B", "-W", "ignore", "-m", "pytest", suite.name, "--quiet", "--tb=no"),
                *("-c", str(configuration), "--rootdir", str(suite.parent), "-p", "no:cacheprovider"),
                *("--continue-on-collection-errors", f"--junit-xml={report}"),
            ],
            cwd=suite.parent,
            env={**kept, **settings, "PYTHONPATH": str(ROOT / "python")},
            text=True,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(f"the suite didn't run:\n{ran.stdout}{ran.stderr}")
        cases = ET.parse(report).iter("testcase")
        return {_name(case): case.find("failure") is None and case.find("error") is None for case in cases}


def _name(case: ET.Element) -> str:
    module = case.get("file")
    # A module that can't be imported has no file, and its name is the module's.
    if not case.get("classname"):
        return case.get("name", "").replace(".", "/") + ".py"
    path = module or ""
    of_class = case.get("classname", "").removeprefix(path.removesuffix(".py").replace("/", ".")).lstrip(".")
    return "::".join(part for part in (path, of_class, case.get("name", "")) if part)


def main() -> int:
    """Run the suite and say what is unexpected."""
    if len(sys.argv) != 2 or not (suite := Path(sys.argv[1]).resolve()).is_dir():
        sys.exit(__doc__)
    if (suite.parent / "authx").exists():
        sys.exit(
            f"{suite.parent / 'authx'}: the tests would import this package instead of ours; copy the folder elsewhere"
        )
    if suite.name != "tests":
        sys.exit(f"{suite}: a folder named tests is expected, because the tests import it by that name")
    expected, passed = expected_failures(), outcomes(suite)
    failed = {test for test, passes in passed.items() if not passes}
    print(f"{len(passed) - len(failed)} tests pass, {len(failed)} fail")
    unexpected = [f"fails, and is not listed: {test}" for test in sorted(failed - expected.keys())]
    unexpected += [
        f"is listed, and does not fail: {test} ({expected[test]})" for test in sorted(expected.keys() - failed)
    ]
    for line in unexpected:
        print(line)
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
