"""Scores over real records: facts, anonymity, entries, drafts, two persons, appeals, publication."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from handlers.casework.requests import ByStaff
from handlers.scoring.requests import NewEntry
from handlers.supervising.requests import AgainstScore
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.score_ledger import digest, read
from tests.handlers_fixtures import Office
from tests.score_straight import straight
from tests.scored_fixtures import APRIL, MARCH, entry, lines_of, of_kind, proposed, published, scored
from tests.staff_fixtures import filed, staffed

__all__ = ["scored", "staffed"]


LEVELS = {1: "预警", 2: "黄牌", 3: "红牌"}


def test_what_happened_in_the_month_is_in_the_ledger_once(scored: Office) -> None:
    lines = lines_of(scored)
    assert [each.result for each in of_kind(lines, "closed")] == ["early", "late"]
    assert [each.marks for each in of_kind(lines, "closed")] == [(), ("carded",)]
    assert of_kind(lines, "rating") == [], "two would tell who said what"
    timed = {(each.object, each.level) for each in of_kind(lines, "card") if not each.trigger}
    assert {("case", 1), ("case", 2)} <= timed
    assert len({each.token for each in of_kind(lines, "closed")}) == 2
    assert not lines_of(scored, "2026-02") or not of_kind(lines_of(scored, "2026-02"), "closed")


def test_the_months_score_equals_a_straight_recomputation(scored: Office) -> None:
    made = scored.hall.scores.compute(MARCH, scored.clock())
    wanted = straight(made.ledger)
    for place in json.loads(made.ranking)["departments"]:
        total = wanted[place["id"]]["total"]
        assert place["total"] == (None if total is None else f"{total // 100}.{total % 100:02d}")
    own = read(scored.hall.scores.compute(MARCH, scored.clock(), "market").ledger).lines
    assert [each.result for each in of_kind(own, "closed")] == ["early", "late"]
    assert not of_kind(lines_of(scored, MARCH, "police"), "closed")


def test_the_ledger_holds_no_number_no_name_and_no_persons_id(scored: Office) -> None:
    scored.hall.scores.enter(entry(note="不公开的说明"), scored.people["supervisor"], now=scored.clock())
    made = scored.hall.scores.compute(MARCH, scored.clock())
    numbers = [row["number"] for row in scored.hall.database.rows("SELECT number FROM cases")]
    assert len(numbers) == 2
    for text in (made.ledger.decode(), made.ranking.decode()):
        for secret in (
            *numbers,
            *scored.people.values(),
            "张示例",
            "判决书",
            "不公开",
            "太慢",
            *scored.people,
        ):
            assert secret not in text.replace('"market"', "").replace('"police"', ""), secret


def test_tokens_and_pseudonyms_differ_from_month_to_month(scored: Office) -> None:
    from handlers.scoring.ledgering import Tokens

    vault = scored.hall.database.vault
    assert Tokens(vault, MARCH).person("p-1") == Tokens(vault, MARCH).person("p-1")
    assert Tokens(vault, MARCH).person("p-1") != Tokens(vault, APRIL).person("p-1")


def test_a_drill_counts_for_nothing(scored: Office) -> None:
    before = lines_of(scored)
    scored.clock.set("2026-03-25T09:00")
    case = filed(scored, key="drill", drill=True)
    scored.move(case.number, "pre_review", "window")
    scored.move(case.number, "accept", "window")
    scored.move(case.number, "complete_step", "reviewer", opinion="属实")
    scored.move(case.number, "grant", "decider", opinion="同意")
    scored.clock.set("2026-04-01T09:00")
    assert lines_of(scored) == before


def test_a_revoked_card_is_listed_and_takes_nothing(scored: Office) -> None:
    row = scored.hall.database.row("SELECT id FROM card WHERE object = 'case' AND level = 2")
    assert row is not None
    before = _limits(scored)
    scored.hall.casework.revoke_card(
        row["id"], ByStaff(scored.people["supervisor"]), "停电两天，不算超期", now=scored.clock()
    )
    revoked = [each for each in of_kind(lines_of(scored), "card") if each.state == "revoked"]
    assert [each.level for each in revoked] == [2]
    assert before is not None
    after = _limits(scored)
    assert after is not None
    assert float(after) > float(before)
    view = scored.hall.scores.department_view(
        MARCH, "market", scored.people["market-supervisor"], LEVELS, now=scored.clock()
    )
    assert [each.line.state for each in view.revoked] == ["revoked"]


def _limits(office: Office) -> str | None:
    places = json.loads(office.hall.scores.compute(MARCH, office.clock()).ranking)["departments"]
    found = next(each for each in places if each["id"] == "market")
    points: str | None = found["heads"]["limits"]["points"]
    return points


def test_a_department_opens_its_deductions_down_to_the_case_and_sees_nobody_elses(scored: Office) -> None:
    view = scored.hall.scores.department_view(
        MARCH, "market", scored.people["market-supervisor"], LEVELS, now=scored.clock()
    )
    assert view.edition is None
    numbers = {row["number"] for row in scored.hall.database.rows("SELECT number FROM cases")}
    opened = [line for head in view.heads for one in head.measures for line in one.lines]
    behind = {line.number for line in opened if line.line.kind == "card"}
    assert behind
    assert behind <= numbers
    assert all(line.href.startswith("/hall/staff/cases/") for line in opened if line.line.kind == "card")
    with pytest.raises(NotFound):
        scored.hall.scores.department_view(
            MARCH, "police", scored.people["market-supervisor"], LEVELS, now=scored.clock()
        )


def test_a_clerk_sees_their_own_part_only(scored: Office) -> None:
    scheme, own, _ = scored.hall.scores.own_view(MARCH, scored.people["decider"], LEVELS, now=scored.clock())
    assert (own.closed, scheme.id) == (2, "nine-heads")
    _, nobody, _ = scored.hall.scores.own_view(MARCH, scored.people["window"], LEVELS, now=scored.clock())
    assert (nobody.closed, nobody.total) == (0, None)


def test_a_draft_is_not_shown_to_departments_and_a_proposal_is(scored: Office) -> None:
    scores, own = scored.hall.scores, scored.people["market-supervisor"]
    made = scores.draft(MARCH, scored.people["supervisor"], now=scored.clock())
    assert scores.department_view(MARCH, "market", own, LEVELS, now=scored.clock()).edition is None
    with pytest.raises(NotFound):
        scores.edition_view(made.id, own, now=scored.clock())
    scores.propose(made.id, scored.people["supervisor"], now=scored.clock())
    view = scores.department_view(MARCH, "market", own, LEVELS, now=scored.clock())
    assert view.edition is not None
    assert (view.edition.state, view.may_appeal) == ("proposed", True)
    told = scored.hall.database.rows("SELECT recipient FROM outbox WHERE template = 'score.proposed'")
    assert {row["recipient"] for row in told} >= {"market", "police"}


@pytest.mark.parametrize("who", ["market-supervisor", "decider", "publisher", "admin"])
def test_only_the_county_computes_proposes_and_publishes(scored: Office, who: str) -> None:
    made = proposed(scored)
    scored.clock.set("2026-04-20T09:00")
    scores, person = scored.hall.scores, scored.people[who]
    for act in (
        lambda: scores.draft(APRIL, person, now=scored.clock()),
        lambda: scores.propose(made.id, person, now=scored.clock()),
        lambda: scores.publish(made.id, person, now=scored.clock()),
        lambda: scores.enter(entry(), person, now=scored.clock()),
    ):
        with pytest.raises(Forbidden):
            act()
    assert [each.state for each in scores.editions()] == ["proposed"]


def test_a_month_is_proposed_only_when_it_is_over(scored: Office) -> None:
    scores, person = scored.hall.scores, scored.people["supervisor"]
    scored.clock.set("2026-03-31T23:59")
    made = scores.draft(MARCH, person, now=scored.clock())
    with pytest.raises(IllegalMove, match="还没有过完"):
        scores.propose(made.id, person, now=scored.clock())
    scored.clock.set("2026-04-01T00:00")
    with pytest.raises(IllegalMove, match="那时还没有过完"):
        scores.propose(made.id, person, now=scored.clock())
    assert not scores.edition_view(made.id, person, now=scored.clock()).may_propose
    made = scores.draft(MARCH, person, now=scored.clock())
    assert scores.edition_view(made.id, person, now=scored.clock()).may_propose
    assert scores.propose(made.id, person, now=scored.clock()).state == "proposed"
    with pytest.raises(IllegalMove):
        scores.draft("2026-05", person, now=scored.clock())


def test_who_proposed_does_not_publish_and_nobody_does_before_the_days_for_appeals_are_over(
    scored: Office,
) -> None:
    made = proposed(scored)
    assert made.appeal_until is not None
    scores, two = scored.hall.scores, scored.people["supervisor-two"]
    scored.clock.moment = made.appeal_until
    with pytest.raises(IllegalMove, match="可以申诉到"):
        scores.publish(made.id, two, now=scored.clock())
    scored.clock.forward(seconds=1)
    with pytest.raises(Forbidden, match="另一位"):
        scores.publish(made.id, scored.people["supervisor"], now=scored.clock())
    assert scores.publish(made.id, two, now=scored.clock()).state == "published"
    with pytest.raises(IllegalMove):
        scores.publish(made.id, two, now=scored.clock())
    with pytest.raises(IllegalMove):
        scores.propose(made.id, two, now=scored.clock())


def test_an_open_appeal_holds_publication_and_one_found_right_asks_for_a_new_computation(
    scored: Office,
) -> None:
    made = proposed(scored)
    assert made.proposed is not None
    target = AgainstScore("market", MARCH, "2026年3月绩效评分", made.proposed, frozenset({made.made_by}))
    appeal = scored.hall.supervision.file_appeal(
        target, "停电两天，黄牌不应当发。", scored.people["market-supervisor"], now=scored.clock()
    )
    scored.clock.set("2026-04-20T09:00")
    scores, two = scored.hall.scores, scored.people["supervisor-two"]
    with pytest.raises(IllegalMove, match="申诉没有决定"):
        scores.publish(made.id, scored.people["county-publisher"], now=scored.clock())
    scored.hall.supervision.decide_appeal(appeal.id, "revoke", "供电公司证明属实。", two, now=scored.clock())
    with pytest.raises(IllegalMove, match="重新计算"):
        scores.publish(made.id, scored.people["county-publisher"], now=scored.clock())
    scored.clock.forward(minutes=5)
    again = scores.draft(MARCH, two, now=scored.clock())
    assert (again.state, again.appeal_until) == ("proposed", made.appeal_until)
    done = scores.publish(made.id, scored.people["county-publisher"], now=scored.clock())
    assert done.state == "published"


def test_who_has_appealed_a_period_is_not_promised_another_appeal(scored: Office) -> None:
    made = proposed(scored)
    scores, one = scored.hall.scores, scored.people["supervisor"]
    assert made.proposed is not None
    target = AgainstScore("market", MARCH, "2026年3月绩效评分", made.proposed, frozenset({made.made_by}))
    own = scored.people["market-supervisor"]
    appeal = scored.hall.supervision.file_appeal(target, "停电两天，黄牌不应当发。", own, now=scored.clock())
    scored.clock.set("2026-04-10T09:00")
    scores.enter(entry(quantity=2), one, now=scored.clock())
    again = scores.draft(MARCH, one, now=scored.clock())
    told = {
        row["recipient"]: row["body"]
        for row in scored.hall.database.rows(
            "SELECT recipient, body FROM outbox WHERE template = 'score.proposed' ORDER BY id"
        )
    }
    assert again.appeal_until is not None
    assert "有异议的" in told["police"]
    assert "可以申诉" not in told["market"]
    assert f"已经申诉过（{appeal.number}），同一期只能申诉一次" in told["market"]
    assert not scores.department_view(MARCH, "market", own, LEVELS, now=scored.clock()).may_appeal


def test_publication_writes_the_files_and_puts_the_ledgers_hash_into_the_chain(scored: Office) -> None:
    done = published(scored)
    folder = scored.hall.scores.root.published
    from handlers.scoring.files import publish_files

    publish_files(scored.hall.database, folder)
    place = folder / "scores" / MARCH
    names = {"1.json", "1.csv", "1.ledger.jsonl", "1.scheme.yml"}
    assert {each.name for each in place.iterdir()} == names
    assert digest((place / "1.ledger.jsonl").read_bytes()) == done.ledger_hash
    event = scored.hall.database.row("SELECT * FROM event WHERE kind = 'score.publish'")
    assert event is not None
    assert (event["seq"], event["subject_number"]) == (done.event_seq, f"{MARCH}/1#{done.ledger_hash[:16]}")
    payload = scored.hall.database.value("SELECT payload FROM event_payload WHERE seq = ?", (event["seq"],))
    assert json.loads(payload)["ledger"] == done.ledger_hash
    assert publish_files(scored.hall.database, folder) == 0
    (place / "1.csv").unlink()
    assert publish_files(scored.hall.database, folder) == 1


def test_a_correction_is_a_new_edition_with_its_reason_and_the_old_one_stays(scored: Office) -> None:
    first = published(scored)
    scores, person = scored.hall.scores, scored.people["supervisor"]
    with pytest.raises(Invalid, match="更正"):
        scores.draft(MARCH, person, now=scored.clock())
    second = scores.draft(MARCH, person, now=scored.clock(), note="一张黄牌已撤销")
    assert (second.edition, second.state, second.note) == (2, "draft", "一张黄牌已撤销")
    assert scores.published(MARCH).edition == 1
    scores.propose(second.id, person, now=scored.clock())
    scored.clock.set("2026-05-20T09:00")
    scores.publish(second.id, scored.people["supervisor-two"], now=scored.clock())
    assert (scores.published(MARCH).edition, scores.published(MARCH, 1).ledger_hash) == (2, first.ledger_hash)
    assert scores.text(first.ledger_hash) != scores.text(scores.published(MARCH).ledger_hash)


def test_a_quarter_is_made_of_published_months(scored: Office) -> None:
    scores, person = scored.hall.scores, scored.people["supervisor"]
    with pytest.raises(IllegalMove, match="还没有公布"):
        scores.draft("2026Q1", person, now=scored.clock())
    month = scores.ranking(published(scored)).department("market")
    made = scores.draft("2026Q1", person, now=scored.clock())
    place = scores.ranking(made).department("market")
    assert month is not None
    assert place is not None
    assert (place.total, [each.month for each in place.months]) == (month.total, [MARCH])


def test_an_entry_counts_with_its_basis_until_it_is_taken_back(scored: Office) -> None:
    scores, person = scored.hall.scores, scored.people["supervisor"]
    number = scored.hall.database.value("SELECT number FROM cases LIMIT 1")
    made = scores.enter(entry(number=number, login="decider", quantity=2), person, now=scored.clock())
    line = of_kind(lines_of(scored), "entry")[0]
    assert (line.result, line.quantity, bool(line.person)) == ("case_lost", 2, True)
    view = scores.department_view(
        MARCH, "market", scored.people["market-supervisor"], LEVELS, now=scored.clock()
    )
    liability = next(each for each in view.heads if each.head.id == "liability")
    assert (liability.points, liability.measures[0].lines[0].number) == ("0.00", number)
    scores.withdraw(made.id, "二审改判", person, now=scored.clock())
    assert of_kind(lines_of(scored), "entry")[0].state == "withdrawn"
    with pytest.raises(Conflict):
        scores.withdraw(made.id, "再撤一次", person, now=scored.clock())
    kinds = [
        row["to_state"]
        for row in scored.hall.database.rows("SELECT to_state FROM event WHERE kind = 'score.entry'")
    ]
    assert kinds == ["entered", "withdrawn"]


@pytest.mark.parametrize(("changes", "field"), [
    ({"kind": "nonsense"}, "kind"), ({"department": "ghost"}, "department"), ({"happened": None}, "happened"),
    ({"happened": date(2026, 4, 2)}, "happened"), ({"basis": " "}, "basis"), ({"quantity": 0}, "quantity"),
    ({"basis": "判" * 1001}, "basis"), ({"number": "QH999"}, "number"), ({"login": "police"}, "login"), ({"note": "x" * 1001}, "note"),
])  # fmt: skip
def test_an_entry_that_is_wrong_is_refused_at_its_field_and_nothing_is_written(
    scored: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        scored.hall.scores.enter(entry(**changes), scored.people["supervisor"], now=scored.clock())
    assert field in refused.value.fields
    assert scored.hall.database.value("SELECT count(*) FROM score_entry") == 0


def test_what_is_learned_after_publication_counts_in_the_month_it_is_entered(scored: Office) -> None:
    published(scored)
    made = scored.hall.scores.enter(entry(), scored.people["supervisor"], now=scored.clock())
    assert (made.period, made.happened) == (APRIL, date(2026, 3, 20))


def test_a_register_is_checked_once_a_month(scored: Office) -> None:
    asked = NewEntry("register", "", None, "与法院核对", head="liability", period=MARCH)
    scores, person = scored.hall.scores, scored.people["supervisor"]
    scores.enter(asked, person, now=scored.clock())
    with pytest.raises(Conflict):
        scores.enter(asked, person, now=scored.clock())
    place = next(
        each
        for each in json.loads(scores.compute(MARCH, scored.clock()).ranking)["departments"]
        if each["id"] == "market"
    )
    assert place["heads"]["liability"]["points"] == "10.00"
    assert place["heads"]["integrity"]["points"] is None
