"""好差评: one rating after the close, five levels (GB/T 39046 A.8), words if one likes."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import proofs, track_proof
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.proofs import CASES
from handlers.track_proof import ProvedCase, normal_number
from presentation.view import Choice, Crumb
from rules.errors import Conflict, IllegalMove, Invalid

_TITLE = "评价办事服务"
_PURPOSE = "办结以后，每个办件可以评一次。请输入收件凭证上的编号和查询码。"
MOST_WORDS = 500
# Longer than is taken, so that what is too long comes back with its fault instead of being lost.
_MOST_TEXT = 20_000
# What each level means, so that two people mean the same by it.
_MEANING = {
    "1": "比预想的还好",
    "2": "顺利，没有多跑",
    "3": "办成了，有些地方可以更好",
    "4": "不顺利，我们会联系您",
    "5": "很不顺利，我们会联系您并整改",
}


async def ask(request: Request) -> Response:
    """Which case is to be rated."""
    number = normal_number(request.query_params.get("number", ""))
    return track_proof.ask(
        request, title=_TITLE, action="/hall/rate", purpose=_PURPOSE, number=number, section="rate"
    )


async def prove(request: Request) -> Response:
    """Number and code given."""
    return await track_proof.answer_case(
        request, title=_TITLE, purpose=_PURPOSE, section="rate", then="/hall/rate/{number}"
    )


async def show(request: Request) -> Response:
    """The five levels; after rating, what was given."""
    proved = await track_proof.own_case(request)
    if proved is None:
        number = normal_number(request.path_params["number"])
        return track_proof.ask(
            request, title=_TITLE, action="/hall/rate", purpose=_PURPOSE, number=number, section="rate"
        )
    return _page(request, proved)


async def send(request: Request) -> Response:
    """Takes the rating."""
    proved = await track_proof.own_case(request)
    async with form_of(request) as form:
        score, words = text_of(form, "score", 2), text_of(form, "words", _MOST_TEXT)
        given = track_proof.answered(form)
    if proved is None or given is not None:
        return await _late(request, score, words, given)
    errors: dict[str, str] = {}
    if score not in _MEANING:
        errors["score"] = "请选一个满意程度"
    if len(words) > MOST_WORDS:
        errors["words"] = f"最多写 {MOST_WORDS} 个字，现在是 {len(words)} 个字"
    if errors:
        return _page(request, proved, score, words, errors)
    hall, number = hall_of(request), proved.view.number
    try:
        await run_in_threadpool(
            lambda: hall.casework.rate(number, proved.code, int(score), words, now=hall.now())
        )
    except Invalid as error:
        return _page(request, proved, score, words, dict(error.fields) or {"": error.detail})
    except (Conflict, IllegalMove):
        # Sent twice: the first one counts and is shown; other words than its own are given back.
        again = await track_proof.own_case(request)
        if again is not None and _unsent(again, words):
            return _page(request, again, score, words, status=409)
        if proved.view.rating is None and not proved.view.may_rate:
            raise
    return RedirectResponse(f"/hall/rate/{number}", 303)


async def _late(request: Request, score: str, words: str, given: tuple[str, str] | None) -> Response:
    """The rating of a browser whose proof has ended: it goes along while number and code are asked again."""
    kept = {name: text for name, text in (("score", score), ("words", words)) if text}
    if not kept:
        return track_proof.ask(request, title=_TITLE, action="/hall/rate", purpose=_PURPOSE, section="rate")
    proved = await track_proof.prove_late(
        track_proof.prove_case, request, given, kept, title=_TITLE, purpose=_PURPOSE, section="rate"
    )
    if isinstance(proved, Response):
        return proved
    answer = _page(request, proved, score, words, kept=True)
    proofs.remember(request, answer, CASES, proved.view.number, proved.code)
    return answer


def _unsent(proved: ProvedCase, words: str) -> str:
    """What was typed for a rating that is not possible, or no longer: to be copied. Not what was given already."""
    rating, text = proved.view.rating, words.strip()
    return "" if proved.view.may_rate or (rating is not None and rating.words == text) else text


def _page(
    request: Request,
    proved: ProvedCase,
    score: str = "",
    words: str = "",
    errors: dict[str, str] | None = None,
    *,
    kept: bool = False,
    status: int = 200,
) -> Response:
    hall = hall_of(request)
    levels = hall.site_data.codes["satisfaction"]
    return hall.page(
        request,
        "citizen/rate.html",
        _TITLE,
        status=422 if errors else status,
        section="rate",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("我要评", "/rate/"), Crumb("评价")),
        case=proved.view,
        choices=[Choice(value, levels.label(value), meaning) for value, meaning in _MEANING.items()],
        level_names={value: levels.label(value) for value in _MEANING},
        score=score,
        words=words,
        errors=errors or {},
        kept=kept,
        unsent=_unsent(proved, words),
        most=MOST_WORDS,
    )


_PROVED = public("one's own case, proved by number and code in a sealed cookie")

routes = [
    route("/hall/rate", ask, guard=public("asks for number and code"), name="rate_ask"),
    route(
        "/hall/rate",
        prove,
        guard=public("number and code are checked and limited"),
        methods=("POST",),
        name="rate_prove",
    ),
    route("/hall/rate/{number}", show, guard=_PROVED, name="rate"),
    route("/hall/rate/{number}", send, guard=_PROVED, methods=("POST",), name="rate_send"),
]
