"""Tracking a case without an account: where it stands, who has it, when it is due and why that day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.schema import Item
from handlers import proofs, track_actions, track_proof
from handlers.bodies import form_of, text_of
from handlers.casework.views import CaseView, DueView
from handlers.context import Hall, hall_of
from handlers.guard import public, route
from handlers.proofs import CASES, DRAFTS, LETTERS
from handlers.store import access_log, attachments, cases
from handlers.store.records import Attachment
from handlers.track_actions import SUPPLEMENTS
from handlers.track_proof import WRONG, normal_number
from handlers.uploads import to_save
from presentation.dates import date_cn, duration
from presentation.view import Crumb, TimelineEntry
from rules.case_terms import ENDED, MoveName, State
from rules.clock import ClockKind
from rules.errors import NotFound
from rules.letter_terms import CONDUCT_MARK, KIND_MARKS
from rules.quick_dataclass import dataclass

if TYPE_CHECKING:
    from handlers.correspondence.reading import LetterView

LETTER_MARKS = frozenset({CONDUCT_MARK, *KIND_MARKS.values()})
_TITLE = "查进度"
_PURPOSE = "办件、咨询、投诉都在这里查，不用账号。编号和查询码在提交成功的页面和收件凭证上。"


# What each limit means to the applicant, the legal term in brackets.
PLAIN: Mapping[str, str] = {
    ClockKind.PRE_ACCEPTANCE: "看完材料（网上预审）",
    ClockKind.SUPPLEMENT_NOTICE: "告诉您收不收、还缺什么（受理或补正告知）",
    ClockKind.PROMISE: "办结（承诺时限）",
    ClockKind.STATUTE: "办结（法定时限）",
    ClockKind.SPECIAL_PROCEDURE: "特别程序",
    ClockKind.DELIVERY: "把结果送到您手上（送达）",
    ClockKind.CERTIFICATE: "制好证件（出证）",
}
# The office's own stages are its business; what the applicant waits for is the whole.
INTERNAL = frozenset({ClockKind.STAGE})


@dataclass(frozen=True, slots=True)
class LimitShown:
    """A due date with its words: what it is for, `when` such as 预计不晚于…, `length` such as 5个工作日."""

    title: str
    due: DueView
    when: str
    length: str


async def ask(request: Request) -> Response:
    """The page that asks for number and code; a QR code brings the number."""
    number = normal_number(request.query_params.get("number", ""))
    if number and proofs.recalled(request, CASES, number):
        return RedirectResponse(f"/hall/track/{number}", 303)
    return track_proof.ask(request, title=_TITLE, action="/hall/track", purpose=_PURPOSE, number=number)


async def prove(request: Request) -> Response:
    """Number and code given: a case, or a letter, since both look alike to who holds them."""
    async with form_of(request) as form:
        number, code = normal_number(text_of(form, "number", 100)), text_of(form, "code", 100)
    wrong = "" if number and code else "请把编号和查询码都填上。"
    if not wrong:
        try:
            return await _proved(request, number, code)
        except NotFound:
            wrong = WRONG
    return track_proof.ask(
        request, title=_TITLE, action="/hall/track", purpose=_PURPOSE, number=number, wrong=wrong, status=422
    )


async def _proved(request: Request, number: str, code: str) -> Response:
    # A letter's number carries its kind behind the county's prefix; both lookups cost the same either way.
    prefix = hall_of(request).county.case_prefix
    if number[len(prefix) : len(prefix) + 1] in LETTER_MARKS:
        letter = await track_proof.prove_letter(request, number, code)
        answer = RedirectResponse(f"/hall/letters/{letter.view.letter.number}", 303)
        proofs.remember(request, answer, LETTERS, letter.view.letter.number, code)
        return answer
    case = await track_proof.prove_case(request, number, code)
    answer = RedirectResponse(f"/hall/track/{case.view.number}", 303)
    proofs.remember(request, answer, CASES, case.view.number, code)
    return answer


async def show(request: Request) -> Response:
    """The case's page, for a browser that has proved its code."""
    proved = await track_proof.own_case(request)
    if proved is None:
        number = normal_number(request.path_params["number"])
        return track_proof.ask(request, title=_TITLE, action="/hall/track", purpose=_PURPOSE, number=number)
    hall, view = hall_of(request), proved.view
    answer = hall.page(
        request,
        "citizen/track.html",
        f"办理进度 {view.number}",
        section="look",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("查进度", "/hall/track"), Crumb(view.number)),
        case=view,
        entries=timeline(hall, view),
        limits=limits(view),
        promise=_promise(hall, view),
        files=await run_in_threadpool(_files, hall, view.number),
        letters=await run_in_threadpool(_letters, hall, view.number),
        looks=await run_in_threadpool(access_log.count_of, hall.database, "case", view.number),
        can_supplement=any(each.move.name is MoveName.SUPPLEMENT for each in view.moves),
        can_withdraw=any(each.move.name is MoveName.WITHDRAW for each in view.moves),
        can_ask_hearing=any(each.move.name is MoveName.REQUEST_HEARING for each in view.moves),
        ended=view.state in ENDED,
        done=request.query_params.get("done", ""),
    )
    proofs.remember(request, answer, CASES, view.number, proved.code)
    return answer


def _letters(hall: Hall, number: str) -> tuple[LetterView, ...]:
    """The letters that were written about this case by who proved its code."""
    case = cases.by_number(hall.database, number)
    return () if case is None else hall.correspondence.of_case(case.id, hall.now())


async def leave(request: Request) -> Response:
    """Takes everything this browser has proved out of it, unfinished drafts too: for shared computers.

    A draft that was filed leads back to its receipt for a while, and one that was not is as personal as a case.
    """
    async with form_of(request, whole=False):
        pass
    answer = RedirectResponse("/hall/track?left=1", 303)
    for shelf in (CASES, LETTERS, DRAFTS, SUPPLEMENTS):
        proofs.forget(request, answer, shelf)
    return answer


def limits(view: CaseView) -> tuple[LimitShown, ...]:
    """The due dates that concern the applicant, the one that matters now first."""
    return tuple(
        LimitShown(PLAIN.get(each.kind, each.label), each, _when(each), _length(each))
        for each in view.clocks
        if each.kind not in INTERNAL
    )


def _promise(hall: Hall, view: CaseView) -> str:
    """What was promised, while it has not begun to run."""
    if view.accepted_at is not None or view.state in ENDED:
        return ""
    item = hall.site_data.version(view.item_version)
    return duration(item.promised.days, item.promised.unit) if item and item.promised else ""


def _files(hall: Hall, number: str) -> tuple[Attachment, ...]:
    case = cases.by_number(hall.database, number)
    return () if case is None else attachments.of_case(hall.database, case.id)


async def download(request: Request) -> Response:
    """A file of one's own case, to save."""
    proved = await track_proof.own_case(request)
    if proved is None:
        return await show(request)
    hall, wanted = hall_of(request), request.path_params["file"]
    found, path = await run_in_threadpool(
        hall.casework.attachment_for_applicant, wanted, proved.view.number, proved.code
    )
    return to_save(found, path)


def _length(due: DueView) -> str:
    extra = f"，已延长{duration(due.extension, due.unit)}" if due.extension else ""
    return duration(due.limit, due.unit) + extra


def _when(due: DueView) -> str:
    if due.stopped is not None:
        return f"已在{date_cn(due.stopped)}结束，最晚本应在{date_cn(due.due)}"
    return f"预计不晚于{date_cn(due.due)}"


def timeline(hall: Hall, view: CaseView) -> list[TimelineEntry]:
    """What happened, what is happening, and what still comes."""
    entries = [
        TimelineEntry(
            each.words,
            each.at,
            each.unit,
            "done",
            f"/hall/notices/{each.notice_id}" if each.notice_id is not None else "",
            each.notice_title,
        )
        for each in view.timeline
    ]
    if view.state in ENDED:
        if view.state is not State.DELIVERED and entries:
            last = entries[-1]
            entries[-1] = TimelineEntry(last.title, last.when, last.detail, "stopped", last.href, last.link)
        return entries
    now_words = view.state_label + (f"：{view.step_name}" if view.step_name else "")
    detail = (
        f"现在由{view.holder_name}办理"
        if view.holder_name and view.holder_name != "申请人"
        else "现在等您补正"
    )
    entries.append(TimelineEntry(now_words, None, detail, "now"))
    item = hall.site_data.version(view.item_version)
    entries.extend(TimelineEntry(title, None, detail, "next") for title, detail in coming(view, item))
    return entries


def coming(view: CaseView, item: Item | None) -> list[tuple[str, str]]:
    """The steps still ahead, with their days, if all goes its usual way."""
    steps = [(each.name, duration(each.limit) if each.limit else "") for each in item.steps] if item else []
    steps = steps or [("审查决定", "")]
    ahead: list[tuple[str, str]] = []
    if view.state is State.SUPPLEMENTING:
        ahead.append(("收到补正材料后重新审核", ""))
    if view.state in (State.RECEIVED, State.SUPPLEMENTING, State.PRE_REVIEWED):
        ahead += [("受理", "出具受理通知书，办理时限从次日起算"), *steps]
    elif view.state in (State.IN_REVIEW, State.SPECIAL_PROCEDURE):
        names = [name for name, _ in steps]
        at = names.index(view.step_name) if view.step_name in names else len(names) - 1
        ahead += steps[at + 1 :]
    if view.state not in (State.GRANTED, State.DENIED):
        ahead.append(("作出决定", "准予或不予许可，都有书面决定"))
    ahead += [("送达结果", ""), ("请您评价", "")]
    return ahead


_PROVED = public("one's own case, proved by number and code in a sealed cookie")

routes = [
    route("/hall/track", ask, guard=public("asks for number and code"), name="track_ask"),
    route(
        "/hall/track",
        prove,
        guard=public("number and code are checked and limited"),
        methods=("POST",),
        name="track_prove",
    ),
    route(
        "/hall/track/leave",
        leave,
        guard=public("clears the browser's own cookies"),
        methods=("POST",),
        name="track_leave",
    ),
    route("/hall/track/{number}/files/{file}", download, guard=_PROVED, name="track_file"),
    route("/hall/track/{number}", show, guard=_PROVED, name="track"),
    *track_actions.routes,
]
