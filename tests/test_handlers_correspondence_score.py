"""What a department learns of a confirmed complaint about conduct from its score: that there is one, and no more."""

from __future__ import annotations

import pytest

from handlers.casework.requests import ByStaff
from handlers.correspondence.requests import LetterData, LetterRequest
from rules.letter_terms import LetterMove
from rules.score_ledger import read
from rules.score_ranking import as_json, ranking
from tests.staff_fixtures import Office, filed, staffed, text_of

__all__ = ["staffed"]

MONTH = "2026-03"
SAID = "工作作风投诉属实1件"


@pytest.fixture
def confirmed(staffed: Office) -> tuple[Office, str]:
    """A complaint of 10 March about an item, found true on 12 March; the month is over."""
    room, clock = staffed.hall.correspondence, staffed.clock
    clock.set("2026-03-10T09:00")
    item = next(iter(staffed.hall.edition.items))
    letter = room.ask(
        LetterRequest("complaint", "market", "窗口人员骂人", "上午在窗口骂人。", "", topic="conduct", item_code=item),
        key="k", now=clock(),
    )  # fmt: skip
    clock.set("2026-03-12T10:00")
    room.by_staff(
        letter.number, ByStaff(staffed.people["supervisor"]), LetterMove.FINDING,
        LetterData({"finding": "confirmed", "text": "情况属实，已批评教育。"}), now=clock(),
    )  # fmt: skip
    clock.set("2026-04-01T09:00")
    return staffed, letter.number


def test_a_department_sees_that_there_is_one_and_neither_number_nor_date(
    confirmed: tuple[Office, str],
) -> None:
    office, number = confirmed
    page = office.signed_in("market-supervisor").get(f"/hall/scores/{MONTH}/market").text
    shown = text_of(page)
    assert SAID in shown
    line = next(each for each in page.split("<li>") if SAID in each).partition("</li>")[0]
    assert text_of(line).strip() == SAID
    assert number not in page
    for day in ("3月10日", "3月12日", "2026-03-10", "2026-03-12"):
        assert day not in page
    seen = text_of(office.signed_in("supervisor").get(f"/hall/scores/{MONTH}/market").text)
    assert number in seen


def test_the_statistics_pages_do_not_know_of_it(confirmed: tuple[Office, str]) -> None:
    office, number = confirmed
    client = office.signed_in("market-supervisor")
    asked = "measure=complaints&measure=letters&group=department&from=2026-03-01&to=2026-03-31"
    for path in ("/hall/statistics", f"/hall/statistics?{asked}", "/hall/staff/", "/hall/board"):
        page = client.get(path)
        assert number not in page.text
        assert "作风" not in text_of(page.text).replace("工作作风投诉只由", ""), path
    rows = office.hall.database.rows(
        "SELECT department, measure FROM daily_count WHERE measure LIKE '%letter%' OR measure LIKE 'conduct%'"
    )
    assert {row["department"] for row in rows if row["measure"].startswith("conduct")} <= {"county"}
    assert not [row for row in rows if row["department"] == "market"]


def test_the_ledger_that_is_published_says_neither_the_day_nor_the_item_nor_by_its_place(
    confirmed: tuple[Office, str],
) -> None:
    office, number = confirmed
    case = filed(office)  # something of the month that happened later and has its day
    office.clock.set("2026-03-30T10:00")
    office.move(
        case.number, "refuse", "window", reason="不属于本机关职权范围的事项", basis="《行政许可法》第三十二条"
    )
    office.clock.set("2026-04-01T09:00")
    made = office.hall.scores.compute(MONTH, office.clock())
    ledger = read(made.ledger)
    line = next(each for each in ledger.lines if each.kind == "conduct")
    assert (line.day, line.item, line.person) == ("", "", "")
    assert ledger.lines[-1] == line, "its place among the others tells no day"
    assert number.encode() not in made.ledger
    assert as_json(ranking(ledger, office.hall.scores.scheme)) == made.ranking, "byte for byte"
