"""The name of this service and of others that serve the same page, for the links in the page's header."""

import os

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["services"])


class Service(BaseModel):
    """A service that serves the page, on the host that the page came from."""

    name: str
    port: int


class Services(BaseModel):
    """The answer to `GET /services`."""

    served_by: str
    services: list[Service]


def services_from_environment() -> list[Service]:
    """The services of `AUTHX_DEMO_SERVICES`, for example `FastAPI:8000,axum:8001`."""
    return [_service(entry) for entry in os.environ.get("AUTHX_DEMO_SERVICES", "").split(",") if entry]


def _service(entry: str) -> Service:
    name, _, port = entry.partition(":")
    if not (name and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError(
            f"AUTHX_DEMO_SERVICES: '{entry}' is no service: write NAME:PORT, with commas between",
        )
    return Service(name=name, port=int(port))


SERVICES = Services(served_by="FastAPI", services=services_from_environment())


@router.get("/services")
def services() -> Services:
    """The services that the page's header links to."""
    return SERVICES
