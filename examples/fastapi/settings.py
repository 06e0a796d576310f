"""The demo's settings. Each can be changed by an environment variable of its name."""

import atexit
import os
import secrets
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from authx import AuthXConfig

# Short lifetimes, so that a person can watch the implicit refresh at work. The cookies are not `Secure`
# because the demo speaks plain http on 127.0.0.1; behind https, set JWT_COOKIE_SECURE=true.
DEMO_DEFAULTS: dict[str, Any] = {
    "JWT_SECRET_KEY": secrets.token_urlsafe(32),
    "JWT_TOKEN_LOCATION": ["headers", "cookies", "query", "json"],
    "JWT_ACCESS_TOKEN_EXPIRES": timedelta(seconds=60),
    "JWT_IMPLICIT_REFRESH_DELTATIME": timedelta(seconds=30),
    "JWT_REFRESH_TOKEN_EXPIRES": timedelta(hours=8),
    # No access token outlives the refresh token, because a logout needs the refresh token.
    "JWT_IMPLICIT_REFRESH_MAX_AGE": timedelta(hours=8) - timedelta(seconds=60),
    # A page can send a token with a WebSocket's handshake as a subprotocol. A revoked one closes the socket soon.
    "JWT_WEBSOCKET_TOKEN_LOCATION": ["subprotocol"],
    "JWT_WEBSOCKET_CHECK_INTERVAL": timedelta(seconds=1),
    "JWT_COOKIE_SECURE": False,
    # The browser sends the refresh token only to the routes that need it; its CSRF value must be readable on the page.
    "JWT_REFRESH_COOKIE_PATH": "/auth",
    "JWT_REFRESH_CSRF_COOKIE_PATH": "/",
}


def config_from_environment() -> AuthXConfig:
    """The demo's configuration: the environment's values, else the demo's defaults."""
    defaults = {name: value for name, value in DEMO_DEFAULTS.items() if name not in os.environ}
    return AuthXConfig(**defaults)


def store_url() -> str:
    """`AUTHX_DEMO_STORE`, the URL of one store for services that share logins; else the memory of this process."""
    return os.environ.get("AUTHX_DEMO_STORE") or "memory://"


def blocklist_path() -> Path:
    """`AUTHX_DEMO_BLOCKLIST`, one file for services that share logouts; else a temporary file for this process."""
    configured = os.environ.get("AUTHX_DEMO_BLOCKLIST")
    if configured:
        return Path(configured)
    folder = tempfile.mkdtemp(prefix="authx-demo-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / "blocklist.sqlite3"
