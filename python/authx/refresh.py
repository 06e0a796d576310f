"""Implicit refresh: while a user is active, the access cookie is replaced shortly before its token expires.

The engine decides whether a response carries a new cookie. This module asks the stores and sends the headers.
"""

import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from authx import clock
from authx._authx import Admitted, Engine, RefreshCandidate, Renewal
from authx.authentication import Authenticator, HasAuthenticator, authenticator_of
from authx.callbacks import logger
from authx.events import address_of
from authx.exceptions import BadConfigurationError, RefreshRefusedError, RevokedTokenError, SessionRevoked
from authx.startup import refuse_to_start

__all__ = ["ImplicitRefresh", "ImplicitRefreshMiddleware"]

Headers = list[tuple[bytes, bytes]]


class ImplicitRefresh:
    """The implicit refresh of one request."""

    def __init__(
        self, authenticator: Authenticator[Any], engine: Engine, candidate: RefreshCandidate, address: str | None
    ) -> None:
        self._authenticator = authenticator
        self._engine = engine
        self._candidate = candidate
        self._address = address

    @classmethod
    def of(cls, authenticator: Authenticator[Any], scope: Scope) -> "ImplicitRefresh | None":
        """Before the handler runs: return a refresh if this request's cookie is due."""
        engine = authenticator.engines.current()
        now = clock.now()
        candidate = engine.refresh_candidate(scope, now)
        if candidate is None and logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", engine.explain_no_refresh(scope, now))
        return None if candidate is None else cls(authenticator, engine, candidate, address_of(scope))

    async def headers(self, status: int, response_headers: Sequence[tuple[bytes, bytes]]) -> Headers:
        """After the handler ran: return the headers of the response, with a new cookie if there is one."""
        sent = list(response_headers)
        try:
            admitted = await self._authenticator.admit_candidate(self._candidate)
        except (RevokedTokenError, SessionRevoked):
            return sent
        except Exception:
            # The handler's response is sent unchanged, without a refresh.
            logger.warning(
                "No implicit refresh, because the blocklist or the session store could not be asked", exc_info=True
            )
            return sent
        renewal = await self._renewal(admitted)
        if renewal is None:
            return sent
        reissued = self._engine.implicit_refresh(
            admitted,
            status=status,
            response_headers=response_headers,
            now=clock.now(),
            renewal=renewal,
        )
        if reissued is None:
            return sent
        cookies, replaced = reissued
        self._authenticator.engines.warn_of_oversized(cookies)
        names = {name.encode() for name, _ in replaced}
        return [
            *((name, value) for name, value in sent if name.lower() not in names),
            *((name.encode(), value.encode("latin-1", "replace")) for name, value in replaced),
            *((b"set-cookie", cookie.encode("latin-1")) for cookie in cookies),
        ]

    async def _renewal(self, admitted: Admitted) -> Renewal | None:
        """Ask the application about the login. One that doesn't go on ends, if it is in a store."""
        try:
            renewal = await self._authenticator.renew(admitted)
            store, session_id = self._authenticator.store, admitted.payload.sid
            if renewal is None and store is not None and session_id is not None:
                with contextlib.suppress(RefreshRefusedError):
                    await self._authenticator.ask(
                        store.refuse_renewal, self._engine, session_id, clock.now(), self._address
                    )
        except Exception:
            logger.warning("No implicit refresh, because a renewal failed", exc_info=True)
            return None
        return renewal


class ImplicitRefreshMiddleware:
    """`AuthX.implicit_refresh_middleware` as a plain ASGI middleware, which is faster.

    Example:
        ```python
        app.add_middleware(ImplicitRefreshMiddleware, auth=auth)
        ```
    """

    def __init__(self, app: ASGIApp, auth: HasAuthenticator) -> None:
        self._app = app
        self._authenticator = authenticator_of(auth)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            try:
                self._authenticator.engines.check()
            except BadConfigurationError as error:
                await refuse_to_start(error, receive, send)
                return
        refresh = ImplicitRefresh.of(self._authenticator, scope) if scope["type"] == "http" else None
        if refresh is None:
            await self._app(scope, receive, send)
            return

        async def send_refreshed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = await refresh.headers(message["status"], list(message.get("headers", ())))
            await send(message)

        await self._app(scope, receive, send_refreshed)
