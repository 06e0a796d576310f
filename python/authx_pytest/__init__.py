"""The pytest plugin of AuthX. pytest finds it by itself, wherever the package is installed.

It is a package of its own, since each run of pytest imports it, and AuthX is imported by those that use it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from authx import AuthX
    from authx.testing import FrozenClock, Login

__all__ = ["authx", "authx_clock", "authx_log_in"]


@pytest.fixture
def authx() -> "AuthX[Any, Any]":
    """The application's `AuthX`: define a fixture of this name that returns it."""
    pytest.fail("define a fixture named `authx` that returns the application's AuthX", pytrace=False)


@pytest.fixture
def authx_clock() -> "Iterator[FrozenClock]":
    """A clock that stands still for all of AuthX, from now until the end of the test."""
    from authx.testing import FrozenClock

    with FrozenClock() as clock:
        yield clock


@pytest.fixture
def authx_log_in(authx: "AuthX[Any, Any]") -> "Callable[..., Login]":
    """`authx.testing.log_in` for the application's `AuthX`: `authx_log_in(client, "ada", scopes=["users:read"])`."""
    from authx.testing import log_in

    def log_in_here(client: Any, uid: str, **options: Any) -> "Login":
        return log_in(client, authx, uid, **options)

    return log_in_here
