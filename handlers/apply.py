"""Applying online: what is needed, the form page by page, the summary, and the one click that files it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.artifact import ItemRecord, fee_text, limit_text
from catalog.form_answers import Validated
from handlers import apply_draft, apply_filing, apply_section, apply_view, proofs, staff_resume, throttle
from handlers.apply_draft import OpenDraft, Window
from handlers.bodies import form_of, text_of
from handlers.casework.requests import ByStaff, Filed
from handlers.context import Hall, hall_of
from handlers.guard import may, public, route
from handlers.session import SignedIn, check_csrf
from handlers.typed import moment_of
from presentation.view import Crumb, Fact
from rules.access import units_for
from rules.errors import Forbidden, HallError, Invalid, NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

# What staff at a window say of a case that began outside the system, asked on the last page.
OUTSIDE = ("received_outside", "decided_outside", "source_system", "source_id")
# How long after filing the draft's own pages lead to its receipt without number and code.
RECEIPT_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A draft of this item that this browser holds."""

    draft: OpenDraft
    address: str


async def start(request: Request) -> Response:
    """What one needs, how long it takes, what is kept; no log-in, nothing saved yet."""
    hall = hall_of(request)
    record = hall.edition.item(request.path_params["code"])
    person: SignedIn | None = request.state.person
    units = window_units(hall, record, person) if person else ()
    if not takes_online(record) and not units:
        return _elsewhere(request, hall, record)
    form = apply_view.form_for(hall, record.item, apply_draft.Filling())
    sections = apply_view.pages(form, apply_view.checked(form, apply_draft.Filling()))
    return hall.page(
        request,
        "citizen/apply_start.html",
        f"申请：{record.item.name}",
        section="do",
        breadcrumbs=_crumbs(record),
        record=record,
        item=record.item,
        online=takes_online(record),
        facts=_facts(record),
        titles=[section.title for section in sections],
        minutes=max(5, 3 * len(sections)),
        draft_days=hall.county.settings.draft_days,
        earlier=await _earlier(request, record.item.code),
        first=f"/hall/apply/{record.item.code}/new/{sections[0].id}",
        units=[(unit, hall.edition.units.name(unit)) for unit in units],
    )


def takes_online(record: ItemRecord) -> bool:
    """Whether this hall itself takes an application for it now."""
    return record.item.accepts_online and not record.item.online_url


def window_units(hall: Hall, record: ItemRecord, person: SignedIn) -> tuple[str, ...]:
    """The units at which this member of staff may take down a walk-in's application for the item."""
    item = record.item
    if item.status != "in_force":
        return ()
    takes_in = hall.edition.permissions.roles(Capability.CASES_INTAKE)
    held = units_for(person.assignments, takes_in, hall.edition.units.tree, hall.now().date())
    accepting = item.accepting_units or (item.department, hall.county.centre)
    return tuple(unit for unit in accepting if unit in held)


def _elsewhere(request: Request, hall: Hall, record: ItemRecord) -> Response:
    """How to do it where this hall takes no application."""
    return hall.page(
        request,
        "citizen/apply_elsewhere.html",
        f"怎么办理：{record.item.name}",
        section="do",
        breadcrumbs=_crumbs(record),
        record=record,
        item=record.item,
        department=hall.edition.departments.get(record.item.department),
        centre=hall.edition.units.get(hall.county.centre),
    )


async def begin_at_window(request: Request) -> Response:
    """Staff begin a walk-in's application: its draft is theirs."""
    hall = hall_of(request)
    record = hall.edition.item(request.path_params["code"])
    person: SignedIn = request.state.person
    async with form_of(request) as posted:
        check_csrf(request, posted)
        unit = text_of(posted, "unit", 60)
    if unit not in window_units(hall, record, person):
        raise Forbidden("您没有在这个单位受理这一事项的岗位。如果工作需要，请联系系统管理员。")
    draft = apply_draft.fresh(record.item.code, record.version_hash, Window(person.person_id, unit))
    draft = await apply_draft.save(request, draft, draft.filling)
    form = apply_view.form_for(hall, record.item, draft.filling)
    first = apply_view.pages(form, apply_view.checked(form, draft.filling))[0]
    return apply_draft.hold(request, RedirectResponse(f"{draft.address}/{first.id}", 303), draft)


async def section(request: Request) -> Response:
    """One page of the form."""
    if request.method == "POST" and request.state.person is None and await apply_section.at_window(request):
        return await staff_resume.asked_again(request)
    _must_take(request)
    if request.method == "POST":
        return await apply_section.save(request)
    return await apply_section.show(request)


async def saved(request: Request) -> Response:
    """Saved to go on later: the code to keep."""
    hall = hall_of(request)
    draft = await _held(request)
    record = hall.edition.item(draft.item)
    answer = hall.page(
        request,
        "citizen/apply_saved.html",
        "已保存，可以稍后继续",
        section="do",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=_crumbs(record),
        item=record.item,
        draft=draft,
        next=await _next_address(hall, record, draft),
    )
    return apply_draft.hold(request, answer, draft)


async def check(request: Request) -> Response:
    """The summary to read over before sending."""
    hall = hall_of(request)
    draft = await _held(request)
    if draft.filling.filed:
        return _to_receipt(request, draft)
    record = hall.edition.item(draft.item)
    form = apply_view.form_for(hall, record.item, draft.filling)
    validated = apply_view.checked(form, draft.filling)
    faults = {name: text for name, text in validated.errors.items() if name != "truth"}
    return _check_page(request, record, draft, faults if request.query_params.get("all") else {}, 200)


async def submit(request: Request) -> Response:
    """Files it once: the same click sent twice, or a summary left open in two windows, gives one receipt."""
    hall = hall_of(request)
    _must_take(request)
    async with form_of(request) as posted:
        token, truth = text_of(posted, "resume", 500), text_of(posted, "truth", 10)
        said = {name: text_of(posted, name, 100) for name in OUTSIDE}
    path = request.path_params
    async with apply_draft.lock(path["handle"]):
        draft = await apply_draft.by_handle(request, path["code"], path["handle"], token)
        apply_section.check_window(request, draft)
        if draft.filling.filed:
            return _to_receipt(request, draft)
        record = hall.edition.item(draft.item)
        answers = {**draft.filling.answers, "truth": (truth,)}
        filling = replace(draft.filling, answers=answers)
        form = apply_view.form_for(hall, record.item, filling)
        validated = apply_view.checked(form, filling)
        if validated.errors:
            return _check_page(request, record, draft, validated.errors, 422, said)
        throttle.once(request, throttle.FILINGS, "file")
        try:
            filed = await _file(request, record, draft, validated, said)
        except Invalid as error:
            return _check_page(request, record, draft, dict(error.fields) or {"": error.detail}, 422, said)
        receipt = proofs.sealed(request, f"{filed.number} {filed.query_code}", f"filed/{draft.handle}")
        await apply_draft.save(request, draft, replace(filling, filed=receipt), days=1)
    answer = RedirectResponse(f"/hall/receipt/{filed.number}", 303)
    proofs.remember(request, answer, proofs.CASES, filed.number, filed.query_code)
    return answer


async def _file(
    request: Request, record: ItemRecord, draft: OpenDraft, validated: Validated, said: Mapping[str, str]
) -> Filed:
    hall = hall_of(request)
    window = draft.filling.window
    form = apply_view.form_for(hall, record.item, draft.filling)
    application = apply_filing.application_of(
        record.item, form, validated.values, accepting_unit=window.unit if window else None
    )
    if window:
        application = apply_filing.from_outside(application, _outside(said), hall.now())
    channel = apply_filing.channel_of(hall, window.unit) if window else "web"
    by = ByStaff(window.person) if window else None
    return await hall.casework.file_case_async(
        application, key=draft.filling.key, channel=channel, now=hall.now(), by=by
    )


def _outside(said: Mapping[str, str]) -> apply_filing.Outside:
    """What staff wrote of a case that began outside the system. Raises Invalid for what is no time."""
    moments = {name: moment_of(said[name]) for name in OUTSIDE[:2]}
    wrong = {
        name: "请写日期和时间，例如 2026-03-01 09:30"
        for name, found in moments.items()
        if said[name] and found is None
    }
    if wrong:
        raise Invalid("系统外收件的几处需要再看一下", wrong)
    return apply_filing.Outside(
        moments["received_outside"], moments["decided_outside"], said["source_system"], said["source_id"]
    )


def _to_receipt(request: Request, draft: OpenDraft) -> Response:
    """It was sent already: the receipt again, shortly after and in the browser that sent it; later it asks for the code.

    A summary left open on a shared computer would open the case to whoever comes next.
    """
    text = proofs.opened(request, draft.filling.filed, f"filed/{draft.handle}")
    if text is None:
        raise NotFound("这份申请已经提交。请用办件编号和查询码查询。")
    number, _, code = text.partition(" ")
    answer = RedirectResponse(f"/hall/receipt/{number}", 303)
    fresh = draft.saved is not None and hall_of(request).now() - draft.saved <= RECEIPT_AGAIN
    if fresh and proofs.recalled(request, proofs.DRAFTS, draft.handle) is not None:
        proofs.remember(request, answer, proofs.CASES, number, code)
    return answer


def _check_page(
    request: Request, record: ItemRecord, draft: OpenDraft, faults: Mapping[str, str], status: int,
    said: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    hall = hall_of(request)
    form = apply_view.form_for(hall, record.item, draft.filling)
    validated = apply_view.checked(form, draft.filling)
    sections = apply_view.pages(form, validated)
    links = []
    for name, text in faults.items():
        home = form.section_of(name.partition(".")[0])
        here = home is None or home.id == apply_view.DECLARATION
        href = f"#f-{name}" if here else f"{draft.address}/{home.id if home else ''}?check=1#f-{name}"
        links.append((text if here or home is None else f"{home.title}：{text}", href))
    declaration = form.field("truth")
    answer = hall.page(
        request,
        "citizen/apply_check.html",
        f"核对并提交 - {record.item.name}",
        status=status,
        section="do",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=_crumbs(record),
        item=record.item,
        draft=draft,
        titles=[each.title for each in sections] + ["核对并提交"],
        answered=apply_view.summary(draft, form, validated),
        declaration=declaration,
        truth_error=faults.get("truth", ""),
        errors=faults,
        said={name: (said or {}).get(name, "") for name in OUTSIDE},
        faults=links,
        missing=sorted({name for name in validated.errors if name != "truth"}),
        token=apply_draft.token_of(request, draft),
        previous=f"{draft.address}/{sections[-1].id}",
        window_unit=hall.edition.units.name(draft.filling.window.unit) if draft.filling.window else "",
        updated=draft.item_version != record.version_hash,
    )
    return apply_draft.hold(request, answer, draft)


async def _held(request: Request) -> OpenDraft:
    path = request.path_params
    draft = await apply_draft.by_handle(request, path["code"], path["handle"])
    apply_section.check_window(request, draft)
    return draft


def _must_take(request: Request) -> None:
    """Refuses pages of a form that is not offered: only staff at a window go on where the public cannot."""
    hall = hall_of(request)
    record = hall.edition.item(request.path_params["code"])
    person: SignedIn | None = request.state.person
    if not takes_online(record) and not (person and window_units(hall, record, person)):
        raise NotFound("这个事项现在不能在这里网上申请。请回到事项页看怎么办理。")


async def _next_address(hall: Hall, record: ItemRecord, draft: OpenDraft) -> str:
    """The first page that is not done yet, or the summary."""
    form = apply_view.form_for(hall, record.item, draft.filling)
    sections = apply_view.pages(form, apply_view.checked(form, draft.filling))
    missing = next((each.id for each in sections if each.id not in draft.filling.done), "check")
    return f"{draft.address}/{missing}"


async def _earlier(request: Request, code: str) -> list[Earlier]:
    found: list[Earlier] = []
    hall = hall_of(request)
    record = hall.edition.item(code)
    for handle in reversed(proofs.names(request, proofs.DRAFTS)):
        try:
            draft = await apply_draft.by_handle(request, code, handle)
        except HallError:
            continue
        if not draft.filling.filed:
            found.append(Earlier(draft, await _next_address(hall, record, draft)))
    return found


async def next_address(request: Request, draft: OpenDraft) -> str:
    """Where a draft goes on. Raises NotFound when its item is gone."""
    hall = hall_of(request)
    record = await run_in_threadpool(hall.edition.item, draft.item)
    return await _next_address(hall, record, draft)


def _facts(record: ItemRecord) -> list[Fact]:
    item = record.item
    promised = limit_text(item.promised) or ("当场办结" if item.immediate else "按法定时限")
    statutory = limit_text(item.statutory)
    visits = f"跑{item.visits.count}次" if item.visits.count else "不用跑"
    return [
        Fact("办理时限", promised, f"法定{statutory}" if statutory and statutory != promised else ""),
        Fact("费用", fee_text(item)),
        Fact("跑动次数", visits, item.visits.reason or ""),
        Fact("结果", item.result.name if item.result else "办理结果"),
    ]


def _crumbs(record: ItemRecord) -> tuple[Crumb, ...]:
    return (
        Crumb("我要办", "/items/"),
        Crumb(record.item.name, f"/{record.path.strip('/')}/"),
        Crumb("网上申请"),
    )


_ANYONE = public("anyone may apply without an account")
_HOLDER = public("one's own draft, proved by its code in a sealed cookie")

routes = [
    route("/hall/apply/{code}", start, guard=_ANYONE, name="apply_start"),
    route(
        "/hall/apply/{code}/window",
        begin_at_window,
        guard=may(Capability.CASES_INTAKE),
        methods=("POST",),
        name="apply_at_window",
    ),
    route("/hall/apply/{code}/{handle}/saved", saved, guard=_HOLDER, name="apply_saved"),
    route("/hall/apply/{code}/{handle}/check", check, guard=_HOLDER, name="apply_check"),
    route("/hall/apply/{code}/{handle}/check", submit, guard=_HOLDER, methods=("POST",), name="apply_submit"),
    route(
        "/hall/apply/{code}/{handle}/{section}",
        section,
        guard=_HOLDER,
        methods=("GET", "POST"),
        name="apply_section",
    ),
]
