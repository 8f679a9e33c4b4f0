"""A case in the words of its own form: who applies, what was answered, masked until someone asks to see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from catalog.application_form import ApplicationForm, complete_form
from catalog.codes import Codes
from catalog.county import County
from catalog.form_schema import FormField
from catalog.schema import Item
from handlers.apply_view import value_text
from handlers.casework.views import StaffCaseView
from handlers.store.records import DELIVERY_LABELS, Attachment, CasePayload, Json, Party
from presentation.masking import masked_address, masked_applicant, masked_id, masked_name, masked_phone
from rules.quick_dataclass import dataclass

# What on its own leads to a person, by the type of the question.
_MASKS: Mapping[str, Callable[[str], str]] = {
    "id_number": masked_id,
    "phone": masked_phone,
    "address": masked_address,
    "email": masked_id,
}
_NAME_WORDS = ("姓名", "户主", "监护人", "配偶", "收件人", "开户名", "户名", "账号", "卡号")

# As `apply_filing` writes where a result is sent: who, under which number, where.
_RECIPIENT = re.compile(r"(\D.*?)\s+(\+?\d[\d-]{5,}(?:转\d+)?)\s+(.+)", re.S)


@dataclass(frozen=True, slots=True)
class AnsweredPart:
    """One section: (label, lines of text)."""

    title: str
    entries: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class FileGroup:
    """The files under one question or material."""

    label: str
    files: tuple[Attachment, ...]


def parties(payload: CasePayload, codes: Codes, masked: bool) -> tuple[AnsweredPart, ...]:
    """Applicant, agent and delivery."""
    found = []
    if payload.applicant:
        found.append(AnsweredPart("申请人", _party(payload.applicant, codes, masked)))
    if payload.agent:
        found.append(AnsweredPart("代办人", _party(payload.agent, codes, masked)))
    return tuple(found)


def delivery(view: StaffCaseView, masked: bool) -> tuple[tuple[str, str], ...]:
    """How the result reaches the applicant."""
    address = view.payload.delivery_address
    way = DELIVERY_LABELS.get(view.case.delivery, view.case.delivery)
    if not address:
        return (("领取方式", way),)
    return (("领取方式", way), ("寄送到", _masked_delivery(address) if masked else address))


def _masked_delivery(written: str) -> str:
    """Recipient, phone and address each in its own way; what is not written so is hidden whole."""
    found = _RECIPIENT.fullmatch(written)
    if found is None:
        return "****"
    name, phone, address = found.groups()
    return f"{masked_name(name)} {masked_phone(phone)} {masked_address(address)}"


def answered(payload: CasePayload, form: ApplicationForm | None, masked: bool) -> tuple[AnsweredPart, ...]:
    """The item's own questions in the order of the form the case was filed on, those without an answer left out.

    An answer whose question is not on that form (or whose form is gone) stands at the end under its own name.
    """
    left = dict(payload.answers)
    parts = []
    for section in form.sections if form else ():
        entries = tuple(
            (each.label, _lines(each, left.pop(each.id), masked))
            for each in section.fields
            if each.id in left
        )
        if entries:
            parts.append(AnsweredPart(section.title, entries))
    if left:
        parts.append(AnsweredPart("其他", tuple((name, (_plain(value),)) for name, value in left.items())))
    return tuple(parts)


def form_of_item(item: Item | None, county: County, codes: Codes) -> ApplicationForm | None:
    """The form as it was when the case was filed."""
    return None if item is None else complete_form(item, county, codes)


def file_groups(view: StaffCaseView, form: ApplicationForm | None) -> tuple[FileGroup, ...]:
    """Attachments under the material or question they were given for."""
    labels = {each.code: each.name for each in view.materials}
    groups: dict[str, list[Attachment]] = {}
    for each in view.attachments:
        code = each.field.removeprefix("material_")
        field = form.field(each.field) or form.field(f"material_{code}") if form else None
        label = labels.get(code) or (field.label if field else "其他附件")
        groups.setdefault(label, []).append(each)
    return tuple(FileGroup(label, tuple(files)) for label, files in groups.items())


def _party(party: Party, codes: Codes, masked: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    number = masked_id(party.id_number) if masked else party.id_number
    rows = (
        ("类型", codes.label("applicant", party.kind) if party.kind else ""),
        (
            "姓名或名称",
            masked_applicant(party.name, party.kind) if masked else party.name,
        ),
        (codes.label("id-type", party.id_type) if party.id_type else "证件号码", number),
        ("法定代表人（负责人）", masked_name(party.representative, True) if masked else party.representative),
        ("联系人", masked_name(party.contact, True) if masked else party.contact),
        ("电话", masked_phone(party.phone) if masked else party.phone),
        ("邮箱", masked_id(party.email) if masked else party.email),
        ("地址", masked_address(party.address) if masked else party.address),
        ("邮编", party.postcode),
    )
    return tuple((label, (text,)) for label, text in rows if text)


def _lines(question: FormField, value: Json, masked: bool) -> tuple[str, ...]:
    if question.type == "table" and isinstance(value, list):
        return tuple(f"{number}. {_row(question, row, masked)}" for number, row in enumerate(value, 1))
    text = value_text(question, value)
    return (_hidden(question, text) if masked else text,)


def _row(question: FormField, row: Json, masked: bool) -> str:
    if not isinstance(row, Mapping):
        return _plain(row)
    cells = []
    for column in question.columns:
        if row.get(column.id):
            text = value_text(column, row[column.id])
            cells.append(f"{column.label}：{_hidden(column, text) if masked else text}")
    return "；".join(cells)


def _hidden(question: FormField, text: str) -> str:
    mask = _MASKS.get(question.type)
    if mask is not None:
        return mask(text)
    named = question.type == "text" and any(word in question.label for word in _NAME_WORDS)
    return masked_name(text) if named else text


def _plain(value: Json) -> str:
    if isinstance(value, list):
        return "、".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return "；".join(f"{name}：{_plain(each)}" for name, each in value.items())
    return "" if value is None else str(value)
