"""The case page of the desk: everything about one case, what may be done with it now, and its files to download."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from catalog.schema import Item
from handlers import case_shown
from handlers.casework.authority import Standing
from handlers.casework.viewing import look, staff_case
from handlers.casework.views import StaffCaseView
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.move_forms import Typed, move_forms
from handlers.security import request_id
from handlers.session import SignedIn
from handlers.staff_frame import DESK, staff_page
from handlers.store.records import CHANNEL_LABELS, Event
from presentation.dates import datetime_cn, money
from presentation.view import Crumb, FieldError
from rules.access import ROLE_LABELS, Role
from rules.case_table import MOVES
from rules.case_terms import ENDED, MoveName, State
from rules.clock import CLOCK_LABELS
from rules.permissions import Capability, Permissions
from rules.quick_dataclass import dataclass

STEP_STATES = {"waiting": "未开始", "running": "正在办", "done": "已完成"}
CARD_STATES = {"pending": "待确认", "issued": "已发", "dismissed": "未确认", "revoked": "已撤销"}
_EVENT_LABELS = {
    "material": "登记材料",
    "fee": "费用",
    "certificate": "出证",
    "card": "监察系统发牌",
    "card.confirm": "监察员确认牌",
    "card.revoke": "监察员撤销牌",
    "rate": "申请人评价",
    "recompute": "重新计算期限",
    "erase": "删除个人信息",
    "supplement_recorded": "补录系统外的补正告知",
}
_DONE = {
    "material": "材料已登记。",
    "fee": "费用已登记。",
    "certificate": "已出证。",
    "told": "系统外的补正告知已补录。",
    "charge": "这笔收费已登记。",
}
_SAID = {
    "opinion": "意见",
    "reason": "理由",
    "basis": "依据",
    "days": "天数",
    "method": "送达方式",
    "recipient": "签收人",
    "note": "备注",
    "waived": "减免理由",
    "number": "编号",
    "why": "原因",
    "told": "告知的内容",
    "name": "收费",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: what, who, what was written, what the public was told, which document it issued."""

    at: datetime
    title: str
    who: str
    said: tuple[tuple[str, str], ...]
    words: str
    notice_id: int | None
    notice_title: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why what was sent is not carried out, told above the present state. `texts`: what had been written."""

    title: str
    detail: str
    texts: tuple[str, ...] = ()


def show(request: Request) -> Response:
    """The case page."""
    return case_response(request, request.path_params["number"])


def case_response(
    request: Request,
    number: str,
    *,
    typed: Typed | None = None,
    refused: Refused | None = None,
    errors: Mapping[str, str] | None = None,
    written: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page as it stands now, with what was typed (`typed` for a move, `written` for what is recorded beside
    one) and why it was refused. Raises NotFound out of scope.
    """
    hall = hall_of(request)
    person: SignedIn = request.state.person
    moment, ground = hall.now(), hall.site_data.ground()
    case, found = staff_case(hall.database, ground, number, person.person_id, moment)
    revealed = request.query_params.get("show") == "personal"
    if revealed:
        look(hall.database, found[0], case.number, "personal", moment, request_id(request))
    view = hall.casework.staff_view(case.number, person.person_id, moment, request_id(request))
    item = hall.site_data.version(view.case.item_version)
    typed = typed or Typed()
    return staff_page(
        request,
        "staff/case.html",
        f"{view.case.number} {view.case.item_name}",
        current=DESK,
        crumbs=(Crumb(view.case.number),),
        status=status,
        view=view,
        case=view.case,
        public=view.public,
        address=f"{DESK}cases/{view.case.number}",
        forms=move_forms(view, item, hall.site_data.codes, typed),
        refused=refused,
        field_errors=_field_errors(typed, errors or {}),
        errors=errors or {},
        written=written or {},
        done=_done(request, view),
        letters=hall.correspondence.of_case_for_staff(view.case.id, person.person_id, moment),
        life=hall.watching.life(view, lambda level: hall.lights[level][2], moment),
        happened=tuple(reversed(tuple(_history(hall, view)))),
        item_path=_item_path(hall, view.case.item_code),
        guide_changed=_guide_changed(hall, view),
        outside=_outside(view),
        waiting_words=_waiting_words(view),
        role_labels=ROLE_LABELS,
        clock_labels=CLOCK_LABELS,
        channels=CHANNEL_LABELS,
        ended=ENDED,
        step_states=STEP_STATES,
        card_states=CARD_STATES,
        unit_name=ground.unit_name,
        **_contents(hall, view, item, revealed),
        **_powers(view, found, person, ground.permissions),
    )


def _contents(hall: Hall, view: StaffCaseView, item: Item | None, revealed: bool) -> dict[str, Any]:
    """What the case is made of, personal data masked unless they were asked for."""
    codes = hall.site_data.codes
    form = case_shown.form_of_item(item, hall.county, codes)
    return {
        "revealed": revealed,
        "parties": case_shown.parties(view.payload, codes, masked=not revealed),
        "answered": case_shown.answered(view.payload, form, masked=not revealed),
        "delivery": case_shown.delivery(view, masked=not revealed),
        "files": case_shown.file_groups(view, form),
    }


def _powers(
    view: StaffCaseView, found: tuple[Standing, ...], person: SignedIn, permissions: Permissions
) -> dict[str, Any]:
    """What the reader may do beside the moves."""
    return {
        "takes_in": _one_may(found, permissions, Capability.CASES_INTAKE) and view.case.state not in ENDED,
        "issues": _issues(view) and _one_may(found, permissions, Capability.CERTIFICATES_ISSUE),
        "records": _one_may(found, permissions, Capability.CASES_RECORD),
        "chases": bool(permissions.roles(Capability.ORDERS_ISSUE) & person.roles),
        "sees_cards": bool(permissions.roles(Capability.CARDS_SEE) & person.roles),
    }


def _field_errors(typed: Typed, errors: Mapping[str, str]) -> list[FieldError]:
    own = [FieldError(f"{typed.move}.{name}", text) for name, text in typed.errors.items()]
    return own + [FieldError(name, text) for name, text in errors.items()]


def _done(request: Request, view: StaffCaseView) -> tuple[str, int | None, str] | None:
    """What was just done, for the line at the top: (words, notice id, its title and number)."""
    name = request.query_params.get("done", "")
    if name in set(MoveName):
        words = f"“{MOVES[MoveName(name)].label}”已完成。"
    else:
        words = _DONE.get(name, "")
    given = request.query_params.get("notice", "")
    notice = next((each for each in view.public.notices if str(each.id) == given), None)
    if not words:
        return None
    return (words, notice.id, f"{notice.title} {notice.number}") if notice else (words, None, "")


def _history(hall: Hall, view: StaffCaseView) -> Iterator[Happened]:
    """All events, the public ones with their words and documents."""
    told = iter(view.public.timeline)
    units = hall.edition.units
    for event in view.events:
        payload = event.payload
        public = next(told, None) if payload is None or payload.get("words") else None
        name = view.actor_names.get(event.actor, event.actor)
        role = ROLE_LABELS.get(Role(event.role)) if event.role in set(Role) else ""
        unit = units.name(event.unit) if event.unit else ""
        labels = [name, *(each for each in (role, unit) if each and each != name)]
        yield Happened(
            at=event.at,
            title=_event_label(event),
            who=" · ".join(labels),
            said=_said(event),
            words=public.words if public else "",
            notice_id=public.notice_id if public else None,
            notice_title=public.notice_title if public else "",
        )


def _event_label(event: Event) -> str:
    if event.kind in set(MoveName):
        return MOVES[MoveName(event.kind)].label
    return _EVENT_LABELS.get(event.kind, event.kind)


def _said(event: Event) -> tuple[tuple[str, str], ...]:
    payload = event.payload or {}
    said = [(label, str(payload[name])) for name, label in _SAID.items() if payload.get(name)]
    charged, given = payload.get("charged"), payload.get("given_at")
    if isinstance(charged, int):
        said.append(("实收", money(charged / 100)))
    if isinstance(given, str):
        said.append(("告知的时间", datetime_cn(datetime.fromisoformat(given))))
    return tuple(said)


def _item_path(hall: Hall, code: str) -> str:
    summary = hall.edition.items.get(code)
    return f"/{summary.path.strip('/')}/" if summary else ""


def _guide_changed(hall: Hall, view: StaffCaseView) -> bool:
    current = hall.site_data.current(view.case.item_code)
    return current is not None and current.version != view.case.item_version


def _one_may(found: tuple[Standing, ...], permissions: Permissions, needed: Capability) -> bool:
    """Whether the county lets one of the capacities in which the reader reaches this case do something."""
    return any(each.role in permissions.roles(needed) for each in found)


def _issues(view: StaffCaseView) -> bool:
    """Whether the certificate waits for its number."""
    certificate = view.public.certificate
    return certificate is not None and certificate.issued is None and view.case.state is State.GRANTED


def _outside(view: StaffCaseView) -> tuple[tuple[str, str], ...]:
    """What the entry said of another system: where the case came from, when it was received and decided there."""
    filed = next((each.payload or {} for each in view.events if each.kind == "file"), {})
    moments = (("系统外收件", "received_outside"), ("系统外决定", "decided_outside"))
    found = [
        (label, datetime_cn(datetime.fromisoformat(str(filed[name]))))
        for label, name in moments
        if filed.get(name)
    ]
    source = " ".join(each for each in (view.case.source_system, view.case.source_id) if each)
    return tuple([("原系统", source), *found] if source else found)


def _waiting_words(view: StaffCaseView) -> str:
    """Why there is nothing to do here now."""
    public = view.public
    if view.case.state in ENDED:
        return "这个办件已经结束，不需要再做什么。"
    if view.case.holder_role == Role.APPLICANT:
        return "正在等申请人补正，收到材料后会回到待办。"
    return f"这一步由{public.holder_name or public.department_name}办理{f'({public.step_name})' if public.step_name else ''}，您可以查看。"


async def attachment(request: Request) -> Response:
    """A file of a case in scope, to save: never shown by the browser, whatever it is; the look is logged."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    found, path = await run_in_threadpool(
        hall.casework.attachment_for_staff,
        request.path_params["attachment"],
        person.person_id,
        hall.now(),
        request_id(request),
    )
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=found.name,
        content_disposition_type="attachment",
        headers={"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store"},
    )


routes = [
    route("/hall/staff/cases/{number}", show, guard=may(Capability.CASES_SEE), name="staff_case"),
    route(
        "/hall/staff/attachments/{attachment}",
        attachment,
        guard=may(Capability.CASES_SEE),
        name="staff_attachment",
    ),
]
