"""From checked answers to an application: applicant, agent, delivery, the item's own answers, papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from catalog.application_form import (
    CREDIT_CODE,
    PERSON,
    RESERVED_IDS,
    RESERVED_PREFIX,
    RESIDENT_ID,
    ApplicationForm,
)
from catalog.form_answers import Value
from catalog.schema import Item
from handlers.apply_view import paper_fields, paper_given
from handlers.casework.outside import wrong_moments
from handlers.casework.requests import Application, MaterialGiven, Party
from handlers.context import Hall
from handlers.store.records import Channel, Json
from rules.errors import Invalid
from rules.quick_dataclass import dataclass

_CHANNELS: Mapping[str, Channel] = {"town": "town", "village": "village"}


@dataclass(frozen=True, slots=True)
class Outside:
    """What staff say of a case that began outside the system: when it was received and decided, where from."""

    received: datetime | None = None
    decided: datetime | None = None
    system: str = ""
    number: str = ""

    @property
    def told(self) -> bool:
        """Whether anything was said at all."""
        return self != Outside()


def application_of(
    item: Item, form: ApplicationForm, values: Mapping[str, Value], *, accepting_unit: str | None = None
) -> Application:
    """What casework files, from values without fault (`catalog.form_answers.Validated.values`)."""
    return Application(
        item_code=item.code,
        applicant=_applicant(values),
        agent=_agent(values),
        answers=own_answers(form, values),
        attachments=attachments_of(form, values),
        materials=tuple(
            MaterialGiven(code, originals, copies)
            for code, (originals, copies) in paper_given(form, values).items()
            if originals or copies
        ),
        delivery=_text(values, "delivery") or "window",
        delivery_address=" ".join(
            part
            for name in ("courier_name", "courier_phone", "courier_address")
            if (part := _text(values, name))
        ),
        accepting_unit=accepting_unit,
    )


def from_outside(application: Application, outside: Outside, now: datetime) -> Application:
    """The application with what staff say of its life outside the system. Raises Invalid with the fields."""
    received, decided = outside.received, outside.decided
    wrong = wrong_moments(received, decided, now)
    if received is None and (outside.system or outside.number):
        wrong.setdefault("received_outside", "请写在系统外什么时候收件的")
    if outside.number and not outside.system:
        wrong["source_system"] = "请写是哪个系统的编号"
    if wrong:
        raise Invalid("系统外收件的几处需要再看一下", wrong)
    return replace(
        application,
        received_outside=received,
        decided_outside=decided,
        source_system=outside.system or None,
        source_id=outside.number or None,
    )


def own_answers(form: ApplicationForm, values: Mapping[str, Value]) -> dict[str, Json]:
    """The answers that are not already in applicant, agent, delivery or files."""
    elsewhere = {each.id for each in form.fields() if each.type == "file"} | RESERVED_IDS
    elsewhere |= paper_fields(form).keys()
    return {name: _json(value) for name, value in values.items() if name not in elsewhere}


def attachments_of(form: ApplicationForm, values: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """Attachment ids by material id, or by field id where the file belongs to no material.

    Where both are called the same, the files of both stand there: none may be lost.
    """
    found: dict[str, tuple[str, ...]] = {}
    for each in form.fields():
        given = values.get(each.id)
        if each.type == "file" and isinstance(given, tuple) and given:
            code = each.id.removeprefix(RESERVED_PREFIX)
            found[code] = found.get(code, ()) + tuple(str(one) for one in given)
    return found


def channel_of(hall: Hall, unit: str) -> Channel:
    """The way a walk-in comes, by the kind of the unit that takes it down."""
    found = hall.edition.units.get(unit)
    return _CHANNELS.get(found.kind, "window") if found else "window"


def _applicant(values: Mapping[str, Value]) -> Party:
    kind = _text(values, "applicant_kind") or PERSON
    person = kind == PERSON
    id_type, id_number = _identity(values, "applicant") if person else (CREDIT_CODE, "")
    return Party(
        kind=kind,
        name=_text(values, "applicant_name"),
        id_type=id_type,
        id_number=id_number if person else _text(values, "applicant_credit_code"),
        phone=_text(values, "contact_phone"),
        address=_text(values, "contact_address"),
        representative=_text(values, "legal_representative"),
        contact=_text(values, "contact_name"),
    )


def _agent(values: Mapping[str, Value]) -> Party | None:
    if _text(values, "by_agent") != "yes":
        return None
    id_type, id_number = _identity(values, "agent")
    return Party(
        kind=PERSON,
        name=_text(values, "agent_name"),
        id_type=id_type,
        id_number=id_number,
        phone=_text(values, "agent_phone"),
    )


def _identity(values: Mapping[str, Value], prefix: str) -> tuple[str, str]:
    id_type = _text(values, f"{prefix}_id_type")
    number = _text(values, f"{prefix}_id_number" if id_type == RESIDENT_ID else f"{prefix}_other_id")
    return id_type, number


def _text(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else ""


def _json(value: object) -> Json:
    if isinstance(value, tuple | list):
        return [_json(each) for each in value]
    if isinstance(value, Mapping):
        return {str(name): _json(each) for name, each in value.items()}
    return str(value)
