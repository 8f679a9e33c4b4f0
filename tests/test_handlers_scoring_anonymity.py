"""Ratings in a published ledger: no day, no staff, no place in time, an item only among ten raters, and none at all of fewer than ten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.scoring.anonymity import RATING, publishable
from handlers.scoring.ledgering import Tokens
from handlers.store.score_records import Fact
from rules.score_ledger import FEWEST_RATINGS, read
from rules.score_ranking import as_json, ranking
from tests.handlers_fixtures import Office
from tests.scored_fixtures import MARCH, of_kind, rated, scored
from tests.staff_fixtures import staffed

__all__ = ["scored", "staffed"]

COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(("market", "police")), st.sampled_from(("", "A", "B", "C", "D"))),
    st.integers(1, 25),
)


def ratings(counts: dict[tuple[str, str], int]) -> list[Fact]:
    return [
        Fact(
            RATING,
            f"2026-03-{1 + at % 28:02d}T09:00:00+08:00",
            department,
            "case",
            f"{item}{at}",
            "p-1",
            item,
            "5",
        )
        for (department, item), count in counts.items()
        for at in range(count)
    ]


def named(found: Iterable[Fact], department: str = "market") -> dict[str, int]:
    return dict(Counter(each.item for each in found if each.department == department))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"A": 9}, {}),
        ({"A": 5, "B": 4}, {}),
        ({"A": 5, "B": 5}, {"": 10}),
        ({"A": 10}, {"A": 10}),
        ({"A": 11}, {"A": 11}),
        ({"A": 30, "B": 1}, {"": 31}),
        ({"A": 30, "B": 12, "C": 1}, {"A": 30, "": 13}),
        ({"A": 30, "B": 5, "C": 5}, {"A": 30, "": 10}),
        ({"A": 30, "B": 5, "C": 4}, {"": 39}),
        ({"A": 10, "B": 10}, {"A": 10, "B": 10}),
        ({"A": 1}, {}),
    ],
)
def test_an_item_is_named_only_among_ten_raters_with_none_or_ten_left_over(
    counts: dict[str, int], expected: dict[str, int]
) -> None:
    found = publishable(ratings({("market", item): count for item, count in counts.items()}))
    assert named(found) == expected


@given(COUNTS)
def test_whatever_was_rated_no_group_that_can_be_told_apart_is_smaller_than_ten(
    counts: dict[tuple[str, str], int],
) -> None:
    before = ratings(counts)
    found = publishable(before)
    assert {each.person for each in found} <= {None}
    for department in ("market", "police"):
        groups = named(found, department)
        given = sum(count for (where, _), count in counts.items() if where == department)
        assert sum(groups.values()) == (given if given >= FEWEST_RATINGS else 0)
        assert all(count >= FEWEST_RATINGS for count in groups.values())
    assert len(before) >= len(found)


def test_other_facts_stay_as_they_are() -> None:
    closed = Fact("closed", "2026-03-02T09:00:00+08:00", "market", "case", "N", "p-1", "A", "early")
    assert publishable([closed]) == [closed]


@pytest.mark.parametrize("more", [7, 8, 9])
def test_a_department_with_fewer_than_ten_ratings_shows_none_of_them_anywhere(
    scored: Office, more: int
) -> None:
    """`scored`: two cases of one item rated by their applicants; with eight more there are ten."""
    rated(scored, more)
    made = scored.hall.scores.compute(MARCH, scored.clock())
    ledger = read(made.ledger)
    shown = of_kind(ledger.lines, "rating")
    place = next(each for each in json.loads(made.ranking)["departments"] if each["id"] == "market")
    head = place["heads"]["satisfaction"]
    view = scored.hall.scores.department_view(
        MARCH, "market", scored.people["market-supervisor"], {}, now=scored.clock()
    )
    opened = next(each for each in view.heads if each.head.id == "satisfaction")
    if 2 + more < FEWEST_RATINGS:
        assert shown == []
        assert (
            head["points"],
            head["measures"]["satisfied"]["count"],
            head["measures"]["satisfied"]["of"],
        ) == (None, 0, 0)
        assert "不到10个" in opened.unshown
    else:
        assert len(shown) == 2 + more
        assert (head["points"] is None, head["measures"]["satisfied"]["of"]) == (False, 2 + more)
        assert opened.unshown == ""
    assert as_json(ranking(ledger, scored.hall.scores.scheme)) == made.ranking, "byte for byte"
    assert len(of_kind(ledger.lines, "closed")) == 2 + more, "the cases themselves count"


def test_the_published_ledger_tells_no_day_or_staff_of_a_rating_nor_by_its_place(scored: Office) -> None:
    rated(scored, 8)
    made = scored.hall.scores.compute(MARCH, scored.clock())
    ledger = read(made.ledger)
    shown = of_kind(ledger.lines, "rating")
    assert {(each.day, each.person, each.matter) for each in shown} == {("", "", "")}
    assert len({each.item for each in shown}) == 1, "ten of one item: it is named"
    assert ledger.lines[-10:] == tuple(shown), "after all that has a day"
    assert [each.token for each in shown] == sorted(each.token for each in shown), "in no order of time"
    assert {each.token for each in shown}.isdisjoint(each.token for each in of_kind(ledger.lines, "closed"))
    assert as_json(ranking(ledger, scored.hall.scores.scheme)) == made.ranking, "byte for byte"


def test_a_persons_own_score_still_counts_the_ratings_of_their_cases(
    scored: Office,
) -> None:
    from handlers.scoring.editions import compute
    from rules.score_periods import Period

    basis = scored.hall.scores.basis()
    period = Period.parse(MARCH)
    made = compute(scored.hall.database, basis, period, scored.clock(), department="market", persons=True)
    staff = {Tokens(scored.hall.database.vault, MARCH).person(each) for each in scored.people.values()}
    counted = of_kind(read(made.ledger).lines, "rating")
    assert len(counted) == 2
    assert {each.person for each in counted} <= staff
    assert all(each.person for each in counted)
