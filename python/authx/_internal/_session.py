"""The former place of the session store in memory, which warns and leads to `authx.sessions`."""

import warnings
from typing import Any

from authx import sessions

_MOVED = ("InMemorySessionStore", "SessionInfo")


def __getattr__(name: str) -> Any:
    if name not in _MOVED:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    warnings.warn(f"{__name__} is private: import {name} from authx.sessions", DeprecationWarning, stacklevel=2)
    return getattr(sessions, name)
