"""The tables of orders and appeals: every state, move and role, and what stands in the way."""

from __future__ import annotations

from itertools import product

import pytest

from rules.access import Role
from rules.appeal_table import (
    APPEAL_MOVES,
    AppealFacts,
    AppealMove,
    AppealState,
    appeal_moves_for,
    check_appeal,
    checked_appeal,
)
from rules.clock import ClockKind
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.order_table import (
    ORDER_ENDED,
    ORDER_MOVES,
    ORDER_OPEN,
    WAITS_FOR_DEPARTMENT,
    WAITS_FOR_SUPERVISOR,
    OrderFacts,
    OrderMove,
    OrderState,
    check_order,
    checked_values,
    most_days,
    order_moves_for,
    usual_days,
)

S, M, R = OrderState, OrderMove, Role
# From which state a move is legal at all, whoever makes it, before the explanation is overdue.
LEGAL = {
    (S.DRAFT, M.ISSUE), (S.ISSUED, M.EXPLAIN), (S.EXPLAINED, M.ACCEPT), (S.EXPLAINED, M.RETURN),
    (S.EXPLAINED, M.DEMAND), (S.ACCEPTED, M.DEMAND), (S.CORRECTED, M.DEMAND), (S.CORRECTING, M.REPORT),
    (S.ACCEPTED, M.CLOSE), (S.CORRECTED, M.CLOSE),
    *((state, M.CANCEL) for state in (S.ISSUED, S.EXPLAINED, S.ACCEPTED, S.CORRECTING, S.CORRECTED)),
}  # fmt: skip
SUPERVISING = {M.ACCEPT, M.RETURN, M.DEMAND, M.CLOSE, M.CANCEL}
ANSWERING = {M.EXPLAIN, M.REPORT}


def expected_order(
    state: OrderState, move: OrderMove, role: Role, *, internal: bool
) -> type[Exception] | None:
    """The table said over again, in other words."""
    if move is M.CANCEL and role is R.SYSTEM and state is S.CLOSED:
        return None
    if (state, move) not in LEGAL:
        return IllegalMove
    if move is M.ISSUE:
        return None if role in (R.COUNTY_SUPERVISOR, R.DEPARTMENT_SUPERVISOR, R.SYSTEM) else Forbidden
    if move in ANSWERING:
        mine = {R.COORDINATOR, R.DECIDER} | (set() if internal else {R.DEPARTMENT_SUPERVISOR})
        return None if role in mine else Forbidden
    mine = {R.COUNTY_SUPERVISOR} | ({R.DEPARTMENT_SUPERVISOR} if internal else set())
    if move is M.CANCEL:
        mine.add(R.SYSTEM)
    return None if role in mine else Forbidden


@pytest.mark.parametrize("internal", [False, True])
def test_every_order_state_move_and_role_is_decided_as_the_table_says(internal: bool) -> None:
    facts = OrderFacts(internal=internal)
    wrong = []
    for state, move, role in product(OrderState, OrderMove, Role):
        try:
            row = check_order(state, move, role, facts)
            got: type[Exception] | None = None
            assert row.move is move
        except (IllegalMove, Forbidden) as error:
            got = type(error)
        if got is not expected_order(state, move, role, internal=internal):
            wrong.append((state, move, role, got))
    assert wrong == []


def test_an_unanswered_order_is_corrected_directly_only_once_its_day_has_passed() -> None:
    with pytest.raises(IllegalMove, match="期限还没有过"):
        check_order(S.ISSUED, M.DEMAND, R.COUNTY_SUPERVISOR, OrderFacts())
    assert (
        check_order(S.ISSUED, M.DEMAND, R.COUNTY_SUPERVISOR, OrderFacts(overdue=True)).to_state
        is S.CORRECTING
    )


@pytest.mark.parametrize("move", sorted(SUPERVISING))
def test_nobody_judges_their_own_words(move: OrderMove) -> None:
    state = next(iter(sorted(ORDER_MOVES[move].from_states - {S.ISSUED, S.CLOSED})))
    with pytest.raises(Forbidden, match="另一位监察员"):
        check_order(state, move, R.COUNTY_SUPERVISOR, OrderFacts(own_words=True))


def test_what_is_offered_is_what_is_allowed() -> None:
    for state, role in product(OrderState, Role):
        offered = {row.move for row in order_moves_for(state, role, OrderFacts())}
        allowed = {move for move in OrderMove if expected_order(state, move, role, internal=False) is None}
        assert offered == allowed


def test_every_open_order_waits_for_exactly_one_side() -> None:
    assert WAITS_FOR_DEPARTMENT | WAITS_FOR_SUPERVISOR == ORDER_OPEN
    assert not WAITS_FOR_DEPARTMENT & WAITS_FOR_SUPERVISOR
    assert ORDER_OPEN | ORDER_ENDED | {S.DRAFT} == set(OrderState)


def test_clocks_start_with_what_is_asked_and_stop_with_its_answer() -> None:
    assert ORDER_MOVES[M.ISSUE].starts == ORDER_MOVES[M.RETURN].starts == {ClockKind.EXPLANATION}
    assert ORDER_MOVES[M.EXPLAIN].stops == {ClockKind.EXPLANATION}
    assert ORDER_MOVES[M.DEMAND].starts == ORDER_MOVES[M.REPORT].stops == {ClockKind.ORDER}


@pytest.mark.parametrize(
    ("given", "most", "usual"), [(1, 1, 1), (2, 1, 1), (3, 2, 2), (5, 4, 3), (60, 59, 30)]
)
def test_a_return_gives_less_time_than_the_first_explanation_had(given: int, most: int, usual: int) -> None:
    row, facts = ORDER_MOVES[M.RETURN], OrderFacts(explanation_days=given)
    assert (most_days(row, facts), usual_days(row, facts)) == (most, usual)


@pytest.mark.parametrize("days", ["", "0", "5", "-1", "1.5", "一", "99999", "٣"])
def test_a_return_without_sensible_days_is_refused(days: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_values(ORDER_MOVES[M.RETURN], {"text": "请补充", "days": days}, OrderFacts())
    assert set(refused.value.fields) == {"days"}


def test_words_are_asked_for_and_bounded() -> None:
    with pytest.raises(Invalid) as refused:
        checked_values(ORDER_MOVES[M.EXPLAIN], {"text": "  "}, OrderFacts())
    assert "请填写情况说明" in refused.value.fields["text"]
    with pytest.raises(Invalid) as refused:
        checked_values(ORDER_MOVES[M.CLOSE], {"text": "字" * 5001}, OrderFacts())
    assert "最多写 5000" in refused.value.fields["text"]
    assert checked_values(ORDER_MOVES[M.ACCEPT], {}, OrderFacts()) == {"text": ""}


A, P = AppealState, AppealMove
FILING = {R.COORDINATOR, R.DECIDER, R.DEPARTMENT_SUPERVISOR}
APPEAL_LEGAL = {
    (A.DRAFT, P.FILE), (A.RETURNED, P.REFILE), (A.OPEN, P.REVOKE), (A.OPEN, P.RETURN), (A.OPEN, P.UPHOLD)
}  # fmt: skip


def expected_appeal(state: AppealState, move: AppealMove, role: Role) -> type[Exception] | None:
    if (state, move) not in APPEAL_LEGAL:
        return IllegalMove
    mine = FILING if move in (P.FILE, P.REFILE) else {R.COUNTY_SUPERVISOR}
    return None if role in mine else Forbidden


def test_every_appeal_state_move_and_role_is_decided_as_the_table_says() -> None:
    wrong = []
    for state, move, role in product(AppealState, AppealMove, Role):
        try:
            check_appeal(state, move, role, AppealFacts(rounds=1))
            got: type[Exception] | None = None
        except (IllegalMove, Forbidden) as error:
            got = type(error)
        if got is not expected_appeal(state, move, role):
            wrong.append((state, move, role, got))
        offered = {row.move for row in appeal_moves_for(state, role, AppealFacts(rounds=1))}
        assert (move in offered) is (expected_appeal(state, move, role) is None)
    assert wrong == []


@pytest.mark.parametrize("move", [P.REVOKE, P.RETURN, P.UPHOLD])
def test_who_had_a_hand_in_it_decides_nothing(move: AppealMove) -> None:
    with pytest.raises(Forbidden, match="回避：这张牌是您确认的"):
        check_appeal(A.OPEN, move, R.COUNTY_SUPERVISOR, AppealFacts(rounds=1, conflict="这张牌是您确认的"))


def test_a_late_appeal_is_refused_with_how_the_day_was_counted() -> None:
    facts = AppealFacts(overdue=True, due_words="自3月13日起5个工作日，3月20日截止")
    with pytest.raises(IllegalMove, match="3月20日截止"):
        check_appeal(A.DRAFT, P.FILE, R.DECIDER, facts)
    with pytest.raises(IllegalMove, match="过了期限"):
        check_appeal(A.RETURNED, P.REFILE, R.DECIDER, AppealFacts(rounds=1, overdue=True, due_words="x"))


def test_a_second_return_is_no_more_and_a_lapsed_one_is_ended_by_upholding() -> None:
    with pytest.raises(IllegalMove, match="作出决定"):
        check_appeal(A.OPEN, P.RETURN, R.COUNTY_SUPERVISOR, AppealFacts(rounds=2))
    assert check_appeal(A.OPEN, P.UPHOLD, R.COUNTY_SUPERVISOR, AppealFacts(rounds=2)).to_state is A.UPHELD
    lapsed = AppealFacts(rounds=1, overdue=True)
    assert check_appeal(A.RETURNED, P.UPHOLD, R.COUNTY_SUPERVISOR, lapsed).to_state is A.UPHELD
    with pytest.raises(IllegalMove, match="还没有过"):
        check_appeal(A.RETURNED, P.UPHOLD, R.COUNTY_SUPERVISOR, AppealFacts(rounds=1))


def test_one_appeal_per_card() -> None:
    with pytest.raises(IllegalMove, match="只能申诉一次"):
        check_appeal(A.DRAFT, P.FILE, R.DECIDER, AppealFacts(obstacle="这张牌已经申诉过，一张牌只能申诉一次"))


@pytest.mark.parametrize(("text", "days", "fields"), [("", "3", {"text"}), ("补", "0", {"days"}), (" ", "x", {"text", "days"}), ("字" * 5001, "31", {"text", "days"})])  # fmt: skip
def test_a_return_needs_reasons_and_days(text: str, days: str, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        checked_appeal(APPEAL_MOVES[P.RETURN], text, days)
    assert set(refused.value.fields) == fields
    assert checked_appeal(APPEAL_MOVES[P.UPHOLD], " 维持 ", "不看") == ("维持", 0)
