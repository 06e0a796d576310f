"""What each event loop waits for of the stores: `crates/authx-python/src/bridge` calls this module.

An event loop owns its `Completions`, as one of its readers, and they own all that waits in it. So all of that is freed
when the loop is closed, and nothing here keeps the loop alive. A loop that takes no readers can't own them; they are
freed at the latest when the next such loop is used.
"""

import atexit
import os
from asyncio import AbstractEventLoop
from contextvars import Context
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

from authx import _authx

__all__ = ["completions_of"]


class _Known(NamedTuple):
    """The completions of each event loop of this process."""

    all: WeakKeyDictionary[AbstractEventLoop, "ref[_authx.Completions]"]
    without_reader: WeakKeyDictionary[AbstractEventLoop, _authx.Completions]
    """Owns those that their event loop doesn't."""

    @classmethod
    def none(cls) -> "_Known":
        return cls(WeakKeyDictionary(), WeakKeyDictionary())


_known = _Known.none()
_known_to_parent: list[_Known] = []


def completions_of(event_loop: AbstractEventLoop) -> _authx.Completions:
    """Give the completions of the event loop that runs on this thread."""
    reference = _known.all.get(event_loop)
    completions = None if reference is None else reference()
    return _open(event_loop) if completions is None else completions


def _open(event_loop: AbstractEventLoop) -> _authx.Completions:
    try:
        completions = _authx.Completions()
        # The loop keeps the context for as long as the reader, so that of the present request would never be freed.
        Context().run(event_loop.add_reader, completions.fileno(), completions.take)
    except NotImplementedError:  # the Proactor loop of Windows
        _free_closed_loops()
        completions = _authx.Completions.thread_safe(event_loop)
        _known.without_reader[event_loop] = completions
    _known.all[event_loop] = ref(completions)
    return completions


def _free_closed_loops() -> None:
    # The list is made in one step, so that other threads may add theirs meanwhile.
    for reference in _known.without_reader.keyrefs():
        event_loop = reference()
        if event_loop is not None and event_loop.is_closed():
            _known.without_reader.pop(event_loop, None)


def _forget_all() -> None:
    """Begin anew in a forked child, in which nobody gives results for the calls of its parent.

    They are kept, because freeing them would have asyncio complain about tasks that only the parent can end.
    """
    global _known
    _known_to_parent.append(_known)
    _known = _Known.none()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
atexit.register(_authx.stop_attaching)
