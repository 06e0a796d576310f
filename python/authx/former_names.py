"""Private names of `authx` 1.7.1 that applications use all the same. Each warns, and names the public one."""

import warnings
from collections.abc import Sequence
from typing import Any

from fastapi import WebSocket

from authx.arguments import unknown_arguments
from authx.config import AuthXConfig
from authx.schema import RequestToken, TokenPayload
from authx.types import DateTimeExpression, TokenType

__all__ = ["FormerNames"]


class FormerNames:
    """The part of `AuthX` with its former private names.

    The methods have no type for `self`, because they call methods of the other parts.
    """

    @property
    def _config(self: Any) -> AuthXConfig:
        _warn("_config", "config")
        config: AuthXConfig = self.config
        return config

    @_config.setter
    def _config(self: Any, config: AuthXConfig) -> None:
        _warn("_config", "load_config")
        self.load_config(config)

    def _decode_token(
        self: Any,
        token: str,
        verify: bool = True,
        audience: str | Sequence[str] | None = None,
        issuer: str | None = None,
    ) -> TokenPayload:
        _warn("_decode_token", 'verify_token(RequestToken(token=..., location="headers"))')
        if not verify:
            return TokenPayload.decode(token, "", verify=False)
        auth = self
        chosen = {"JWT_DECODE_AUDIENCE": audience, "JWT_DECODE_ISSUER": issuer}
        chosen = {name: value for name, value in chosen.items() if value is not None}
        if chosen:
            auth = self._copied(self.config.model_copy(update=chosen), lambda value: value)
        found = RequestToken(token=token, location="headers")
        admitted: TokenPayload = auth.verify_token(found, verify_type=False, verify_csrf=False)
        return admitted

    async def _ws_auth_required(self: Any, websocket: WebSocket) -> Any:
        _warn("_ws_auth_required", "WS_AUTH_REQUIRED")
        return await self.WS_AUTH_REQUIRED(websocket)

    def _create_payload(
        self: Any,
        uid: str,
        type: TokenType,
        fresh: bool = False,
        expiry: DateTimeExpression | float | None = None,
        data: dict[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        scopes: list[str] | None = None,
        **kwargs: Any,
    ) -> TokenPayload:
        _warn("_create_payload", "create_access_token or create_refresh_token, or TokenPayload(...)")
        if kwargs:
            raise unknown_arguments(self._create_payload, (), kwargs)
        fresh = fresh and type == "access"
        token = self._create_token(type, uid, fresh, None, expiry, data, audience, scopes, None)
        return TokenPayload.decode(token, "", verify=False)


def _warn(name: str, public: str) -> None:
    # At the level of the caller of the method.
    warnings.warn(f"AuthX.{name} is private: use {public}", DeprecationWarning, stacklevel=3)
