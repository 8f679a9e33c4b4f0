"""Scores are proposed and published only as computed after the last entry, withdrawal, revocation or newer month."""

from __future__ import annotations

import pytest

from handlers.casework.requests import ByStaff
from rules.errors import IllegalMove
from rules.score_ledger import read
from tests.handlers_fixtures import Office
from tests.scored_fixtures import MARCH, entry, of_kind, proposed, published, scored
from tests.staff_fixtures import staffed

__all__ = ["scored", "staffed"]


def test_departments_get_their_days_again_when_a_new_computation_makes_them_worse(scored: Office) -> None:
    made = proposed(scored)
    scored.clock.set("2026-04-10T09:00")
    scored.hall.scores.enter(entry(quantity=2), scored.people["supervisor"], now=scored.clock())
    again = scored.hall.scores.draft(MARCH, scored.people["supervisor"], now=scored.clock())
    assert made.appeal_until is not None
    assert again.appeal_until is not None
    assert again.appeal_until > made.appeal_until
    assert again.version > made.version


def test_what_is_entered_or_withdrawn_during_the_appeal_days_is_counted_before_publication(
    scored: Office,
) -> None:
    made = proposed(scored)
    scores, one, two = scored.hall.scores, scored.people["supervisor"], scored.people["supervisor-two"]
    scored.clock.set("2026-04-03T09:00")
    late = scores.enter(entry(kind="discipline"), one, now=scored.clock())
    assert late.period == MARCH
    scored.clock.set("2026-04-20T09:00")
    with pytest.raises(IllegalMove, match="有新的登记以后还没有重新计算"):
        scores.publish(made.id, two, now=scored.clock())
    again = scores.draft(MARCH, one, now=scored.clock())
    assert [each.result for each in of_kind(read(scores.text(again.ledger_hash)).lines, "entry")] == [
        "discipline"
    ]
    assert again.appeal_until is not None
    scored.clock.set("2026-05-11T09:00")
    assert again.appeal_until < scored.clock()
    scores.withdraw(late.id, "处分决定已撤销", one, now=scored.clock())
    with pytest.raises(IllegalMove, match="撤回登记以后还没有重新计算"):
        scores.publish(made.id, two, now=scored.clock())
    better = scores.draft(MARCH, one, now=scored.clock())
    assert better.appeal_until == again.appeal_until
    assert scores.publish(made.id, two, now=scored.clock()).state == "published"


@pytest.mark.parametrize("issued_before", [False, True])
def test_a_card_revoked_during_the_appeal_days_is_taken_out_before_publication(
    scored: Office, issued_before: bool
) -> None:
    card = scored.hall.database.value("SELECT id FROM card WHERE object = 'case' AND level = 2")
    if issued_before:
        # A card of the month before, on a case that was closed in this one.
        scored.hall.database.write(
            lambda tx: tx.execute(
                "UPDATE card SET issued = '2026-02-27T09:00:00+08:00' WHERE id = ?", (card,)
            )
        )
    made = proposed(scored)
    scored.clock.set("2026-04-03T09:00")
    by = ByStaff(scored.people["supervisor"])
    scored.hall.casework.revoke_card(card, by, "停电两天，不算超期", now=scored.clock())
    scored.clock.set("2026-04-20T09:00")
    scores, two = scored.hall.scores, scored.people["supervisor-two"]
    with pytest.raises(IllegalMove, match="还没有重新计算"):
        scores.publish(made.id, two, now=scored.clock())
    scores.draft(MARCH, scored.people["supervisor"], now=scored.clock())
    assert scores.publish(made.id, two, now=scored.clock()).state == "published"


def test_a_draft_older_than_an_entry_of_its_month_is_not_proposed(scored: Office) -> None:
    scores, person = scored.hall.scores, scored.people["supervisor"]
    made = scores.draft(MARCH, person, now=scored.clock())
    scored.clock.forward(minutes=1)
    scores.enter(entry(), person, now=scored.clock())
    view = scores.edition_view(made.id, person, now=scored.clock())
    assert (view.may_propose, view.why_not[:5]) == (False, "有新的登记")
    with pytest.raises(IllegalMove, match="重新计算"):
        scores.propose(made.id, person, now=scored.clock())


def test_a_quarter_waits_for_the_newest_edition_of_its_months(scored: Office) -> None:
    published(scored)
    scores, one, two = scored.hall.scores, scored.people["supervisor"], scored.people["supervisor-two"]
    quarter = scores.draft("2026Q1", one, now=scored.clock())
    second = scores.draft(MARCH, one, now=scored.clock(), note="一张黄牌已撤销")
    scores.propose(second.id, one, now=scored.clock())
    scored.clock.set("2026-05-20T09:00")
    scores.publish(second.id, two, now=scored.clock())
    with pytest.raises(IllegalMove, match="2026年3月新公布"):
        scores.propose(quarter.id, one, now=scored.clock())
    quarter = scores.draft("2026Q1", one, now=scored.clock())
    assert scores.propose(quarter.id, one, now=scored.clock()).state == "proposed"
