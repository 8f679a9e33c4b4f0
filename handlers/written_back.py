"""What somebody wrote about a case or a letter that is out of their reach meanwhile: said, and given back to copy."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.staff_frame import staff_page
from presentation.view import Crumb
from rules.errors import NotFound


async def written_back(
    request: Request, error: NotFound, texts: Iterable[str], *, list_name: str, list_address: str
) -> Response:
    """The answer to `error` with the texts. It is the same for what never was; raises it when nothing was written."""
    kept = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not kept:
        raise error
    return await run_in_threadpool(
        lambda: staff_page(
            request,
            "staff/written_back.html",
            "没有执行",
            current=list_address,
            crumbs=(Crumb(list_name, list_address), Crumb("没有执行")),
            status=error.status,
            detail=error.detail,
            texts=kept,
            list_name=list_name,
            list_address=list_address,
        )
    )
