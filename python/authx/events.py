"""Events: what happened to logins and tokens, for the log, counters and a callback of the application."""

import inspect
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, NamedTuple, TypeVar, overload

from starlette.types import Scope

from authx import clock
from authx._authx import Store, event_kinds, events_of_errors
from authx.engine import EngineSource
from authx.exceptions import AuthXException

__all__ = ["AuthEvent", "EventCallback", "EventKeeping", "Events", "address_of"]

logger = logging.getLogger("authx")


class AuthEvent(NamedTuple):
    """Something that happened to a login or a token. It never has a token in it."""

    kind: str
    """What happened: `logged_in`, `login_failed`, `rotated`, `reused`, `behind`, `revoked`, `refused`, `limited` or
    `store_failed`."""
    at: datetime
    """When."""
    subject: str | None = None
    """Whose login or token, where that is known."""
    session_id: str | None = None
    """The login, the claim `sid` of its tokens."""
    reason: str | None = None
    """Why: the caller's reason of a revocation, the `error_type` of a refusal, or the error of a store."""
    client_address: str | None = None
    """The address of the client whose request it was."""


EventCallback = Callable[[AuthEvent], None]
"""Gets each event once. It must not block."""


EventCallbackT = TypeVar("EventCallbackT", bound=EventCallback)


class Events:
    """Logs and counts the events of one `AuthX`, and passes them to its callback."""

    def __init__(self, engines: EngineSource) -> None:
        self._engines = engines
        self.callback: EventCallback | None = None
        self.counts = dict.fromkeys(_KINDS, 0)

    def notice(self, event: AuthEvent) -> None:
        """Log, count and pass on."""
        self.counts[event.kind] += 1
        level, description = _KINDS[event.kind]
        if logger.isEnabledFor(level):
            user = None if event.subject is None else self._engines.current().subject_hash(event.subject)
            details = {
                "user": user,
                "sid": event.session_id,
                "reason": event.reason,
                "client_address": event.client_address,
            }
            known = ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
            logger.log(level, "%s: %s (%s)", event.kind, description, known, extra={"event": event.kind})
        if self.callback is not None:
            try:
                self.callback(event)
            except Exception:
                # The login or the refusal has happened.
                logger.exception("The event callback failed")

    def notice_all(self, store: Store) -> None:
        """Take the events of a store."""
        for kind, at, subject, session_id, reason, client_address in store.take_events():
            instant = datetime.fromtimestamp(at, timezone.utc)
            self.notice(AuthEvent(kind, instant, subject, session_id, reason, client_address))

    def notice_refusal(self, error: AuthXException, scope: Scope | None, *, subject: str | None = None) -> None:
        """Notice that a request is refused, if the engine counts its error as an event."""
        kind = next((_ERRORS[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in _ERRORS), None)
        if kind is not None:
            now = datetime.fromtimestamp(clock.now(), timezone.utc)
            self.notice(AuthEvent(kind, now, subject, None, type(error).__name__, address_of(scope)))


_KINDS = {name: (int(getattr(logging, level)), description) for name, level, description in event_kinds()}
_ERRORS = events_of_errors()


def address_of(scope: Scope | None) -> str | None:
    """Return the address of the client of a connection."""
    client = None if scope is None else scope.get("client")
    return None if client is None else str(client[0])


class EventKeeping:
    """The part of `AuthX` that tells the application what happened."""

    def __init__(self, events: Events) -> None:
        self._events = events

    @overload
    def on_event(self, callback: EventCallbackT) -> EventCallbackT: ...
    @overload
    def on_event(self, callback: None) -> None: ...
    def on_event(self, callback: Any) -> Any:
        """Call this function with each event. It is also a decorator, and replaces an earlier callback.

        Without a callback events are logged and counted too; the log has a hash of the subject.

        Args:
            callback: A plain function that does not block, or `None` to remove it.

        Raises:
            TypeError: It can't be called, or is a coroutine function.

        Example:
            ```python
            @auth.on_event
            def warn(event: AuthEvent) -> None:
                if event.kind == "reused":
                    security_log.append(f"a refresh token of {event.subject} was stolen")
            ```
        """
        if callback is not None and (not callable(callback) or inspect.iscoroutinefunction(callback)):
            raise TypeError("callback: a plain function that takes an AuthEvent is expected")
        self._events.callback = callback
        return callback

    @property
    def event_counts(self) -> dict[str, int]:
        """How often each kind of event happened in this process, such as for a page of metrics."""
        return dict(self._events.counts)
