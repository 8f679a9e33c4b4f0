"""The case table: every (state, move, role), the guards, the needs, the diagram."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from rules.access import PUBLIC_ROLES, Role
from rules.case import (
    ENDED,
    MOVES,
    NOTICES,
    OPEN,
    STATE_LABELS,
    CaseFacts,
    MoveName,
    NoticeKind,
    State,
    check,
    check_needs,
    diagram,
    longest_extension,
    moves_for,
    next_step,
)
from rules.clock import ClockKind
from rules.errors import Forbidden, IllegalMove, Invalid

FRONT = {Role.WINDOW_CLERK, Role.COORDINATOR}
PARTIES = {Role.APPLICANT, Role.AGENT, Role.WINDOW_CLERK}
INTAKE = {State.RECEIVED, State.PRE_REVIEWED}
UNDECIDED = INTAKE | {State.SUPPLEMENTING, State.IN_REVIEW, State.SPECIAL_PROCEDURE}
IN_HAND = {State.IN_REVIEW, State.SPECIAL_PROCEDURE}

# Written out a second time on purpose: state, who, for a case at its middle step reviewed by a reviewer.
MIDDLE = CaseFacts(step_index=1, step_count=3, step_role=Role.REVIEWER, notice_overdue=True)
EXPECTED = {
    MoveName.FILE: ({State.DRAFT}, PARTIES),
    MoveName.PRE_REVIEW: ({State.RECEIVED}, FRONT),
    MoveName.SUPPLEMENT_NOTICE: (INTAKE, FRONT),
    MoveName.SUPPLEMENT: ({State.SUPPLEMENTING}, PARTIES),
    MoveName.ACCEPT: ({State.PRE_REVIEWED}, FRONT),
    MoveName.DEEM_ACCEPT: (INTAKE, {Role.SYSTEM}),
    MoveName.REFUSE: (INTAKE, FRONT),
    MoveName.COMPLETE_STEP: ({State.IN_REVIEW}, {Role.REVIEWER}),
    MoveName.SEND_BACK: ({State.IN_REVIEW}, {Role.REVIEWER}),
    MoveName.START_SPECIAL: ({State.IN_REVIEW}, {Role.REVIEWER}),
    MoveName.END_SPECIAL: ({State.SPECIAL_PROCEDURE}, {Role.REVIEWER}),
    MoveName.EXTEND: ({State.IN_REVIEW}, {Role.DECIDER}),
    MoveName.TELL_HEARING: (IN_HAND, {Role.REVIEWER}),
    MoveName.REQUEST_HEARING: (set(), set()),
    MoveName.NOTIFY_HEARING: (set(), set()),
    MoveName.HOLD_HEARING: (set(), set()),
    MoveName.GRANT: (set(), set()),
    MoveName.DENY: (set(), set()),
    MoveName.DELIVER: ({State.GRANTED, State.DENIED}, FRONT),
    MoveName.WITHDRAW: (UNDECIDED, PARTIES),
    MoveName.VOID: (UNDECIDED, {Role.COORDINATOR, Role.DECIDER}),
}


@pytest.mark.parametrize(("state", "name"), list(product(State, MoveName)))
def test_every_state_and_move_for_every_role(state, name):
    states, roles = EXPECTED[name]
    # The five days are over for deemed acceptance alone: then nobody may say anything else.
    facts = replace(MIDDLE, notice_overdue=name is MoveName.DEEM_ACCEPT)
    for role in Role:
        if state not in states:
            with pytest.raises(IllegalMove):
                check(state, name, role, facts)
        elif role not in roles:
            with pytest.raises(Forbidden):
                check(state, name, role, facts)
        else:
            assert check(state, name, role, facts).name is name


@pytest.mark.parametrize(("state", "role"), list(product(State, Role)))
def test_the_moves_offered_are_exactly_the_moves_allowed(state, role):
    for facts in (MIDDLE, replace(MIDDLE, step_index=2, step_role=Role.DECIDER), CaseFacts()):
        allowed = set()
        for name in MoveName:
            try:
                allowed.add(check(state, name, role, facts).name)
            except (IllegalMove, Forbidden):
                continue
        assert {move.name for move in moves_for(state, role, facts)} == allowed


LAST = CaseFacts(step_index=2, step_count=3, step_role=Role.DECIDER)


@pytest.mark.parametrize("name", [MoveName.GRANT, MoveName.DENY])
def test_only_the_decider_decides_and_only_at_the_last_step(name):
    assert check(State.IN_REVIEW, name, Role.DECIDER, LAST).name is name
    for role in set(Role) - {Role.DECIDER}:
        with pytest.raises(Forbidden):
            check(State.IN_REVIEW, name, role, LAST)
    with pytest.raises(IllegalMove):
        check(State.IN_REVIEW, name, Role.DECIDER, replace(LAST, step_index=1))
    with pytest.raises(IllegalMove):
        check(State.IN_REVIEW, MoveName.COMPLETE_STEP, Role.DECIDER, LAST)


def test_the_first_step_cannot_be_sent_back():
    with pytest.raises(IllegalMove):
        check(State.IN_REVIEW, MoveName.SEND_BACK, Role.REVIEWER, replace(MIDDLE, step_index=0))


def test_a_supplement_notice_is_given_once_only():
    with pytest.raises(IllegalMove, match="一次"):
        check(State.RECEIVED, MoveName.SUPPLEMENT_NOTICE, Role.WINDOW_CLERK, CaseFacts(supplement_spent=True))


def test_a_case_is_extended_once_only():
    with pytest.raises(IllegalMove):
        check(State.IN_REVIEW, MoveName.EXTEND, Role.DECIDER, replace(LAST, extended=True))


def test_a_case_whose_limit_has_passed_is_not_extended():
    late = replace(LAST, extension_late=True)
    with pytest.raises(IllegalMove, match="期限已经过了"):
        check(State.IN_REVIEW, MoveName.EXTEND, Role.DECIDER, late)
    assert MoveName.EXTEND not in {each.name for each in moves_for(State.IN_REVIEW, Role.DECIDER, late)}
    assert check(State.IN_REVIEW, MoveName.GRANT, Role.DECIDER, late).name is MoveName.GRANT


def test_deemed_acceptance_needs_the_five_days_to_be_over_and_nobody_but_the_system():
    with pytest.raises(IllegalMove):
        check(State.RECEIVED, MoveName.DEEM_ACCEPT, Role.SYSTEM, CaseFacts())
    overdue = CaseFacts(notice_overdue=True)
    assert check(State.RECEIVED, MoveName.DEEM_ACCEPT, Role.SYSTEM, overdue).to_state is State.IN_REVIEW
    with pytest.raises(Forbidden):
        check(State.RECEIVED, MoveName.DEEM_ACCEPT, Role.ADMINISTRATOR, overdue)


@pytest.mark.parametrize("state", [State.RECEIVED, State.PRE_REVIEWED])
@pytest.mark.parametrize("name", [MoveName.SUPPLEMENT_NOTICE, MoveName.REFUSE])
def test_what_is_deemed_accepted_is_neither_sent_back_nor_refused_even_before_a_sweep(state, name):
    assert check(state, name, Role.WINDOW_CLERK, CaseFacts()).name is name
    with pytest.raises(IllegalMove, match="视为受理"):
        check(state, name, Role.WINDOW_CLERK, CaseFacts(notice_overdue=True))
    counter = CaseFacts(notice_overdue=True, pre_review_needed=False)
    assert check(state, MoveName.ACCEPT, Role.WINDOW_CLERK, counter).to_state is State.IN_REVIEW


def test_an_immediate_or_counter_case_is_accepted_without_pre_review():
    counter = CaseFacts(pre_review_needed=False, step_role=Role.DECIDER)
    assert check(State.RECEIVED, MoveName.ACCEPT, Role.WINDOW_CLERK, counter).to_state is State.IN_REVIEW
    assert check(State.IN_REVIEW, MoveName.GRANT, Role.DECIDER, counter).to_state is State.GRANTED
    with pytest.raises(IllegalMove):
        check(State.RECEIVED, MoveName.ACCEPT, Role.WINDOW_CLERK, CaseFacts())


def test_every_state_but_the_ended_ones_has_a_way_on_and_the_ended_have_none():
    leaving = {state for move in MOVES.values() for state in move.from_states}
    assert leaving == set(State) - ENDED
    assert OPEN | ENDED | {State.DRAFT} == set(State)


def test_every_state_is_reached_from_a_filing():
    known = {State.DRAFT}
    for _ in State:
        known |= {move.to_state for move in MOVES.values() if known & move.from_states}
    assert known == set(State)


def test_clocks_started_are_stopped_on_every_way_to_an_end():
    running = {ClockKind.PRE_ACCEPTANCE, ClockKind.SUPPLEMENT_NOTICE}
    for name in (MoveName.ACCEPT, MoveName.REFUSE, MoveName.WITHDRAW, MoveName.VOID, MoveName.DEEM_ACCEPT):
        assert running <= MOVES[name].stops
    deciding = {ClockKind.PROMISE, ClockKind.STATUTE, ClockKind.STAGE}
    for name in (MoveName.GRANT, MoveName.DENY, MoveName.WITHDRAW, MoveName.VOID):
        assert deciding <= MOVES[name].stops
    assert MOVES[MoveName.START_SPECIAL].pauses == MOVES[MoveName.END_SPECIAL].resumes == deciding


def test_each_legally_required_notice_has_its_move():
    issued = {move.notice for move in MOVES.values()} - {None}
    assert issued == set(NoticeKind) == set(NOTICES)


def test_refusals_denials_and_voids_need_reasons_and_basis():
    for name in (MoveName.REFUSE, MoveName.DENY, MoveName.VOID):
        assert {need.name for need in MOVES[name].needs if need.required} == {"reason", "basis"}
        with pytest.raises(Invalid) as caught:
            check_needs(MOVES[name], {"reason": "  "}, LAST)
        assert set(caught.value.fields) == {"reason", "basis"}


@pytest.mark.parametrize(
    ("days", "joint", "fine"),
    [
        ("10", False, True),
        ("11", False, False),
        ("15", True, True),
        ("16", True, False),
        ("0", False, False),
        ("x", False, False),
    ],
)
def test_an_extension_is_at_most_ten_days_or_fifteen_when_joint(days, joint, fine):
    facts = replace(LAST, joint=joint)
    given = {"days": days, "reason": "案情复杂"}
    assert longest_extension(facts) == (15 if joint else 10)
    if fine:
        check_needs(MOVES[MoveName.EXTEND], given, facts)
    else:
        with pytest.raises(Invalid) as caught:
            check_needs(MOVES[MoveName.EXTEND], given, facts)
        assert "days" in caught.value.fields


def test_steps_advance_and_go_back_by_one():
    assert next_step(MOVES[MoveName.COMPLETE_STEP], MIDDLE) == 2
    assert next_step(MOVES[MoveName.SEND_BACK], MIDDLE) == 0
    assert next_step(MOVES[MoveName.ACCEPT], MIDDLE) == 0
    assert next_step(MOVES[MoveName.EXTEND], MIDDLE) == 1


def test_the_public_can_only_file_supplement_withdraw_and_ask_for_a_hearing():
    by_public = {move.name for move in MOVES.values() if move.roles & PUBLIC_ROLES}
    assert by_public == {MoveName.FILE, MoveName.SUPPLEMENT, MoveName.WITHDRAW, MoveName.REQUEST_HEARING}


HEARING = (MoveName.TELL_HEARING, MoveName.REQUEST_HEARING, MoveName.NOTIFY_HEARING, MoveName.HOLD_HEARING)


@pytest.mark.parametrize("state", sorted(IN_HAND))
@pytest.mark.parametrize(
    ("hearing", "window", "legal"),
    [
        ("", False, {MoveName.TELL_HEARING}),
        ("told", True, {MoveName.REQUEST_HEARING}),
        ("told", False, set()),
        ("asked", False, {MoveName.NOTIFY_HEARING, MoveName.HOLD_HEARING}),
        ("held", False, set()),
    ],
)
def test_a_hearing_is_told_of_asked_for_and_held_in_that_order_and_once(state, hearing, window, legal):
    facts = replace(MIDDLE, hearing=hearing, hearing_window_open=window)
    made = set()
    for name in HEARING:
        role = Role.APPLICANT if name is MoveName.REQUEST_HEARING else Role.REVIEWER
        try:
            move = check(state, name, role, facts)
        except IllegalMove:
            continue
        assert move.after(state) is state, "a hearing leaves the case where it is"
        made.add(name)
    assert made == legal


def test_nobody_is_denied_before_the_hearing_asked_for_or_the_five_days_are_over():
    for facts in (replace(LAST, hearing="told", hearing_window_open=True), replace(LAST, hearing="asked")):
        with pytest.raises(IllegalMove, match="听证"):
            check(State.IN_REVIEW, MoveName.DENY, Role.DECIDER, facts)
        assert check(State.IN_REVIEW, MoveName.GRANT, Role.DECIDER, facts).name is MoveName.GRANT
    for facts in (replace(LAST, hearing="told"), replace(LAST, hearing="held"), LAST):
        assert check(State.IN_REVIEW, MoveName.DENY, Role.DECIDER, facts).name is MoveName.DENY


def test_the_diagram_shows_every_state_and_every_row_of_the_table():
    drawn = diagram()
    assert {node.state for node in drawn.nodes} == set(State) == set(STATE_LABELS)
    assert len(drawn.edges) == sum(len(move.from_states) for move in MOVES.values())
    assert any(edge.notice == "补正告知书" for edge in drawn.edges)
