"""The handlers' view of the portal: what a build replaced is let go, whatever was looked at in it."""

from __future__ import annotations

import gc
import os
import weakref

from handlers.casework.ground import Ground
from handlers.context import Hall
from handlers.item_forms import item_form
from handlers.site_data import Edition
from tests.handlers_fixtures import EVERYTHING, Office
from tests.loops import run_apart
from tests.staff_fixtures import filed


def rebuilt(hall: Hall, times: int) -> weakref.ref[Edition]:
    """The edition read after so many further builds, with items and forms looked at in it."""
    catalog = hall.site / "data" / "catalog.json"
    os.utime(catalog, ns=(1, catalog.stat().st_mtime_ns + 1_000_000_000 * (times + 1)))
    hall.site_data._looked = 0.0
    edition = hall.edition
    assert edition.item(EVERYTHING) is edition.item(EVERYTHING)
    form = run_apart(item_form(hall, EVERYTHING))
    assert run_apart(item_form(hall, EVERYTHING)) is form
    assert hall.site_data.ground().county == edition.catalog.county
    return weakref.ref(edition)


def filed_on(office: Office, times: int) -> weakref.ref[Ground]:
    """What casework stood on after so many further builds, with an application filed on it."""
    rebuilt(office.hall, times)
    filed(office, key=f"k{times}")
    return weakref.ref(office.hall.site_data.ground())


def test_what_filings_on_a_replaced_edition_began_with_is_let_go(office: Office) -> None:
    seen = [filed_on(office, times) for times in range(3)]
    gc.collect()
    assert [ground() for ground in seen] == [None, None, office.hall.site_data.ground()]


def test_editions_a_build_has_replaced_are_let_go_with_the_items_looked_at_in_them(office: Office) -> None:
    seen = [rebuilt(office.hall, times) for times in range(4)]
    gc.collect()
    kept = [edition() for edition in seen]
    assert kept == [None, None, None, office.hall.edition]
