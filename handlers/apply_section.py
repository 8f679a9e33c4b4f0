"""One page of an application form: shown with what was typed, saved whatever was typed, left when it is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.application_form import ApplicationForm, ApplicationSection, visible_fields
from catalog.form_answers import Validated
from catalog.form_schema import FormField
from catalog.schema import Item
from handlers import apply_draft, apply_view, throttle, uploads
from handlers.apply_draft import Filling, OpenDraft
from handlers.bodies import MEGABYTE, TEXT_BYTES, form_of
from handlers.context import hall_of
from presentation.view import Crumb
from rules.errors import Forbidden, Gone, NotFound, TooMany
from rules.quick_dataclass import dataclass

NOTICES: Mapping[str, str] = {
    "lost": "原来的草稿已经过期或删除，您刚才填的这一页已经存进一份新的草稿，请把前面的也补上。",
    "restored": "您写的内容已经放回并存好。选好的文件要重新选。请再看一遍，再继续。",
    "left": "已经给您存好。换了设备，用下面的续办码也能接着填。",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One section of one draft, ready to be shown or saved."""

    item: Item
    item_version: str
    form: ApplicationForm
    section: ApplicationSection
    draft: OpenDraft

    @property
    def file_fields(self) -> tuple[FormField, ...]:
        return tuple(each for each in self.section.fields if each.type == "file")


async def page_of(request: Request, token: str = "") -> Page:
    """The page an address names. Raises NotFound, Gone, Forbidden."""
    draft = await _draft(request, token)
    return _page(request, draft)


async def _draft(request: Request, token: str = "") -> OpenDraft:
    hall = hall_of(request)
    code, handle = request.path_params["code"], request.path_params["handle"]
    record = hall.edition.item(code)
    if handle == apply_draft.NEW:
        return apply_draft.fresh(code, record.version_hash)
    draft = await apply_draft.by_handle(request, code, handle, token)
    check_window(request, draft)
    return draft


def _page(request: Request, draft: OpenDraft) -> Page:
    hall = hall_of(request)
    record = hall.edition.item(draft.item)
    form = apply_view.form_for(hall, record.item, draft.filling)
    section = form.section(request.path_params["section"])
    if section is None or section.id == apply_view.DECLARATION:
        raise NotFound("申请表里没有这一页，可能事项刚刚更新过。请从第一页重新核对。")
    return Page(record.item, record.version_hash, form, section, draft)


def check_window(request: Request, draft: OpenDraft) -> None:
    """A walk-in's draft is for the member of staff who took it down. Raises Forbidden."""
    window = draft.filling.window
    person = request.state.person
    if window and (person is None or person.person_id != window.person):
        raise Forbidden("这是窗口代录的草稿，请由录入的工作人员登录后继续办理。")


async def at_window(request: Request) -> bool:
    """Whether the page belongs to a walk-in's application, taken down by staff."""
    path = request.path_params
    if path["handle"] == apply_draft.NEW:
        return False
    try:
        draft = await apply_draft.by_handle(request, path["code"], path["handle"])
    except Gone:
        return False
    return draft.filling.window is not None


async def show(request: Request) -> Response:
    """GET a section."""
    page = await page_of(request)
    if page.draft.filling.filed:
        return RedirectResponse(f"{page.draft.address}/check", 303)
    validated = apply_view.checked(page.form, page.draft.filling, page.section.id)
    errors = validated.errors if request.query_params.get("check") and not page.draft.is_new else {}
    return render(request, page, validated, errors)


async def save(request: Request) -> Response:
    """POST a section: what was typed is saved first, then judged."""
    hall = hall_of(request)
    record = hall.edition.item(request.path_params["code"])
    blank = apply_view.form_for(hall, record.item, Filling())
    section = blank.section(request.path_params["section"])
    with_files = section is not None and any(each.type == "file" for each in section.fields)
    most = hall.county.settings.upload_total_megabytes * MEGABYTE + TEXT_BYTES if with_files else TEXT_BYTES
    async with form_of(request, most) as posted, apply_draft.lock(request.path_params["handle"]):
        page, lost = await _page_to_save(request, posted)
        if page.draft.filling.filed:
            return RedirectResponse(f"{page.draft.address}/check", 303)
        return await _saved(request, page, posted, lost)


async def _page_to_save(request: Request, posted: FormData) -> tuple[Page, bool]:
    token = posted.get("resume")
    try:
        return await page_of(request, token if isinstance(token, str) else ""), False
    except Gone:
        # What was typed just now must not be lost with the old draft: it begins a new one.
        record = hall_of(request).edition.item(request.path_params["code"])
        return _page(request, apply_draft.fresh(record.item.code, record.version_hash)), True


async def _saved(request: Request, page: Page, posted: FormData, lost: bool) -> Response:
    before = apply_view.checked(page.form, page.draft.filling)
    done = tuple(each for each in page.draft.filling.done if each != page.section.id)
    filling = replace(page.draft.filling, answers=merged(page, posted), done=done)
    draft = replace(page.draft, item_version=page.item_version)
    if draft.is_new:
        try:
            throttle.once(request, throttle.DRAFTS, "draft")
        except TooMany as error:
            return _not_begun(request, page, filling, error)
    if draft.is_new or page.file_fields:
        # Before any file is looked at: whatever becomes of the files, what was typed is there.
        draft = await apply_draft.save(request, draft, filling)
    files, refused = await uploads.take(
        request, draft.code, page.file_fields, posted, filling.files, page.form.total_megabytes
    )
    removed = posted.get("remove_file")
    if isinstance(removed, str):
        files = await uploads.remove(request, files, removed)
    filling = replace(filling, files=files)
    filling, anchor = with_rows(page, filling, posted)
    validated = apply_view.checked(page.form, filling, page.section.id)
    errors = {**validated.errors, **refused}
    filling = replace(filling, done=done if errors else (*done, page.section.id))
    draft = await apply_draft.save(request, draft, filling)
    page = replace(page, draft=draft)
    answer = _next(
        request, page, posted, before, validated, errors, refused, anchor or _removed_anchor(page, removed)
    )
    if lost and isinstance(answer, RedirectResponse):
        path, mark, anchor = answer.headers["location"].partition("#")
        answer.headers["location"] = f"{path}?notice=lost{mark}{anchor}"
    return apply_draft.hold(request, answer, draft)


def _not_begun(request: Request, page: Page, filling: Filling, error: TooMany) -> Response:
    """No draft may be begun now: the page again with what was typed, which is nowhere else."""
    page = replace(page, draft=replace(page.draft, filling=filling))
    validated = apply_view.checked(page.form, filling, page.section.id)
    answer = render(request, page, validated, {"": error.detail}, status=error.status)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _next(
    request: Request,
    page: Page,
    posted: FormData,
    before: Validated,
    validated: Validated,
    errors: Mapping[str, str],
    refused: Mapping[str, str],
    anchor: str,
) -> Response:
    """Where the click leads: on, out, back to the same page for another row, or here again with what is wrong."""
    address = page.draft.address
    if "restore" in posted:
        return RedirectResponse(f"{address}/{page.section.id}?notice=restored", 303)
    if posted.get("do") == "leave" and not refused:
        return RedirectResponse(f"{address}/saved", 303)
    if anchor and not refused:
        return RedirectResponse(f"{address}/{page.section.id}#{anchor}", 303)
    added = _called_up(page, before, validated)
    if "without_script" in posted and added and not refused:
        unanswered = {each.id for each in added}
        rest = {name: text for name, text in errors.items() if name.partition(".")[0] not in unanswered}
        return render(request, page, validated, rest, status=422, added=True)
    if posted.get("do") == "leave":
        return render(request, page, validated, refused, status=422)
    if errors:
        return render(request, page, validated, errors, status=422)
    if posted.get("do") == "check":
        return RedirectResponse(f"{address}/check", 303)
    order = [section.id for section in apply_view.pages(page.form, validated)]
    at = order.index(page.section.id) if page.section.id in order else -1
    following = order[at + 1] if at + 1 < len(order) else "check"
    return RedirectResponse(f"{address}/{following}", 303)


def _called_up(page: Page, before: Validated, now: Validated) -> tuple[FormField, ...]:
    """Questions of this page that the answers have just called up and that nobody without script has seen."""
    seen = {each.id for each in visible_fields(page.form, before.values)}
    here = {each.id for each in page.section.fields}
    answers, files = page.draft.filling.answers, page.draft.filling.files
    return tuple(
        each
        for each in visible_fields(page.form, now.values)
        if each.id in here
        and each.id not in seen
        and each.id not in files
        and not any(text.strip() for name in names_of(each, answers) for text in answers.get(name, ()))
    )


def names_of(each: FormField, answers: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The answer names that belong to a field."""
    if each.type != "table":
        yield each.id
        return
    for row in apply_view.row_numbers(each, answers):
        for column in each.columns:
            yield f"{each.id}.{row}.{column.id}"


def merged(page: Page, posted: FormData) -> dict[str, tuple[str, ...]]:
    """The draft's answers with this page's replaced by what was posted; names the page does not have are dropped."""
    old = page.draft.filling.answers
    mine = {name for each in page.section.fields for name in names_of(each, old)}
    answers = {name: given for name, given in old.items() if name not in mine}
    given: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(posted.keys()):
        kept = tuple(each for each in posted.getlist(name) if isinstance(each, str))
        if kept:
            given[name] = kept
    for each in page.section.fields:
        if each.type == "file":
            continue
        if each.type == "table":
            rows = apply_view.row_numbers(each, given)[: each.max_rows + 1]
            for place, row in enumerate(rows):
                for column in each.columns:
                    cell = given.get(f"{each.id}.{row}.{column.id}")
                    if cell is not None:
                        answers[f"{each.id}.{place}.{column.id}"] = cell
        elif each.id in given:
            answers[each.id] = given[each.id]
    return answers


def with_rows(page: Page, filling: Filling, posted: FormData) -> tuple[Filling, str]:
    """Adds or removes a row of a table when that was the button; the anchor says where the page goes on."""
    added, removed = posted.get("add_row"), posted.get("remove_row")
    answers = dict(filling.answers)
    for each in page.section.fields:
        if each.type != "table":
            continue
        rows = apply_view.row_numbers(each, answers)
        if added == each.id:
            if len(rows) < each.max_rows:
                # A page shows at least one row, begun or not; the click asks for the one after it.
                for row in range(len(rows), max(len(rows), each.min_rows, 1) + 1):
                    answers[f"{each.id}.{row}.{each.columns[0].id}"] = ("",)
            return replace(filling, answers=answers), f"f-{each.id}"
        if isinstance(removed, str) and removed.startswith(f"{each.id}."):
            number = removed.rpartition(".")[2]
            left = [row for row in rows if str(row) != number]
            kept = {name: given for name, given in answers.items() if not name.startswith(f"{each.id}.")}
            for place, row in enumerate(left):
                for column in each.columns:
                    if (cell := answers.get(f"{each.id}.{row}.{column.id}")) is not None:
                        kept[f"{each.id}.{place}.{column.id}"] = cell
            return replace(filling, answers=kept), f"f-{each.id}"
    return filling, ""


def _removed_anchor(page: Page, removed: object) -> str:
    return "form" if isinstance(removed, str) else ""


def render(
    request: Request,
    page: Page,
    validated: Validated,
    errors: Mapping[str, str],
    *,
    status: int = 200,
    added: bool = False,
) -> Response:
    """The page itself."""
    hall = hall_of(request)
    draft = page.draft
    sections = apply_view.pages(page.form, validated)
    order = [section.id for section in sections]
    at = order.index(page.section.id) if page.section.id in order else 0
    return hall.page(
        request,
        "citizen/apply_section.html",
        f"{page.section.title} - {page.item.name}",
        status=status,
        section="do",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(
            Crumb("我要办", "/items/"),
            Crumb(page.item.name, f"/items/{page.item.code}/"),
            Crumb("网上申请"),
        ),
        item=page.item,
        draft=draft,
        topic=page.section,
        titles=[section.title for section in sections] + ["核对并提交"],
        current=at,
        previous=f"{draft.address}/{order[at - 1]}" if at else "",
        fields=apply_view.shown_fields(
            page.form, page.section, draft.filling, validated, f"{draft.address}/files"
        ),
        errors=dict(errors),
        listed=apply_view.field_errors(errors),
        added=added,
        with_files=bool(page.file_fields),
        token=apply_draft.token_of(request, draft),
        notice=NOTICES.get(request.query_params.get("notice", ""), ""),
        updated=not draft.is_new and draft.item_version != page.item_version,
        complete=len(draft.filling.done) >= len(sections),
        window_unit=hall.edition.units.name(draft.filling.window.unit) if draft.filling.window else "",
    )
