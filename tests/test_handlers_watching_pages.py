"""The board's pages: the way down from county to case, priority watch, the stream, and who may see which of them."""

from __future__ import annotations

import re

import pytest

from handlers.board import BLOCKS, blocks, live_of
from tests.staff_fixtures import CASE, Office, filed, staffed, text_of

__all__ = ["staffed"]

BOARD = "/hall/board"


def accepted(office: Office, key: str = "k1") -> str:
    office.clock.set("2026-03-02T09:30")
    case = filed(office, key=key)
    office.move(case.number, "pre_review", "window")
    office.move(case.number, "accept", "window")
    return case.number


def overdue(office: Office) -> str:
    number = accepted(office)
    office.clock.set("2026-03-16T10:00")
    office.hall.casework.sweep(office.clock())
    return number


def links(page: str, prefix: str) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(rf'href="({re.escape(prefix)}[^"]+)"', page)]


def test_the_way_down_leads_from_the_county_to_a_case(staffed: Office) -> None:
    number = overdue(staffed)
    client = staffed.signed_in("supervisor")
    county = client.get(BOARD).text
    assert f"{BOARD}/market" in links(county, f"{BOARD}/")
    department = client.get(f"{BOARD}/market").text
    item = next(each for each in links(department, f"{BOARD}/market/") if "?" not in each)
    cases = client.get(item).text
    assert f"{CASE}{number}#h-life" in links(cases, CASE)
    case = client.get(f"{CASE}{number}").text
    assert 'id="h-life"' in case
    assert "机关用时（扣除暂停）" in case


def test_an_item_is_narrowed_to_one_light(staffed: Office) -> None:
    number = overdue(staffed)
    client = staffed.signed_in("supervisor")
    item = next(e for e in links(client.get(f"{BOARD}/market").text, f"{BOARD}/market/") if "?" not in e)
    level = staffed.hall.database.value("SELECT level FROM cases WHERE number = ?", (number,))
    assert level >= 2
    assert number in client.get(f"{item}?light={level}").text
    assert number not in client.get(f"{item}?light=0").text
    assert client.get(f"{item}?light=9").status_code == 404


@pytest.mark.parametrize(
    "path", [f"{BOARD}/police", f"{BOARD}/market/../police", f"{BOARD}/nowhere", f"{BOARD}/market/none"]
)
def test_what_lies_outside_ones_supervision_is_not_found(staffed: Office, path: str) -> None:
    accepted(staffed)
    assert staffed.signed_in("market-supervisor").get(path).status_code == 404


def test_watched_cases_are_listed_with_their_reason(staffed: Office) -> None:
    staffed.clock.set("2026-03-02T09:30")
    case = filed(staffed)
    staffed.move(case.number, "supplement_notice", "window", reason="缺身份证明")
    client = staffed.signed_in("supervisor")
    words = text_of(client.get(f"{BOARD}/watch").text)
    assert case.number in words
    assert "要求补正" in words
    assert case.number not in text_of(client.get(f"{BOARD}/watch?kind=watch_refused").text)
    assert client.get(f"{BOARD}/watch?kind=nonsense").status_code == 404
    assert case.number in client.get(BOARD).text


def test_the_board_without_scripts_loads_itself_anew_and_with_scripts_is_streamed(staffed: Office) -> None:
    page = staffed.signed_in("supervisor").get(BOARD).text
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page
    assert f'data-live="{BOARD}/stream"' in page
    for name in BLOCKS:
        assert f'id="{name}"' in page
    still = staffed.signed_in("supervisor").get(f"{BOARD}?still=1").text
    assert "http-equiv" not in still
    assert "data-live=" not in still


def test_the_streamed_parts_are_the_very_parts_of_the_page(staffed: Office) -> None:
    overdue(staffed)
    page = staffed.signed_in("supervisor").get(BOARD).text
    scope = staffed.hall.watching.scope(staffed.people["supervisor"], staffed.clock())
    sent = blocks(staffed.hall, scope)
    assert set(sent) == set(BLOCKS)
    for html in sent.values():
        assert html.strip() in page


def test_a_stream_needs_a_supervisor_and_stays_in_scope(staffed: Office) -> None:
    accepted(staffed)
    assert staffed.browser().get(f"{BOARD}/stream", follow_redirects=False).status_code in (302, 303, 401)
    assert staffed.signed_in("publisher").get(f"{BOARD}/stream").status_code == 403
    assert staffed.signed_in("market-supervisor").get(f"{BOARD}/stream?department=police").status_code == 404


def test_a_change_reaches_an_open_board(staffed: Office) -> None:
    """Through the application itself: the stream is closed from this side after its first two messages."""
    accepted(staffed)
    staffed.hall.live = None
    live = live_of(staffed.hall)
    client = staffed.signed_in("supervisor")
    found: list[str] = []
    # The test client runs the whole answer before it returns, so the stream is ended as a stopping server ends it.
    original = live._render

    def render(scope: tuple[str, ...]) -> dict[str, str]:
        made = dict(original(scope))
        found.append(made["board-today"])
        live.close()
        return made

    live._render = render
    answer = client.get(f"{BOARD}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "retry: 5000" in answer.text
    assert found
