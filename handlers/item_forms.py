"""An item's whole form, made once for each edition of the portal: a filing asks it three dozen questions."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from starlette.concurrency import run_in_threadpool

from catalog.application_form import ApplicationForm, complete_form
from catalog.artifact import ItemRecord
from catalog.form_schema import FormField
from handlers.context import Hall
from handlers.site_data import Edition
from rules.quick_dataclass import dataclass

_MOST = 512


@dataclass(frozen=True, slots=True)
class ItemForm:
    """An item in force with the form applicants fill in on the portal; `files` are the form's file questions."""

    record: ItemRecord
    form: ApplicationForm
    files: tuple[FormField, ...]


# The forms of an edition go when it goes.
_made: WeakKeyDictionary[Edition, dict[str, ItemForm]] = WeakKeyDictionary()


async def item_form(hall: Hall, code: str) -> ItemForm:
    """The item and its form. Raises NotFound. Only the first filing of an item reads a file and leaves the loop."""
    edition = hall.edition
    made = _made.get(edition)
    if made is None:
        made = _made.setdefault(edition, {})
    found = made.get(code)
    if found is None:
        found = await run_in_threadpool(_make, hall, edition, code)
        if len(made) >= _MOST:
            made.clear()
        made[code] = found
    return found


def _make(hall: Hall, edition: Edition, code: str) -> ItemForm:
    record = edition.item(code)
    form = complete_form(record.item, edition.catalog.county, hall.site_data.codes)
    return ItemForm(record, form, file_questions(form))


def file_questions(form: ApplicationForm) -> tuple[FormField, ...]:
    """The questions that files answer."""
    return tuple(each for each in form.fields() if each.type == "file")
