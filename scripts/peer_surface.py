"""Turn a description of the public surface of `authx` 1.7.1 into the facts of tests/python/peer_surface.json.

Usage: python scripts/peer_surface.py DESCRIPTION.md > tests/python/peer_surface.json

The description has a heading for each class or module, and a line for each name with its signature as `inspect`
prints it. The description is not in the repository; this script documents how the facts were made from it.

A fact is a name and what is known of it: a signature without annotations, `property`, the value of an attribute,
`required` or the default of a model's field, an exception's parent and signature, an HTTP answer.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

# Names from private modules are listed under the module that exports them.
PUBLIC = {
    "authx._internal._ratelimit.RateLimiter": "authx.RateLimiter",
    "authx._internal._session.SessionInfo": "authx.SessionInfo",
}


def main(path: str) -> None:
    """Write the facts of the description."""
    facts: dict[str, str] = {}
    heading = ""
    for line in Path(path).read_text().splitlines():
        if line.startswith("## "):
            heading = "HTTP" if line.startswith("## HTTP") else line.split(" ")[1]
            heading = PUBLIC.get(heading, heading)
        elif line.strip() and not line.startswith("#"):
            for name, fact in read(heading, line):
                facts[name] = fact
    print(json.dumps(facts, indent=0))


def read(heading: str, line: str) -> Iterator[tuple[str, str]]:
    """The facts of a line."""
    if line.startswith("Exported by"):
        for name in line.partition(":")[2].split(","):
            yield f"authx.{name.strip()}", "exported"
    elif heading == "authx.types":
        for name in line.split(","):
            yield f"authx.types.{name.strip()}", "exported"
    elif heading == "HTTP":
        name, _, answer = line[2:].partition(": ")
        yield f"HTTP {name}", answer
    elif line.startswith("init: "):
        yield f"{heading}()", signature(line)
    elif line.startswith("fields: "):
        for field in line.removeprefix("fields: ").split("; "):
            name, _, rest = field.partition(": ")
            default = rest.rpartition(" =")[2].strip()
            yield f"{heading}.{name}", "a new value each time" if default == "PydanticUndefined" else default or "''"
    elif found := re.fullmatch(r"- `(\w+)\((\w+)\)` init (.+)", line):
        init = found[3] if found[3] == "inherited" else signature(found[3])
        yield f"{heading}.{found[1]}", f"{found[2]}, {init}"
    elif found := re.fullmatch(r"- property `(\w+)`", line):
        yield f"{heading}.{found[1]}", "property"
    elif found := re.fullmatch(r"- (?:attribute )?`(\w+)` = (.+)", line):
        yield f"{heading}.{found[1]}", found[2]
    elif found := re.fullmatch(r"- (async )?`(\w+)(\(.*)`", line):
        yield f"{heading}.{found[2]}", (found[1] or "") + signature(found[3])
    else:
        raise SystemExit(f"not understood: {line}")


def signature(written: str) -> str:
    """The parameters except `self`, without annotations."""
    parameters = [parameter(part) for part in split(inner(written)) if part != "self"]
    return f"({', '.join(parameters)})"


def parameter(part: str) -> str:
    """A parameter without its annotation."""
    name, _, rest = part.partition(":")
    depth = 0
    for index, character in enumerate(rest):
        depth += (character in "[(<") - (character in "])>")
        if depth == 0 and rest.startswith(" = ", index):
            default = rest[index + 3 :]
            return f"{name}={'AuthXConfig()' if default.startswith('AuthXConfig(') else default}"
    return name


def inner(written: str) -> str:
    """The part between the first bracket and the one that closes it."""
    start, depth = written.index("("), 0
    for index in range(start, len(written)):
        depth += (written[index] == "(") - (written[index] == ")")
        if depth == 0:
            return written[start + 1 : index]
    raise SystemExit(f"the parameters have no end: {written}")


def split(written: str) -> list[str]:
    """The parameters, split at the commas outside of brackets."""
    parts, depth = [""], 0
    for character in written:
        depth += (character in "[(<") - (character in "])>")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


if __name__ == "__main__":
    main(*sys.argv[1:])
