"""A route with a rate limit."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from authx import TokenPayload

from security import auth

router = APIRouter(tags=["limits"])


async def subject_of(request: Request) -> str:
    """The user, whose requests are counted together."""
    payload: TokenPayload = await auth.access_token_required(request)
    return payload.sub


@router.get("/limited")
def limited(
    payload: Annotated[TokenPayload, Depends(auth.rate_limited(max_requests=3, window=20, key_func=subject_of))],
) -> dict[str, str]:
    """Answers only as often as the limit allows: three requests in twenty seconds for each user."""
    return {"message": f"{payload.sub} may ask three times in 20 seconds"}
