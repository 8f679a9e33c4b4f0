"""Cards as supervisors read them: lists within scope, one card with its clock's count, what was said about it."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.authority import active_person, held
from handlers.casework.card_decisions import open_appeal
from handlers.casework.clocks import explain
from handlers.casework.desk import supervised, taken_in_by_town
from handlers.casework.ground import Ground
from handlers.casework.subjects import SUBJECTS
from handlers.casework.views import BoardCard, DueView
from handlers.store import cards, cases, clocks, events, letters, people
from handlers.store.cards import CardFilter
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.records import Card, Event
from rules.access import in_scope
from rules.errors import Forbidden, NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.time import local_date


@dataclass(frozen=True, slots=True)
class CardPage:
    """One page of a list of cards. `departments`: (code, name) of all that the reader supervises."""

    cards: tuple[BoardCard, ...]
    page: int
    pages: int
    total: int
    departments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """A card with all that led to it. `may_decide`: pending and within the reader's supervision; `may_revoke`."""

    shown: BoardCard
    due: DueView | None
    clock_basis: str
    unit_name: str
    decided_by: str
    events: tuple[Event, ...]
    actor_names: dict[str, str]
    may_decide: bool
    may_revoke: bool


def card_list(
    database: Database,
    ground: Ground,
    person: str,
    now: datetime,
    *,
    wanted: CardFilter,
    department: str | None = None,
    page: int = 1,
    size: int = 30,
) -> CardPage:
    """The cards of the departments a person supervises. Raises Forbidden without any."""
    scope, taken_in = _scope(database, ground, person, now)
    asked = tuple(each for each in scope if department in (None, "", each))
    towns = () if department else taken_in
    page = max(page, 1)
    with database.snapshot():
        found, total = cards.listed(database, asked, wanted, size, page, towns)
        shown = tuple(shown_card(database, ground, each) for each in found)
    names = tuple((each, ground.unit_name(each)) for each in scope)
    return CardPage(shown, page, max(-(-total // size), 1), total, names)


def card_view(database: Database, ground: Ground, card_id: int, person: str, now: datetime) -> CardView:
    """One card. Raises NotFound for one that does not exist or lies outside the reader's supervision."""
    scope, taken_in = _scope(database, ground, person, now)
    with database.snapshot():
        card = cards.by_id(database, card_id)
        if card is None or not (card.department in scope or _taken_in(database, card, taken_in)):
            raise NotFound("没有这张牌，或者它不在您的监察范围内。")
        clock = None if card.clock_id is None else clocks.by_id(database, card.clock_id)
        ledger = clocks.pauses(database, card.subject, card.subject_id)
        past = tuple(
            each
            for each in events.of_subject(database, card.subject, card.subject_id)
            if each.kind.startswith("card") and _about(each, card)
        )
        actors = [each.actor for each in past] + ([card.decided_by] if card.decided_by else [])
        names = {"system": "系统"} | people.names(database, actors)
        account = active_person(database, person)
        decides = _decides(account, ground, card, now)
        return CardView(
            shown=shown_card(database, ground, card),
            due=None if clock is None else explain(ground, clock, ledger, now),
            clock_basis="" if clock is None else clock.basis,
            unit_name=ground.unit_name(card.unit),
            decided_by=names.get(card.decided_by or "", ""),
            events=past,
            actor_names=names,
            may_decide=decides and card.state == "pending",
            may_revoke=decides and card.state == "issued" and open_appeal(database, card) is None,
        )


def _scope(
    database: Database, ground: Ground, person: str, now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The departments a person supervises, and the units of a town whose cases they watch."""
    account = active_person(database, person)
    departments, towns = supervised(account, ground, now), taken_in_by_town(account, ground, now)
    if not departments and not towns:
        raise Forbidden("监察牌只对监察员和部门负责人开放。")
    return departments, towns


def _taken_in(database: Database, card: Card, units: tuple[str, ...]) -> bool:
    case = cases.by_id(database, card.subject_id) if units and card.subject == "case" else None
    return case is not None and case.accepting_unit in units


def _decides(account: Person, ground: Ground, card: Card, now: datetime) -> bool:
    tree = ground.units.tree
    roles = ground.permissions.roles(Capability.CARDS_DECIDE)
    return any(in_scope(each.unit, tree, card.department) for each in held(account, local_date(now), roles))


def _about(event: Event, card: Card) -> bool:
    """Whether an event of the case speaks of this card: by its number, or by level and rule when it was raised."""
    payload = event.payload or {}
    if "card" in payload:
        return payload["card"] == card.id
    return payload.get("level") == card.level and payload.get("rule") == card.rule and event.at == card.raised


def shown_card(database: Database, ground: Ground, card: Card) -> BoardCard:
    """A card with what it is about: title and, for a case or letter, who wrote it, masked."""
    title = masked = ""
    if card.subject == "letter":
        letter = letters.by_id(database, card.subject_id)
        if letter is not None:
            title, masked = letter.title, letter.writer_masked
    elif card.subject == "case":
        case = cases.by_id(database, card.subject_id)
        if case is not None:
            title, masked = case.item_name, case.applicant_masked
    else:
        reader = SUBJECTS.get(card.subject)
        subject = None if reader is None else reader(database, card.subject_id)
        title = "" if subject is None else subject.title
    return BoardCard(card, ground.unit_name(card.department), title, masked)
