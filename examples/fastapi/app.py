"""The AuthX demo: a FastAPI service, and a page that shows tokens being issued, renewed and refused.

Serve it with `make demo` or `uvicorn app:app --app-dir examples/fastapi`.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

import events
import limits
import login
import operators
import protected
import services
import source
import stored_logins
from security import auth
from users import LoginRefused

# The page's files, which the axum service serves as well.
PAGE = Path(__file__).parents[1] / "page"

app = FastAPI(title="AuthX demo")
auth.handle_errors(app)
app.middleware("http")(auth.implicit_refresh_middleware)
app.include_router(login.router)
app.include_router(protected.router)
app.include_router(limits.router)
app.include_router(operators.router)
app.include_router(stored_logins.router)
app.include_router(events.router)
app.include_router(services.router)
app.mount("/static", StaticFiles(directory=PAGE), name="static")
source.serve(app)


@app.get("/", include_in_schema=False)
def page() -> FileResponse:
    """The page. It talks to relative addresses only, so any service with the same routes can serve it."""
    return FileResponse(PAGE / "index.html")


@app.middleware("http")
async def harden(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Set headers that keep foreign scripts, frames and caches away from the tokens."""
    response = await call_next(request)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # FastAPI's documentation pages load their scripts from other hosts.
    if request.url.path not in (app.docs_url, app.redoc_url):
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
        )
    return response


@app.exception_handler(LoginRefused)
def answer_login_refused(_request: Request, _error: Exception) -> JSONResponse:
    """Answer a refused login with the same JSON fields as AuthX's answers."""
    return JSONResponse(
        {"message": "The name or the password is wrong", "error_type": "LoginRefused"},
        status_code=401,
        headers={"WWW-Authenticate": "Bearer"},
    )
