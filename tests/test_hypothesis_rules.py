"""Properties of the rules: clocks over random calendars, the tables of moves, check digits."""

from __future__ import annotations

import string
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import assume
from hypothesis import strategies as st

from rules.access import Role
from rules.calendar import CalendarYear, WorkCalendar
from rules.case import ENDED, MOVES, CaseFacts, State, check, moves_for, next_step
from rules.clock import ClockKind, ClockSpec, Extension, compute
from rules.deadline import due
from rules.errors import Forbidden, IllegalMove
from rules.identifiers import (
    certificate_id,
    is_certificate_id,
    is_credit_code,
    is_index_number,
    is_organisation_code,
    is_resident_id,
    with_credit_check,
    with_organisation_check,
    with_resident_check,
)
from rules.letter_table import LETTER_MOVES
from rules.letter_terms import LetterState
from rules.order_table import ORDER_MOVES, OrderState
from rules.pause import Pause
from rules.time import SHANGHAI
from tests.property_lengths import holds_for, lengths
from tests.walk_model import Days

DAYS = st.dates(date(2025, 6, 1), date(2026, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Published years with days off and make-up days anywhere, also in long rows."""
    years = []
    for year in (2025, 2026, 2027):
        inside = st.dates(date(year, 1, 1), date(year, 12, 31))
        off = draw(st.sets(inside, max_size=25))
        for first in draw(st.lists(inside, max_size=2)):
            off |= {first + timedelta(days=each) for each in range(draw(st.integers(1, 12)))}
        work = draw(st.sets(inside.filter(lambda day: day.weekday() >= 5), max_size=10)) - off
        off = {day for day in off if day.year == year}
        years.append(CalendarYear(year, dict.fromkeys(off, "假"), dict.fromkeys(work, "假")))
    return WorkCalendar(years)


def wall(calendar: WorkCalendar) -> Days:
    """The same calendar to be looked up day by day."""
    years = calendar.years.values()
    return Days({day for each in years for day in each.off}, {day for each in years for day in each.work})


@lengths(40, 5000)
def test_adding_and_counting_working_days_agree_with_a_wall_calendar(examples: int) -> None:
    def holds(calendar: WorkCalendar, start: date, days: int, more: int) -> None:
        end = calendar.add_working_days(start, days)
        assert end == wall(calendar).after(start, days)
        assert calendar.working_days_between(start, end) == days
        assert calendar.add_working_days(end, more) == calendar.add_working_days(start, days + more)
        assert calendar.add_working_days(start, days) <= calendar.add_working_days(start, days + more)
        later = start + timedelta(days=more)
        assert calendar.add_working_days(start, days) <= calendar.add_working_days(later, days)

    holds_for(examples, holds, calendars(), DAYS, st.integers(1, 90), st.integers(0, 30))


@lengths(40, 5000)
def test_one_day_more_off_or_worked_moves_a_due_day_by_at_most_what_it_must(examples: int) -> None:
    def holds(calendar: WorkCalendar, start: date, limit: int, ahead: int) -> None:
        day = start + timedelta(days=ahead)
        year, before = calendar.years[day.year], due(start, limit, "workday", calendar).due
        working = calendar.is_working(day)
        off = {each: "假" for each in year.off if each != day} | ({day: "假"} if working else {})
        work = {each: "假" for each in year.work if each != day} | ({} if working else {day: "假"})
        others = [each for each in calendar.years.values() if each.year != day.year]
        changed = WorkCalendar([*others, CalendarYear(day.year, off, work)])
        after = due(start, limit, "workday", changed).due
        if day > max(before, after) or day <= start:
            assert after == before
        elif working:
            assert after == calendar.add_working_days(before, 1)
        else:
            assert after <= before
            assert changed.working_days_between(start, after) == limit

    holds_for(examples, holds, calendars(), DAYS, st.integers(1, 40), st.integers(0, 80))


@st.composite
def specs(draw: st.DrawFn) -> ClockSpec:
    """A promise with special procedures one after another, perhaps extended."""
    start = datetime.combine(draw(DAYS), time(draw(st.integers(0, 23)), 30), SHANGHAI)
    moment, pauses = start, []
    for gap, length, told in draw(st.lists(st.tuples(*[st.integers(1, 15)] * 3), max_size=3)):
        moment += timedelta(days=gap)
        end = moment + timedelta(days=length)
        pauses.append(Pause(moment, end, told, "检测"))
        moment = end
    if pauses and draw(st.booleans()):
        last = pauses[-1]
        pauses[-1] = Pause(last.start, None, last.notified, last.reason)
    added = tuple(Extension(each) for each in draw(st.lists(st.integers(1, 15), max_size=1)))
    return ClockSpec(
        ClockKind.PROMISE, start, draw(st.integers(1, 40)), pauses=tuple(pauses), extensions=added
    )


@lengths(40, 5000)
def test_a_clock_with_holds_ends_where_counting_day_by_day_ends(examples: int) -> None:
    def holds(calendar: WorkCalendar, spec: ClockSpec) -> None:
        days = wall(calendar)
        held: set[date] = set()
        for each in spec.pauses:
            first, until = each.start.date(), days.after(each.start.date(), each.notified or 0)
            until = until if each.end is None else min(until, each.end.date())
            held |= {first + timedelta(days=one) for one in range(1, (until - first).days + 1)}
        limit, day = spec.limit + sum(each.days for each in spec.extensions), spec.start.date()
        left = limit
        while left:
            day += timedelta(days=1)
            left -= days.working(day) and day not in held
        found = compute(spec, calendar)
        assert found.due == day
        assert found.due_at == datetime.combine(day, time(23, 59, 59), SHANGHAI)
        assert sum(each.counted for each in found.trace) == limit
        assert all(each.reason for each in found.trace)
        assert [later.date - each.date for each, later in pairwise(found.trace)] == [timedelta(days=1)] * (
            len(found.trace) - 1
        )
        assert compute(spec, WorkCalendar(calendar.years.values())) == found

    holds_for(examples, holds, calendars(), specs())


FACTS = st.builds(
    CaseFacts, supplement_spent=st.booleans(), extended=st.booleans(), extension_late=st.booleans(),
    step_index=st.integers(0, 3), step_count=st.just(4),
    step_role=st.sampled_from([None, Role.REVIEWER, Role.DECIDER, Role.WINDOW_CLERK]), pre_review_needed=st.booleans(),
    notice_overdue=st.booleans(), joint=st.booleans(), deemed=st.booleans(),
    hearing=st.sampled_from(["", "told", "asked", "held"]), hearing_window_open=st.booleans(),
)  # fmt: skip


@lengths(150, 20_000)
def test_a_move_is_offered_exactly_when_it_is_let_through_and_leads_to_a_known_state(examples: int) -> None:
    def holds(state: State, role: Role, facts: CaseFacts) -> None:
        offered = {move.name for move in moves_for(state, role, facts)}
        for name in MOVES:
            try:
                move = check(state, name, role, facts)
            except (IllegalMove, Forbidden):
                assert name not in offered
                continue
            assert name in offered
            assert isinstance(move.after(state), State)
            assert state not in ENDED
            assert move.after(state) is not State.DRAFT
            assert 0 <= next_step(move, facts) < facts.step_count

    holds_for(examples, holds, st.sampled_from(State), st.sampled_from(Role), FACTS)


@lengths(40, 5000)
def test_from_whatever_a_case_has_been_through_somebody_can_bring_it_to_an_end(examples: int) -> None:
    def holds(state: State, facts: CaseFacts) -> None:
        assume(state not in ENDED and state is not State.DRAFT)
        seen, reached = {state}, [state]
        for at in reached:
            after = {move.after(at) for role in Role for move in moves_for(at, role, facts)} - seen
            seen |= after
            reached += after
        assert seen & ENDED

    holds_for(examples, holds, st.sampled_from(State), FACTS)


def test_every_state_of_letters_and_orders_is_reached_and_every_open_one_has_a_way_to_an_end() -> None:
    letters = {(state, row.to_state) for row in LETTER_MOVES.values() for state in row.from_states}
    ends = {LetterState.SETTLED, LetterState.CLOSED, LetterState.WITHDRAWN}
    _leads_on({(one, other) for one, other in letters if other}, set(LetterState), LetterState.RECEIVED, ends)
    orders = {(state, row.to_state) for row in ORDER_MOVES.values() for state in row.from_states}
    _leads_on(orders, set(OrderState), OrderState.DRAFT, {OrderState.CLOSED, OrderState.CANCELLED})


def _leads_on(
    edges: set[tuple[object, object]], states: set[object], first: object, ends: set[object]
) -> None:
    def reach(begin: set[object], steps: set[tuple[object, object]]) -> set[object]:
        found = set(begin)
        while more := {after for before, after in steps if before in found} - found:
            found |= more
        return found

    assert reach({first}, edges) == states
    assert reach(ends, {(after, before) for before, after in edges}) == states


CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _damaged(text: str, alphabet: str, place: int, other: str) -> tuple[str, ...]:
    """One character wrong, and two neighbours the wrong way round; what is still the same is left out."""
    place %= len(text)
    wrong = text[:place] + other + text[place + 1 :]
    at = min(place, len(text) - 2)
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return tuple(each for each in (wrong, swapped) if each != text and set(each) <= set(alphabet))


@lengths(80, 20_000)
def test_a_credit_code_is_known_by_its_check_and_one_slip_is_found(examples: int) -> None:
    def holds(head: str, organisation: str, place: int, other: str) -> None:
        code = with_credit_check(head + with_organisation_check(organisation))
        assert is_credit_code(code)
        assert is_credit_code(f" {code[:8].lower()}-{code[8:]} ")
        assert not any(is_credit_code(each) for each in _damaged(code, CREDIT, place, other))

    letters = st.text(CREDIT, min_size=8, max_size=8)
    heads = st.builds(
        "{}{}".format, st.text(CREDIT, min_size=2, max_size=2), st.from_regex(r"[0-9]{6}", fullmatch=True)
    )
    # The organisation code's own check must be a letter that a credit code may hold.
    letters = letters.filter(lambda each: with_organisation_check(each)[-1] in CREDIT)
    holds_for(examples, holds, heads, letters, st.integers(0, 17), st.sampled_from(CREDIT))


@lengths(80, 20_000)
def test_a_resident_number_is_known_by_its_check_and_one_slip_is_found(examples: int) -> None:
    def holds(born: date, area: int, serial: int, place: int, other: str) -> None:
        number = with_resident_check(f"{area:06d}{born:%Y%m%d}{serial:03d}")
        assert is_resident_id(number)
        assert is_resident_id(number.lower())
        assert not any(is_resident_id(each) for each in _damaged(number, "0123456789X", place, other))

    holds_for(
        examples, holds, st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(110000, 999999), st.integers(0, 999),
        st.integers(0, 17), st.sampled_from("0123456789X"),
    )  # fmt: skip


@lengths(80, 20_000)
def test_organisation_certificate_and_index_numbers_are_known_by_their_checks(examples: int) -> None:
    def holds(eight: str, parts: list[str], year: int, serial: int, place: int, other: str) -> None:
        code = with_organisation_check(eight)
        assert is_organisation_code(code)
        assert is_organisation_code(f"{code[:8]}-{code[8]}")
        assert is_index_number(f"{code}/{year}-{serial:05d}")
        wrong = code[:8] + ("0123456789X".replace(code[8], "") * 2)[place]
        assert not is_organisation_code(wrong)
        assert not is_index_number(f"{wrong}/{year}-{serial:05d}")
        number = certificate_id(*parts)
        assert is_certificate_id(number)
        body = number.removeprefix("1.2.156.3005.2.")
        for each in _damaged(body, string.digits + string.ascii_uppercase, place, other):
            assert not is_certificate_id("1.2.156.3005.2." + each)

    part = st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=12)
    holds_for(
        examples, holds, st.text(string.digits + string.ascii_uppercase, min_size=8, max_size=8),
        st.lists(part, min_size=4, max_size=4), st.integers(1900, 2099), st.integers(0, 99999), st.integers(0, 17),
        st.sampled_from(string.digits + string.ascii_uppercase),
    )  # fmt: skip
