"""Is the process alive, and can it answer: for whoever restarts it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handlers.context import hall_of
from handlers.guard import public, route
from rules.errors import HallError


def healthz(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


def readyz(request: Request) -> Response:
    """Portal data and database can be read; 503 names what cannot."""
    hall = hall_of(request)
    faults = {}
    try:
        version = hall.edition.catalog.version
        if hall.site_data.fault:
            faults["site"] = hall.site_data.fault
    except HallError as error:
        version, faults["site"] = "", error.detail
    try:
        hall.database.value("PRAGMA user_version")
    except HallError as error:
        faults["database"] = error.detail
    body = {"status": "unready" if faults else "ready", "site": version, "faults": faults}
    return JSONResponse(body, 503 if faults else 200)


routes = [
    route("/healthz", healthz, guard=public("says nothing but that the process runs")),
    route("/readyz", readyz, guard=public("says nothing but whether parts can be read")),
]
