"""The instructions that creating and verifying a token take, compared with a table of budgets.

Instructions are counted instead of time, so a busy machine gives the same numbers. They are counted for three parts.

The engine: our code, its Rust dependencies and the memory that they copy or fill. It takes less than a thousandth of
the instructions of an RSA signature, so in a sum its doubling would go unnoticed. Its numbers repeat within 0.6%: how
many instructions copying a string takes depends on its address.

The cryptography: a change means that a key is prepared, or a hash computed, more often than before. Signatures with a
random nonce, and the tokens that have them, vary by 0.6%. Valgrind supports neither SHA-NI nor AVX-512, so these are not
the numbers of the code that runs in production.

The allocator: its numbers depend on earlier allocations, so they are left out here. Allocations are counted in
`crates/authx/tests/allocations.rs`.
"""

import os
import platform
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.budget.counting import Instructions, count, split
from tests.budget.table import Table, deviations, read_table, tools_here

ALGORITHMS = ["HS256", "RS256", "PS256", "ES256", "EdDSA"]
OPERATIONS: list[tuple[str, str]] = [
    *[(operation, algorithm) for operation in ("create", "verify") for algorithm in ALGORITHMS],
    # Two scopes and three custom claims; the claims are read into a struct, or into `JsonClaims`.
    *[
        (operation, "HS256")
        for operation in ("create-with-claims", "verify-with-claims", "verify-as-json", "verify-again")
    ],
]

TOLERANCE = 0.03
TOLERANCE_OF_OTHER_TOOLS = 0.15
"""Rust 1.97 in place of 1.95 changed the engine's numbers by up to 5%."""


def test_every_operation_stays_within_its_budget(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    require_the_processor()
    here = tools_here()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counting = {
            f"{operation} {algorithm}": pool.submit(count, operation, algorithm, tmp_path)
            for operation, algorithm in OPERATIONS
        }
        counted = {operation: spent.result() for operation, spent in counting.items()}
    if request.config.getoption("--write-budget-table"):
        Table(here, counted).write()
        return

    table = read_table()
    others = [
        f"{tool} {here[tool]} and not {version}"
        for tool, version in table.counted_with.items()
        if here[tool] != version
    ]
    tolerance = TOLERANCE_OF_OTHER_TOOLS if others else TOLERANCE
    with capsys.disabled():
        print(f"\nbudget: {len(counted)} operations, compared within {tolerance:.0%}")
        if others:
            print(f"budget: not within {TOLERANCE:.0%}, because here is {', '.join(others)}")
    if found := list(deviations(table.instructions, counted, tolerance)):
        advice = (
            "If the change is worth that, or has made it cheaper: `make budget-table`, and commit the table with it."
        )
        pytest.fail("\n".join([*found, f"Allowed are {tolerance:.0%}. {advice}"]), pytrace=False)


def require_the_processor() -> None:
    """The libraries choose their code by the processor's features, so other processors have other numbers."""
    processor = Path("/proc/cpuinfo")
    if platform.machine() == "x86_64" and processor.exists() and " avx2 " in processor.read_text():
        return
    reason = (
        "The table of tests/budget is for a processor with AVX2 under Linux. There are no numbers for this machine."
    )
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


PROFILE = """\
fn=authx_budget::counted
10 5
calls=1 1
10 {engine_call}
fn=authx::key::sign
20 100
cfn=malloc
calls=1 1
21 30
cfn=aws_lc_0_1_0_sign
calls=1 1
22 1000
fn=malloc
0 30
fn=aws_lc_0_1_0_sign
0 400
cfn=bn_square
calls=9 1
0 600
fn=bn_square
0 550
cfn=aws_lc_0_1_0_copy
calls=9 1
0 50
fn=aws_lc_0_1_0_copy
0 50
"""


def test_each_instruction_is_counted_for_the_part_that_called_it() -> None:
    assert split(PROFILE.format(engine_call=1130)) == Instructions(engine=105, cryptography=1000)


@pytest.mark.parametrize(
    ("counted", "sentences"),
    [
        ({"verify ES256": Instructions(1029, 9710)}, []),
        (
            {"verify ES256": Instructions(1031, 10000)},
            ["verify ES256: 1031 instructions of the engine, the budget has 1000: 3.1% more"],
        ),
        (
            {"verify ES256": Instructions(1000, 5000)},
            ["verify ES256: 5000 instructions of the cryptography, the budget has 10000: 50.0% fewer"],
        ),
        (
            {"verify HS256": Instructions(1000, 10000)},
            ["verify HS256: the budget has no such operation", "verify ES256: only the budget has this operation"],
        ),
    ],
)
def test_counts_above_and_below_the_budget_are_named(counted: Mapping[str, Instructions], sentences: list[str]) -> None:
    assert list(deviations({"verify ES256": Instructions(1000, 10000)}, counted, 0.03)) == sentences
