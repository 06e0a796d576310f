"""The verification cache's hit ratio and memory in a busy service, by the number of tokens that it may keep."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.comparison import KIBIBYTES, Comparison, Goal, Unit, say

PERCENT = Unit("%", "the hits")


def cache_comparisons(binary: Path) -> list[Comparison]:
    say("The verification cache: an hour of 500 requests a second by 20,000 users, distributed by Zipf's law")
    output = subprocess.run([binary, "mix"], check=True, stdout=subprocess.PIPE).stdout
    return [row for served in json.loads(output) for row in compare_cache(served)]


def compare_cache(served: Mapping[str, float]) -> Iterable[Comparison]:
    kept = f"at most {served['entries_allowed']:,} tokens"
    hits, repeated = 100 * served["hit_ratio"], 100 * served["repeated"]
    yield Comparison(f"hit ratio, {kept}", "all that come again", [hits], [repeated], Goal("within"), PERCENT)
    ours, length = served["bytes_per_entry"] / 1024, served["token_length"] / 1024
    yield Comparison(f"a cached token, {kept}", "its length", [ours], [length], Goal("within"), KIBIBYTES)
