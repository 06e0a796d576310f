"""The demo's `auth` object, and its lookups of revoked tokens and of users."""

import atexit

from authx import AuthX, TokenPayload
from authx.exceptions import UnknownSubjectError

from blocklist import Blocklist
from settings import blocklist_path, config_from_environment
from users import USERS, User

config = config_from_environment()
auth: AuthX[User] = AuthX(config)
blocklist = Blocklist(blocklist_path())
atexit.register(blocklist.close)


def login_of(payload: TokenPayload) -> str:
    """The id of the login that this token belongs to: a custom claim in all of the demo's tokens."""
    return str((payload.model_extra or {}).get("login", ""))


@auth.set_callback_token_blocklist
def is_revoked(payload: TokenPayload) -> bool:
    """Whether the token itself, or the login that it belongs to, is revoked."""
    return blocklist.holds_either(payload.jti or "", login_of(payload))


@auth.set_callback_get_model_instance
def find_user(uid: str) -> User:
    """The user of a verified token, which `auth.CURRENT_SUBJECT` passes to a route.

    If the user no longer exists, the request is refused.
    """
    user = USERS.get(uid)
    if user is None:
        raise UnknownSubjectError(f"There is no user {uid!r}")
    return user
