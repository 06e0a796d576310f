"""The arithmetic of the table that `make bench` prints. Time itself is not tested."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_run", REPOSITORY / "benchmarks" / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ratio_is_the_median_of_the_rounds_ratios(run: ModuleType) -> None:
    # In the second round the machine was three times as slow, for both.
    comparison = run.Comparison("verify", "a peer", [1.0, 3.0, 1.0], [2.0, 6.0, 3.0], run.Goal("faster", 2))
    assert comparison.cells()[2:] == ["1.00", "3.00", "2.00x as fast (2.00 to 3.00)", "≥ 2", "yes"]


def test_goals_say_whether_they_are_met(run: ModuleType) -> None:
    assert run.Goal("faster", 2).is_met(run.Goal("faster", 2).ratio(ours=1.0, theirs=1.9)) is False
    assert run.Goal("within", 1.1).is_met(run.Goal("within", 1.1).ratio(ours=1.1, theirs=1.0)) is True
    assert run.Goal("within").is_met(5.0) is None


def test_added_time_is_what_a_route_costs_beyond_the_open_one(run: ModuleType) -> None:
    assert run.added([{"open": 60.0, "header": 100.0}, {"open": 80.0, "header": 130.0}], "header") == [40.0, 50.0]


def test_each_algorithm_and_operation_is_compared_with_everybody(run: ModuleType) -> None:
    measurements = [
        {"algorithm": "ES256", "operation": "verify", "contestant": contestant, "nanoseconds": [1000.0 * time]}
        for contestant, time in [("authx", 2), ("aws_lc_rs", 6), ("bare", 1)]
    ]
    peer, bare = run.compare_engine(measurements)
    assert (peer.against, peer.ratios()) == ("jsonwebtoken, aws_lc_rs", [3.0])
    assert (bare.against, bare.ratios()) == ("bare operation", [2.0])
    assert bare.cells()[-1] == "NO"
