"""What an applicant does to one's own case: supplement once with everything, or withdraw."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.application_form import (
    ApplicationForm,
    ApplicationSection,
    complete_form,
    uploaded_online,
    validate_answers,
)
from catalog.form_schema import FormField
from catalog.schema import Item
from handlers import apply_draft, apply_filing, apply_section, apply_view, proofs, track_proof, uploads
from handlers.apply_draft import DraftLock, OpenDraft
from handlers.apply_section import Page
from handlers.bodies import MEGABYTE, TEXT_BYTES, form_of, text_of
from handlers.casework.requests import ByApplicant, MoveData
from handlers.casework.views import CaseView
from handlers.context import Hall, hall_of
from handlers.guard import public, route
from handlers.proofs import CASES, Shelf
from handlers.store import cases, events
from handlers.store.records import Json, MaterialReceived
from handlers.track_proof import ProvedCase, normal_number
from presentation.view import Crumb, FieldError, UploadedFile
from rules.case_terms import MoveName
from rules.errors import Conflict, Gone, IllegalMove, Invalid, NotFound
from rules.quick_dataclass import dataclass

# The draft of a supplement is found by the case it belongs to.
SUPPLEMENTS = Shelf("hall_supplements", CASES.lasts * 12, 4)
_SECOND_CLICK = timedelta(minutes=10)
_HEAD = '<meta name="robots" content="noindex">'
_PURPOSE = "要先核对编号和查询码。"
# Longer than casework takes, so that what is too long comes back with its fault instead of being lost.
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Supplementing:
    """A supplement being put together: the case, its form as pinned, what was sent before, the new draft."""

    proved: ProvedCase
    item: Item
    form: ApplicationForm
    materials: tuple[MaterialReceived, ...]
    before: Mapping[str, Json]
    draft: OpenDraft

    @property
    def address(self) -> str:
        return f"/hall/track/{self.proved.view.number}/supplement"

    @property
    def uploads(self) -> tuple[FormField, ...]:
        """What may be sent again: the materials named as missing first, the others after them."""
        missing = {each.code for each in self.materials if each.verdict == "missing"}
        found = []
        for index, material in enumerate(self.item.materials):
            code = self.item.material_id(index)
            known = self.form.field(f"material_{code}")
            if known is None and not (code in missing and not uploaded_online(material)):
                continue
            base = known or FormField(id=f"material_{code}", label=material.name, type="file")
            accept = base.accept or next(
                (each.accept for each in self.form.fields() if each.type == "file" and each.accept), ()
            )
            found.append(
                (
                    code not in missing,
                    base.model_copy(update={"required": False, "when": None, "accept": accept}),
                )
            )
        return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))

    @property
    def missing(self) -> frozenset[str]:
        """Upload fields of materials that the notice names."""
        return frozenset(f"material_{each.code}" for each in self.materials if each.verdict == "missing")


# --- supplement ---


async def supplement(request: Request) -> Response:
    """What is missing, with a place to upload each, and one's answers to put right."""
    work = await _work(request)
    return work if isinstance(work, Response) else _supplement_page(request, work, {}, 200)


async def send_supplement(request: Request) -> Response:
    """Keeps what was uploaded; sends everything when that was the button. Sent twice it is one supplement."""
    hall, number = hall_of(request), normal_number(request.path_params["number"])
    most = hall.county.settings.upload_total_megabytes * MEGABYTE + TEXT_BYTES
    # Held from before the body is read, so that two tabs that upload at once share what the first has begun.
    lock = apply_draft.lock(f"supplement/{number}")
    async with form_of(request, most) as posted, lock:
        try:
            work = await _work(request, lock.begun)
        except IllegalMove:
            if posted.get("do") == "send" and await run_in_threadpool(_just_sent, hall, number):
                return RedirectResponse(f"/hall/track/{number}?done=supplement", 303)
            raise
        if isinstance(work, Response):
            return work
        return await _kept_and_sent(request, work, posted, lock)


def _just_sent(hall: Hall, number: str) -> bool:
    """Whether it is the second click of a supplement that has been filed: a case takes only one."""
    case = cases.by_number(hall.database, number)
    sent = None if case is None else events.first_of(hall.database, "case", case.id, MoveName.SUPPLEMENT)
    return sent is not None and hall.now() - sent.at <= _SECOND_CLICK


async def _work(request: Request, begun: str = "") -> Supplementing | Response:
    proved = await track_proof.own_case(request)
    if proved is None:
        return _ask(request)
    view = proved.view
    if not any(each.move.name is MoveName.SUPPLEMENT for each in view.moves):
        raise IllegalMove(f"这个办件现在是“{view.state_label}”，不需要补正。")
    hall = hall_of(request)
    now = hall.now()
    item = hall.site_data.version(view.item_version) or hall.edition.item(view.item_code).item
    form = replace(complete_form(item, hall.county, hall.site_data.codes), today=now.date())
    receipt = await run_in_threadpool(hall.casework.receipt, view.number, proved.code, now)
    before = await run_in_threadpool(_answers, request, view.number)
    draft = await _draft(request, view, begun)
    if draft.is_new:
        draft = replace(draft, filling=replace(draft.filling, answers=_as_posted(form, before)))
    return Supplementing(proved, item, form, receipt.materials, before, draft)


def _answers(request: Request, number: str) -> Mapping[str, Json]:
    database = hall_of(request).database
    case = cases.by_number(database, number)
    return {} if case is None else cases.payload(database, case.id).answers


async def _draft(request: Request, view: CaseView, begun: str) -> OpenDraft:
    """This browser's, or the one that another tab has `begun` since this request set out."""
    for code in (proofs.recalled(request, SUPPLEMENTS, view.number), begun):
        if code:
            try:
                return await apply_draft.by_code(request, code)
            except (NotFound, Gone):
                pass
    return apply_draft.fresh(view.item_code, view.item_version)


def _as_posted(form: ApplicationForm, answers: Mapping[str, Json]) -> dict[str, tuple[str, ...]]:
    """Stored answers as the form posts them, so that they stand in its fields."""
    found: dict[str, tuple[str, ...]] = {}
    for each in form.fields():
        value = answers.get(each.id)
        if each.type == "table" and isinstance(value, list):
            for at, row in enumerate(value):
                for column in each.columns:
                    cell = row.get(column.id) if isinstance(row, dict) else None
                    found[f"{each.id}.{at}.{column.id}"] = (
                        tuple(map(str, cell)) if isinstance(cell, list) else (str(cell or ""),)
                    )
        elif isinstance(value, list):
            found[each.id] = tuple(str(one) for one in value)
        elif value is not None:
            found[each.id] = (str(value),)
    return found


async def _kept_and_sent(
    request: Request, work: Supplementing, posted: FormData, lock: DraftLock
) -> Response:
    filling, draft = work.draft.filling, work.draft
    for section in _own_sections(work):
        page = Page(work.item, draft.item_version, work.form, section, replace(draft, filling=filling))
        filling = replace(filling, answers=apply_section.merged(page, posted))
        filling, _ = apply_section.with_rows(page, filling, posted)
    draft = await apply_draft.save(request, draft, filling)
    lock.begun = draft.code
    files, refused = await uploads.take(
        request, draft.code, work.uploads, posted, filling.files, work.form.total_megabytes
    )
    removed = posted.get("remove_file")
    if isinstance(removed, str):
        files = await uploads.remove(request, files, removed)
    filling = replace(filling, files=files)
    draft = await apply_draft.save(request, draft, filling)
    work = replace(work, draft=draft)
    if posted.get("do") != "send" and not refused:
        answer: Response = RedirectResponse(work.address, 303)
    else:
        answer = await _sent(request, work, refused)
    proofs.remember(request, answer, SUPPLEMENTS, work.proved.view.number, draft.code)
    return answer


async def _sent(request: Request, work: Supplementing, refused: Mapping[str, str]) -> Response:
    filling, view, hall = work.draft.filling, work.proved.view, hall_of(request)
    own = {section.id for section in _own_sections(work)}
    validated = validate_answers(work.form, filling.answers, {}, own)
    errors = {
        name: text
        for name, text in validated.errors.items()
        if (found := work.form.field(name.partition(".")[0])) is None or found.type != "file"
    }
    errors |= refused
    answers: dict[str, Json] = dict(work.before)
    if own:
        shown = {
            each.id
            for each in work.form.fields()
            if (home := work.form.section_of(each.id)) and home.id in own
        }
        kept = {name: value for name, value in work.before.items() if name not in shown}
        answers = {
            **kept,
            **{k: v for k, v in apply_filing.own_answers(work.form, validated.values).items() if k in shown},
        }
    changed = answers != dict(work.before)
    if not errors and not filling.files and not changed:
        errors = {"": "还没有上传文件，也没有改动填写的内容。请按补正告知书补齐以后再提交。"}
    if errors:
        return _supplement_page(request, work, errors, 422)
    data = MoveData(
        attachments={
            name.removeprefix("material_"): tuple(one.id for one in kept)
            for name, kept in filling.files.items()
        },
        answers=answers if changed else None,
    )
    await hall.casework.move_async(
        view.number, MoveName.SUPPLEMENT, ByApplicant(work.proved.code), data, key=filling.key, now=hall.now()
    )
    await apply_draft.delete(request, work.draft)
    return RedirectResponse(f"/hall/track/{view.number}?done=supplement", 303)


def _own_sections(work: Supplementing) -> tuple[ApplicationSection, ...]:
    """The item's own pages: who the applicant is stays as it was filed."""
    return tuple(section for section in work.form.sections if section.id.startswith("part"))


def _supplement_page(
    request: Request, work: Supplementing, errors: Mapping[str, str], status: int
) -> Response:
    hall, view, filling = hall_of(request), work.proved.view, work.draft.filling
    validated = validate_answers(work.form, filling.answers, filling.files, set())
    sections = [
        (
            section,
            [
                shown
                for shown in apply_view.shown_fields(work.form, section, filling, validated, "")
                if shown.field.type != "file"
            ],
        )
        for section in _own_sections(work)
    ]
    files = {
        name: [UploadedFile(one.id, one.name, one.size) for one in kept]
        for name, kept in filling.files.items()
    }
    return hall.page(
        request,
        "citizen/supplement.html",
        f"补正 {view.number}",
        status=status,
        section="look",
        head=_HEAD,
        breadcrumbs=(
            Crumb("查进度", "/hall/track"),
            Crumb(view.number, f"/hall/track/{view.number}"),
            Crumb("补正"),
        ),
        case=view,
        work=work,
        files=files,
        sections=sections,
        errors=dict(errors),
        listed=[FieldError(name, text) for name, text in errors.items()],
        notice=next((each for each in view.notices if each.kind == "supplement"), None),
        saved=work.draft.saved,
    )


# --- withdraw ---


async def withdraw(request: Request) -> Response:
    """Asks once more before it is done."""
    proved = await track_proof.own_case(request)
    return _ask(request) if proved is None else _withdraw_page(request, proved, "", 200)


async def send_withdraw(request: Request) -> Response:
    """Withdraws the application."""
    async with form_of(request) as posted:
        reason, key = text_of(posted, "reason", _MOST_TEXT), text_of(posted, "key", 100)
        sure, given = posted.get("sure") == "yes", track_proof.answered(posted)
    proved = await track_proof.own_case(request)
    if proved is None or given is not None:
        return await _late_withdrawal(request, reason, given)
    if not sure:
        return _withdraw_page(request, proved, "请打勾确认要撤回", 422, reason)
    hall, view = hall_of(request), proved.view
    try:
        await hall.casework.move_async(
            view.number,
            MoveName.WITHDRAW,
            ByApplicant(proved.code),
            MoveData(values={"reason": reason}),
            key=key or secrets.token_urlsafe(18),
            now=hall.now(),
        )
    except Invalid as error:
        return _withdraw_page(request, proved, error.fields.get("reason", error.detail), 422, reason)
    except (IllegalMove, Conflict) as error:
        if not reason:
            raise
        return track_proof.too_late(request, view, "撤回申请", error.detail, reason)
    return RedirectResponse(f"/hall/track/{view.number}?done=withdraw", 303)


async def _late_withdrawal(request: Request, reason: str, given: tuple[str, str] | None) -> Response:
    """Of a browser whose proof has ended: the reason goes along while number and code are asked again."""
    if not reason:
        return _ask(request)
    proved = await track_proof.prove_late(
        track_proof.prove_case, request, given, {"reason": reason}, title="查进度", purpose=_PURPOSE
    )
    if isinstance(proved, Response):
        return proved
    answer = _withdraw_page(request, proved, "", 200, reason)
    proofs.remember(request, answer, CASES, proved.view.number, proved.code)
    return answer


def _withdraw_page(
    request: Request, proved: ProvedCase, wrong: str, status: int, reason: str = ""
) -> Response:
    view = proved.view
    if not any(each.move.name is MoveName.WITHDRAW for each in view.moves):
        why = f"这个办件现在是“{view.state_label}”，不能撤回了。"
        if not reason:
            raise IllegalMove(why)
        return track_proof.too_late(request, view, "撤回申请", why, reason)
    return hall_of(request).page(
        request,
        "citizen/withdraw.html",
        f"撤回申请 {view.number}",
        status=status,
        section="look",
        head=_HEAD,
        breadcrumbs=(
            Crumb("查进度", "/hall/track"),
            Crumb(view.number, f"/hall/track/{view.number}"),
            Crumb("撤回"),
        ),
        case=view,
        wrong=wrong,
        reason=reason,
        key=secrets.token_urlsafe(18),
    )


def _ask(request: Request) -> Response:
    number = normal_number(request.path_params["number"])
    return track_proof.ask(request, title="查进度", action="/hall/track", purpose=_PURPOSE, number=number)


_PROVED = public("one's own case, proved by number and code in a sealed cookie")

routes = [
    route("/hall/track/{number}/supplement", supplement, guard=_PROVED, name="supplement"),
    route(
        "/hall/track/{number}/supplement",
        send_supplement,
        guard=_PROVED,
        methods=("POST",),
        name="supplement_send",
    ),
    route("/hall/track/{number}/withdraw", withdraw, guard=_PROVED, name="withdraw"),
    route(
        "/hall/track/{number}/withdraw", send_withdraw, guard=_PROVED, methods=("POST",), name="withdraw_send"
    ),
]
