"""The routes of `axum-service/src/policies_and_limits.rs` in FastAPI: a policy from the request, and rate limits."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from authx import AuthX, TokenPayload
from authx.policy import PolicyEngine, authorize
from authx.rate_limit import RateLimiter


class FixedCount:
    """Gives the same count for each request, 53 seconds before the end of its window, and remembers the key."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.key = ""

    async def increment(self, key: str, window: int) -> int:
        self.key = key
        return self.count

    async def reset(self, key: str) -> None:
        self.key = ""

    async def time_left(self, key: str, window: int) -> float:
        return 53


def engine_of(policy: dict[str, Any]) -> PolicyEngine:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.json"
        file.write_text(json.dumps(policy))
        return PolicyEngine.from_file(file)


def add_policies_and_limits(app: FastAPI, auth: AuthX[Any]) -> None:
    @app.post("/policy")
    async def policy(request: Request, payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]) -> Response:
        """Ask a policy of one rule, which has the conditions of the body."""
        rule = {"effect": "allow", "actions": ["read"], "resources": ["reports"], "conditions": await request.json()}
        try:
            engine = engine_of({"rules": [rule]})
        except ValueError:
            return Response(status_code=400)
        await authorize(
            engine,
            login_type="",
            action="read",
            resource="reports",
            payload=payload,
            request=request,
        )
        return JSONResponse("allowed")

    first, third = FixedCount(1), FixedCount(3)

    @app.get("/rate-limit-key", dependencies=[Depends(RateLimiter(2, 60, backend=first))])
    def rate_limit_key() -> str:
        """Give the key that this request was counted by."""
        return first.key

    @app.get("/third-of-two", dependencies=[Depends(RateLimiter(2, 60, backend=third))])
    def third_of_two() -> None:
        """Refuse every request: it is the third where two are allowed."""
