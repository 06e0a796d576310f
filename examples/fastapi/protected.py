"""Routes that require a token: by subject, by scope, and by the token's location."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from authx import TokenPayload

from security import auth, config
from users import USERS, User

router = APIRouter(tags=["protected"])


class Profile(BaseModel):
    """The data of a user that everyone may see."""

    name: str
    full_name: str


class OwnProfile(Profile):
    """The data that users may see of themselves."""

    scopes: list[str]


class Session(BaseModel):
    """The verified claims of the access cookie, which scripts can't read."""

    claims: dict[str, Any]
    refresh_window_seconds: float


class Accepted(BaseModel):
    """The subject of the accepted token, and where it was found."""

    subject: str
    location: Literal["headers", "cookies", "query", "json"]


@router.get("/me")
def me(user: Annotated[User, auth.CURRENT_SUBJECT]) -> OwnProfile:
    """The user that the token was issued for."""
    return OwnProfile(name=user.name, full_name=user.full_name, scopes=user.scopes)


def _required_in(location: Literal["headers", "cookies", "query", "json"]) -> Any:
    return Depends(auth.token_required(locations=[location]))


@router.get("/session")
def session(payload: Annotated[TokenPayload, _required_in("cookies")]) -> Session:
    """The claims of the access cookie."""
    claims = payload.model_dump(exclude_none=True)
    claims["exp"] = payload.expiry_datetime.timestamp()
    claims["iat"] = payload.issued_at.timestamp()
    return Session(claims=claims, refresh_window_seconds=config.JWT_IMPLICIT_REFRESH_DELTATIME.total_seconds())


# The four forms of scopes: one, all of several, any of several, any under a name.


@router.get("/users", dependencies=[Depends(auth.scopes_required("users:read"))])
def list_users() -> list[Profile]:
    """Requires one scope."""
    return [Profile(name=user.name, full_name=user.full_name) for user in USERS.values()]


@router.delete("/users/{id}", dependencies=[Depends(auth.scopes_required("users:read", "users:delete"))])
def delete_user(id: int) -> dict[str, str]:
    """Requires all of the scopes."""
    return {"message": f"User {id} would be deleted, were this not a demo"}


@router.get("/admin", dependencies=[Depends(auth.scopes_required("admin", "superuser", all_required=False))])
def admin_panel() -> dict[str, bool]:
    """Requires any of the scopes."""
    return {"admin": True}


@router.get("/admin/users", dependencies=[Depends(auth.scopes_required("admin:*"))])
def admin_users() -> list[OwnProfile]:
    """Requires any scope under `admin:`."""
    return [OwnProfile(name=user.name, full_name=user.full_name, scopes=user.scopes) for user in USERS.values()]


# The four locations of a token. Each route searches one only.


@router.get("/token-in/header")
def token_in_header(payload: Annotated[TokenPayload, _required_in("headers")]) -> Accepted:
    """`Authorization: Bearer <token>`."""
    return Accepted(subject=payload.sub, location="headers")


@router.get("/token-in/cookie")
@router.post("/token-in/cookie")
def token_in_cookie(payload: Annotated[TokenPayload, _required_in("cookies")]) -> Accepted:
    """The access cookie. A POST must repeat its CSRF value in `X-CSRF-TOKEN`."""
    return Accepted(subject=payload.sub, location="cookies")


@router.get("/token-in/query")
def token_in_query(payload: Annotated[TokenPayload, _required_in("query")]) -> Accepted:
    """`?token=<token>`. Query strings end up in logs, so use this only if nothing else works."""
    return Accepted(subject=payload.sub, location="query")


@router.post("/token-in/json")
def token_in_json(payload: Annotated[TokenPayload, _required_in("json")]) -> Accepted:
    """`{"access_token": "<token>"}` as the body."""
    return Accepted(subject=payload.sub, location="json")
