"""The whole table of letters: every move from every state for every role, its guards, what it asks for, and its words."""

from __future__ import annotations

from itertools import product

import pytest

from rules.access import Role
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.letter_table import LETTER_MOVES, check, check_needs, moves_for, obstacle
from rules.letter_terms import (
    CARD_OBJECTS,
    IN_HAND,
    KIND_LABELS,
    KIND_MARKS,
    OPEN,
    PUBLIC_LABELS,
    REPLIED,
    STATE_LABELS,
    LetterFacts,
    LetterKind,
    LetterMove,
    LetterState,
    default_limits,
)
from rules.petition import WAYS, other_ways

ANYTHING = LetterFacts()
WORKING = {Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER}


def test_every_move_has_a_row_and_every_kind_and_state_its_words() -> None:
    assert LETTER_MOVES.keys() == set(LetterMove) - {LetterMove.ASK}
    assert set(KIND_LABELS) == set(KIND_MARKS) == set(CARD_OBJECTS) == set(LetterKind)
    assert set(STATE_LABELS) == set(PUBLIC_LABELS) == set(LetterState)
    assert len(set(KIND_MARKS.values())) == len(KIND_MARKS)
    assert not OPEN & REPLIED
    assert IN_HAND < OPEN


def test_check_and_moves_for_agree_on_the_whole_table() -> None:
    legal = 0
    for state, role, conduct, intake in product(LetterState, Role, (False, True), (False, True)):
        facts = LetterFacts(conduct=conduct)
        offered = {row.name for row in moves_for(state, role, facts, intake=intake)}
        for name in LETTER_MOVES:
            try:
                check(state, name, role, facts, intake=intake)
            except (Forbidden, IllegalMove):
                assert name not in offered
            else:
                assert name in offered
                legal += 1
    assert legal > 150


def test_every_open_letter_has_a_way_on_and_ended_ones_are_not_worked_on() -> None:
    for state in LetterState:
        possible = [row for row in LETTER_MOVES.values() if not obstacle(state, row, ANYTHING)]
        assert (state in (OPEN | REPLIED)) == bool(possible), state
        if state not in OPEN:
            assert not any(row.roles & WORKING and row.to_state for row in possible)


def test_only_the_writer_says_whether_it_is_settled() -> None:
    for name in (
        LetterMove.SETTLE,
        LetterMove.DISPUTE,
        LetterMove.OBJECT,
        LetterMove.RATE,
        LetterMove.WITHDRAW,
    ):
        assert LETTER_MOVES[name].roles == {Role.APPLICANT}
    to_settled = [row.name for row in LETTER_MOVES.values() if row.to_state is LetterState.SETTLED]
    assert to_settled == [LetterMove.SETTLE]


def test_only_a_dispute_starts_the_clock_and_only_answers_and_withdrawal_stop_it() -> None:
    effects = {row.name: row.clock for row in LETTER_MOVES.values() if row.clock}
    assert effects == {
        LetterMove.DISPUTE: "start",
        LetterMove.ANSWER: "stop",
        LetterMove.REDIRECT: "stop",
        LetterMove.FINDING: "stop",
        LetterMove.ENDORSE: "stop",
        LetterMove.WITHDRAW: "stop",
        LetterMove.EXTEND: "extend",
    }


def test_conduct_is_worked_on_by_the_county_supervisor_alone() -> None:
    facts = LetterFacts(kind=LetterKind.COMPLAINT, conduct=True)
    for state, role in product(LetterState, Role):
        names = {row.name for row in moves_for(state, role, facts, intake=True)}
        if role in WORKING | {Role.DEPARTMENT_SUPERVISOR, Role.PUBLISHER, Role.ADMINISTRATOR}:
            assert names <= {LetterMove.EXTEND}, (state, role, names)
    assert LetterMove.FINDING in {
        row.name for row in moves_for(LetterState.ASSIGNED, Role.COUNTY_SUPERVISOR, facts)
    }


@pytest.mark.parametrize(
    ("state", "move", "facts", "words"),
    [
        ("assigned", "transfer", LetterFacts(transfers=2), "退回政务服务中心"),
        ("assigned", "return", LetterFacts(returns=1), "不能再退回"),
        ("assigned", "extend", LetterFacts(extended=True), "一次"),
        ("assigned", "extend", LetterFacts(kind=LetterKind.PRAISE), "不能延长"),
        ("assigned", "extend", LetterFacts(extension_late=True), "期限已经过了"),
        ("in_review", "extend", LetterFacts(extended=True, extension_late=True), "一次"),
        ("assigned", "reclassify", LetterFacts(reclassified=True), "改过"),
        ("answered", "object", LetterFacts(), "没有被更改"),
        ("answered", "dispute", LetterFacts(disputes=2), "信访"),
        ("answered", "dispute", LetterFacts(confirm_over=True), "已过"),
        ("answered", "settle", LetterFacts(confirm_over=True), "已过"),
        ("answered", "close", LetterFacts(), "还没有过"),
        ("answered", "publish", LetterFacts(), "没有同意"),
        ("answered", "publish", LetterFacts(agreed_to_publish=True, published=True), "已经公开"),
        ("answered", "unpublish", LetterFacts(), "没有公开"),
        ("answered", "rate", LetterFacts(rated=True), "评价过"),
        ("assigned", "finding", LetterFacts(), "工作作风"),
        ("assigned", "release", LetterFacts(), "工作作风"),
        ("assigned", "finding", LetterFacts(conduct=True, second=True), "另一位"),
        ("assigned", "propose", LetterFacts(conduct=True), "没有另一位"),
        ("in_review", "release", LetterFacts(conduct=True), "待审核"),
        ("assigned", "escalate", LetterFacts(conduct=True), "县监察员"),
        ("assigned", "submit", LetterFacts(conduct=True), "县监察员"),
    ],
)  # fmt: skip
def test_a_guard_says_why(state: str, move: str, facts: LetterFacts, words: str) -> None:
    assert words in obstacle(LetterState(state), LETTER_MOVES[LetterMove(move)], facts)


def test_the_last_transfer_allowed_is_allowed() -> None:
    row = LETTER_MOVES[LetterMove.TRANSFER]
    assert not obstacle(LetterState.ASSIGNED, row, LetterFacts(transfers=1))


@pytest.mark.parametrize(
    ("move", "given", "field"),
    [
        ("submit", {"text": "短"}, "text"),
        ("submit", {"text": "长" * 5001}, "text"),
        ("submit", {}, "text"),
        ("transfer", {"unit": "health"}, "reason"),
        ("reclassify", {"kind": "petition", "reason": "某理由"}, "kind"),
        ("finding", {"finding": "maybe", "text": "经查不属实。"}, "finding"),
        ("rate", {"score": "6"}, "score"),
        ("dispute", {"reason": "  "}, "reason"),
    ],
)
def test_what_a_move_asks_for_is_told_at_its_field(move: str, given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_needs(LETTER_MOVES[LetterMove(move)], given)
    assert set(refused.value.fields) == {field}


def test_the_limits_are_five_and_five_and_praise_is_not_lengthened() -> None:
    limits = default_limits(5, 5)
    assert {kind: (limits.of(kind).days, limits.of(kind).extension) for kind in LetterKind} == {
        "consultation": (5, 5), "complaint": (5, 5), "suggestion": (5, 5), "report_error": (5, 5), "praise": (5, 0),
    }  # fmt: skip


def test_petition_matters_are_pointed_on_with_their_calendar_days() -> None:
    (way,) = other_ways("村里的征地补偿一直没有说法")
    assert way.id == "petition"
    for days in ("15日", "60日", "30日"):
        assert days in way.words
    assert other_ways("开小吃店要办什么证") == ()
    assert [way.id for way in other_ways("法院判决了，还在上访")] == ["petition", "court"]
    assert len({way.id for way in WAYS}) == len(WAYS)
