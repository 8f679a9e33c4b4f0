"""Letters of towns and complaints about conduct: who sees them, and that nobody else notices."""

from __future__ import annotations

import pytest

from handlers.correspondence.requests import LetterFiled, LetterRequest
from rules.errors import HallError
from rules.letter_terms import LetterMove
from tests.access_fixtures import CONDUCT_TITLE, POSTS, Everyone, assign
from tests.access_rows import COUNTY
from tests.others_fixtures import NO_LETTER, alike, differences, everyone, said
from tests.test_handlers_access_walk import QUERIES, all_ways, filled

__all__ = ["everyone"]


# --- letters of towns ---


def sees(everyone: Everyone, letter: LetterFiled) -> set[str]:
    """Which posts open a letter, by page; asserts that list and API say the same."""
    found = set()
    for account in POSTS:
        client = everyone.client(account)
        opened = client.get(f"/hall/staff/letters/{letter.number}").status_code == 200
        listed = letter.number in client.get("/hall/staff/letters?tab=all").text
        by_api = everyone.program(account).get(f"/api/v1/desk/letters/{letter.number}").status_code == 200
        assert opened == listed == by_api, (account, opened, listed, by_api)
        if opened:
            found.add(account)
    return found


def test_a_letter_of_a_town_is_seen_by_that_town_and_its_superiors_and_goes_with_a_transfer(
    everyone: Everyone,
) -> None:
    letter = everyone.things.town_letter
    assert sees(everyone, letter) == {"x-clerk", "x-supervisor"} | COUNTY
    office = everyone.office
    with pytest.raises(HallError):
        assign(office, letter, "y-clerk", LetterMove.TRANSFER, "town-qingshui")
    data_before = office.hall.database.value("SELECT version FROM letter WHERE number = ?", (letter.number,))
    with pytest.raises(HallError):
        assign(office, letter, "x-supervisor", LetterMove.TRANSFER, "town-qingshui")
    assert data_before == office.hall.database.value(
        "SELECT version FROM letter WHERE number = ?", (letter.number,)
    )
    office.hall.database.write(
        lambda tx: tx.execute(
            "INSERT INTO assignment (person, role, unit, valid_from) VALUES (?, 'coordinator', 'town-chengguan', '2026-01-01')",
            (office.people["x-clerk"],),
        )
    )
    assign(office, letter, "x-clerk", LetterMove.TRANSFER, "town-qingshui")
    assert sees(everyone, letter) == {"y-clerk", "y-supervisor"} | COUNTY


# --- complaints about conduct ---


def everything_read(everyone: Everyone, account: str) -> dict[str, tuple[int, str]]:
    """All that this account can open, as it reads."""
    page, program = everyone.client(account), everyone.program(account)
    found = {}
    for way in sorted(all_ways()):
        if not way.startswith("GET ") or way in _NOT_READ or way[4:].startswith(_CATALOG):
            continue
        path = filled(way, everyone)
        client = program if path.startswith("/api/") else page
        answer = client.get(path, params=QUERIES.get(way))
        if answer.headers.get("content-type", "").startswith(("text/", "application/json")):
            found[way] = said(answer, page.headers.get("x-csrf", "-"))
    for path in ("/hall/staff/letters?tab=all&q=辱骂", "/hall/staff/?tab=all&q=QHJ", "/hall/letters?q=辱骂", "/hall/search?q=辱骂",
                 "/hall/statistics?measures=letters&group=department", "/hall/statistics/table.csv?measures=letters&group=department"):  # fmt: skip
        found[path] = said(page.get(path), page.headers.get("x-csrf", "-"))
    return found


# What says who is looking or when; the log's own page grows with every sealed row, whatever it is about.
_NOT_READ = {
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /hall/staff/account",
    "GET /hall/track/{number}/record",
}


_CATALOG = ("/hall/forms", "/hall/apply", "/api/v1/items", "/api/v1/openapi")


OUTSIDE = ("a-decider", "a-supervisor", "a-coordinator", "x-supervisor", "anonymous")


def test_a_complaint_about_conduct_changes_nothing_that_anybody_but_the_supervisor_reads(
    everyone: Everyone,
) -> None:
    hall, clock = everyone.hall, everyone.office.clock
    hall.casework.sweep(clock())
    before = {account: everything_read(everyone, account) for account in OUTSIDE}
    long_ago = clock().replace(month=3, day=2)
    for about in ("a-decider示例", everyone.office.people["a-coordinator"]):
        request = LetterRequest(
            "complaint", "market", CONDUCT_TITLE, "他当众辱骂并索要好处", "欧阳示例甲", "0000-5550777",
            case_number=everyone.things.case.number, topic="conduct", about=about, public=True,
        )  # fmt: skip
        filed = hall.correspondence.ask(request, key=about, now=long_ago)
    hall.casework.sweep(clock())
    hall.correspondence.close_unstated(clock())
    everyone.things.conduct = filed
    for account in OUTSIDE:
        after = everything_read(everyone, account)
        different = {
            way: list(differences(before[account][way][1], after[way][1]))
            for way in after
            if after[way] != before[account][way]
        }
        assert different == {}, account
    ordinary = LetterRequest(
        "complaint", "market", "称重不准", "少了二两，回家一称就知道。", "欧阳示例甲", "0000-5550777"
    )
    hall.correspondence.ask(ordinary, key="ordinary-2", now=clock())
    after = everything_read(everyone, "a-decider")
    told = [way for way in after if after[way] != before["a-decider"][way]]
    assert len(told) > 2, "an ordinary letter shows: the comparison above can see"
    for account in sorted(COUNTY):
        assert CONDUCT_TITLE in everyone.client(account).get("/hall/staff/conduct").text


def test_a_supervisor_who_is_complained_about_sees_nothing_of_it_and_the_other_does(
    everyone: Everyone,
) -> None:
    request = LetterRequest(
        "complaint", "", "县监察员收礼", "过节的时候收了烟酒，没有退。", "", topic="conduct", about=everyone.office.people["county"]
    )  # fmt: skip
    filed = everyone.hall.correspondence.ask(request, key="about-county", now=everyone.office.clock())
    own, other = everyone.client("county"), everyone.client("county-2")
    for path in ("/hall/staff/conduct", "/hall/staff/letters?tab=all", "/hall/staff/messages", "/hall/board"):
        assert filed.number not in own.get(path).text, path
        assert "县监察员收礼" not in own.get(path).text, path
    alike(
        own,
        "GET",
        f"/hall/staff/letters/{filed.number}",
        f"/hall/staff/letters/{NO_LETTER}",
        filed.number,
        NO_LETTER,
    )
    program = everyone.program("county")
    assert program.get(f"/api/v1/desk/letters/{filed.number}").status_code == 404
    assert filed.number not in program.get("/api/v1/desk/conduct").text
    assert filed.number in other.get("/hall/staff/conduct").text
    assert other.get(f"/hall/staff/letters/{filed.number}").status_code == 200
