"""Is the process alive, can it work, what does it count: for whoever restarts and watches it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from handlers import readiness
from handlers.context import hall_of
from handlers.guard import public, route


async def healthz(request: Request) -> Response:
    """The process answers, also while all its threads are at work."""
    return JSONResponse({"status": "ok"})


def readyz(request: Request) -> Response:
    """Everything the work needs is there; 503 names what is not, by key and in words."""
    found = readiness.look(hall_of(request))
    body = {
        "status": "ready" if found.ready else "unready",
        "site": found.version,
        "checks": {key: "fault" if key in found.faults else "ok" for key in found.checks},
        "faults": dict(found.faults),
        "warnings": dict(found.warnings),
    }
    return JSONResponse(body, 200 if found.ready else 503, {"Cache-Control": "no-store"})


def metrics(request: Request) -> Response:
    """Prometheus' text. Off unless `hall serve --metrics` says otherwise; never for what came by a proxy."""
    kept = request.app.state.metrics
    if kept is None or not kept.reader.near(request):
        raise HTTPException(404)
    if not kept.reader.admits(request):
        return PlainTextResponse("需要口令\n", 401, {"WWW-Authenticate": "Bearer"})
    return Response(kept.text(), media_type=kept.media_type, headers={"Cache-Control": "no-store"})


routes = [
    route("/healthz", healthz, guard=public("says nothing but that the process runs")),
    route("/readyz", readyz, guard=public("says nothing but whether parts can be used")),
    route("/metrics", metrics, guard=public("its own reader: off, or from this machine, or with a token")),
]
