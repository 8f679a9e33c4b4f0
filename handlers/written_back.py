"""What somebody wrote that cannot be taken any more when it is sent: the reason said, the text given back to copy."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.staff_frame import staff_page
from presentation.view import Crumb
from rules.errors import HallError

_MOVED = "可能刚刚转给了别的单位或别的人。"


async def written_back(
    request: Request,
    error: HallError,
    texts: Iterable[str],
    *,
    list_name: str,
    list_address: str,
    why: str = _MOVED,
) -> Response:
    """The answer to `error` with the texts. It is the same for what never was; raises it when nothing was written.

    `why`: what may have happened meanwhile, where the error does not say it itself.
    """
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
            why=why,
            texts=kept,
            list_name=list_name,
            list_address=list_address,
        )
    )
