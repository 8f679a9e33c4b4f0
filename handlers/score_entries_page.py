"""The county supervisor's entries: what no clock sees, each with its basis, taken back with a reason; checked registers."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.scores_page import signed
from handlers.scoring.entering import day_of
from handlers.scoring.requests import NewEntry
from handlers.session import check_csrf
from handlers.staff_frame import SCORES, address, staff_page
from presentation.score_words import ENTRY_LABELS
from presentation.view import Choice, Crumb, FieldError
from rules.errors import Conflict, Forbidden, Invalid, NotFound
from rules.permissions import Capability
from rules.score_periods import Period
from rules.time import local_date

HERE = SCORES + "/entries"
_FIELDS = ("kind", "department", "happened", "basis", "number", "login", "quantity", "note", "head")
_DONE = {
    "entered": "已登记，相关部门会收到通知。",
    "withdrawn": "已撤回。登记仍然看得到，不再计分。",
    "register": "已记下：这一项本期登记核齐了。",
}


def entries(request: Request) -> Response:
    """The entries of a month, and the form for a new one."""
    return _page(request)


def _page(
    request: Request, errors: dict[str, str] | None = None, values: dict[str, str] | None = None, refused: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    hall, person = hall_of(request), signed(request)
    now = hall.now()
    month = Period.month_of(local_date(now))
    period = Period.parse(
        (values or {}).get("period") or request.query_params.get("period", "") or month.text
    )
    found = hall.scores.entries(period.text, person.person_id, now=now)
    checked = {
        each.entry.head for each in found if each.entry.kind == "register" and not each.entry.withdrawn
    }
    return staff_page(
        request,
        "staff/score_entries.html",
        "评分登记",
        current=SCORES,
        crumbs=(Crumb("绩效评分", SCORES), Crumb("评分登记")),
        status=status,
        period=period,
        months=[month, month.before, month.before.before],
        found=found,
        kinds=[Choice(key, label) for key, label in ENTRY_LABELS.items() if key != "register"],
        departments=[Choice(each, hall.edition.units.name(each)) for each in hall.edition.departments],
        registers=[
            (each, each.id in checked)
            for each in hall.scores.scheme.heads
            if any(one.pick.kind == "register" for one in each.measured_when)
        ],
        errors=errors or {},
        error_list=[FieldError(name, text) for name, text in (errors or {}).items()],
        values=values or {},
        refused=refused,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


async def enter(request: Request) -> Response:
    """A new entry, or a checked register."""
    hall, person = hall_of(request), signed(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {name: text_of(form, name, 20_000) for name in _FIELDS}
        values["period"] = text_of(form, "period", 20)
        restore = "restore" in form
    register = values["kind"] == "register"
    kept, basis = values, "basis"
    if register:  # has its own form beside each head
        basis = f"basis-{values['head']}"
        kept = {"period": values["period"], basis: values["basis"]}
    if restore:
        return await run_in_threadpool(_page, request, {}, kept)
    quantity = values["quantity"] or "1"
    asked = NewEntry(
        kind=values["kind"],
        department=values["department"],
        happened=None if register else day_of(values["happened"]),
        basis=values["basis"],
        number=values["number"],
        login=values["login"],
        quantity=int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) < 7 else 0,
        note=values["note"],
        head=values["head"],
        period=values["period"],
    )
    try:
        made = await run_in_threadpool(lambda: hall.scores.enter(asked, person.person_id, now=hall.now()))
    except Invalid as error:
        fields = {basis if name == "basis" else name: text for name, text in error.fields.items()}
        return await run_in_threadpool(_page, request, fields, kept, "", 422)
    except (Conflict, Forbidden) as error:
        return await run_in_threadpool(_page, request, {}, kept, error.detail, error.status)
    done = "register" if register else "entered"
    return RedirectResponse(address(HERE, period=made.period, done=done), 303)


async def withdraw(request: Request) -> Response:
    """Takes an entry back with the reason."""
    hall, person = hall_of(request), signed(request)
    text: str = request.path_params["entry"]
    async with form_of(request) as form:
        check_csrf(request, form)
        reason, period = text_of(form, "reason", 20_000), text_of(form, "period", 20)
        restore = "restore" in form
    if restore:
        return await run_in_threadpool(_page, request, {}, {"period": period, f"reason-{text}": reason})
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这条登记。")
    try:
        await run_in_threadpool(
            lambda: hall.scores.withdraw(int(text), reason, person.person_id, now=hall.now())
        )
    except Invalid as error:
        kept = {"period": period, f"reason-{text}": reason}
        fields = {f"reason-{text}": error.fields.get("reason", error.detail)}
        return await run_in_threadpool(_page, request, fields, kept, "", 422)
    except Conflict as error:
        return await run_in_threadpool(_page, request, {}, {"period": period}, error.detail, 409)
    return RedirectResponse(address(HERE, period=period, done="withdrawn"), 303)


_POST = ("POST",)
_ENTER = may(Capability.SCORES_ENTER)

routes = [
    route(HERE, entries, guard=_ENTER, name="score_entries"),
    route(HERE, enter, guard=_ENTER, methods=_POST, name="score_enter"),
    route(HERE + "/{entry}/withdraw", withdraw, guard=_ENTER, methods=_POST, name="score_withdraw"),
]
