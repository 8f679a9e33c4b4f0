"""A year of cases: every card the hall issued, and every month's score, is the one counted by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from catalog.root import Root
from handlers.casework.auditing import audit
from handlers.scoring.service import Scores
from tests.casework_fixtures import ROOT_OF_TESTS, Hall, make_hall
from tests.score_straight import straight
from tests.simulated_year import Year, hurry, issued_cards
from tests.year_counted import Count, closed_by_month, expected_cards


def play_and_compare(folder: Path, cases: int, seed: int) -> None:
    hall = make_hall(folder)
    hurry(hall)
    try:
        year = Year(hall, cases, seed)
        year.play()
        count, ended = Count(year.ended.date()), year.ended.date()
        issued = issued_cards(hall)
        wrong = []
        earned = 0
        for number, life in year.by_number.items():
            expected = expected_cards(life, count, ended)
            earned += len(expected)
            if expected != issued.get(number, set()):
                wrong.append((number, life.item.name, life.done, expected ^ issued.get(number, set())))
        assert not wrong, f"{len(wrong)} of {cases} cases differ, the first: {wrong[0]}"
        assert earned > cases / 4
        assert sum(len(each) for each in issued.values()) == earned
        assert audit(hall.database).sound
        compare_scores(hall, year, count)
    finally:
        hall.database.close()


def compare_scores(hall: Hall, year: Year, count: Count) -> None:
    """The months' ledgers hold what was done and what was earned; every score equals one worked out apart."""
    scores = Scores(hall.database, lambda: hall.holder.ground, Root(ROOT_OF_TESTS))
    closed: Counter[tuple[str, str, bool]] = Counter()
    carded: Counter[tuple[str, int]] = Counter()
    for month in [f"2025-{number:02d}" for number in range(1, 13)] + [
        "2026-01",
        "2026-02",
        "2026-03",
        "2026-04",
    ]:
        made = scores.compute(month, year.ended)
        wanted = straight(made.ledger)
        places = json.loads(made.ranking)["departments"]
        assert {each["id"] for each in places} == set(wanted)
        for place in places:
            total = wanted[place["id"]]["total"]
            assert place["total"] == (None if total is None else f"{total // 100}.{total % 100:02d}"), (
                month,
                place,
            )
        for line in map(json.loads, made.ledger.decode().splitlines()[1:]):
            if line["kind"] == "closed" and line["result"] != "ended":
                closed[month, line["department"], line["result"] != "late"] += 1
            elif line["kind"] == "card" and not line.get("trigger") and line["object"] != "order":
                carded[line["object"], line["level"]] += 1
    refused = sum(any(each.what == "refuse" for each in life.done) for life in year.lives)
    by_hand = closed_by_month(year.lives, count)
    assert closed.total() == by_hand.total() + refused
    assert {key: number for key, number in closed.items() if not key[2]} == {
        key: number for key, number in by_hand.items() if not key[2]
    }
    earned = Counter((what, level) for cards in issued_cards(hall).values() for what, level, _ in cards)
    assert carded == earned


def test_cards_and_scores_of_a_year_of_two_thousand_cases_equal_a_count_by_hand(tmp_path: Path) -> None:
    play_and_compare(tmp_path, 2_000, seed=20260101)


@pytest.mark.soak(minutes=45)
def test_cards_and_scores_of_a_year_of_fifty_thousand_cases_equal_a_count_by_hand(tmp_path: Path) -> None:
    play_and_compare(tmp_path, 50_000, seed=20260102)
