"""Tokens that must be refused."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from authx.main import AuthX
from authx.types import TokenType

__all__ = ["claims_of", "refused_tokens"]


def refused_tokens(auth: AuthX[Any, Any], uid: str, type: TokenType = "access", **options: Any) -> dict[str, str]:
    """Return tokens of this user, each with one fault for which a protected route must refuse it.

    Args:
        auth: Who issues the tokens.
        uid: The subject of the tokens.
        type: The type that the route requires, `"access"` or `"refresh"`.
        **options: Further arguments of `create_access_token` or `create_refresh_token`, such as `scopes`, without which
            the route would refuse the tokens for another reason.

    Returns:
        The tokens by the name of their fault: `"expired"`, `"of the other type"`, `"wrongly signed"` (with the signature
        of another token), `"changed"` (another subject under the signature), `"unsigned"` (the algorithm `none`, RFC
        8725 section 3.1) and `"damaged"` (cut short).

    Example:
        ```python
        @pytest.mark.parametrize("fault, token", refused_tokens(auth, "ada").items())
        def test_me_refuses(fault, token):
            answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code in (401, 422)
        ```
    """
    creators: dict[TokenType, Callable[..., str]] = {
        "access": auth.create_access_token,
        "refresh": auth.create_refresh_token,
    }
    create = creators.pop(type)
    (create_other,) = creators.values()
    # Refresh tokens have no argument `fresh`.
    other_options = {name: value for name, value in options.items() if name != "fresh"}
    header, payload, signature = create(uid, **options).split(".")
    past = timedelta(seconds=-(auth.config.JWT_DECODE_LEEWAY or 0) - 1)
    return {
        "expired": create(uid, **{**options, "expiry": past}),
        "of the other type": create_other(uid, **other_options),
        "wrongly signed": f"{header}.{payload}.{create(uid, **options).rpartition('.')[2]}",
        "changed": f"{header}.{_written(_read(payload) | {'sub': f'not {uid}'})}.{signature}",
        "unsigned": f"{_written(_read(header) | {'alg': 'none'})}.{payload}.",
        "damaged": f"{header}.{payload}",
    }


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, without verifying it."""
    return _read(token.split(".")[1])


def _read(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


def _written(value: dict[str, Any]) -> str:
    string = json.dumps(value, separators=(",", ":"))
    return base64.urlsafe_b64encode(string.encode()).rstrip(b"=").decode()
