"""The files of the repository that the page links to: the code of both services, and the guides."""

import os
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "examples/axum/src", "examples/fastapi")


class TextFiles(StaticFiles):
    """Files as plain text, so that a browser shows them, and neither downloads nor runs them."""

    def file_response(
        self, full_path: "str | os.PathLike[str]", stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if response.status_code == 200:
            response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return response


def serve(app: FastAPI) -> None:
    """Serve the folders below `/source`, at their paths in the repository."""
    for folder in FOLDERS:
        app.mount(f"/source/{folder}", TextFiles(directory=ROOT / folder))
