"""What lets a forked child go on where its parent was.

A fork copies the memory of the process but only the thread that forks. A lock that another thread held at that moment
would stay locked in the child for ever.
"""

import os
import threading
from types import TracebackType

from authx import _authx

__all__ = ["ForkLock"]

# The engine has locks too, and so has its cryptography library. A fork waits for the work that is done without the GIL.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_authx.before_fork,
        after_in_parent=_authx.after_fork_in_parent,
        after_in_child=_authx.after_fork_in_child,
    )


class ForkLock:
    """A lock that is free in a forked child: a fork waits until no other thread holds it, as that of `logging`.

    A thread may take it again while it holds it. Create one as a module's global: it exists until the process ends.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._lock.acquire, after_in_parent=self._lock.release, after_in_child=self._lock.release
            )

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
