"""Applications of the drill: sample answers to an item's whole form, a page for every file it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.application_form import complete_form, visible_fields
from catalog.codes import Codes
from catalog.county import County
from catalog.sample_answers import sample_answers
from catalog.schema import Item
from hall.drill.client import Hall

# The smallest file every reader opens as one empty page.
PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n164\n%%EOF\n"
)
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
        (each.id, (f"{each.label[:30]}.pdf", PAGE, "application/pdf"))
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
