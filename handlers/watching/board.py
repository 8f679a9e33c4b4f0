"""The board of some departments at a moment: today's figures, lights, what needs a person, the last thirty days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from handlers.casework.authority import active_person
from handlers.casework.card_reading import shown_card
from handlers.casework.desk import supervised
from handlers.casework.ground import Ground
from handlers.casework.views import BoardCard
from handlers.store import card_records, cards, case_lists, counts, letters, watching
from handlers.store.cards import CardFilter
from handlers.store.database import Database
from rules.case_terms import STATE_LABELS, State
from rules.errors import Forbidden, NotFound
from rules.quick_dataclass import dataclass
from rules.time import day_end, day_start, local_date

CARDS_SHOWN = 20
URGENT_SHOWN = 5
WATCHED_SHOWN = 6
TREND_DAYS = 30
TREND = ("filed", "closed", "card_1", "card_2", "card_3")


@dataclass(frozen=True, slots=True)
class DepartmentLights:
    """One department on the board: open cases by light, and today's figures."""

    department: str
    name: str
    open: int
    normal: int
    warned: int
    yellow: int
    red: int
    filed_today: int
    closed_today: int
    letters_open: int


@dataclass(frozen=True, slots=True)
class UrgentCards:
    """Cards that need a person now: the first few of `total`. `key` pending, red or yellow."""

    key: str
    cards: tuple[BoardCard, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One day of the roll-up: filed, closed, and cards by level."""

    day: date
    filed: int
    closed: int
    warned: int
    yellow: int
    red: int


@dataclass(frozen=True, slots=True)
class Board:
    """The board for a scope at a moment. Drill cases are among the cards (flagged), never in figures.

    `warned_today` and `carded_today` are cards issued today by level, revoked ones taken off again; `states`
    are (label, open cases) in the order of a case's life.
    """

    at: datetime
    open: int
    normal: int
    warned: int
    yellow: int
    red: int
    paused: int
    provisional: int
    filed_today: int
    accepted_today: int
    closed_today: int
    on_time_today: int
    cards_today: int
    warned_today: int
    carded_today: int
    pending: int
    departments: tuple[DepartmentLights, ...]
    cards: tuple[BoardCard, ...]
    urgent: tuple[UrgentCards, ...]
    watched: tuple[card_records.Watched, ...]
    states: tuple[tuple[str, int], ...]


def departments_for(
    database: Database, ground: Ground, person: str, now: datetime, wanted: str = ""
) -> tuple[str, ...]:
    """The departments a person watches, or the one asked for. Raises Forbidden, NotFound."""
    departments = supervised(active_person(database, person), ground, now)
    if not departments:
        raise Forbidden("监察看板只对监察员和部门负责人开放。")
    if wanted and wanted not in departments:
        raise NotFound("没有这个部门，或者它不在您的监察范围内。")
    return (wanted,) if wanted else departments


def board_of(database: Database, ground: Ground, departments: Sequence[str], now: datetime) -> Board:
    """Lights, today's figures, what needs a person and the newest cards of some departments."""
    today = local_date(now)
    with database.snapshot():
        lights = case_lists.open_by_light(database, departments)
        figures = counts.totals(database, today, today)
        waiting = letters.open_by_department(database)
        paused, provisional = case_lists.paused_and_provisional(database, departments)
        newest = cards.newest(database, departments, CARDS_SHOWN)
        shown = tuple(shown_card(database, ground, each) for each in newest)
        issued = cards.issued_between(database, departments, day_start(today), day_end(today))
        urgent = tuple(_urgent(database, ground, departments))
        since = day_start(today - timedelta(days=TREND_DAYS))
        watched = cards.watched(database, departments, since, day_end(today), WATCHED_SHOWN)
        states = watching.by_state(database, departments)

    def total(measure: str) -> int:
        return sum(figures.get((each, measure), 0) for each in departments)

    rows = tuple(_lights(ground, each, lights, figures, waiting) for each in departments)
    return Board(
        at=now,
        open=sum(each.open for each in rows),
        normal=sum(each.normal for each in rows),
        warned=sum(each.warned for each in rows),
        yellow=sum(each.yellow for each in rows),
        red=sum(each.red for each in rows),
        paused=paused,
        provisional=provisional,
        filed_today=total("filed"),
        accepted_today=total("accepted"),
        closed_today=total("closed"),
        on_time_today=total("on_time"),
        cards_today=issued,
        warned_today=total("card_1"),
        carded_today=total("card_2") + total("card_3"),
        pending=next(each.total for each in urgent if each.key == "pending"),
        departments=rows,
        cards=shown,
        urgent=urgent,
        watched=watched,
        states=tuple((STATE_LABELS[each], states[each]) for each in State if states.get(each)),
    )


def trend(database: Database, departments: Sequence[str], now: datetime) -> tuple[TrendDay, ...]:
    """The last thirty days, today included."""
    last = local_date(now)
    first = last - timedelta(days=TREND_DAYS - 1)
    found = watching.by_day(database, departments, TREND, first, last)
    days = (first + timedelta(days=number) for number in range(TREND_DAYS))
    return tuple(
        TrendDay(day, *(found.get((day.isoformat(), measure), 0) for measure in TREND)) for day in days
    )


def _urgent(database: Database, ground: Ground, departments: Sequence[str]) -> list[UrgentCards]:
    wanted = (
        ("pending", CardFilter(state="pending")),
        ("red", CardFilter(level=3, state="issued", running=True)),
        ("yellow", CardFilter(level=2, state="issued", running=True)),
    )
    groups = []
    for key, narrowed in wanted:
        found, total = cards.listed(database, departments, narrowed, URGENT_SHOWN)
        groups.append(UrgentCards(key, tuple(shown_card(database, ground, each) for each in found), total))
    return groups


def _lights(
    ground: Ground,
    department: str,
    lights: Mapping[tuple[str, int], int],
    figures: Mapping[tuple[str, str], int],
    waiting: Mapping[str, int],
) -> DepartmentLights:
    by_level = [lights.get((department, level), 0) for level in range(4)]
    return DepartmentLights(
        department=department,
        name=ground.unit_name(department),
        open=sum(by_level),
        normal=by_level[0],
        warned=by_level[1],
        yellow=by_level[2],
        red=by_level[3],
        filed_today=figures.get((department, "filed"), 0),
        closed_today=figures.get((department, "closed"), 0),
        letters_open=waiting.get(department, 0),
    )
