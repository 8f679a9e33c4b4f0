"""A year of cases: every card the hall issued, and no other, is the one counted by hand day by day."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.casework.auditing import audit
from tests.casework_fixtures import make_hall
from tests.simulated_year import Count, Year, expected_cards, hurry, issued_cards


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
    finally:
        hall.database.close()


def test_the_cards_of_a_year_of_two_thousand_cases_equal_a_count_by_hand(tmp_path: Path) -> None:
    play_and_compare(tmp_path, 2_000, seed=20260101)


@pytest.mark.soak
def test_the_cards_of_a_year_of_fifty_thousand_cases_equal_a_count_by_hand(tmp_path: Path) -> None:
    play_and_compare(tmp_path, 50_000, seed=20260102)
