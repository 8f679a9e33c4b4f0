"""Applications of the drill: sample answers to an item's whole form, a page for every file it asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalog.application_form import complete_form, visible_fields
from catalog.codes import Codes
from catalog.county import County
from catalog.sample_answers import sample_answers
from catalog.schema import Item
from hall.drill.client import Hall
from handlers.casework.demo_cases import PDF
from rules.quick_dataclass import dataclass

Files = list[tuple[str, tuple[str, bytes, str]]]


@dataclass(frozen=True, slots=True)
class Filed:
    """A drill case as its applicant holds it."""

    number: str
    code: str
    item: Item


def application(item: Item, county: County, codes: Codes) -> tuple[dict[str, Any], Files]:
    """Answers as the API takes them, and the files for the questions that apply."""
    form = complete_form(item, county, codes)
    answers = sample_answers(form, county.name)
    files: Files = [
        (each.id, (f"{each.label[:30]}.pdf", PDF, "application/pdf"))
        for each in visible_fields(form, answers)
        if each.type == "file" and each.required
    ]
    given = {name: value for name, value in answers.items() if name not in form.constants}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}, files


def file_case(
    hall: Hall,
    item: Item,
    county: County,
    codes: Codes,
    login: str,
    *,
    channel: str = "web",
    unit: str | None = None,
    received_at: datetime | None = None,
    key: str = "",
) -> Filed:
    """Files a drill case; raises Failed when the hall does not take it."""
    answers, files = application(item, county, codes)
    body: dict[str, Any] = {"item": item.code, "answers": answers, "channel": channel, "drill": True}
    if unit is not None:
        body["accepting_unit"] = unit
    if received_at is not None:
        body["received_at"] = received_at.isoformat()
    filed = hall.call("POST", "/cases", login=login, body=body, files=files, key=key)
    return Filed(filed["number"], filed["query_code"], item)
