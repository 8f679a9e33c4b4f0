"""One's own letter, proved by number and code: where it is, by when, the answer; remind, accept, dispute, rate, withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import proofs, track_proof
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.correspondence.requests import LetterData
from handlers.guard import public, route
from handlers.proofs import LETTERS
from handlers.track import LimitShown, prove
from handlers.track_proof import ProvedLetter, normal_number
from handlers.uploads import to_save
from presentation.dates import date_cn, duration
from presentation.view import Choice, Crumb, TimelineEntry
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.letter_terms import OPEN, LetterMove, LetterState
from rules.quick_dataclass import dataclass

if TYPE_CHECKING:
    from handlers.correspondence.reading import LetterView

_TRACK, _PURPOSE = "查来信", "提交来信时给您的编号和查询码，写在提交成功的页面上。"
_MOVES = {
    each.value: each
    for each in (
        LetterMove.CHASE,
        LetterMove.SETTLE,
        LetterMove.DISPUTE,
        LetterMove.OBJECT,
        LetterMove.WITHDRAW,
        LetterMove.RATE,
    )
}


# Longer than correspondence takes, so that what is too long comes back with its fault instead of being lost.
_MOST_TEXT = 20_000
_MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent with a move and is to be shown again: the move, the reason, the score and the words to it."""

    do: str = ""
    reason: str = ""
    score: str = ""
    words: str = ""

    @property
    def kept(self) -> Mapping[str, str]:
        """What goes along while number and code are asked again; empty when nothing was written or chosen."""
        named = {"do": self.do, "reason": self.reason, "score": self.score, "words": self.words}
        return (
            {name: text for name, text in named.items() if text}
            if self.reason or self.score or self.words
            else {}
        )


async def ask(request: Request) -> Response:
    """Asks for number and code."""
    return _asked(request, normal_number(request.query_params.get("number", "")))


async def show(request: Request) -> Response:
    """The letter's own page."""
    proved = await track_proof.own_letter(request)
    return (
        _ask_again(request) if proved is None else await run_in_threadpool(_letter_page, request, proved, {})
    )


async def act(request: Request) -> Response:
    """The writer's moves."""
    hall = hall_of(request)
    proved = await track_proof.own_letter(request)
    async with form_of(request) as form:
        typed = Typed(
            text_of(form, "do", 20),
            *(text_of(form, name, _MOST_TEXT) for name in ("reason", "score", "words")),
        )
        given = track_proof.answered(form)
        if proved is None or given is not None:
            return await _late(request, typed, given)
    move = _MOVES.get(typed.do)
    number = proved.view.letter.number
    try:
        if move is None:
            raise Invalid("请从页面上的按钮操作。")
        if len(typed.words) > _MOST_WORDS:
            raise Invalid(fields={"words": f"最多写 {_MOST_WORDS} 个字，现在是 {len(typed.words)} 个字"})
        data = LetterData({"reason": typed.reason, "score": typed.score, "words": typed.words})
        await run_in_threadpool(
            lambda: hall.correspondence.by_writer(number, proved.code, move, data, now=hall.now())
        )
    except Invalid as error:
        faults = dict(error.fields) or {"": error.detail}
        return await run_in_threadpool(_letter_page, request, proved, faults, typed)
    except (IllegalMove, Conflict, Forbidden) as error:
        if move is LetterMove.RATE and proved.view.letter.score is not None:
            return RedirectResponse(f"/hall/letters/{number}", 303)
        return await run_in_threadpool(_letter_page, request, proved, {"": error.detail}, typed, 409)
    return RedirectResponse(f"/hall/letters/{number}?done={move}", 303)


async def _late(request: Request, typed: Typed, given: tuple[str, str] | None) -> Response:
    """A move of a browser whose proof has ended: what was typed goes along while number and code are asked again."""
    if not typed.kept:
        return _ask_again(request)
    proved = await track_proof.prove_late(
        track_proof.prove_letter, request, given, typed.kept,
        title=_TRACK, purpose=_PURPOSE, section="ask", letters=True,
    )  # fmt: skip
    if isinstance(proved, Response):
        return proved
    return await run_in_threadpool(_letter_page, request, proved, {}, typed)


async def file(request: Request) -> Response:
    """A file of one's own letter, to save."""
    hall = hall_of(request)
    proved = await track_proof.own_letter(request)
    if proved is None:
        raise NotFound("没有找到这个附件。请先用编号和查询码打开来信。")
    found, path = await run_in_threadpool(
        hall.correspondence.attachment_for_writer,
        proved.view.letter.number,
        request.path_params["file"],
        proved.code,
        hall.now(),
    )
    return to_save(found, path)


def _asked(request: Request, number: str) -> Response:
    return track_proof.ask(
        request,
        title=_TRACK,
        action="/hall/letters/track",
        purpose=_PURPOSE,
        number=number,
        section="ask",
        letters=True,
    )


def _ask_again(request: Request) -> Response:
    return _asked(request, normal_number(request.path_params["number"]))


def _homeless(view: LetterView, typed: Typed) -> tuple[str, ...]:
    """The words whose form is no longer on the page: to be copied."""
    there = {
        LetterMove.RATE.value: view.may_rate,
        LetterMove.DISPUTE.value: view.may(LetterMove.SETTLE) and view.may(LetterMove.DISPUTE),
        LetterMove.WITHDRAW.value: view.may(LetterMove.WITHDRAW) and not view.may(LetterMove.DISPUTE),
    }
    return () if there.get(typed.do) else tuple(text for text in (typed.reason, typed.words) if text)


def _letter_page(
    request: Request,
    proved: ProvedLetter,
    errors: Mapping[str, str],
    typed: Typed | None = None,
    status: int = 422,
) -> Response:
    hall, view = hall_of(request), proved.view
    letter = view.letter
    entries = [TimelineEntry(each.words, each.at, each.unit, "done") for each in view.timeline]
    if letter.state in OPEN:
        by = "县监察员" if view.is_conduct else view.department_name
        entries.append(TimelineEntry("等待答复", None, f"由{by}办理", "now"))
        entries.append(TimelineEntry("请您说说是否认可", None, "", "next"))
    elif letter.state == LetterState.ANSWERED:
        until = f"{date_cn(letter.confirm_by)}前" if letter.confirm_by else ""
        entries.append(TimelineEntry("请您说说是否认可", None, until, "now"))
    due = view.due
    shown = None
    if due is not None:
        when = f"最晚{date_cn(due.due)}答复" if due.stopped is None else f"应在{date_cn(due.due)}前答复"
        extra = f"，已延长{duration(due.extension, due.unit)}" if due.extension else ""
        shown = LimitShown("答复", due, when, duration(due.limit, due.unit) + extra)
    levels = hall.site_data.codes["satisfaction"]
    answer = hall.page(
        request,
        "citizen/letter.html",
        f"{view.kind_label} {letter.number}",
        status=status if errors else 200,
        section="ask",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb(letter.number)),
        view=view,
        letter=letter,
        code=proved.code,
        entries=entries,
        limit=shown,
        errors=dict(errors),
        typed=typed or Typed(),
        homeless=() if typed is None else _homeless(view, typed),
        limits=hall.correspondence.limits,
        choices=[Choice(value, levels.label(value)) for value in ("1", "2", "3", "4", "5")],
        done=request.query_params.get("done", ""),
    )
    proofs.remember(request, answer, LETTERS, letter.number, proved.code)
    return answer


_PROVED = public("one's own letter, proved by number and code in a sealed cookie")

routes = [
    route("/hall/letters/track", ask, guard=public("asks for number and code"), name="letter_ask"),
    route(
        "/hall/letters/track",
        prove,
        guard=public("number and code are checked and limited"),
        methods=("POST",),
        name="letter_prove",
    ),
    route("/hall/letters/{number}/files/{file}", file, guard=_PROVED, name="letter_file"),
    route("/hall/letters/{number}", show, guard=_PROVED, name="letter"),
    route("/hall/letters/{number}", act, guard=_PROVED, methods=("POST",), name="letter_act"),
]
