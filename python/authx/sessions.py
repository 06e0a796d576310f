"""Sessions: one login of a user, which can be ended together with all of its tokens.

A token names its session in the claim `sid`. The engine decides whether the session has to be checked, and what its
state means for the token. This module asks the store.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from authx import clock
from authx._authx import Engine, SessionQuestion, SessionTable, Store
from authx.arguments import check_instance, check_string
from authx.callbacks import logger
from authx.engine import EngineSource
from authx.exceptions import AuthXException
from authx.types import SessionStoreProtocol, Step

__all__ = ["InMemorySessionStore", "SessionInfo", "SessionKeeping", "Sessions"]


def _now() -> datetime:
    return datetime.fromtimestamp(clock.now(), timezone.utc)


class SessionInfo(BaseModel):
    """One login of a user. It serves as a response model, for a page that lists a user's devices."""

    session_id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    """The session's id, which its tokens have in the claim `sid`."""

    uid: str
    """The id of the user, as in the tokens' subject."""

    created_at: datetime = Field(default_factory=_now)
    """When it began."""

    last_active: datetime = Field(default_factory=_now)
    """When a request last used one of its tokens, see `JWT_SESSION_UPDATE_LAST_ACTIVE`."""

    ip_address: str | None = None
    """The client's address at the login."""

    user_agent: str | None = None
    """The header `User-Agent` of the login."""

    device_info: dict[str, Any] | None = None
    """Whatever else the application stores about the login."""

    is_active: bool = True
    """Whether its tokens are accepted."""


_USER_AGENT_BYTES = 512
_IP_ADDRESS_BYTES = 64
_SESSION_BYTES = 64 * 1024


def _bounded(session: SessionInfo) -> tuple[SessionInfo, int]:
    """Return a copy with its strings cut to what the store keeps, and the copy's size in bytes."""
    kept = session.model_copy()
    kept.user_agent = _cut(kept.user_agent, _USER_AGENT_BYTES)
    kept.ip_address = _cut(kept.ip_address, _IP_ADDRESS_BYTES)
    size = len(kept.model_dump_json().encode())
    if size > _SESSION_BYTES:
        raise ValueError(f"device_info: the session takes {size} bytes, and {_SESSION_BYTES} are allowed")
    return kept, size


def _cut(string: str | None, size: int) -> str | None:
    return None if string is None else string.encode(errors="replace")[:size].decode(errors="ignore")


class InMemorySessionStore:
    """Keeps sessions in the memory of this process, until all their tokens have expired.

    Other processes don't have these sessions and refuse their tokens: an application with several processes needs a
    store that they share. This one keeps 100 000 sessions in 64 MiB; for one more, the session that was idle longest
    is dropped, and its tokens are refused. Safe to share between threads.

    Args:
        max_idle: How long an unused session is kept: at least as long as its tokens are valid. `None`: forever.
            It may be changed at any time.
    """

    def __init__(self, max_idle: timedelta | None = None) -> None:
        self._table = SessionTable()
        self.max_idle = max_idle

    def __deepcopy__(self, memo: dict[int, Any]) -> "InMemorySessionStore":
        # A session that is revoked must not live on in a copy.
        return self

    @property
    def max_idle(self) -> timedelta | None:
        """How long an unused session is kept; `None`: forever."""
        return self._max_idle

    @max_idle.setter
    def max_idle(self, max_idle: timedelta | None) -> None:
        self._max_idle = max_idle
        self._table.set_max_idle(None if max_idle is None else max_idle.total_seconds())

    async def create(self, session: SessionInfo) -> None:
        """Store a new session. `user_agent` is cut to 512 bytes, and `ip_address` to 64.

        Raises:
            ValueError: It takes more than 64 KiB. The message names the field that is most likely the cause.
        """
        kept, size = _bounded(session)
        if not self._table.insert(kept.session_id, kept.uid, kept, size, clock.elapsed()):
            raise ValueError(f"device_info: the session takes {size} bytes, which is more than the store has room for")

    async def get(self, session_id: str) -> SessionInfo | None:
        """Return the session with this id."""
        check_string("session_id", session_id)
        session: SessionInfo | None = self._table.find(session_id, clock.elapsed())
        return None if session is None else session.model_copy()

    async def update(self, session_id: str, **kwargs: Any) -> None:
        """Change fields of a session, if it exists.

        Raises:
            ValueError: A field doesn't exist or can't be changed, or the session would be too large.
        """
        check_string("session_id", session_id)
        unknown = kwargs.keys() - (SessionInfo.model_fields.keys() - {"uid"})
        if unknown:
            raise ValueError(f"fields of a session that can't be changed: {', '.join(sorted(unknown))}")
        # Another thread may change or delete the session meanwhile. Then try again with what is stored now.
        while (session := self._table.peek(session_id)) is not None:
            changed, size = _bounded(session.model_copy(update=kwargs))
            if self._table.replace(session_id, session, changed, size):
                return

    async def delete(self, session_id: str) -> None:
        """Delete the session."""
        check_string("session_id", session_id)
        self._table.remove(session_id)

    async def list_by_user(self, uid: str) -> list[SessionInfo]:
        """Return the user's active sessions, the oldest first."""
        check_string("uid", uid)
        sessions: list[SessionInfo] = self._table.of_user(uid, clock.elapsed())
        return [session.model_copy() for session in sessions if session.is_active]

    async def delete_all_by_user(self, uid: str) -> None:
        """Delete the user's sessions."""
        check_string("uid", uid)
        self._table.remove_user(uid)


Answer = TypeVar("Answer")


async def answer_of_store(answer: "Answer | asyncio.Future[Answer]") -> Answer:
    """Wait for a store's answer, unless it is there at once.

    Raises:
        AuthXException: The engine refuses the token because of it, or the store failed.
    """
    return await answer if asyncio.isfuture(answer) else answer


class StoredSessions:
    """The logins of a store, as a `SessionStoreProtocol`."""

    def __init__(self, engines: EngineSource, store: Store, ask: Callable[..., Awaitable[Any]]) -> None:
        self._engines = engines
        self._store = store
        self._ask = ask

    async def create(self, session: SessionInfo) -> None:
        """Begin a login. It gets an identifier and a time of its own, which `session` has afterwards."""
        client = (session.ip_address, session.user_agent, session.device_info)
        json = await self._ask(self._store.begin_session, self._engines.current(), session.uid, client, clock.now())
        kept = SessionInfo.model_validate_json(json)
        for name in SessionInfo.model_fields:
            setattr(session, name, getattr(kept, name))

    async def get(self, session_id: str) -> SessionInfo | None:
        """Return the login with this id, ended or not."""
        found = await self._ask(self._store.session, self._engines.current(), session_id, clock.now())
        return None if found is None else SessionInfo.model_validate_json(found)

    async def update(self, session_id: str, **kwargs: Any) -> None:
        """Record the last activity.

        Raises:
            ValueError: Another field is named.
        """
        if kwargs.keys() != {"last_active"}:
            raise ValueError("of a login in a store only last_active can be changed")
        await self._ask(self._store.touch, self._engines.current(), session_id, clock.now())

    async def delete(self, session_id: str) -> None:
        """End the login."""
        await self._ask(self._store.revoke_session, self._engines.current(), session_id, clock.now())

    async def list_by_user(self, uid: str) -> list[SessionInfo]:
        """Return the user's logins, the oldest first."""
        listed = await self._ask(self._store.sessions_of, self._engines.current(), uid, clock.now())
        return [SessionInfo.model_validate_json(session) for session in listed]

    async def delete_all_by_user(self, uid: str) -> None:
        """End the user's logins."""
        await self._ask(self._store.revoke_sessions_of, self._engines.current(), uid, clock.now())


class Sessions:
    """Holds the session store of an `AuthX`, and asks it about tokens."""

    __slots__ = ("_engines", "_in_memory", "chosen", "stored")

    def __init__(self, engines: EngineSource) -> None:
        self._engines = engines
        self._in_memory = InMemorySessionStore()
        self.chosen: SessionStoreProtocol | None = None
        """The application's store of sessions; `None` stands for the one of logins, or the one in memory."""
        self.stored: StoredSessions | None = None
        """The store of logins."""

    def share(self, other: "Sessions") -> None:
        """Keep sessions in the store of another `AuthX`."""
        self.chosen = other.chosen
        self.stored = other.stored
        self._in_memory = other._in_memory  # noqa: SLF001

    def store(self) -> SessionStoreProtocol:
        """Return the current store."""
        if self.chosen is not None:
            return self.chosen
        # At each call, because the settings may have changed. They may name a store, which is opened here.
        seconds = self._engines.current().session_max_idle
        if self.stored is not None:
            return self.stored
        self._in_memory.max_idle = None if seconds is None else timedelta(seconds=seconds)
        return self._in_memory

    async def answer(self, question: SessionQuestion, *, in_use: bool) -> Step:
        """Ask the store about the session of a token. If the store fails, the token is refused.

        Args:
            question: Has the session's id.
            in_use: Whether a request uses the session, so that its last activity is updated if configured.

        Raises:
            SessionRevoked: The session was revoked, or the store doesn't have it.
        """
        store = self.store()
        engine = self._engines.current()
        try:
            session = await store.get(question.session)
            is_active = None if session is None else bool(session.is_active)
        except (AuthXException, HTTPException):
            raise
        except Exception:
            logger.exception("The session store failed, so the token is refused")
            raise
        step = question.answer(is_active)
        if in_use and self._records(engine, store, session):
            try:
                await store.update(question.session, last_active=_now())
            except Exception:
                # The session is active, which is all that the token depends on.
                logger.warning("The session store could not update a session's last activity", exc_info=True)
        return step

    def _records(self, engine: Engine, store: SessionStoreProtocol, session: Any) -> bool:
        """Whether the last activity is recorded now: by a store of logins once a minute, by others each time."""
        if store is self.stored:
            return engine.is_activity_due(session.last_active.timestamp(), clock.now())
        return engine.updates_last_active


_STORE_METHODS = ("create", "get", "update", "delete", "list_by_user", "delete_all_by_user")


class SessionKeeping:
    """The part of `AuthX` that creates, lists and revokes sessions."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def set_session_store(self, store: SessionStoreProtocol | None) -> None:
        """Keep sessions in this store, instead of in memory.

        Args:
            store: A `SessionStoreProtocol`, or `None` for the one in memory.

        Raises:
            TypeError: It lacks a method of `SessionStoreProtocol`, or is a class instead of an instance.
        """
        if store is not None:
            lacking = [name for name in _STORE_METHODS if not callable(getattr(store, name, None))]
            if lacking or isinstance(store, type):
                # A class has the methods too, but they can't be called without an instance.
                hint = "an instance is expected" if not lacking else f"it lacks {', '.join(lacking)}"
                name = store.__name__ if isinstance(store, type) else type(store).__name__
                raise TypeError(f"store: a SessionStoreProtocol is expected, not {name}: {hint}")
        self._sessions.chosen = store

    async def create_session(
        self, uid: str, request: Request | None = None, device_info: dict[str, Any] | None = None
    ) -> SessionInfo:
        """Create a session. Its tokens are those that are created with its `session_id`.

        Args:
            uid: The id of the user, as in the tokens' subject.
            request: The request of the login, for the client's address and `User-Agent`.
            device_info: Whatever else the application stores about the login.

        Example:
            ```python
            @app.post("/login")
            async def login(credentials: Credentials, request: Request) -> TokenResponse:
                uid = await authenticate(credentials)
                session = await auth.create_session(uid, request)
                return auth.create_token_pair(uid, fresh=True, session_id=session.session_id)
            ```
        """
        check_string("uid", uid)
        if not (hasattr(request, "client") and hasattr(request, "headers")):  # anything like a request will do
            check_instance("request", request, (HTTPConnection, type(None)), "a request")
        check_instance("device_info", device_info, (dict, type(None)), "a dictionary")
        client = request.client if request is not None else None
        session = SessionInfo(
            uid=uid,
            ip_address=client.host if client is not None else None,
            user_agent=request.headers.get("user-agent") if request is not None else None,
            device_info=device_info,
        )
        await self._sessions.store().create(session)
        return session

    async def list_sessions(self, uid: str) -> list[SessionInfo]:
        """Return the user's active sessions."""
        check_string("uid", uid)
        return await self._sessions.store().list_by_user(uid)

    async def get_session(self, session_id: str) -> SessionInfo | None:
        """Return the session with this id, or `None`."""
        check_string("session_id", session_id)
        session: SessionInfo | None = await self._sessions.store().get(session_id)
        return session

    async def revoke_session(self, session_id: str) -> None:
        """Revoke a session. With `JWT_SESSION_TRACKING` its tokens are refused from now on.

        Example:
            ```python
            @app.post("/logout")
            async def logout(payload: TokenPayload = auth.ACCESS_REQUIRED):
                if payload.sid is not None:
                    await auth.revoke_session(payload.sid)
            ```
        """
        check_string("session_id", session_id)
        await self._sessions.store().delete(session_id)

    async def revoke_all_sessions(self, uid: str) -> None:
        """Revoke all sessions of a user, for example after a change of the password."""
        check_string("uid", uid)
        await self._sessions.store().delete_all_by_user(uid)
