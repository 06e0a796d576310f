"""Times questions to a Python set of revoked tokens, which is what an application of one process writes today.

Takes the number of its members and of the rounds, and writes the bytes of a member, and the nanoseconds of questions about
tokens that are in it, and that are not.
"""

import json
import resource
import sys
import time


def jti(number: int) -> str:
    """An identifier in the form of a UUID, as tokens have it."""
    return f"{number * 0x9E3779B9 % 2**32:08x}-0000-4000-8000-{number:012x}"


def per_question(revoked: set[str], asked: list[str]) -> float:
    begun = time.perf_counter()
    for token in asked:
        token in revoked  # noqa: B015 -- the question
    return (time.perf_counter() - begun) / len(asked) * 1e9


def grown() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(members: int, rounds: int) -> None:
    before = grown()
    revoked = {jti(number) for number in range(members)}
    bytes_per_entry = (grown() - before) / members
    count = min(members, 200_000)
    asked = [jti(number * 7919 % members) for number in range(count)]
    others = [jti(members + number) for number in range(count)]
    times = [(per_question(revoked, asked), per_question(revoked, others)) for _ in range(rounds)]
    found, missed = zip(*times, strict=True)
    print(json.dumps({"bytes_per_entry": bytes_per_entry, "revoked": found, "not_revoked": missed}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
