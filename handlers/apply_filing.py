"""From checked answers to an application: applicant, agent, delivery, the item's own answers, papers."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.application_form import CREDIT_CODE, PERSON, RESERVED_IDS, RESIDENT_ID, ApplicationForm
from catalog.form_answers import Value
from catalog.schema import Item
from handlers.apply_view import paper_given
from handlers.casework.requests import Application, MaterialGiven, Party
from handlers.context import Hall
from handlers.store.records import Channel, Json

_CHANNELS: Mapping[str, Channel] = {"town": "town", "village": "village"}


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
            for code, (originals, copies) in paper_given(values).items()
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


def own_answers(form: ApplicationForm, values: Mapping[str, Value]) -> dict[str, Json]:
    """The answers that are not already in applicant, agent, delivery or files."""
    files = {each.id for each in form.fields() if each.type == "file"}
    return {
        name: _json(value)
        for name, value in values.items()
        if name not in files and name not in RESERVED_IDS and not name.startswith("paper_")
    }


def attachments_of(form: ApplicationForm, values: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """Attachment ids by material id, or by field id where the file belongs to no material."""
    found: dict[str, tuple[str, ...]] = {}
    for each in form.fields():
        given = values.get(each.id)
        if each.type == "file" and isinstance(given, tuple) and given:
            found[each.id.removeprefix("material_")] = tuple(str(one) for one in given)
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
