"""The quarterly report on screen and as a document; the county's supervisor writes its preface and conclusions."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.notices import docx_response
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import address, staff_page
from handlers.statistics.quarterly import LONGEST, Quarterly
from handlers.statistics_view import charts_of
from handlers.store.reports import QuarterlyText
from presentation.reports import chinese_number, notes_of
from presentation.view import Choice, Crumb, FieldError
from presentation.word_files import report_file
from rules.errors import Conflict, Invalid
from rules.permissions import Capability
from rules.score_periods import Period

HERE = "/hall/statistics/quarterly"
LABELS = {"number": "文号", "addressee": "主送", "preface": "前言", "conclusions": "结语和要求"}


def quarterly(request: Request) -> Response:
    """The report of a quarter, the running one when none is named."""
    return _page(request, _period(request))


def _page(
    request: Request, period: str, written: QuarterlyText | None = None, errors: dict[str, str] | None = None,
    refused: str = "", status: int = 200,
) -> Response:  # fmt: skip
    hall = hall_of(request)
    person: SignedIn = request.state.person
    found = hall.statistics.quarterly(period, hall.now())
    faults = errors or {}
    return staff_page(
        request,
        "staff/quarterly.html",
        f"{found.period.label}通报",
        current="/hall/statistics",
        crumbs=(Crumb("统计分析", "/hall/statistics"), Crumb(f"{found.period.label}通报")),
        status=status,
        found=found,
        report=found.document,
        notes=notes_of(found.document),
        chinese_number=chinese_number,
        charts=[*charts_of(found.work)[1:2], *charts_of(found.watch)[:1]],
        text=written or found.text,
        labels=LABELS,
        longest=LONGEST,
        errors=faults,
        error_list=[FieldError(name, words) for name, words in faults.items()],
        refused=refused,
        may_write=bool(hall.edition.permissions.roles(Capability.REPORTS_WRITE) & person.roles),
        quarters=_quarters(hall.now().date().isoformat()),
        docx=address(f"{HERE}/report.docx", period=found.period.text),
        saved=request.query_params.get("done") == "1",
    )


def document(request: Request) -> Response:
    """The report to send."""
    hall = hall_of(request)
    found: Quarterly = hall.statistics.quarterly(_period(request), hall.now())
    return docx_response(report_file(found.document), found.document.title)


async def write(request: Request) -> Response:
    """Saves what the supervisor wrote."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    async with form_of(request) as form:
        check_csrf(request, form)
        period, version = text_of(form, "period", 10), text_of(form, "version", 10)
        fields = {name: text_of(form, name, 20_000).strip() for name in LONGEST}
        restore = "restore" in form
    number = int(version) if version.isascii() and version.isdigit() else 0
    written = QuarterlyText(period, **fields, saved=None, saved_by="", version=number)
    if restore:
        return await run_in_threadpool(_page, request, period, written)
    try:
        await run_in_threadpool(
            lambda: hall.statistics.write_quarterly(person.person_id, written, hall.now())
        )
    except Invalid as error:
        return await run_in_threadpool(_page, request, period, written, dict(error.fields), "", 422)
    except Conflict as error:
        return await run_in_threadpool(_page, request, period, written, None, error.detail, 409)
    return RedirectResponse(address(HERE, period=period, done="1"), 303)


def _period(request: Request) -> str:
    today = hall_of(request).now().date()
    return request.query_params.get("period", "")[:10] or f"{today.year}Q{(today.month + 2) // 3}"


def _quarters(today: str) -> list[Choice]:
    at = Period.parse(f"{today[:4]}Q{(int(today[5:7]) + 2) // 3}")
    found = []
    for _ in range(8):
        found.append(Choice(at.text, at.label))
        at = at.before
    return found


# The whole county stands in it, so only those read it who see the whole county.
_GUARD = may(Capability.REPORTS_WRITE)
routes = [
    route(HERE, quarterly, guard=_GUARD, name="quarterly"),
    route(f"{HERE}/report.docx", document, guard=_GUARD, name="quarterly_document"),
    route(f"{HERE}/text", write, guard=_GUARD, methods=("POST",), name="quarterly_write"),
]
