"""A citizen's own record: the proof that the filing is in the public log, and who has looked at the case."""

from __future__ import annotations

import json
from datetime import date, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers import proofs, track_proof
from handlers.context import Hall, hall_of
from handlers.guard import public, route
from handlers.logbook import papers
from handlers.store import access_log
from handlers.store.access_log import WHAT_LABELS
from handlers.store.log_days import PublishedDay
from handlers.store.records import Event
from presentation.view import Crumb
from rules.access import ROLE_LABELS, Role
from rules.errors import NotFound
from rules.quick_dataclass import dataclass

_TITLE = "日志和查看记录"
_PURPOSE = "这里看得到谁查看过您的办件，也能下载凭据，自己核对办理日志没有被改过。"


@dataclass(frozen=True, slots=True)
class LookShown:
    """How often someone in a role at a unit looked at something on a day."""

    day: date
    who: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class RecordShown:
    """What the page shows. `expected`: by when the day will be published, while `day` is None."""

    filed: Event
    day: PublishedDay | None
    expected: date
    looks: tuple[LookShown, ...]
    total: int


def record_of(hall: Hall, number: str, code: str) -> RecordShown:
    """The record of one's own case. Raises NotFound alike for wrong numbers and wrong codes."""
    filed = papers.filing_of(hall.database, number, code)
    standing = hall.logbook.standing(filed.sequence, hall.now())
    looks = looks_at(hall, "case", filed.subject_number)
    return RecordShown(filed, standing.day, standing.expected, looks, sum(each.count for each in looks))


def looks_at(hall: Hall, subject: str, number: str) -> tuple[LookShown, ...]:
    """Who has looked at a case or letter: role, unit and day, no names."""
    ground = hall.site_data.ground()
    return tuple(
        LookShown(
            date.fromisoformat(each.day),
            " · ".join(
                part
                for part in (
                    ROLE_LABELS[Role(each.role)] if each.role in set(Role) else "工作人员",
                    ground.unit_name(each.unit) if each.unit else "",
                )
                if part
            ),
            WHAT_LABELS.get(each.what, each.what),
            each.count,
        )
        for each in access_log.by_day(hall.database, subject, number)
    )


async def show(request: Request) -> Response:
    """The page, for a browser that has proved the code."""
    number = track_proof.normal_number(request.path_params["number"])
    code = proofs.recalled(request, proofs.CASES, number)
    if code is None:
        return track_proof.ask(
            request, title=_TITLE, action=request.url.path, purpose=_PURPOSE, number=number
        )
    hall = hall_of(request)
    try:
        found = await run_in_threadpool(record_of, hall, number, code)
    except NotFound:
        return track_proof.ask(
            request, title=_TITLE, action=request.url.path, purpose=_PURPOSE, number=number
        )
    return hall.page(
        request,
        "citizen/record.html",
        _TITLE,
        section="look",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("查进度", "/hall/track"), Crumb(number, f"/hall/track/{number}"), Crumb(_TITLE)),
        record=found,
        number=number,
        kept=hall.county.settings.access_log_months,
    )


async def prove(request: Request) -> Response:
    """Number and code given on the page's own address."""
    return await track_proof.answer_case(
        request, title=_TITLE, purpose=_PURPOSE, then="/hall/track/{number}/record"
    )


async def proof(request: Request) -> Response:
    """The inclusion proof of the filing, to save. Raises NotFound until the day is published."""
    number = track_proof.normal_number(request.path_params["number"])
    code = proofs.recalled(request, proofs.CASES, number)
    if code is None:
        raise NotFound("请先打开“查进度”，核对编号和查询码。")
    body = await run_in_threadpool(proof_of, hall_of(request), number, code)
    return Response(
        json.dumps(body, ensure_ascii=False, indent=1) + "\n",
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="proof-{number}.json"'},
    )


def proof_of(hall: Hall, number: str, code: str) -> dict[str, object]:
    """The proof of a filing as a document. Raises NotFound with the day on which it will be there."""
    filed = papers.filing_of(hall.database, number, code)
    found = hall.logbook.prove(filed.sequence)
    if found is None:
        day = hall.now().date() + timedelta(days=1)
        raise NotFound(f"这一天的日志还没有公布，最晚{day.month}月{day.day}日可以下载证明。")
    return papers.proof_body(hall.logbook, found)


_PROVED = public("one's own case, proved by number and code in a sealed cookie")

routes = [
    route("/hall/track/{number}/proof.json", proof, guard=_PROVED, name="track_log_proof"),
    route("/hall/track/{number}/record", show, guard=_PROVED, name="track_record"),
    route("/hall/track/{number}/record", prove, guard=_PROVED, methods=("POST",), name="track_record_prove"),
]
