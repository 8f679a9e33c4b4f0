"""A department's folder is deleted while a case is open: every page of the case goes on, for staff and applicant."""

from __future__ import annotations

import shutil
from pathlib import Path

from catalog.root import Root
from handlers.app import create_app
from handlers.context import Hall
from rules.case_terms import State
from site_builder.compile import build
from tests.handlers_fixtures import CITIZEN_JOBS, Office
from tests.page_fixtures import text_of
from tests.staff_fixtures import CASE, filed, staffed

__all__ = ["staffed"]

JOBS = tuple(dict.fromkeys((*CITIZEN_JOBS, "staff", "supervision")))


def without_market(office: Office, folder: Path) -> Hall:
    """The hall over the same records after the department was merged away and the portal built again."""
    shutil.copytree(office.hall.root.path, folder, ignore=shutil.ignore_patterns(".hall"))
    shutil.rmtree(folder / "items" / "market")
    units = folder / "content" / "units.yml"
    rows = units.read_text("utf-8").split("\n- ")
    kept = [row for row in rows if "department: market" not in row]
    assert len(kept) < len(rows)
    units.write_text("\n- ".join(kept), "utf-8")
    # What is left of the sample names the department elsewhere; that is no concern of these pages.
    build(Root(folder), site=folder / "site", index=False)
    hall = Hall(Root(folder), folder / "site", office.hall.database, now=office.clock)
    hall.casework.synchronise_units(office.clock())
    assert "market" not in hall.edition.departments
    return hall


def test_every_page_goes_on_after_the_department_of_a_case_was_deleted(
    staffed: Office, tmp_path: Path
) -> None:
    case = filed(staffed)
    staffed.move(case.number, "pre_review", "window")
    staffed.move(case.number, "accept", "window")
    staffed.hall = without_market(staffed, tmp_path / "merged")
    staffed.app = create_app(staffed.hall, JOBS)
    county = staffed.signed_in("supervisor")
    for page in (
        "/hall/board", "/hall/board/watch", "/hall/board/market", "/hall/cards", "/hall/orders",
        "/hall/orders/new", "/hall/statistics", "/hall/scores", "/hall/staff/letters",
    ):  # fmt: skip
        assert county.get(page).status_code == 200, page
    desk = text_of(county.get("/hall/staff/?tab=all").text)
    assert case.number in desk
    assert "（已撤销）" in desk
    assert case.number in text_of(county.get(CASE + case.number).text)
    reviewer = staffed.signed_in("reviewer")
    assert case.number in text_of(reviewer.get("/hall/staff/").text)
    assert reviewer.get(CASE + case.number).status_code == 200
    staffed.move(case.number, "complete_step", "reviewer", opinion="属实")
    assert staffed.move(case.number, "grant", "decider", opinion="同意").state is State.GRANTED
    tracked = staffed.browser().post(
        "/hall/track", data={"number": case.number, "code": case.query_code, "form_end": "1"}
    )
    assert tracked.status_code == 200
    assert case.number in text_of(tracked.text)
    warned = staffed.browser().get("/readyz").json()["warnings"]
    assert "units" in warned
