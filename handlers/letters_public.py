"""The public's board of answered letters: searched, filtered by department, kind and month; and what is like a question."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.context import hall_of
from handlers.correspondence.reading import LetterView
from handlers.guard import public, route
from handlers.staff_frame import address, page_number
from handlers.store.letters import PublicFilter
from presentation.view import Crumb
from rules.letter_terms import KIND_LABELS

PAGE = 20
LONGEST_QUERY = 200
HERE = "/hall/letters"


async def board(request: Request) -> Response:
    """Letters whose writers agreed to their publication, with the answers, masked."""
    hall = hall_of(request)
    query = request.query_params
    words = query.get("q", "").strip()[:LONGEST_QUERY]
    everything = await run_in_threadpool(hall.correspondence.published, "", PublicFilter(), hall.now())
    departments = {each.letter.department: each.department_name for each in everything}
    months = sorted({_month(each) for each in everything}, reverse=True)
    wanted = PublicFilter(
        department=query.get("department", "") if query.get("department", "") in departments else "",
        kind=query.get("kind", "") if query.get("kind", "") in KIND_LABELS else "",
        month=query.get("month", "") if query.get("month", "") in months else "",
        item=query.get("item", "")[:64],
    )
    found = (
        await run_in_threadpool(hall.correspondence.published, words, wanted, hall.now())
        if words or wanted != PublicFilter()
        else everything
    )
    pages = max(1, -(-len(found) // PAGE))
    page = min(page_number(request), pages)
    return hall.page(
        request,
        "citizen/letters.html",
        "公开的来信和答复",
        section="ask",
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb("公开的来信和答复")),
        letters=found[(page - 1) * PAGE : page * PAGE],
        total=len(found),
        page=page,
        pages=pages,
        departments=sorted(departments.items(), key=lambda pair: pair[1]),
        kinds=sorted({(each.letter.kind, each.kind_label) for each in everything}),
        months=[(each, f"{each[:4]}年{int(each[5:])}月") for each in months],
        wanted=wanted,
        query=words,
        narrowed=bool(words) or wanted != PublicFilter(),
        pages_url=_pages_url(words, wanted),
    )


async def one(request: Request) -> Response:
    """One public letter with its answer."""
    hall = hall_of(request)
    view = await run_in_threadpool(
        hall.correspondence.public_letter, request.path_params["number"], hall.now()
    )
    near = await run_in_threadpool(
        hall.correspondence.similar, view.letter.title, view.letter.content or "", 6
    )
    return hall.page(
        request,
        "citizen/letter_public.html",
        view.letter.title,
        section="ask",
        breadcrumbs=(
            Crumb("我要问", "/consult/"),
            Crumb("公开的来信和答复", HERE),
            Crumb(view.letter.title[:20]),
        ),
        view=view,
        letter=view.letter,
        similar=[each for each in near if each.number != view.letter.number][:5],
    )


async def similar(request: Request) -> Response:
    """Answered letters near a question, as a page of its own: for who wants to look before writing."""
    hall = hall_of(request)
    words = request.query_params.get("q", "").strip()[:LONGEST_QUERY]
    found = await run_in_threadpool(hall.correspondence.similar, words, "", 10) if words else ()
    return hall.page(
        request,
        "citizen/letters_similar.html",
        "别人问过的",
        section="ask",
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb("别人问过的")),
        query=words,
        similar=found,
    )


def _month(view: LetterView) -> str:
    return "" if view.letter.answered is None else f"{view.letter.answered:%Y-%m}"


def _pages_url(words: str, wanted: PublicFilter) -> str:
    base = address(
        HERE, q=words, department=wanted.department, kind=wanted.kind, month=wanted.month, item=wanted.item
    )
    return f"{base}{'&' if '?' in base else '?'}page={{page}}"


_AGREED = public("answers their writers agreed to publish, masked")

routes = [
    route(HERE, board, guard=_AGREED, name="letters"),
    route(HERE + "/similar", similar, guard=_AGREED, name="letters_similar"),
    route(HERE + "/public/{number}", one, guard=_AGREED, name="letter_public"),
]
