"""监察日志: who looked at whose data, searched by the administrator, who sees no case content; looking is logged too."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from catalog.exporting import neutral
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.security import request_id
from handlers.session import SignedIn
from handlers.staff_frame import ACCESS_LOG, address, page_number, staff_page
from handlers.store import access_log, people
from handlers.store.access_log import WHAT_LABELS, Look, LookFilter
from handlers.track_proof import normal_number
from presentation.view import Crumb
from rules.access import ROLE_LABELS, Role
from rules.errors import Invalid
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.time import day_start

SIZE = 50
MOST_EXPORTED = 100_000
SUBJECTS = {
    "case": "办件",
    "letter": "来信",
    "order": "督办",
    "appeal": "申诉",
    "hall": "大厅",
    "account": "账号",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed into the search."""

    who: str = ""
    number: str = ""
    what: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class LookRow:
    """A look in words."""

    at: datetime
    name: str
    role: str
    unit: str
    what: str
    subject: str
    number: str
    found: int | None
    request: str


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found."""

    rows: tuple[LookRow, ...]
    total: int
    page: int
    pages: int


def asked_of(request: Request) -> Asked:
    """The search as typed."""
    given = request.query_params
    return Asked(
        who=given.get("who", "").strip()[:60],
        number=normal_number(given.get("number", "")),
        what=given.get("what", "") if given.get("what", "") in WHAT_LABELS else "",
        since=given.get("since", "").strip()[:10],
        until=given.get("until", "").strip()[:10],
    )


def filter_of(hall: Hall, asked: Asked) -> LookFilter | None:
    """The search as the store reads it; None when nobody bears that name. Raises Invalid for a day that is none."""
    persons: tuple[str, ...] = ()
    if asked.who:
        known = people.everyone(hall.database)
        # A login is one person's; a name may be borne by several, and none of them is to be missed.
        persons = tuple(each.id for each in known if each.login == asked.who) or tuple(
            each.id for each in known if each.name == asked.who
        )
        if not persons:
            return None
    since, until = _day(asked.since), _day(asked.until)
    return LookFilter(
        persons=persons,
        number=asked.number,
        what=asked.what,
        since=None if since is None else day_start(since),
        until=None if until is None else day_start(until + timedelta(days=1)),
    )


def search(
    hall: Hall, asked: Asked, reader: SignedIn, page: int, size: int, what: str, request: str
) -> Found:
    """A page of looks; that they were looked at is itself written down first."""
    wanted = filter_of(hall, asked)
    found, total = ((), 0) if wanted is None else access_log.search(hall.database, wanted, size, page)
    unit = next((each.unit for each in reader.assignments if each.role is Role.ADMINISTRATOR), "")
    entry = Look(
        hall.now(), reader.person_id, Role.ADMINISTRATOR, "hall", asked.number, what, request, unit, total
    )
    hall.database.write(lambda tx: access_log.add(tx, entry))
    names = _names(hall)
    ground = hall.site_data.ground()
    rows = tuple(
        LookRow(
            at=each.at,
            name=names.get(each.person, each.person),
            role=ROLE_LABELS[Role(each.role)] if each.role in set(Role) else each.role,
            unit=ground.unit_name(each.unit) if each.unit else "",
            what=WHAT_LABELS.get(each.what, each.what),
            subject=SUBJECTS.get(each.subject, each.subject),
            number=each.subject_number,
            found=each.found,
            request=each.request,
        )
        for each in found
    )
    return Found(rows, total, page, max(-(-total // size), 1))


async def show(request: Request) -> Response:
    """The search and what it finds."""
    hall, asked = hall_of(request), asked_of(request)
    person: SignedIn = request.state.person
    error, found = "", Found((), 0, 1, 1)
    try:
        found = await run_in_threadpool(
            search, hall, asked, person, page_number(request), SIZE, "access_log", request_id(request)
        )
    except Invalid as refused:
        error = refused.detail
    filters = {
        "who": asked.who,
        "number": asked.number,
        "what": asked.what,
        "since": asked.since,
        "until": asked.until,
    }
    url = address(ACCESS_LOG, **filters)
    return staff_page(
        request,
        "staff/access_log.html",
        "查看记录",
        current=ACCESS_LOG,
        crumbs=(Crumb("查看记录"),),
        asked=asked,
        found=found,
        error=error,
        kinds=WHAT_LABELS,
        cut=cut_words(found.total),
        months=hall.county.settings.access_log_months,
        page_url=url + ("&" if "?" in url else "?") + "page={page}",
        export=address(ACCESS_LOG + ".csv", **filters),
        status=422 if error else 200,
    )


async def export(request: Request) -> Response:
    """What was found, as CSV for a spreadsheet; the export is written down as well."""
    hall, asked = hall_of(request), asked_of(request)
    found = await run_in_threadpool(
        search, hall, asked, request.state.person, 1, MOST_EXPORTED, "export", request_id(request)
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["时间", "人员", "岗位", "单位", "看了什么", "对象", "编号", "条数", "请求号"])
    for row in found.rows:
        cells = [
            row.at.strftime("%Y-%m-%d %H:%M:%S"), row.name, row.role, row.unit, row.what, row.subject, row.number,
            "" if row.found is None else str(row.found), row.request,
        ]  # fmt: skip
        writer.writerow([neutral(cell) for cell in cells])
    if cut := cut_words(found.total):
        writer.writerow([cut])
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="access-log.csv"'},
    )


def _names(hall: Hall) -> dict[str, str]:
    """Names by id; a name several persons bear is told apart by the login."""
    known = people.everyone(hall.database)
    borne = Counter(each.name for each in known)
    return {each.id: f"{each.name}（{each.login}）" if borne[each.name] > 1 else each.name for each in known}


def cut_words(total: int) -> str:
    """That a file does not hold all that was found, and how to get the rest; empty when it does."""
    if total <= MOST_EXPORTED:
        return ""
    return f"共 {total} 条，一次最多导出最新的 {MOST_EXPORTED} 条，更早的没有导出。请把日期缩短，分几次导出。"


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"日期“{text}”写得不对，应像 2026-11-03。") from error
    if not 2000 <= day.year < 3000:  # the last day of all has no day after it
        raise Invalid(f"日期“{text}”写得不对，应像 2026-11-03。")
    return day


_GUARD = may(Capability.ACCESS_LOG_SEE)

routes = [
    route(ACCESS_LOG, show, guard=_GUARD, name="access_log"),
    route(ACCESS_LOG + ".csv", export, guard=_GUARD, name="access_log_export"),
]
