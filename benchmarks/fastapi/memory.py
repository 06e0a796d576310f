"""Measures the memory of the package that is imported as `authx`: `python -m benchmarks.fastapi.memory`, on Linux.

It writes as JSON how many bytes the process uses in addition after the import, with FastAPI imported before, and for
each instance that has created a token.
"""

import gc
import json
import re
from pathlib import Path

import fastapi  # noqa: F401 -- both packages need it, so it isn't counted

INSTANCES = 1000


def main() -> None:
    before = resident()
    from authx import AuthX, AuthXConfig

    after = resident()

    def make(number: int) -> list[AuthX]:
        made = []
        for _ in range(number):
            auth = AuthX(AuthXConfig(JWT_SECRET_KEY="a secret of at least thirty-two bytes"))
            auth.create_access_token("user123")
            made.append(auth)
        gc.collect()
        return made

    first = make(100)  # allocates what all instances share
    without = resident()
    rest = make(INSTANCES)
    instance = (resident() - without) / len(rest)
    del first, rest
    print(json.dumps({"import": after - before, "instance": instance}))


def resident() -> int:
    """Give the bytes in memory from smaps_rollup, which is exact; /proc/self/status is updated only now and then."""
    kibibytes = re.search(r"^Rss:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    assert kibibytes
    return int(kibibytes[1]) * 1024


if __name__ == "__main__":
    main()
