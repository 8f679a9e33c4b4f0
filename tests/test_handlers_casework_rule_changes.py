"""Rules that change while the hall runs: closed things stay as judged, open ones follow from now on, all is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.published_rules import read_published_rules
from catalog.supervision import with_hash
from handlers.casework import rule_changes
from handlers.casework.auditing import audit
from handlers.casework.ground import Ground
from handlers.store import cards, cases, clocks, events, outbox
from handlers.store.records import Clock
from rules.clock import ClockKind
from rules.levels import Threshold, Thresholds
from rules.rule_set import RuleSet
from tests.casework_fixtures import ROOT_OF_TESTS, Hall, at, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def with_thresholds(ground: Ground, **changes: Threshold | None) -> Ground:
    """The county with other thresholds for its cases."""
    old = ground.rule_set
    assert old is not None
    case = next(each for each in old.rules if each.id == "case")
    changed = replace(case, thresholds=replace(case.thresholds, **changes))
    return under(
        ground, replace(old, rules=tuple(changed if each.id == "case" else each for each in old.rules))
    )


def under(ground: Ground, rule_set: RuleSet) -> Ground:
    return rule_changes.under(ground, with_hash(rule_set))


def promise(hall: Hall, filed: Any) -> Clock:
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    found = clocks.of_subject(hall.database, "case", case.id)
    return next(each for each in found if each.kind is ClockKind.PROMISE)


def of_case(hall: Hall, filed: Any) -> list[tuple[int, str, str]]:
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    return [
        (each.level, each.since.isoformat()[:16], each.rules)
        for each in cards.of_subject(hall.database, "case", case.id)
        if each.object == "case" and not each.trigger
    ]


def changes(hall: Hall) -> list[Any]:
    return [each for each in events.of_subject(hall.database, "hall", 0) if each.kind == "rules.change"]


EARLIER = Threshold("left_at_most", 5)


def test_the_first_pass_only_says_which_rules_are_in_force(hall: Hall) -> None:
    swept = hall.casework.sweep(at("2026-03-02"))
    hall.casework.sweep(at("2026-03-03"))
    (only,) = changes(hall)
    assert not swept.rules_changed
    assert only.payload["changes"] == []
    assert only.payload["to"] == hall.holder.ground.rules_version
    assert only.payload["hash"] == hall.holder.ground.rule_set.hash


def test_a_lowered_threshold_lights_open_cases_from_the_change_on_and_not_before(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    filed = hall.accept(
        hall.file()
    )  # promised 7 working days from 2026-03-03: warned with two left, on 03-10
    before = hall.holder.ground.rules_version
    hall.casework.sweep(at("2026-03-09"))
    assert of_case(hall, filed) == []
    hall.holder.ground = with_thresholds(
        hall.holder.ground, warning=EARLIER
    )  # now with five left: from 03-05 on
    swept = hall.casework.sweep(at("2026-03-09 15:00"))
    after = hall.holder.ground.rules_version
    assert swept.rules_changed
    assert of_case(hall, filed) == [(1, "2026-03-09T15:00", after)]
    assert promise(hall, filed).rules == after
    assert before != after
    hall.casework.sweep(at("2026-03-10"))
    assert len(of_case(hall, filed)) == 1
    later = hall.accept(hall.file("2026-03-10"), "2026-03-10")
    hall.casework.sweep(at("2026-03-13 23:59"))
    assert of_case(hall, later) == []  # five left, but not yet half of the limit used
    hall.casework.sweep(at("2026-03-16 00:00"))
    assert of_case(hall, later) == [(1, "2026-03-16T00:00", after)]


def test_closed_cases_their_cards_clocks_and_levels_stay_as_they_were(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    closed = hall.accept(hall.file())
    hall.to_decision(closed, "2026-03-04")
    hall.casework.sweep(at("2026-03-10"))
    hall.move(
        closed, "deny", "decider", "2026-03-11", reason="经营场所与住宅相通，不符合", basis="《某法》第一条"
    )
    hall.move(closed, "deliver", "window", "2026-03-11", method="窗口领取")
    case = cases.by_number(hall.database, closed.number)
    assert case is not None
    stood = (
        case,
        clocks.of_subject(hall.database, "case", case.id),
        cards.of_subject(hall.database, "case", case.id),
    )
    stricter = {
        "warning": EARLIER,
        "yellow": Threshold("left_at_most", 4),
        "red": Threshold("left_at_most", 3),
    }
    hall.holder.ground = with_thresholds(hall.holder.ground, **stricter)
    for when in ("2026-03-12", "2026-04-12", "2026-05-12"):
        hall.casework.sweep(at(when))
    now = cases.by_number(hall.database, closed.number)
    assert stood == (
        now,
        clocks.of_subject(hall.database, "case", case.id),
        cards.of_subject(hall.database, "case", case.id),
    )
    assert {each.rules for each in stood[2]} == {stood[1][0].rules}
    assert audit(hall.database).sound


def test_what_was_due_before_the_change_is_judged_by_the_rules_as_they_were(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    filed = hall.accept(hall.file())
    before = hall.holder.ground.rules_version
    # Nobody swept since; the warning of 03-10 was earned under the old rules, the new ones know no warning.
    hall.holder.ground = with_thresholds(hall.holder.ground, warning=None)
    hall.casework.sweep(at("2026-03-11"))
    assert of_case(hall, filed) == [(1, "2026-03-10T00:00", before)]
    assert promise(hall, filed).warn_at is None


def test_a_raised_threshold_takes_no_card_back_and_gives_none_twice(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    filed = hall.accept(hall.file())
    hall.casework.sweep(at("2026-03-10"))
    issued = of_case(hall, filed)
    assert len(issued) == 1
    hall.holder.ground = with_thresholds(hall.holder.ground, warning=Threshold("left_at_most", 1))
    for when in ("2026-03-10 10:00", "2026-03-11", "2026-03-12 10:00"):
        hall.casework.sweep(at(when))
    assert of_case(hall, filed) == issued


def test_the_change_is_in_the_chain_rule_by_rule_and_every_department_is_told_once(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    hall.accept(hall.file())
    hall.holder.ground = with_thresholds(hall.holder.ground, warning=EARLIER)
    hall.casework.sweep(at("2026-03-04"))
    hall.casework.sweep(at("2026-03-05"))
    _, event = changes(hall)
    assert event.payload["changes"] == [
        {
            "rule": "case",
            "title": "办件时限",
            "field": "warning",
            "words": "预警由“离时限剩2日以内”改为“离时限剩5日以内”",
        }
    ]
    assert event.from_state == event.payload["from"]
    assert event.to_state == hall.holder.ground.rules_version
    told = [each for each in outbox.of_subject(hall.database, "hall", 0) if each.template == "rules.change"]
    assert sorted(each.recipient for each in told) == ["county", "market"]
    assert "不重新判定" in told[0].body


def test_a_rule_about_events_that_is_switched_off_is_told_and_catches_nothing_more(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    old = hall.holder.ground.rule_set
    off = tuple(replace(each, enabled=each.trigger != "no_reasons") for each in old.triggers)
    hall.holder.ground = under(hall.holder.ground, replace(old, triggers=off))
    hall.casework.sweep(at("2026-03-03"))
    assert changes(hall)[-1].payload["changes"][0]["words"] == "启用由“是”改为“否”"
    filed = hall.file("2026-03-03")
    hall.move(filed, "refuse", "window", "2026-03-04", reason="不行", basis="《某法》第一条")
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert [each.trigger for each in cards.of_subject(hall.database, "case", case.id)] == []


def test_every_version_that_was_in_force_is_published_and_one_that_came_back_is_one_file(
    hall: Hall, tmp_path: Path
) -> None:
    first = hall.holder.ground
    second = with_thresholds(first, warning=EARLIER)
    for ground, when in ((first, "2026-03-02"), (second, "2026-03-03"), (first, "2026-03-04")):
        hall.holder.ground = ground
        hall.casework.sweep(at(when))
    published = tmp_path / "published"
    assert rule_changes.publish(hall.database, published) == 2
    assert rule_changes.publish(hall.database, published) == 0
    newest, older = read_published_rules(published)
    assert (newest.stamp, len(newest.adoptions)) == (first.rules_version, 2)
    assert older.rule_set == second.rule_set
    (published / "rules" / "deadbeef.json").write_text("{", "utf-8")
    problems: list[Any] = []
    assert len(read_published_rules(published, problems)) == 2
    assert "deadbeef.json" in problems[0].path


def test_words_of_a_message_change_no_clock_and_no_beginning(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    filed = hall.accept(hall.file())
    old = hall.holder.ground.rule_set
    reworded = tuple(
        replace(each, messages={**each.messages, 1: "请注意：{case_number}"}) for each in old.rules
    )
    hall.holder.ground = under(hall.holder.ground, replace(old, rules=reworded))
    hall.casework.sweep(at("2026-03-12"))
    assert [each[:2] for each in of_case(hall, filed)] == [(1, "2026-03-10T00:00")]


def test_time_set_back_is_told_once_and_neither_loses_nor_doubles_a_card(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    hall.casework.sweep(at("2026-03-10"))
    issued = of_case(hall, filed)
    for _ in range(2):
        swept = hall.casework.sweep(at("2026-03-05"))
        assert "系统时间倒退" in swept.backwards
        assert swept.cards == 0
    assert of_case(hall, filed) == issued
    told = [each for each in outbox.of_subject(hall.database, "hall", 0) if each.template == "time.backwards"]
    assert len(told) == 1
    assert hall.casework.sweep(at("2026-03-10 09:00:30")).backwards == ""
    assert hall.casework.sweep(at("2026-03-10 08:59")).backwards == "", "two processes may differ by a little"
    hall.casework.sweep(at("2026-03-13"))
    assert [each[0] for each in of_case(hall, filed)] == [1, 2]
    assert audit(hall.database).sound


SWEEPER = """
import sys
from datetime import timedelta
from pathlib import Path
from handlers.casework.service import Casework
from handlers.store.database import Database
from rules.levels import Threshold
from tests.casework_fixtures import at, ground
from tests.test_handlers_casework_rule_changes import EARLIER, with_thresholds
database = Database.open(Path(sys.argv[1]))
stricter = with_thresholds(ground(), warning=EARLIER, yellow=Threshold("left_at_most", 4))
casework = Casework(database, lambda: stricter)
for second in range(3):
    casework.sweep(at("2026-03-09") + timedelta(seconds=second))
database.close()
"""


def test_two_processes_that_meet_a_change_at_once_log_it_once_and_issue_each_card_once(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    filed = [hall.accept(hall.file(f"2026-03-02 10:{n:02d}")) for n in range(8)]
    path = hall.database.path
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SWEEPER, str(path)], cwd=ROOT_OF_TESTS, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=120)[1] for each in running]
    assert [(each.returncode, words) for each, words in zip(running, said, strict=True)] == [
        (0, b""),
        (0, b""),
    ]
    assert len(changes(hall)) == 2
    for each in filed:
        found = of_case(hall, each)
        assert [level for level, _, _ in found] == [1, 2]
        assert len({rules for _, _, rules in found}) == 1
    assert audit(hall.database).sound


def test_no_thresholds_at_all_is_a_change_like_any_other() -> None:
    assert rule_changes._said(Thresholds().warning) == "无"
