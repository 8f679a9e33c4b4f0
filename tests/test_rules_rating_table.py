"""The table of what follows a bad rating: every move from every state, who must stand back, and its fields."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules.access import Role
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.rating_table import (
    FOLLOW_LABELS,
    FOLLOW_MOVES,
    RECORDING,
    FollowFacts,
    FollowMove,
    FollowState,
    check_follow,
    checked_follow,
    follow_moves_for,
    moment_given,
)
from tests.casework_fixtures import at

S, M = FollowState, FollowMove
# Read from the rules of the county and not from the table: where each move leads, by where it begins.
LEGAL = {
    (S.OPEN, M.CONTACT): S.FIXING,
    (S.OPEN, M.ATTEMPT): None,
    (S.FIXING, M.EXTEND): None,
    (S.FIXING, M.FIX): S.FIXED,
    (S.FIXING, M.DISPUTE): S.DISPUTED,
    (S.DISPUTED, M.CONFIRM): S.FIXED,
    (S.DISPUTED, M.REFUSE): S.FIXING,
    (S.FIXED, M.ATTEMPT): None,
    (S.FIXED, M.REVISIT): S.CLOSED,
}
RATED, NOW = at("2026-03-05 15:00"), at("2026-03-06 16:00")
CALL = {"when": "2026-03-06T15:00", "way": "phone", "text": "说窗口没有人"}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("move", list(M))
def test_only_the_listed_moves_are_possible(state: FollowState, move: FollowMove) -> None:
    if (state, move) in LEGAL:
        row = check_follow(state, move, Role.COORDINATOR, FollowFacts())
        assert row.to_state == LEGAL[state, move]
    else:
        with pytest.raises(IllegalMove, match=FOLLOW_LABELS[state]):
            check_follow(state, move, Role.COORDINATOR, FollowFacts())


@pytest.mark.parametrize("role", [each for each in Role if each not in RECORDING])
def test_windows_reviewers_towns_and_the_public_record_nothing(role: Role) -> None:
    for state, move in LEGAL:
        with pytest.raises(Forbidden):
            check_follow(state, move, role, FollowFacts())


@pytest.mark.parametrize("role", sorted(RECORDING))
def test_who_has_worked_on_the_case_takes_no_part_whatever_the_post(role: Role) -> None:
    for state, move in LEGAL:
        assert check_follow(state, move, role, FollowFacts())
        with pytest.raises(Forbidden, match="经办"):
            check_follow(state, move, role, FollowFacts(worked=True))


def test_nobody_judges_their_own_objection_and_everybody_else_may() -> None:
    own = FollowFacts(own_claim=True)
    for move in (M.CONFIRM, M.REFUSE):
        with pytest.raises(Forbidden, match="另一个人"):
            check_follow(S.DISPUTED, move, Role.COUNTY_SUPERVISOR, own)
    assert follow_moves_for(S.DISPUTED, Role.DECIDER, own) == ()
    assert [each.move for each in follow_moves_for(S.DISPUTED, Role.DECIDER, FollowFacts())] == [
        M.CONFIRM,
        M.REFUSE,
    ]


def test_the_limit_is_lengthened_once_before_its_day_and_where_the_county_has_a_longer_one() -> None:
    for facts, words in (
        (FollowFacts(extended=True), "已经延长过一次"),
        (FollowFacts(fix_over=True), "须在期限届满前"),
        (FollowFacts(extendable=False), "没有规定"),
    ):
        with pytest.raises(IllegalMove, match=words):
            check_follow(S.FIXING, M.EXTEND, Role.DECIDER, facts)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"text": " "}, "text", "请填写"),
        ({"text": "字" * 2001}, "text", "2000"),
        ({"way": "dream"}, "way", "请选择"),
        ({"when": "昨天"}, "when", "日期和时间"),
        ({"when": "2026-03-05T14:59"}, "when", "不能早于"),
        ({"when": "2026-03-06T16:01"}, "when", "以后"),
    ],
)
def test_what_is_recorded_is_complete_and_happened_between_the_rating_and_now(
    changed: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(Invalid) as caught:
        checked_follow(FOLLOW_MOVES[M.CONTACT], {**CALL, **changed}, FollowFacts(), RATED, NOW)
    assert words in caught.value.fields[field]
    assert set(caught.value.fields) == {field}


def test_the_minute_of_the_rating_and_the_present_minute_count() -> None:
    for when in ("2026-03-05T15:00", "2026-03-06T16:00"):
        seconds = RATED + timedelta(seconds=40)
        values = checked_follow(FOLLOW_MOVES[M.CONTACT], {**CALL, "when": when}, FollowFacts(), seconds, NOW)
        assert moment_given(values) == at(when.replace("T", " "))


@pytest.mark.parametrize(
    ("when", "counts"), [("15:59", False), ("16:00", True), ("14:00", True), ("14:01", False)]
)
def test_calls_within_an_hour_are_one_attempt(when: str, counts: bool) -> None:
    facts, now = FollowFacts(attempts=1, tried=(at("2026-03-06 15:00"),)), at("2026-03-06 18:00")
    given = {**CALL, "when": f"2026-03-06T{when}"}
    if counts:
        assert checked_follow(FOLLOW_MOVES[M.ATTEMPT], given, facts, RATED, now)
    else:
        with pytest.raises(Invalid, match="还不能"):
            checked_follow(FOLLOW_MOVES[M.ATTEMPT], given, facts, RATED, now)


def test_a_call_within_an_hour_of_any_recorded_one_is_no_attempt_of_its_own() -> None:
    tried = (at("2026-03-06 10:00"), at("2026-03-06 11:00"))
    with pytest.raises(Invalid) as caught:
        checked_follow(
            FOLLOW_MOVES[M.ATTEMPT], {**CALL, "when": "2026-03-06T10:00"}, FollowFacts(tried=tried), RATED,
            at("2026-03-06 18:00"),
        )  # fmt: skip
    assert "一小时" in caught.value.fields["when"]


@pytest.mark.parametrize(("when", "possible"), [("14:59", False), ("15:00", True)])
@pytest.mark.parametrize("move", [M.REVISIT, M.ATTEMPT])
def test_a_revisit_is_not_before_what_was_corrected(move: FollowMove, when: str, possible: bool) -> None:
    facts = FollowFacts(fixed=at("2026-03-06 15:00") + timedelta(seconds=40))
    given = {**CALL, "when": f"2026-03-06T{when}", "accepted": "yes"}
    if possible:
        assert checked_follow(FOLLOW_MOVES[move], given, facts, RATED, NOW)
        return
    with pytest.raises(Invalid) as caught:
        checked_follow(FOLLOW_MOVES[move], given, facts, RATED, NOW)
    assert "不能早于整改完成" in caught.value.fields["when"]


@pytest.mark.parametrize(("attempts", "possible"), [(2, False), (3, True)])
def test_a_revisit_ends_unreached_after_as_many_attempts_as_a_contact(attempts: int, possible: bool) -> None:
    given, facts = {**CALL, "accepted": "unreached"}, FollowFacts(attempts=attempts)
    if possible:
        assert checked_follow(FOLLOW_MOVES[M.REVISIT], given, facts, RATED, NOW)
        return
    with pytest.raises(Invalid) as caught:
        checked_follow(FOLLOW_MOVES[M.REVISIT], given, facts, RATED, NOW)
    assert "先登记3次" in caught.value.fields["accepted"]
