"""Going on with what was begun: the code opens the draft on any device; drafts of this device are listed."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import apply, apply_draft, apply_section, proofs
from handlers.apply_draft import OpenDraft
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.store.vault import normal_code
from handlers.throttle import guessing
from presentation.view import Crumb
from rules.errors import Gone, HallError, NotFound
from rules.quick_dataclass import dataclass

WRONG = "续办码不对，请再看一遍：它是12位字母和数字，和查询码不是一个。已经提交的办件请用编号和查询码查进度。"


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft of this device with the name of its item and where it goes on."""

    draft: OpenDraft
    name: str
    address: str


async def show(request: Request) -> Response:
    """The code's field, and the drafts this browser holds."""
    return await _page(request, "", 200)


async def act(request: Request) -> Response:
    """Opens a draft by its code, or deletes one of this browser's."""
    async with form_of(request) as form:
        code, doomed = text_of(form, "code", 100), text_of(form, "delete", 20)
    if doomed:
        return await _delete(request, doomed)
    if not normal_code(code):
        return await _page(request, "请填写续办码", 422)
    try:
        # All codes share one count: a draft has no number that a wrong code could be counted against.
        with guessing(request, f"draft/{normal_code(code)[:4]}"):
            draft = await apply_draft.by_code(request, code)
    except (NotFound, Gone) as error:
        return await _page(request, WRONG if isinstance(error, NotFound) else error.detail, 422)
    apply_section.check_window(request, draft)
    try:
        address = (
            f"{draft.address}/check" if draft.filling.filed else await apply.next_address(request, draft)
        )
    except NotFound as error:
        raise Gone("这份草稿的事项已经取消，不能再提交。请搜索新的事项。") from error
    return apply_draft.hold(request, RedirectResponse(address, 303), draft)


async def _delete(request: Request, handle: str) -> Response:
    code = proofs.recalled(request, proofs.DRAFTS, handle)
    if code is not None:
        try:
            draft = await apply_draft.by_code(request, code)
            if not draft.filling.filed:
                await apply_draft.delete(request, draft)
        except (NotFound, Gone):
            pass  # deleted in another tab, or expired: what was asked for is so
    answer = RedirectResponse("/hall/drafts?deleted=1", 303)
    proofs.forget(request, answer, proofs.DRAFTS, handle)
    return answer


async def _page(request: Request, wrong: str, status: int) -> Response:
    hall = hall_of(request)
    kept: list[Kept] = []
    for handle in reversed(proofs.names(request, proofs.DRAFTS)):
        try:
            draft = await apply_draft.by_code(request, proofs.recalled(request, proofs.DRAFTS, handle) or "")
            record = await run_in_threadpool(hall.edition.item, draft.item)
        except HallError:
            continue
        if not draft.filling.filed and draft.filling.window is None:
            kept.append(Kept(draft, record.item.name, await apply.next_address(request, draft)))
    return hall.page(
        request,
        "citizen/drafts.html",
        "继续办理",
        status=status,
        section="do",
        breadcrumbs=(Crumb("我要办", "/items/"), Crumb("继续办理")),
        kept=kept,
        wrong=wrong,
        deleted=bool(request.query_params.get("deleted")),
        draft_days=hall.county.settings.draft_days,
    )


_CODE = public("the draft's code is checked and limited")

routes = [
    route("/hall/drafts", show, guard=_CODE, name="drafts"),
    route("/hall/drafts", act, guard=_CODE, methods=("POST",), name="drafts_open"),
]
