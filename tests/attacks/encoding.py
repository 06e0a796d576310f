"""JSON and base64url, as the texts of tokens are made of them."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple


def json_object(members: Mapping[str, Any]) -> bytes:
    def written(value: Any) -> str:
        return value.text if isinstance(value, Raw) else json.dumps(value, separators=(",", ":"))

    return ("{" + ",".join(f"{json.dumps(name)}:{written(value)}" for name, value in members.items()) + "}").encode()


class Raw(NamedTuple):
    """A claim's value as JSON text, for what Python can't say."""

    text: str


def b64(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def unb64(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
