"""Routes for other programs that ask about tokens: introspection (RFC 7662) and revocation (RFC 7009).

The engine authenticates the client and decides about the token.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.openapi.models import HTTPBase
from pydantic import SecretStr

from authx import clock
from authx._authx import INACTIVE, ClientRequest, Clients
from authx.arguments import check_instance
from authx.authentication import Authenticator
from authx.body import read_typed
from authx.events import address_of
from authx.exceptions import AuthXException
from authx.openapi import described_only

__all__ = ["ClientSecrets", "add_client_routes"]

ClientSecrets = Mapping[str, str | SecretStr]
"""The secret of each client, by its identifier."""


def add_client_routes(
    router: APIRouter,
    authenticator: Authenticator[Any],
    secrets: ClientSecrets,
    introspect: str | None,
    revoke: str | None,
) -> None:
    """Add the routes, see `AuthX.router`.

    Raises:
        TypeError: `secrets` is no mapping of strings.
        ValueError: A client's identifier or secret can't be one; the message says why.
    """
    clients = _clients(secrets)

    async def read(request: Request) -> ClientRequest:
        authenticator.wording.ensure_handler(request.scope)
        content_type, body = await read_typed(request, authenticator.engines.current().max_body_size)
        authorization = request.headers.get("authorization")
        try:
            return clients.read(None if authorization is None else authorization.encode("latin-1"), content_type, body)
        except AuthXException as error:
            authenticator.report(error, request.scope)
            raise

    if introspect is not None:

        @router.post(
            introspect,
            dependencies=[_BASIC],
            openapi_extra=_operation({"200": "The claims, or that the token is not active"}),
        )
        async def introspect_token(request: Request) -> Response:
            """Tell a client about a token (RFC 7662)."""
            asked = await read(request)
            store, engine = authenticator.needed_store("clients"), authenticator.engines.current()
            answer = await authenticator.ask(store.introspect, engine, asked, clock.now())
            if answer is not None and await authenticator.is_in_blocklist(asked.token):
                answer = None
            headers = {"cache-control": "no-store"}
            return Response(INACTIVE if answer is None else answer, headers=headers, media_type="application/json")

    if revoke is not None:

        @router.post(
            revoke,
            response_class=Response,
            dependencies=[_BASIC],
            openapi_extra=_operation({"200": "The token is not accepted now"}),
        )
        async def revoke_token(request: Request) -> None:
            """Revoke a token, and the login that it belongs to, at the wish of a client (RFC 7009)."""
            asked = await read(request)
            store, engine = authenticator.needed_store("clients"), authenticator.engines.current()
            address = address_of(request.scope)
            await authenticator.ask(store.revoke_for_client, engine, asked, address, clock.now())


def _clients(secrets: ClientSecrets) -> Clients:
    check_instance("clients", secrets, Mapping, "a mapping of identifiers to secrets")
    pairs = []
    for name, secret in secrets.items():
        check_instance("clients", name, str, "a mapping of strings")
        check_instance("clients", secret, (str, SecretStr), "a mapping of strings")
        pairs.append((name, secret.get_secret_value() if isinstance(secret, SecretStr) else secret))
    return Clients(pairs)


_BASIC = described_only(
    "ClientBasic", HTTPBase(scheme="basic", description="The identifier and the secret of a client")
)

_FORM = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string"},
        "token_type_hint": {"type": "string", "description": "It doesn't matter: the token says what it is"},
        "client_id": {"type": "string", "description": "In the place of the header `Authorization`"},
        "client_secret": {"type": "string", "format": "password"},
    },
}


def _operation(responses: Mapping[str, str]) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}},
        "responses": {code: {"description": description} for code, description in responses.items()},
    }
