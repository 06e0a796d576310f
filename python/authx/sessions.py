"""Sessions: one login of a user, which can be ended together with all of its tokens.

A token names its session in the claim `sid`. Which session has to be asked about, and what its state means for the
token, is the engine's decision. Here the store is asked.
"""

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from authx import clock
from authx._authx import SessionQuestion, SessionTable
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
    """The session's own name, the `sid` of its tokens."""

    uid: str
    """Whose login it is."""

    created_at: datetime = Field(default_factory=_now)
    """When it began."""

    last_active: datetime = Field(default_factory=_now)
    """When a request used one of its tokens last, see `JWT_SESSION_UPDATE_LAST_ACTIVE`."""

    ip_address: str | None = None
    """From where the user logged in."""

    user_agent: str | None = None
    """With which program."""

    device_info: dict[str, Any] | None = None
    """What else the application wants to know."""

    is_active: bool = True
    """Whether its tokens count."""


_USER_AGENT_BYTES = 512
_IP_ADDRESS_BYTES = 64
_SESSION_BYTES = 64 * 1024


def _bounded(session: SessionInfo) -> tuple[SessionInfo, int]:
    """Give a copy of the session that is no larger than the store keeps, and its size in bytes."""
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
    """Keeps sessions in this process, and forgets those whose tokens have all expired.

    Another process knows nothing of them, and so refuses their tokens: where several serve one application, they
    need a store that they share. It keeps 100 000 sessions in 64 MiB; for one more, the session that was idle longest
    is forgotten, and its tokens are refused. Safe to share between threads.

    Args:
        max_idle: How long a session is remembered that nobody asks about: at least as long as its tokens live.
            `None`: without end. It may be changed at any time.
    """

    def __init__(self, max_idle: timedelta | None = None) -> None:
        self._table = SessionTable()
        self.max_idle = max_idle

    @property
    def max_idle(self) -> timedelta | None:
        """How long a session is remembered that nobody asks about; `None`: without end."""
        return self._max_idle

    @max_idle.setter
    def max_idle(self, max_idle: timedelta | None) -> None:
        self._max_idle = max_idle
        self._table.set_max_idle(None if max_idle is None else max_idle.total_seconds())

    async def create(self, session: SessionInfo) -> None:
        """Remember a new session. Of its `user_agent` 512 bytes are kept, and of its `ip_address` 64.

        Raises:
            ValueError: It takes more than 64 KiB. Names the field that is most likely at fault.
        """
        kept, size = _bounded(session)
        if not self._table.insert(kept.session_id, kept.uid, kept, size, clock.elapsed()):
            raise ValueError(f"device_info: the session takes {size} bytes, which is more than the store has room for")

    async def get(self, session_id: str) -> SessionInfo | None:
        """Give the session of this name."""
        session: SessionInfo | None = self._table.find(session_id, clock.elapsed())
        return None if session is None else session.model_copy()

    async def update(self, session_id: str, **kwargs: Any) -> None:
        """Change fields of a session that is there.

        Raises:
            ValueError: A session has no such field, it can't be changed, or the session would be too large.
        """
        unknown = kwargs.keys() - (SessionInfo.model_fields.keys() - {"uid"})
        if unknown:
            raise ValueError(f"fields of a session that can't be changed: {', '.join(sorted(unknown))}")
        # Another thread may change it, too, or delete it; then the change is made to what is there now, if anything is.
        while (session := self._table.peek(session_id)) is not None:
            changed, size = _bounded(session.model_copy(update=kwargs))
            if self._table.replace(session_id, session, changed, size):
                return

    async def delete(self, session_id: str) -> None:
        """Forget the session."""
        self._table.remove(session_id)

    async def list_by_user(self, uid: str) -> list[SessionInfo]:
        """Give the user's active sessions, the oldest first."""
        sessions: list[SessionInfo] = self._table.of_user(uid, clock.elapsed())
        return [session.model_copy() for session in sessions if session.is_active]

    async def delete_all_by_user(self, uid: str) -> None:
        """Forget the user's sessions."""
        self._table.remove_user(uid)


class Sessions:
    """The store of an `AuthX`'s sessions, and the question that is put to it about a token."""

    __slots__ = ("_engines", "_in_memory", "chosen")

    def __init__(self, engines: EngineSource) -> None:
        self._engines = engines
        self._in_memory = InMemorySessionStore()
        self.chosen: SessionStoreProtocol | None = None
        """The application's own store; `None` stands for this process's memory."""

    def store(self) -> SessionStoreProtocol:
        """Give the store that is in force."""
        if self.chosen is not None:
            return self.chosen
        # Each time, because the settings may have changed.
        seconds = self._engines.current().session_max_idle
        self._in_memory.max_idle = None if seconds is None else timedelta(seconds=seconds)
        return self._in_memory

    async def answer(self, question: SessionQuestion, *, in_use: bool) -> Step:
        """Ask the store about the session of a token, so that it fails closed.

        Args:
            question: Names the session.
            in_use: Whether a request uses the session, which is noted if the settings say so.

        Raises:
            SessionRevoked: The session has ended, or there is none of this name.
        """
        store = self.store()
        engine = self._engines.current()
        try:
            session = await store.get(question.session)
            is_active = None if session is None else bool(session.is_active)
        except (AuthXException, HTTPException):
            raise
        except Exception:
            logger.exception("The session store failed, so a token counts for nothing")
            raise
        step = question.answer(is_active)
        if in_use and engine.updates_last_active:
            try:
                await store.update(question.session, last_active=_now())
            except Exception:
                # The session is active, and no more was asked.
                logger.warning("The session store could not note a session's last activity", exc_info=True)
        return step


class SessionKeeping:
    """The part of `AuthX` that begins, lists and ends sessions."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def set_session_store(self, store: SessionStoreProtocol | None) -> None:
        """Keep sessions in this store, instead of in this process.

        Args:
            store: A `SessionStoreProtocol`, or `None` for this process's memory.
        """
        self._sessions.chosen = store

    async def create_session(
        self, uid: str, request: Request | None = None, device_info: dict[str, Any] | None = None
    ) -> SessionInfo:
        """Begin a session. Tokens belong to it that are made with its `session_id`.

        Args:
            uid: Whose login it is.
            request: The request of the login, for the client's address and `User-Agent`.
            device_info: What else the application wants to know of it.

        Example:
            ```python
            @app.post("/login")
            async def login(credentials: Credentials, request: Request) -> TokenResponse:
                uid = await authenticate(credentials)
                session = await auth.create_session(uid, request)
                return auth.create_token_pair(uid, fresh=True, session_id=session.session_id)
            ```
        """
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
        """Give the user's active sessions."""
        return await self._sessions.store().list_by_user(uid)

    async def get_session(self, session_id: str) -> SessionInfo | None:
        """Give the session of this name, or `None` where there is none."""
        session: SessionInfo | None = await self._sessions.store().get(session_id)
        return session

    async def revoke_session(self, session_id: str) -> None:
        """End a session. With `JWT_SESSION_TRACKING` its tokens are refused from now on.

        Example:
            ```python
            @app.post("/logout")
            async def logout(payload: TokenPayload = auth.ACCESS_REQUIRED):
                if payload.sid is not None:
                    await auth.revoke_session(payload.sid)
            ```
        """
        await self._sessions.store().delete(session_id)

    async def revoke_all_sessions(self, uid: str) -> None:
        """End all sessions of a user, as after a change of the password."""
        await self._sessions.store().delete_all_by_user(uid)
