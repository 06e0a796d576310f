"""The demo's two users. Their passwords are shown on the page, but stored as hashes, as in a real service."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PasswordHash:
    """A scrypt hash with its salt."""

    salt: bytes
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """Hash `password` with a new salt."""
        salt = secrets.token_bytes(16)
        return cls(salt, _scrypt(password, salt))

    def matches(self, password: str) -> bool:
        """Compare in constant time, so that the time taken doesn't tell how much of the password was right."""
        return hmac.compare_digest(self.digest, _scrypt(password, self.salt))


@dataclass
class User:
    """A user who may log in, with their scopes."""

    name: str
    full_name: str
    scopes: list[str]
    password: PasswordHash


class LoginRefused(Exception):
    """The name is unknown or the password is wrong. The answer doesn't say which, so that names can't be guessed."""


def log_in(name: str, password: str) -> User:
    """The user of this name and password, or `LoginRefused`."""
    user = USERS.get(name)
    # Compared for an unknown name too, so that the time taken doesn't tell which names exist.
    stored = user.password if user else _UNKNOWN_USERS_PASSWORD
    if not stored.matches(password) or user is None:
        raise LoginRefused
    return user


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


USERS = {
    user.name: user
    for user in (
        User("ada", "Ada Lovelace", ["admin:*", "users:read", "users:delete"], PasswordHash.of("analytical-engine")),
        User("grace", "Grace Hopper", ["users:read"], PasswordHash.of("nanosecond-wire")),
    )
}
_UNKNOWN_USERS_PASSWORD = PasswordHash.of(secrets.token_urlsafe())
