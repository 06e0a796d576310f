"""JSON and base64url, from which tokens are built."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple


def json_object(fields: Mapping[str, Any]) -> bytes:
    def written(value: Any) -> str:
        return value.json if isinstance(value, Raw) else json.dumps(value, separators=(",", ":"))

    return ("{" + ",".join(f"{json.dumps(name)}:{written(value)}" for name, value in fields.items()) + "}").encode()


class Raw(NamedTuple):
    """A claim's value as raw JSON, for values that `json.dumps` can't write."""

    json: str


def b64(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def unb64(encoded: bytes) -> bytes:
    return base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
