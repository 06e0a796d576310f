"""The arithmetic of the tables that `make bench` prints. No time is measured."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import report, run
from benchmarks.comparison import MEBIBYTES, Comparison, Goal
from benchmarks.sections import axum as axum_service
from benchmarks.sections import bridge, cache, engine, import_and_memory, in_process, over_uvicorn, stores, threads


def test_ratio_is_the_median_of_the_rounds_ratios() -> None:
    # In the second round the machine was three times as slow, for both.
    comparison = Comparison("verify", "a peer", [1.0, 3.0, 1.0], [2.0, 6.0, 3.0], Goal("faster", 2))
    assert comparison.cells()[2:] == ["1.00 µs", "3.00 µs", "2.00x as fast (2.00 to 3.00)", "≥ 2", "yes"]


def test_goals_say_whether_they_are_met() -> None:
    assert Goal("faster", 2).is_met(Goal("faster", 2).ratio(ours=1.0, theirs=1.9)) is False
    assert Goal("within", 1.1).is_met(Goal("within", 1.1).ratio(ours=1.1, theirs=1.0)) is True
    assert Goal("within").is_met(5.0) is None


def test_added_time_is_that_of_a_route_minus_the_open_one() -> None:
    assert in_process.added([{"open": 60.0, "header": 100.0}, {"open": 80.0, "header": 130.0}], "header") == [
        40.0,
        50.0,
    ]


def test_fastapi_routes_are_compared_with_peers_that_have_them() -> None:
    routes = dict.fromkeys(in_process.ROUTES, 70.0)
    ours = [{**routes, "open": 50.0, "empty": 55.0, "header": 60.0, "create": 3.0}]
    peers = {
        "authx 1.7.1": [{**routes, "open": 50.0, "header": 90.0, "create": 36.0}],
        "another": [{"open": 40.0, "header": 60.0, "create": 6.0}],
    }
    rows = {(row.what, row.against): row for row in in_process.compare_fastapi(ours, peers)}

    header = rows["protected by header, added time", "authx 1.7.1"]
    assert (header.ratios(), header.cells()[-2:]) == ([4.0], ["≥ 5", "NO"])
    assert rows["protected by header, added time", "another"].ratios() == [2.0]
    assert rows["protected by header, added time", "another"].cells()[-1] == ""
    assert ("scoped, added time", "another") not in rows
    assert rows["protected by header, added time", "empty async dependency"].ratios() == [2.0]
    assert rows["create_access_token", "authx 1.7.1"].cells()[-2:] == ["≥ 10", "yes"]


def test_goals_for_one_location_and_for_four() -> None:
    ours = [{**dict.fromkeys(in_process.ROUTES, 60.0), "open": 50.0, "empty": 56.0, "four": 60.8, "create": 3.0}]
    rows = {row.what: row for row in in_process.compare_fastapi(ours, {})}

    assert rows["protected by header, added time"].cells()[-2:] == ["≤ 1.6", "NO"]
    assert rows["protected, four locations, added time"].cells()[-2:] == ["≤ 1.7", "NO"]
    ours[0] |= {"header": 59.5, "four": 60.1}
    rows = {row.what: row for row in in_process.compare_fastapi(ours, {})}
    assert rows["protected by header, added time"].cells()[-1] == "yes"
    assert rows["protected, four locations, added time"].cells()[-1] == "yes"


def test_each_algorithm_and_operation_is_compared_with_every_peer() -> None:
    measurements = [
        {"algorithm": "ES256", "operation": "verify", "contestant": contestant, "nanoseconds": [1000.0 * time]}
        for contestant, time in [("authx", 2), ("aws_lc_rs", 6), ("bare", 1)]
    ]
    peer, bare = engine.compare_engine(measurements)
    assert (peer.against, peer.ratios()) == ("jsonwebtoken, aws_lc_rs", [3.0])
    assert (bare.against, bare.ratios()) == ("bare operation", [2.0])
    assert bare.cells()[-1] == "NO"


@pytest.fixture
def axum() -> Mapping[str, axum_service.Measured]:
    """The measurements, as the program for axum reports them."""
    nanoseconds = {
        "bare": [500.0, 1000.0],
        "signature alone": [1000.0, 2000.0],
        "authx": [1500.0, 3000.0],
        "authx, verification cache": [750.0, 1500.0],
        "authx, copy of a store": [1530.0, 3120.0],
        "jsonwebtoken, aws_lc_rs": [3500.0, 7000.0],
        "jsonwebtoken, rust_crypto": [2500.0, 5000.0],
        "bare, axum 0.7": [1000.0, 2000.0],
        "jwt-authorizer, axum 0.7": [4500.0, 9000.0],
    }
    return axum_service.read(
        {"contestant": contestant, "nanoseconds": times} for contestant, times in nanoseconds.items()
    )


def test_axum_call_has_to_be_twice_as_fast_as_each_peers(axum: Mapping[str, axum_service.Measured]) -> None:
    calls = {row.against: row for row in axum_service.compare_calls(axum) if row.what == "axum call"}
    assert calls["bare route"].ratios() == [3.0, 3.0]
    assert calls["bare route"].cells()[-1] == ""
    (cached,) = [row for row in axum_service.compare_calls(axum) if row.what == "axum call, verification cache"]
    assert (cached.against, cached.ratios()) == ("bare route", [1.5, 1.5])
    (copied,) = [row for row in axum_service.compare_calls(axum) if row.what == "axum call, copy of a store"]
    assert (copied.against, copied.ratios()) == ("without a store", [1.02, 1.04])
    assert calls["jsonwebtoken, aws_lc_rs"].cells()[-2:] == ["≥ 2", "yes"]
    assert calls["jsonwebtoken, rust_crypto"].cells()[-2:] == ["≥ 2", "NO"]
    assert calls["jwt-authorizer, axum 0.7"].cells()[-2:] == ["≥ 2", "yes"]


def test_what_an_axum_peer_adds_is_counted_from_the_bare_route_of_its_version(
    axum: Mapping[str, axum_service.Measured],
) -> None:
    added = {row.against: row for row in axum_service.compare_calls(axum) if row.what.endswith("added time")}
    assert list(added["jsonwebtoken, aws_lc_rs"].theirs) == [3.0, 6.0]
    assert list(added["jwt-authorizer, axum 0.7"].theirs) == [3.5, 7.0]
    assert added["jwt-authorizer, axum 0.7"].ratios() == [3.5, 3.5]


def test_axum_over_loopback_has_to_stay_close_to_the_bare_route(axum: Mapping[str, axum_service.Measured]) -> None:
    near = {**axum, "authx": axum_service.Measured([0.505, 1.01], None)}
    rows = [row for row in axum_service.compare_loopback(near) if row.what == "axum request over loopback"]
    verdicts = {row.against: row.cells()[-2:] for row in rows}
    assert verdicts["bare route"] == ["≤ 1.02", "yes"]
    assert verdicts["jsonwebtoken, aws_lc_rs"] == ["≥ 1", "yes"]
    assert axum_service.compare_loopback(axum)[0].cells()[-1] == "NO"


def test_axum_calls_have_to_scale_with_the_threads() -> None:
    measurements = [
        {"contestant": "authx", "threads": threads, "nanoseconds": [nanoseconds]}
        for threads, nanoseconds in [(1, 1000.0), (4, 250.0)]
    ]
    (row,) = axum_service.compare_scaling(measurements)
    assert (row.what, row.ratios(), row.cells()[-2:]) == (
        "axum call of authx on 4 threads",
        [4.0],
        ["≥ 3.4", "yes"],
    )
    measurements[1]["nanoseconds"] = [500.0]
    (row,) = axum_service.compare_scaling(measurements)
    assert row.cells()[-1] == "NO"


def test_hit_ratio_is_relative_to_that_of_an_unbounded_cache() -> None:
    served = {
        "entries_allowed": 2000,
        "hit_ratio": 0.72,
        "repeated": 0.96,
        "bytes_per_entry": 3072,
        "token_length": 512,
    }
    ratio, memory = cache.compare_cache(served)
    assert (ratio.what, ratio.ratios()) == ("hit ratio, at most 2,000 tokens", [0.75])
    assert (memory.cells()[2:4], memory.ratios()) == (["3.00 KiB", "0.50 KiB"], [6.0])


def test_protected_route_over_uvicorn_has_to_stay_close_to_its_open_route() -> None:
    times = {
        "authx, open": 80.0,
        "authx, empty": 84.0,
        "authx, header": 86.0,
        "authx 1.7.1, open": 80.0,
        "authx 1.7.1, header": 215.0,
    }
    measured = {name: axum_service.Measured([time], 0.95) for name, time in times.items()}
    ours, empty, peer, both = over_uvicorn.compare_uvicorn(measured)
    assert (ours.ratios(), ours.cells()[-2:]) == ([1.075], ["≤ 1.1", "yes"])
    assert (empty.what, empty.ratios()) == ("request, empty async dependency", [1.05])
    assert (peer.ratios(), peer.cells()[-1]) == ([2.6875], "")
    assert both.ratios() == [2.5]
    assert not over_uvicorn.has_waited(measured)
    assert over_uvicorn.has_waited({**measured, "authx, open": axum_service.Measured([80.0], 0.7)})


def test_import_time_excludes_that_of_fastapi() -> None:
    ours, peer = [{"without": 0.25, "with": 0.275}], [{"without": 0.2, "with": 0.3}]
    row = import_and_memory.compare_imports(ours, peer)
    assert row.ratios() == pytest.approx([4.0])
    assert row.cells()[2:4] == ["25.00 ms", "100.00 ms"]
    assert row.cells()[-2:] == ["≥ 1", "yes"]


def test_memory_is_shown_in_readable_units() -> None:
    ours, peer = [{"import": 2.0 * 2**20, "instance": 6144.0}], [{"import": 8.0 * 2**20, "instance": 3072.0}]
    imported, instance = import_and_memory.compare_memory(ours, peer)
    assert imported.cells()[2:5] == ["2.00 MiB", "8.00 MiB", "0.25x the memory (0.25 to 0.25)"]
    assert instance.cells()[2:5] == ["6.00 KiB", "3.00 KiB", "2.00x the memory (2.00 to 2.00)"]


def test_two_threads_are_compared_with_one() -> None:
    ours = [{operation: {"1": 200.0, "2": 100.0} for operation in ("create", "verify")}]
    peer = [{operation: {"1": 600.0, "2": 800.0} for operation in ("create", "verify")}]
    rows = threads.compare_threads(ours, peer)
    assert [row.ratios() for row in rows] == [[2.0], [0.75], [8.0]] * 2
    assert rows[1].what == "RS256 create, two threads, authx 1.7.1"


def test_throughput_is_counted_in_requests_per_second() -> None:
    measured = axum_service.Measured([20.0, 10.0, 40.0], 0.975)
    assert axum_service.throughput("bare", measured) == (
        "bare: 50,000 requests per second, the server's thread ran 98% of the time"
    )
    assert axum_service.throughput("bare", measured._replace(server_busy=None)) == "bare: 50,000 requests per second"


def test_comparison_may_have_another_unit() -> None:
    comparison = Comparison("import authx", "a peer", [1.5, 1.5], [3.0, 3.0], Goal("within"), MEBIBYTES)
    assert comparison.cells()[2:5] == ["1.50 MiB", "3.00 MiB", "0.50x the memory (0.50 to 0.50)"]


def test_table_has_a_row_for_each_comparison() -> None:
    row = Comparison("axum call", "bare route", [2.0], [1.0], Goal("within"))
    lines = report.report({"Engine": [], "axum": [row]}).splitlines()
    assert [line for line in lines if line.startswith("#")] == ["### Engine", "### axum"]
    headings, rule, cells = lines[-3:]
    assert [cell.strip() for cell in headings.strip("|").split("|")][:2] == ["what", "against"]
    assert set(rule) == {"|", " ", "-"}
    assert [cell.strip() for cell in cells.strip("|").split("|")][:4] == [
        "axum call",
        "bare route",
        "2.00 µs",
        "1.00 µs",
    ]
    assert len(headings) == len(rule) == len(cells)


def test_report_replaces_the_lines_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Performance\n\n{report.BEGIN}\nan older table\n\n{report.END}\nWhat it means.\n")
    for table in ["a table\n", "another table\n"]:
        report.Page(str(page)).write(table)
    assert page.read_text() == (f"# Performance\n\n{report.BEGIN}\nanother table\n\n{report.END}\nWhat it means.\n")


def test_page_without_the_marks_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n")
    with pytest.raises(ValueError, match="has no lines"):
        report.Page(str(page))


def test_sections_run_in_the_order_in_which_they_are_named() -> None:
    assert run.names("axum,engine") == ["axum", "engine"]
    with pytest.raises(argparse.ArgumentTypeError, match="axum2: there are engine, cache, axum, "):
        run.names("engine,axum2")


def test_the_bridge_is_compared_with_a_thread_for_each_call() -> None:
    def calls(time: float) -> dict[str, dict[str, float]]:
        return {under_way: {"time": time, "processor": 2 * time} for under_way in ("1", "50")}

    rows = bridge.compare_bridge("uvloop", [{"at once": calls(0.5), "bridge": calls(5.0), "to_thread": calls(20.0)}])

    assert [(row.ratios(), row.cells()[-1]) for row in rows[:3]] == [([4.0], "yes"), ([40.0], "yes"), ([0.25], "yes")]
    assert len(rows) == 6


def test_a_copy_of_a_store_is_compared_with_a_set() -> None:
    copy = {"bytes_per_entry": 24.0, "revoked": [200.0, 300.0], "not_revoked": [100.0, 100.0]}
    python_set = {"bytes_per_entry": 120.0, "revoked": [100.0, 100.0], "not_revoked": [50.0, 100.0]}

    rows = list(stores.compare_copy(10_000_000, copy, python_set))
    assert [row.ratios() for row in rows] == [[0.2], [2.0, 3.0], [2.0, 1.0]]
    assert rows[0].what == "a copy of 10,000,000 entries, one of them"
    assert len(list(stores.compare_copy(1, {**copy, "bytes_per_entry": None}, python_set))) == 2


def test_what_a_store_adds_is_compared_with_what_people_write() -> None:
    calls = {"none": 10.0, "memory": 12.0, "set": 11.0, "sqlite": 40.0, "replica": 10.2, "table": 190.0}
    measured = {f"protected {name}": time for name, time in calls.items()}
    measured |= {"rotation memory": 50.0, "login memory": 25.0, "rotation sqlite": 900.0, "login sqlite": 450.0}

    rows = stores.compare_stores([measured])

    assert [row.ratios() for row in rows] == [[1.2], [4.0], [1.02], [2.0], [6.0], [2.0], [2.0], [18.0]]
    assert rows[4].cells()[-2:] == ["≥ 1", "yes"]
