"""Authentication with JSON Web Tokens for FastAPI, decided by an engine in Rust.

```python
from authx import AuthX
from fastapi import Depends, FastAPI

app = FastAPI()
auth = AuthX()

@app.get("/protected")
async def protected_route(payload=Depends(auth.ACCESS_REQUIRED)):
    return {"user": payload.sub}
```
"""

from authx._authx import Renewal, __version__
from authx.config import AuthXConfig
from authx.dependencies import AuthXDependency
from authx.events import AuthEvent
from authx.exceptions import (
    InsufficientScopeError,
    JWTDecodeError,
    LoginTypeMismatchError,
    PolicyDeniedError,
    PolicyEvaluationError,
    RateLimitExceeded,
    TokenExpiredError,
    TokenInvalidAudienceError,
    TokenInvalidIssuerError,
    TokenInvalidSignatureError,
    WeakKeyWarning,
)
from authx.logins import LoginTokens
from authx.mail_routes import Mail, PasswordReset, Verification
from authx.main import AuthX
from authx.manager import AuthManager
from authx.policy import PolicyCondition, PolicyContext, PolicyDecision, PolicyEngine, PolicyRule
from authx.rate_limit import RateLimiter
from authx.routes import Credentials, Identity
from authx.schema import RequestToken, TokenPayload, TokenResponse
from authx.sessions import SessionInfo

__all__ = [
    "AuthEvent",
    "AuthManager",
    "AuthX",
    "AuthXConfig",
    "AuthXDependency",
    "Credentials",
    "Identity",
    "InsufficientScopeError",
    "JWTDecodeError",
    "LoginTokens",
    "LoginTypeMismatchError",
    "Mail",
    "PasswordReset",
    "PolicyCondition",
    "PolicyContext",
    "PolicyDecision",
    "PolicyDeniedError",
    "PolicyEngine",
    "PolicyEvaluationError",
    "PolicyRule",
    "RateLimitExceeded",
    "RateLimiter",
    "Renewal",
    "RequestToken",
    "SessionInfo",
    "TokenExpiredError",
    "TokenInvalidAudienceError",
    "TokenInvalidIssuerError",
    "TokenInvalidSignatureError",
    "TokenPayload",
    "TokenResponse",
    "Verification",
    "WeakKeyWarning",
    "__version__",
]
