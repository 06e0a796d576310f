"""The peer fastapi-users, with its JWT strategy. Users are kept in memory, so that no database is measured.

Each of its protected routes gets the user, so the route by header is also the one with the current subject.
"""

import asyncio
import uuid
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, CookieTransport, JWTStrategy
from fastapi_users.db import BaseUserDatabase

from benchmarks.fastapi.contestant import SECRET, UNPROTECTED, Contestant, Route


@dataclass
class User:
    """A user with the fields that fastapi-users needs."""

    name: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    email: str = "user123@example.com"
    hashed_password: str = ""
    is_active: bool = True
    is_superuser: bool = False
    is_verified: bool = True


class Users(BaseUserDatabase[User, uuid.UUID]):  # type: ignore[misc]
    def __init__(self, *users: User) -> None:
        self._users = {user.id: user for user in users}

    async def get(self, id: uuid.UUID) -> User | None:
        return self._users.get(id)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):  # type: ignore[misc]
    pass


USER = User("user123")
MANAGER = UserManager(Users(USER))
STRATEGY: Any = JWTStrategy(SECRET, lifetime_seconds=900)


# Its documentation creates a manager and a strategy for each request, the latter in a plain function, which FastAPI
# calls in another thread. Here both are created once, which is faster.
async def manager() -> UserManager:
    return MANAGER


async def strategy() -> Any:
    return STRATEGY


header = AuthenticationBackend(name="header", transport=BearerTransport("login"), get_strategy=strategy)
cookie = AuthenticationBackend(name="cookie", transport=CookieTransport("token"), get_strategy=strategy)


def current_user(*backends: Any) -> Any:
    return Depends(FastAPIUsers[User, uuid.UUID](manager, backends).current_user(active=True))


async def by_header(user: Annotated[User, current_user(header)]) -> dict[str, str]:
    return {"user": user.name}


async def by_header_or_cookie(user: Annotated[User, current_user(header, cookie)]) -> dict[str, str]:
    return {"user": user.name}


async def by_cookie(user: Annotated[User, current_user(cookie)]) -> dict[str, str]:
    return {"user": user.name}


async def create_tokens(times: int) -> None:
    for _ in range(times):
        await STRATEGY.write_token(USER)


CONTESTANT = Contestant(
    name=f"fastapi-users {version('fastapi-users')}",
    routes={
        **UNPROTECTED,
        "header": Route("GET", by_header),
        "both": Route("GET", by_header_or_cookie),
        "cookie": Route("GET", by_cookie),
        "subject": Route("GET", by_header),
    },
    token=asyncio.run(STRATEGY.write_token(USER)),
    cookie="token",
    create_tokens=create_tokens,
)
