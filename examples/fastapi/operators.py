"""Another login, for operators: tokens of a login type of its own, which belong to sessions, and a policy."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from authx import AuthManager, AuthX, PolicyEngine, SessionInfo, TokenPayload

from login import Done, NewAccessToken
from security import auth, config, find_user

router = APIRouter(tags=["operators"])

# Longer than a user's token, because nothing renews it.
operators: AuthX[None] = AuthX(
    config.model_copy(
        update={
            "JWT_TOKEN_LOCATION": ["headers"],
            "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=15),
            "JWT_SESSION_TRACKING": True,
        }
    ),
    login_type="operator",
)
manager = AuthManager(policy_engine=PolicyEngine.from_file(Path(__file__).parents[1] / "policies.toml"))
manager.register(operators)

Operator = Annotated[TokenPayload, Depends(manager.access_token_required("operator"))]
ARCHIVED = {"letters"}


@router.post("/operator/login")
async def log_in_operator(
    payload: Annotated[TokenPayload, Depends(auth.token_required(locations=["headers"]))],
) -> NewAccessToken:
    """Begin a session of this user as an operator, and give its token."""
    user = find_user(payload.sub)
    session = await operators.create_session(user.name)
    token = operators.create_access_token(user.name, scopes=user.scopes, session_id=session.session_id)
    return NewAccessToken(access_token=token)


@router.get("/operator")
def operator(payload: Operator) -> Done:
    """Requires the token of an operator."""
    return Done(message=f"{payload.sub} is an operator")


@router.get("/operator/sessions")
async def list_sessions(payload: Operator) -> list[SessionInfo]:
    """The operator's sessions at this service."""
    return await operators.list_sessions(payload.sub)


@router.delete("/operator/sessions")
async def end_sessions(payload: Operator) -> Done:
    """End them all: their tokens are refused from now on."""
    await operators.revoke_all_sessions(payload.sub)
    return Done(message=f"All sessions of {payload.sub} are ended")


# What the policy in examples/policies.toml says.


async def _authorized(request: Request, action: str, id: str) -> TokenPayload:
    attributes = {"archived": id in ARCHIVED}
    return await manager.authorize("operator", action, f"documents:{id}", request=request, resource_attrs=attributes)


@router.get("/documents/{id}")
async def read_document(id: str, request: Request) -> Done:
    """Read a document, if the policy allows it."""
    payload = await _authorized(request, "read", id)
    return Done(message=f"{payload.sub} may read {id}")


@router.post("/documents/{id}")
async def write_document(id: str, request: Request) -> Done:
    """Write a document, if the policy allows it."""
    payload = await _authorized(request, "write", id)
    return Done(message=f"{payload.sub} may write {id}")
